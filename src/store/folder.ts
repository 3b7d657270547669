// The folder of a store: made for the user of this process alone, durable before anything is written into it, and never
// mistaken for an empty one.

import { mkdir, readdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { syncFolder } from "../sync-folder.ts";
import { openRefusal } from "./level-error.ts";

const OWNER_ONLY = 0o700;

/** Makes the folder, and its place in the one above, durable; rejects with `StoreRefusal`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    const missing = await missingOf(resolve(path));
    for (const folder of missing) await makeOne(folder);
    // From the store up to the first folder that was not made now: each is an entry in the one above it.
    for (const folder of missing.reverse()) await syncFolder(dirname(folder));
  } catch (error) {
    throw openRefusal(path, error);
  }
}

/**
 * The folders that are not there, the upper first. What stands in the way of the rest is the first of them. (Node's own
 * recursive mkdir tries for ever where a folder that is there takes none, as below /proc.)
 */
async function missingOf(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path;; folder = dirname(folder)) {
    try {
      if ((await stat(folder)).isDirectory()) return missing;
      return [folder, ...missing];
    } catch (error) {
      const code = codeOf(error);
      // What may not be looked at, in Deno all above the data folder, is left to be met by whoever makes the next.
      if (code !== "ENOENT" && code !== "ENOTDIR") return missing.length === 0 ? [folder] : missing;
      missing.unshift(folder);
      if (code === "ENOTDIR" || folder === dirname(folder)) return missing;
    }
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: OWNER_ONLY });
  } catch (error) {
    // Another peer that starts on it was a moment earlier; the lock tells the two apart.
    if (codeOf(error) !== "EEXIST" || !(await stat(folder)).isDirectory()) throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/**
 * Refuses a folder that holds records without the file that names the current ones: LevelDB would take it for empty,
 * start anew and delete them.
 */
export async function checkFolder(path: string): Promise<void> {
  const names = await readdir(path);
  if (names.includes("CURRENT")) return;
  const record = names.find((name) => /^(MANIFEST-\d+|\d+\.(log|ldb|sst))$/.test(name));
  if (record !== undefined) {
    throw openRefusal(path, { code: "LEVEL_CORRUPTION", message: `it holds ${record} but no CURRENT` });
  }
}
