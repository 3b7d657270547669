// The store over damaged files. LevelDB verifies nothing when it reads: the checksum of each record has to.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Operation } from "../../src/store/key-value.ts";
import { levelKeyValue } from "../../src/store/level.ts";
import { StoreRefusal } from "../../src/store/store.ts";
import { chanceOf } from "../chance.ts";
import { makeFolder } from "../contract/store-folder.ts";
import type { Reading } from "./store-reader.ts";

const FLIPS = 24;
const RECORDS = 4_000;
/** Bytes of a batch in the log, at most: 50 records. */
const BATCH_LENGTH_MAX = 50 * 250;

test(`one flipped bit is never a wrong value, and never lost in silence: ${FLIPS} places in each kind of file`, async () => {
  await using folder = await makeFolder();
  const whole = join(folder.path, "whole");
  const written = join(folder.path, "written.json");
  await writeFile(written, JSON.stringify([...await fill(whole)]));
  const files = await readdir(whole);
  const chance = chanceOf(11);
  for (
    const [kind, pattern] of [["log", /\.log$/], ["ldb", /\.ldb$/], ["manifest", /^MANIFEST/], [
      "current",
      /^CURRENT$/,
    ]] as const
  ) {
    const own = files.filter((name) => pattern.test(name));
    assert.ok(own.length > 0, `${files}`);
    const flips: { readonly path: string; readonly label: string; readonly isTail: boolean }[] = [];
    for (let flip = 0; flip < FLIPS; flip++) {
      const path = join(folder.path, `${kind}-${flip}`);
      await cp(whole, path, { recursive: true });
      const file = join(path, own[Math.floor(chance() * own.length)] ?? "");
      const at = Math.floor(chance() * (await stat(file)).size);
      const label = await flipBit(file, at, Math.floor(chance() * 8));
      flips.push({ path, label, isTail: kind === "log" && at >= (await stat(file)).size - BATCH_LENGTH_MAX });
    }
    const tally = { refused: 0, told: 0, silent: 0, harmless: 0, aborted: 0, lost: 0 };
    const readings = await readStores(written, flips.map(({ path }) => path));
    for (const [at, reading] of readings.entries()) {
      const { label, isTail } = flips[at] ?? { label: "", isTail: false };
      if (reading === "aborted") tally.aborted++;
      else if ("refused" in reading) {
        assert.equal(reading.refused, "damaged", `${label}: ${reading.message}`);
        tally.refused++;
      } else {
        assert.deepEqual(reading.wrong, [], label);
        assert.equal(reading.logged, reading.damaged > 0 ? 1 : 0, label);
        // The last batch of a log can't be told from one that was torn by a power cut before it was acknowledged.
        if (reading.lost > 0 && !isTail) assert.ok(reading.damaged > 0, `${label}: ${reading.lost} lost in silence`);
        tally[reading.damaged > 0 ? "told" : reading.lost > 0 ? "silent" : "harmless"]++;
        tally.lost += reading.lost;
      }
    }
    // Where LevelDB aborted the process, the next start says why instead of dying again.
    const died = flips.filter((_, at) => readings[at] === "aborted");
    for (const { path, label } of died) {
      const refusal = await levelKeyValue({ path }).then(() => undefined, (error: unknown) => error);
      assert.ok(refusal instanceof StoreRefusal && refusal.kind === "damaged", `${label}: ${refusal}`);
    }
    console.log(`${FLIPS} flips of one bit in ${kind}:`, JSON.stringify(tally));
    assert.ok(tally.refused + tally.told + tally.aborted > 0);
    assert.equal(tally.aborted === 0 || kind === "ldb", true);
  }
});

test("a torn or zeroed tail of the log opens, and loses nothing that was acknowledged before it", async () => {
  await using folder = await makeFolder();
  const whole = join(folder.path, "whole");
  const keyValue = await levelKeyValue({ path: whole });
  const [log = ""] = (await readdir(whole)).filter((name) => name.endsWith(".log"));
  const chance = chanceOf(13);
  const ends: number[] = [];
  for (let n = 0; n < 200; n++) {
    const value = `${n} `.repeat(1 + Math.floor(chance() * 60));
    await keyValue.batch([{ space: "runs", key: `${n}`, value }, { space: "open", key: `${n}`, value }]);
    ends.push((await stat(join(whole, log))).size);
  }
  await cp(whole, join(folder.path, "copy"), { recursive: true });
  await keyValue.close();
  const size = ends[ends.length - 1] ?? 0;
  for (let cut = 0; cut < 24; cut++) {
    const at = size - 1 - Math.floor(chance() * 4_096);
    const path = join(folder.path, `cut-${cut}`);
    await cp(join(folder.path, "copy"), path, { recursive: true });
    await truncate(join(path, log), at);
    if (cut % 2 === 1) await truncate(join(path, log), size);
    const torn = await levelKeyValue({ path });
    const keys = ends.map((_, n) => `${n}`);
    const [runs, open] = [await torn.getMany("runs", keys), await torn.getMany("open", keys)];
    const before = ends.filter((end) => end <= at).length;
    assert.equal(runs.slice(0, before).filter((value) => value === undefined).length, 0, `cut at ${at} of ${size}`);
    assert.deepEqual(runs, open, "a batch is whole or not there");
    assert.equal(torn.damaged(), 0);
    await torn.close();
  }
});

test("a damaged record is left out of reads and walks, counted once, told once, and mended by the next write", async () => {
  await using folder = await makeFolder();
  const { Level } = await import("level");
  const keyValue = await levelKeyValue({ path: folder.path });
  await keyValue.batch(["a", "b", "c"].map((key): Operation => ({ space: "names", key, value: `value of ${key}` })));
  await keyValue.close();
  const raw = new Level<string, string>(folder.path);
  await raw.put("!names!b", (await raw.get("!names!b") ?? "").replace("value", "VALUE"));
  // A record that turns up under the key of another.
  await raw.put("!names!d", await raw.get("!names!a") ?? "");
  await raw.close();
  const logged: string[] = [];
  const again = await levelKeyValue({
    path: folder.path,
    log: (level, message) => logged.push(`${level}: ${message}`),
  });
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(await again.getMany("names", ["a", "b", "c", "d"]), [
      "value of a",
      undefined,
      "value of c",
      undefined,
    ]);
    for (const reverse of [false, true]) {
      const walk = again.walk("names", { reverse });
      const keys = (await walk.take(2)).map(([key]) => key);
      assert.deepEqual(keys, reverse ? ["c", "a"] : ["a", "c"]);
      await walk.close();
    }
  }
  assert.equal(again.damaged(), 2);
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? "", /^error: the store is damaged/);
  await again.batch([{ space: "names", key: "b", value: "new" }]);
  assert.deepEqual(await again.getMany("names", ["b"]), ["new"]);
  await again.close();
});

/** A store with tables and a log, in which some records stand in both: each key, and the values that it has had. */
async function fill(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const records = new Map<string, string[]>();
  const chance = chanceOf(5);
  for (let part = 0; part < 2; part++) {
    const keyValue = await levelKeyValue({ path });
    for (let n = 0; n < RECORDS; n += 50) {
      const batch = Array.from({ length: 50 }, (_, k): Operation => {
        const key = `${part === 0 || chance() < 0.3 ? "old" : "new"} ${n + k}`;
        const value = JSON.stringify({ key, part, text: `${chance()}`.repeat(1 + Math.floor(chance() * 6)) });
        records.set(key, [...records.get(key) ?? [], value]);
        return { space: "runs", key, value };
      });
      await keyValue.batch(batch);
    }
    await keyValue.close();
  }
  return records;
}

/** Reads each store in another process, anew after each that aborts it. */
async function readStores(written: string, paths: readonly string[]): Promise<readonly (Reading | "aborted")[]> {
  const program = fileURLToPath(new URL("./store-reader.ts", import.meta.url));
  const run = "deno" in process.versions ? ["run", "--no-check", "-A", program] : [program];
  const readings: (Reading | "aborted")[] = [];
  while (readings.length < paths.length) {
    const args = [...run, written, ...paths.slice(readings.length)];
    const reader = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let [out, errors] = ["", ""];
    reader.stdout.on("data", (chunk) => out += chunk);
    reader.stderr.on("data", (chunk) => errors += chunk);
    const [code, signal] = await once(reader, "close");
    readings.push(...out.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Reading));
    if (code === 0) continue;
    assert.equal(signal, "SIGABRT", errors);
    assert.match(errors, /leveldb.*Assertion/);
    readings.push("aborted");
  }
  return readings;
}

async function flipBit(file: string, at: number, bit: number): Promise<string> {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  await writeFile(file, bytes);
  return `bit ${bit} of byte ${at} of ${file}`;
}
