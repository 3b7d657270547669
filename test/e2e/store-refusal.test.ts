// A store that can't be opened says why and what to do, and leaves the folder as it found it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { sealRecord } from "../../src/store/checksum.ts";
import { levelKeyValue } from "../../src/store/level.ts";
import { StoreRefusal } from "../../src/store/store.ts";
import { makeFolder } from "../contract/store-folder.ts";

test("the folder of a new store is for its owner alone, and can be opened again and again", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "a", "b");
  for (let n = 0; n < 3; n++) {
    const keyValue = await levelKeyValue({ path });
    await keyValue.batch([{ space: "names", key: `${n}`, value: `${n}` }]);
    assert.equal((await readFile(join(path, "peer.pid"), "utf8")).trim(), `${process.pid}`);
    await keyValue.close();
    assert.ok(!(await readdir(path)).includes("peer.pid"));
  }
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  const keyValue = await levelKeyValue({ path });
  assert.deepEqual(await keyValue.getMany("names", ["0", "1", "2"]), ["0", "1", "2"]);
  await keyValue.close();
});

test("a store that another process has is refused, naming the pid", async () => {
  await using folder = await makeFolder();
  const program = fileURLToPath(new URL("./store-writer.ts", import.meta.url));
  const run = "deno" in process.versions ? ["run", "--no-check", "-A", program] : [program];
  const holder = spawn(process.execPath, [...run, folder.path, "hold"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(holder.stdout, "data");
    await assertRefused(folder.path, "locked", new RegExp(`in use by another process \\(pid ${holder.pid}\\): stop`));
  } finally {
    holder.kill("SIGKILL");
    await once(holder, "close");
  }
  const keyValue = await levelKeyValue({ path: folder.path });
  await assertRefused(folder.path, "locked", new RegExp(`pid ${process.pid}`));
  await keyValue.batch([{ space: "names", key: "still", value: "writable" }]);
  await keyValue.close();
});

test("a store without a piece that it needs is refused as damaged, and nothing of it is deleted", async () => {
  const damages: { readonly [what: string]: (path: string) => Promise<void> } = {
    "CURRENT is empty": (path) => truncate(join(path, "CURRENT"), 0),
    "CURRENT is gone": (path) => rm(join(path, "CURRENT")),
    "CURRENT names nothing": (path) => writeFile(join(path, "CURRENT"), "MANIFEST-999999\n"),
    "the MANIFEST is gone": async (path) => rm(join(path, await nameOf(path, /^MANIFEST/))),
    "the MANIFEST is cut": async (path) => truncate(join(path, await nameOf(path, /^MANIFEST/)), 20),
    "a table is gone": async (path) => rm(join(path, await nameOf(path, /\.ldb$/))),
  };
  for (const [what, damage] of Object.entries(damages)) {
    await using folder = await makeFolder();
    for (let n = 0; n < 3; n++) {
      const keyValue = await levelKeyValue({ path: folder.path });
      await keyValue.batch([{ space: "names", key: `${n}`, value: "x" }]);
      await keyValue.close();
    }
    await damage(folder.path);
    const before = await recordsIn(folder.path);
    await assertRefused(folder.path, "damaged", /is damaged \(.+\): move this folder away/, what);
    assert.deepEqual(await recordsIn(folder.path), before, what);
  }
});

test("a store of a newer format is refused, and so is one whose format can't be read", async () => {
  const { Level } = await import("level");
  const key = "!meta!format";
  const formats: readonly (readonly [string | undefined, StoreRefusal["kind"], RegExp])[] = [
    [sealRecord(key, "3"), "newer", /written by a newer Metronome \(format 3, this one knows 2\): upgrade/],
    [sealRecord(key, "0"), "damaged", /format record is gone or damaged/],
    [sealRecord(key, "one"), "damaged", /format record/],
    [sealRecord(key, ""), "damaged", /format record/],
    ["00000000" + "1", "damaged", /format record/],
    [undefined, "damaged", /format record/],
  ];
  for (const [format, kind, message] of formats) {
    await using folder = await makeFolder();
    const keyValue = await levelKeyValue({ path: folder.path });
    await keyValue.batch([{ space: "names", key: "a", value: "1" }]);
    await keyValue.close();
    const raw = new Level<string, string>(folder.path);
    await (format === undefined ? raw.del(key) : raw.put(key, format));
    await raw.close();
    for (let n = 0; n < 2; n++) await assertRefused(folder.path, kind, message, format);
  }
});

test("a file in place of the folder, or on the way to it, is refused as one that can't be written", async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, "file");
  await writeFile(file, "mine");
  for (const path of [file, join(file, "store")]) await assertRefused(path, "unwritable", /can't be written \(.+\)/);
  assert.equal(await readFile(file, "utf8"), "mine");
});

test("a folder that this user may not write is refused", async (t) => {
  if (process.getuid?.() === 0) return t.skip("root may write everywhere");
  await using folder = await makeFolder();
  const path = join(folder.path, "store");
  await mkdir(path);
  await chmod(path, 0o500);
  await assertRefused(path, "unwritable", /can't be written/);
  await chmod(path, 0o700);
});

async function assertRefused(path: string, kind: StoreRefusal["kind"], message: RegExp, label?: string): Promise<void> {
  let refusal: unknown;
  try {
    await (await levelKeyValue({ path })).close();
  } catch (error) {
    refusal = error;
  }
  assert.ok(refusal instanceof StoreRefusal, `${label}: ${refusal}`);
  assert.equal(refusal.kind, kind, `${label}: ${refusal.message}`);
  assert.match(refusal.message, message);
  assert.ok(refusal.message.includes(path) && !refusal.message.includes("\n"), refusal.message);
}

async function recordsIn(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => /\.(log|ldb)$/.test(name)).sort();
}

async function nameOf(path: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(path)).find((each) => pattern.test(each));
  if (name === undefined) throw new Error(`no ${pattern} in ${path}`);
  return name;
}
