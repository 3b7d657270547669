// The store under `kill -9`, at any moment of its work.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { levelKeyValue } from "../../src/store/level.ts";
import { chanceOf } from "../chance.ts";
import { makeFolder } from "../contract/store-folder.ts";

const KILLS = 8;

test(`nothing acknowledged is lost and nothing is there by half after ${KILLS} kills at random moments`, async () => {
  await using folder = await makeFolder();
  const chance = chanceOf(7);
  const acked = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    await writeUntilKilled(folder.path, acked, 20 + Math.floor(chance() * 400));
    const start = performance.now();
    const keyValue = await levelKeyValue({ path: folder.path });
    const openMs = performance.now() - start;
    const numbers = Array.from(acked, String);
    for (const space of ["runs", "runsByTask", "runsByTime"] as const) {
      const values = await keyValue.getMany(space, numbers);
      const lost = numbers.filter((n, at) => values[at] !== `${n} `.repeat(1 + Number(n) % 40));
      assert.deepEqual(lost, [], `after kill ${kill}, ${acked.size} acknowledged`);
    }
    const counts = await Promise.all((["runs", "runsByTask", "runsByTime"] as const).map(async (space) => {
      const walk = keyValue.walk(space, {});
      const { length } = await walk.take(1_000_000);
      await walk.close();
      return length;
    }));
    assert.ok(counts.every((count) => count === counts[0]), `records by half: ${counts}`);
    assert.ok(openMs <= 2_000, `open again after ${openMs} ms`);
    await keyValue.close();
  }
});

test("every write is synced before it is acknowledged", async (t) => {
  await using folder = await makeFolder();
  const trace = join(folder.path, "trace");
  // With a file and a program strace blocks SIGTERM for ever, unless told otherwise (-I2).
  const tracer = ["strace", "-I2", "-f", "-e", "trace=fdatasync,fsync,write", "-o", trace];
  if (spawnSync("strace", ["-o", trace, "true"]).status !== 0) return t.skip("strace can't be used here");
  const acked = new Set<number>();
  // One lane: each write is asked for when the one before is acknowledged.
  await writeUntilKilled(join(folder.path, "store"), acked, 40, ["1"], tracer);
  let synced = 0;
  const unsynced: string[] = [];
  let acks = 0;
  for (const line of (await readFile(trace, "utf8")).split("\n")) {
    if (/(fdatasync|fsync)(\(\d+\)| resumed>\)) += 0/.test(line)) synced++;
    const ack = /write\(1, "(\d+)\\n"/.exec(line)?.[1];
    if (ack === undefined) continue;
    if (synced === 0) unsynced.push(ack);
    synced = 0;
    acks++;
  }
  assert.deepEqual(unsynced, []);
  assert.ok(acks >= 40, `${acks} acknowledged`);
});

/** Lets another process write until that many writes are acknowledged, and kills it in the midst of the next. */
async function writeUntilKilled(
  path: string,
  acked: Set<number>,
  count: number,
  lanes: readonly string[] = [],
  tracer: readonly string[] = [],
): Promise<void> {
  const from = acked.size === 0 ? 0 : Math.max(...acked) + 1_000;
  const writer = spawnWriter([path, `${from}`, ...lanes], tracer);
  let text = "";
  let left = count;
  writer.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "open") continue;
      acked.add(Number(line));
      if (--left === 0) writer.kill(tracer.length > 0 ? "SIGTERM" : "SIGKILL");
    }
  });
  const [, signal] = await once(writer, "close");
  assert.equal(signal, tracer.length > 0 ? "SIGTERM" : "SIGKILL");
  assert.ok(left <= 0);
}

function spawnWriter(args: readonly string[], tracer: readonly string[]) {
  const program = fileURLToPath(new URL("./store-writer.ts", import.meta.url));
  const run = "deno" in process.versions ? ["run", "--no-check", "-A", program] : [program];
  const [command = "", ...rest] = [...tracer, process.execPath, ...run, ...args];
  return spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
}
