// The store on a disk that runs full: what was acknowledged stays, reads go on, and when there is room again it writes
// by itself. LevelDB alone does not: after the first failed write every later one fails on the same handle, though
// space has returned.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import type { KeyValue } from "../../src/store/key-value.ts";
import { levelKeyValue } from "../../src/store/level.ts";
import { StoreFailure, StoreRefusal } from "../../src/store/store.ts";
import { chanceOf } from "../chance.ts";
import { mountDisk } from "./store-mount.ts";

/** Times that the store looks in vain for room, every 500 ms, before there is some. */
const LOOKS_FOR_ROOM = 2.5;

test("a full disk refuses writes at once, goes on reading, loses nothing, and writes again when there is room", async (t) => {
  await using disk = await asDisk(await mountDisk("size=12m"), t);
  if (disk === undefined) return;
  const path = join(disk.path, "store");
  const logged: string[] = [];
  const keyValue = await levelKeyValue({ path, log: (level, message) => logged.push(`${level}: ${message}`) });
  const events = new EventEmitter();
  const told: boolean[] = [];
  keyValue.onWritable((writable, why) => {
    told.push(writable);
    events.emit(writable ? "writable" : "unwritable", why);
  });
  const acked = new Map<string, string>();
  const chance = chanceOf(3);
  const write = async (key: string) => {
    const value = text(chance);
    await keyValue.batch([{ space: "runs", key, value }, { space: "open", key, value }]);
    acked.set(key, value);
  };
  await write("00000");
  const walk = keyValue.walk("runs", {});
  assert.equal((await walk.take(1)).length, 1);

  // Eight writers at a time, until the disk says no to each of them.
  const [saidAt, failures] = await new Promise<[number, StoreFailure[]]>((resolve) => {
    const failures: StoreFailure[] = [];
    let saidAt = Infinity;
    let next = 1;
    for (let writer = 0; writer < 8; writer++) {
      const writeOn = async (): Promise<void> => {
        try {
          while (true) await write(String(next++).padStart(5, "0"));
        } catch (error) {
          assert.ok(error instanceof StoreFailure);
          saidAt = Math.min(saidAt, performance.now());
          failures.push(error);
          if (failures.length === 8) resolve([saidAt, failures]);
        }
      };
      void writeOn();
    }
  });
  const allSaidMs = performance.now() - saidAt;
  assert.ok(allSaidMs <= 100, `all writers were told after ${allSaidMs} ms`);
  assert.deepEqual(failures.map(({ kind }) => kind), Array(8).fill("full"));
  assert.deepEqual(told, [false]);
  const start = performance.now();
  await assert.rejects(write("refused"), (error) => error instanceof StoreFailure && error.kind === "full");
  const refusedMs = performance.now() - start;
  assert.ok(refusedMs <= 100, `refused after ${refusedMs} ms`);
  assert.ok(acked.size > 20);
  await assertAllThere(keyValue, acked);

  // Room returns. Reads go on all the while the store is closed and opened anew.
  const isWritable = once(events, "writable", { signal: AbortSignal.timeout(10_000) });
  let isOver = false;
  const reading = (async () => {
    let reads = 0;
    for (; !isOver; reads++) await assertAllThere(keyValue, acked);
    return reads;
  })();
  // While there is no room the old handle stays open for them: it is not closed to be opened in vain.
  await new Promise((resolve) => setTimeout(resolve, LOOKS_FOR_ROOM * 500));
  assert.deepEqual(told, [false]);
  const roomAt = performance.now();
  disk.remount("size=64m");
  await isWritable;
  const writableMs = performance.now() - roomAt;
  isOver = true;
  assert.ok(await reading > 0);
  const before = acked.size;
  await write("after");
  await assertAllThere(keyValue, acked);
  const rest = (await walk.take(100_000)).map(([key]) => key).filter((key) => key !== "after");
  await walk.close();
  assert.ok(rest.length <= before && !rest.includes("00000"), "a walk from before goes on");
  await keyValue.close();
  const again = await levelKeyValue({ path });
  await assertAllThere(again, acked);
  await again.close();
  assert.deepEqual(told, [false, true]);
  assert.deepEqual(logged.map((line) => line.slice(0, 30)), [
    "error: the store takes no writ",
    "warning: the store takes write",
  ]);
  console.log(
    `disk full: ${acked.size} acknowledged, all there; all writers told within ${allSaidMs.toFixed(1)} ms, ` +
      `the next refused in ${refusedMs.toFixed(1)} ms, writable ${writableMs.toFixed(0)} ms after room returned`,
  );
});

test("a store whose disk is full closes at once, and refuses to open until there is room", async (t) => {
  await using disk = await asDisk(await mountDisk("size=12m"), t);
  if (disk === undefined) return;
  const path = join(disk.path, "store");
  const keyValue = await levelKeyValue({ path });
  const chance = chanceOf(4);
  await assert.rejects(async () => {
    for (let n = 0;; n++) await keyValue.batch([{ space: "runs", key: `${n}`, value: text(chance) }]);
  }, StoreFailure);
  await Promise.all([keyValue.close(), keyValue.close()]);
  await assert.rejects(
    levelKeyValue({ path }),
    (error) => error instanceof StoreRefusal && error.kind === "full" && error.message.includes(path),
  );
  disk.remount("size=64m");
  const again = await levelKeyValue({ path });
  assert.notEqual((await again.getMany("runs", ["0"]))[0], undefined);
  await again.close();
});

test("a read-only disk is refused as one that can't be written", async (t) => {
  await using disk = await asDisk(await mountDisk("size=12m"), t);
  if (disk === undefined) return;
  const path = join(disk.path, "store");
  await (await levelKeyValue({ path })).close();
  disk.remount("ro");
  for (const folder of [path, join(disk.path, "other")]) {
    await assert.rejects(
      levelKeyValue({ path: folder }),
      (error) => error instanceof StoreRefusal && error.kind === "unwritable" && error.message.includes(folder),
    );
  }
  disk.remount("rw");
  await (await levelKeyValue({ path })).close();
});

async function assertAllThere(keyValue: KeyValue, acked: ReadonlyMap<string, string>): Promise<void> {
  const keys = [...acked.keys()];
  const values = [...acked.values()];
  for (const space of ["runs", "open"] as const) {
    const found = await keyValue.getMany(space, keys);
    assert.deepEqual(keys.filter((_, at) => found[at] !== values[at]), []);
  }
}

/** 16 KiB that can't be compressed. */
function text(chance: () => number): string {
  const bytes = new Uint8Array(12 * 1024);
  for (let at = 0; at < bytes.length; at++) bytes[at] = chance() * 256;
  return Buffer.from(bytes).toString("base64");
}

function asDisk(disk: Awaited<ReturnType<typeof mountDisk>>, t: { skip(reason: string): void }) {
  if (typeof disk !== "string") return disk;
  t.skip(disk);
}
