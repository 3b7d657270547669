// Bit rot, looked for before LevelDB opens the folder. A peer with some damaged records goes on without them, and says
// so. But a damaged table can abort the process in the midst of LevelDB: so a store that was opened with one, and then
// ended without being closed, is refused from then on, with words in place of a crash that comes again and again.

import { copyFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { damageOfLog, damageOfTable } from "./level-file.ts";
import { openRefusal } from "./level-error.ts";
import { liveTables } from "./level-manifest.ts";
import { ownerOf } from "./owner.ts";

/** Bytes of tables that are verified at every start: about 0.7 s. More only after an end without a close. */
const VERIFIED_AT_EVERY_START = 256 * 1024 * 1024;

/** There while a store with damaged tables is open. */
const NOTE_FILE = "opened-damaged";

/** What is damaged, each in a few words; rejects with `StoreRefusal` when opening it has ended badly before. */
export async function findRot(path: string): Promise<readonly string[]> {
  const names = (await readdir(path)).sort();
  const found: string[] = [];
  for (const name of names.filter((each) => /^\d+\.log$/.test(each))) {
    const damage = damageOfLog(await readFile(join(path, name)));
    if (damage === undefined) continue;
    // LevelDB deletes the log once it has read what it can of it.
    await copyFile(join(path, name), join(path, `${name}.damaged`));
    found.push(`${name}: ${damage} (what was acknowledged there is lost; the log is kept as ${name}.damaged)`);
  }
  const live = await liveTablesIn(path);
  const isLive = (name: string) => live === undefined || live.has(Number.parseInt(name, 10));
  const tables = await findDamagedTables(path, names.filter((each) => /^\d+\.(ldb|sst)$/.test(each) && isLive(each)));
  if (tables.length === 0) return found;
  if (names.includes(NOTE_FILE)) {
    throw openRefusal(path, {
      code: "LEVEL_CORRUPTION",
      message: `${tables.join("; ")}; it was opened so before, and the process died`,
    });
  }
  await writeFile(join(path, NOTE_FILE), `${tables.join("\n")}\n`, { mode: 0o600, flush: true });
  return [...found, ...tables];
}

/** The store was closed well: it may be opened again, damaged or not. */
export async function forgetRot(path: string): Promise<void> {
  await rm(join(path, NOTE_FILE), { force: true });
}

/** Absent when the folder can't say: then every table counts. */
async function liveTablesIn(path: string): Promise<ReadonlySet<number> | undefined> {
  try {
    const name = (await readFile(join(path, "CURRENT"), "utf8")).trim();
    return /^MANIFEST-\d+$/.test(name) ? liveTables(await readFile(join(path, name))) : undefined;
  } catch {
    return undefined;
  }
}

async function findDamagedTables(path: string, names: readonly string[]): Promise<readonly string[]> {
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  if (size > VERIFIED_AT_EVERY_START && ownerOf(path) === undefined) return [];
  const found: string[] = [];
  for (const name of names) {
    const damage = damageOfTable(await readFile(join(path, name)));
    if (damage !== undefined) found.push(`${name}: ${damage}`);
  }
  return found;
}
