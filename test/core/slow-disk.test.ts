// A peer whose disk the test holds in its hand: it takes its time, or refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskCommand } from "../../src/core/protocol/command.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { Disk, type Persist } from "../../src/node/disk.ts";
import type { KeyValue, Operation, Space } from "../../src/store/key-value.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { StoreFailure } from "../../src/store/store.ts";
import { DELIVERED, later, USER, World } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";

class SlowDisk implements KeyValue {
  isSlow = false;
  /** Reads of tasks that it refuses from now on. */
  badReads = 0;
  readonly #memory = memoryKeyValue();
  #waiting: { readonly operations: readonly Operation[]; readonly end: PromiseWithResolvers<void> }[] = [];
  #refusal: StoreFailure | undefined;
  #tell: (writable: boolean, why: string) => void = () => {};

  async batch(operations: readonly Operation[]): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.isSlow) {
      const end = Promise.withResolvers<void>();
      this.#waiting.push({ operations, end });
      await end.promise;
    }
    await this.#memory.batch(operations);
  }

  /** What waits is written, in order, and what comes is written at once. */
  catchUp(): void {
    this.isSlow = false;
    for (const { end } of this.#waiting.splice(0)) end.resolve();
  }

  /** What waits is refused, and what comes, until `recover`. */
  fail(): void {
    const refusal = new StoreFailure("full", "no room");
    this.#refusal = refusal;
    this.#tell(false, "no room");
    for (const { end } of this.#waiting.splice(0)) end.reject(refusal);
  }

  recover(): void {
    this.isSlow = false;
    this.#refusal = undefined;
    this.#tell(true, "room");
  }

  getMany(space: Space, keys: readonly string[]) {
    if (space !== "entities" || this.badReads === 0) return this.#memory.getMany(space, keys);
    this.badReads--;
    return Promise.reject(new StoreFailure("io", "bad sector"));
  }

  walk: KeyValue["walk"] = (space, range) => this.#memory.walk(space, range);
  damaged = () => 0;
  onWritable = (listener: (writable: boolean, why: string) => void) => void (this.#tell = listener);
  close = () => this.#memory.close();
}

async function slowWorld(): Promise<{ readonly world: World; readonly disk: SlowDisk }> {
  const disk = new SlowDisk();
  return { disk, world: await new World(START, { disk }).start() };
}

function submit(world: World, command: TaskCommand) {
  return world.node.submit({ kind: "task", guid: taskGuid(USER, "t"), command });
}

test("a command finds what the one before it did, though that is still on its way to the disk", async () => {
  const { world, disk } = await slowWorld();
  disk.isSlow = true;
  const put = world.add({ id: "t", schedule: "2030-01-01T00:00:00Z" });
  await world.calm();
  const pause = submit(world, { kind: "pause" });
  await world.calm();
  disk.catchUp();
  assert.equal((await put).kind, "task");
  const paused = await pause;
  assert.ok(paused.kind === "task");
  assert.deepEqual((await world.node.dossier(taskGuid(USER, "t"))).entity, paused.dossier.entity);
});

test("an occurrence whose outcome is on its way to the disk is not taken up again", async () => {
  const { world, disk } = await slowWorld();
  const task = { id: "t", schedule: "R1/2026-05-01T13:00:00Z/PT1H" };
  await world.add(task);
  await world.until("2026-05-01T12:59:59Z");
  disk.isSlow = true;
  await world.until("2026-05-01T13:00:01Z");
  const rename = world.add({ ...task, name: "another" });
  await world.until("2026-05-01T13:00:02Z");
  disk.catchUp();
  await rename;
  await world.pass(10_000);
  assert.deepEqual(world.sends(), ["13:00:00 t@13:00:00#1"]);
  assert.deepEqual(await world.history("t"), ["13:00:00 delivered"]);
});

test("while the disk takes no writes commands are refused at once, and what was sent is not sent again after", async () => {
  const { world, disk } = await slowWorld();
  const answer = later();
  world.answer = () => answer.promise;
  await world.add({ id: "t", schedule: "R1/2026-05-01T13:00:00Z/PT1H" });
  await world.until("2026-05-01T13:00:01Z");
  disk.fail();
  answer.give(DELIVERED);
  await world.calm();
  for (let n = 0; n < 2; n++) {
    const refused = await submit(world, { kind: "trigger" });
    assert.ok(refused.kind === "refused" && refused.why === "unwritable");
  }
  await world.pass(20_000);
  disk.recover();
  await world.pass(20_000);
  assert.deepEqual(world.sends(), ["13:00:00 t@13:00:00#1"]);
  assert.deepEqual(await world.history("t"), ["13:00:00 delivered"]);
  assert.equal((await submit(world, { kind: "pause" })).kind, "task");
});

test("a command that the disk refused leaves no trace in the one after it", async () => {
  const { world, disk } = await slowWorld();
  world.answer = () => new Promise(() => {});
  const task = { id: "t", schedule: "R/2026-05-01T12:00:01Z/PT1H" };
  await world.add(task);
  await world.until("2026-05-01T12:00:02Z");
  disk.isSlow = true;
  const pause = submit(world, { kind: "pause" });
  await world.calm();
  disk.fail();
  await world.calm();
  disk.recover();
  const renamed = await world.add({ ...task, name: "another" });
  const refused = await pause;
  assert.ok(refused.kind === "refused" && refused.why === "unwritable");
  assert.ok(renamed.kind === "task");
  assert.deepEqual(renamed.dossier.entity?.registers.state?.value, {
    paused: false,
    turn: 0,
    since: Date.parse(START),
  });
});

test("a read that the disk refuses is done again, and the task fires", async () => {
  const { world, disk } = await slowWorld();
  const sent = Promise.withResolvers<void>();
  world.answer = () => {
    sent.resolve();
    return DELIVERED;
  };
  await world.add({ id: "t", schedule: "2026-05-01T13:00:00Z" });
  // Before it is read ahead of its time.
  await world.until("2026-05-01T12:58:00Z");
  assert.equal(world.node.status().activeTasks, 0);
  disk.badReads = 1;
  await world.until("2026-05-01T13:00:01Z");
  await sent.promise;
  assert.deepEqual(world.logged, ["error: the store can't be read; it is tried again"]);
  assert.deepEqual(world.sends(), ["13:00:01 t@13:00:00#1"]);
});

test("what is held is kept in the order in which it came, also what came while a batch failed", async () => {
  const disk = new SlowDisk();
  const kept: number[] = [];
  const all = Promise.withResolvers<void>();
  const mark = (ms: number): Persist => ({
    kind: "persist",
    onFailure: "hold",
    writes: [{ kind: "highWater", ms }],
    guids: [],
    then: [{ kind: "log", level: "warning", message: String(ms), facts: {} }],
  });
  const door = new Disk(recordStore(disk), {
    kept: (effects) => {
      kept.push(...effects.flatMap((effect) => effect.kind === "log" ? [Number(effect.message)] : []));
      if (kept.length === 3) all.resolve();
    },
    refused: () => {},
    resumed: () => {},
    found: () => {},
    log: () => {},
  });
  disk.onWritable((isWritable, why) => {
    if (isWritable) return void door.resume();
    door.stop(why);
    door.keep(mark(3));
  });
  disk.isSlow = true;
  door.keep(mark(1));
  door.keep(mark(2));
  disk.fail();
  // Those who wait for the batch have been told.
  await new Promise((resolve) => setImmediate(resolve));
  disk.recover();
  await all.promise;
  assert.deepEqual(kept, [1, 2, 3]);
});

test("while the disk is slow no more is sent than what is in flight and some thousand, and then all of it once", async () => {
  const { world, disk } = await slowWorld();
  const tasks = Array.from({ length: 3_000 }, (_, n) => ({ id: `t-${n}`, schedule: "2026-05-01T12:00:10Z" }));
  await Promise.all(tasks.map((task) => world.add(task)));
  await world.until("2026-05-01T12:00:09Z");
  disk.isSlow = true;
  await world.until("2026-05-01T12:00:12Z");
  const sent = world.sent.length;
  assert.ok(sent > 2_000 && sent < 2_048 + 2 * 64, `${sent} were sent`);
  disk.catchUp();
  await world.pass(1_000);
  assert.equal(world.sent.length, 3_000);
  assert.equal(new Set(world.sent.map(({ delivery }) => delivery.id)).size, 3_000);
});
