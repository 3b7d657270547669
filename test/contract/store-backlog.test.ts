// What comes in great numbers is kept in a backlog first, and nobody can tell.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Write } from "../../src/core/protocol/write.ts";
import { NO_PROGRESS } from "../../src/core/task/dossier.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { type TaskGuid, taskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import type { Pace } from "../../src/store/backlog.ts";
import type { KeyValue } from "../../src/store/key-value.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { StoreFailure } from "../../src/store/store.ts";

/** Time that stands until it is moved, and what is to be done later. */
class Slow implements Pace {
  readonly many: number;
  at = 0;
  readonly #deeds: (() => void)[] = [];

  constructor(many: number) {
    this.many = many;
  }

  now(): number {
    return this.at;
  }

  later(_: number, deed: () => void): void {
    this.#deeds.push(deed);
  }

  /** Does what was to be done by now. */
  move(ms: number): void {
    this.at += ms;
    for (const deed of this.#deeds.splice(0)) deed();
  }
}

function guidOf(n: number): TaskGuid {
  return taskGuid("ada", `t${n}`);
}

/** A delivery of the n-th task: its run, where it stands in the due index, and how far it is carried. */
function delivery(n: number, at = 1_000): readonly Write[] {
  const guid = guidOf(n);
  return [
    {
      kind: "run",
      run: {
        id: taskGuid(guid, String(at)).slice(0, 32) as OccurrenceId,
        guid,
        task: `t${n}`,
        user: "ada",
        instant: instant(at),
        state: "settled",
        outcome: "delivered",
        settledAt: instant(at + 5),
        attempts: [],
      },
      wasOpen: false,
    },
    { kind: "due", guid, from: { at: instant(at) } },
    { kind: "progress", guid, progress: { ...NO_PROGRESS, through: instant(at) } },
  ];
}

async function kept(keyValue: KeyValue): Promise<number> {
  return (await keyValue.walk("backlog", {}).take(1_000)).length;
}

async function throughOf(store: ReturnType<typeof recordStore>, n: number): Promise<Instant | undefined> {
  return (await store.dossiers([guidOf(n)]))[0]?.progress.through;
}

test("few commits go to their places, many to the backlog, and when fewer come it is emptied", async () => {
  const keyValue = memoryKeyValue();
  const pace = new Slow(6);
  const store = recordStore(keyValue, pace);
  await store.commit([]);
  for (let n = 0; n < 2; n++) await store.commit(delivery(n));
  assert.equal(await kept(keyValue), 0);
  for (let n = 2; n < 12; n++) await store.commit(delivery(n));
  assert.equal(await kept(keyValue), 10);
  pace.move(50);
  assert.equal(await kept(keyValue), 10);
  pace.move(250);
  while (await kept(keyValue) > 0) await new Promise(setImmediate);
  assert.equal((await keyValue.walk("runsByTime", {}).take(100)).length, 12);
  assert.equal(await throughOf(store, 5), 1_000);
});

test("what a process left in the backlog is in its places before the next one reads anything", async () => {
  const keyValue = memoryKeyValue();
  const before = recordStore(keyValue, new Slow(0));
  await before.commit([]);
  await Promise.all(Array.from({ length: 300 }, (_, n) => before.commit(delivery(n))));
  assert.equal(await kept(keyValue), 300);
  const after = recordStore(keyValue, new Slow(0));
  assert.equal(await throughOf(after, 299), 1_000);
  assert.equal((await after.runs({ limit: 500 })).items.length, 300);
  assert.equal(await kept(keyValue), 0);
});

test("a commit of a task of which something stands in the backlog comes after that, and others do not wait", async () => {
  const keyValue = memoryKeyValue();
  const pace = new Slow(2);
  const store = recordStore(keyValue, pace);
  await store.commit([]);
  await store.commit(delivery(2, 1_000));
  assert.equal(await kept(keyValue), 1);
  pace.move(1_000_000);
  const [first] = delivery(2, 2_000);
  if (first === undefined) throw new Error("a delivery has a run");
  // Few come now: these go to their places, and the first of them waits.
  const later = [
    store.commit([{ kind: "progress", guid: guidOf(2), progress: { ...NO_PROGRESS, through: instant(2_000) } }]),
    store.commit([first]),
  ];
  await Promise.all(later);
  assert.equal(await kept(keyValue), 0);
  assert.equal(await throughOf(store, 2), 2_000);
  assert.equal((await store.runs({ guid: guidOf(2), limit: 10 })).items.length, 2);
});

test("a backlog that the disk does not take back stays, and who carries a task on is told so", async () => {
  const memory = memoryKeyValue();
  let isFull = false;
  const keyValue: KeyValue = {
    batch: (operations) => isFull ? Promise.reject(new StoreFailure("full", "no room")) : memory.batch(operations),
    getMany: (space, keys) => memory.getMany(space, keys),
    walk: (space, range) => memory.walk(space, range),
    damaged: () => 0,
    onWritable: () => {},
    close: () => memory.close(),
  };
  const store = recordStore(keyValue, new Slow(0));
  await store.commit([]);
  await store.commit(delivery(1));
  isFull = true;
  await assert.rejects(store.commit(delivery(2)), { kind: "full" });
  await assert.rejects(store.dossiers([guidOf(1)]), { kind: "full" });
  // Who only looks sees what is in its places; of another task nothing is missing.
  assert.equal((await store.runs({ limit: 10 })).items.length, 0);
  assert.equal((await store.dossiers([guidOf(7)])).length, 1);
  isFull = false;
  assert.equal(await throughOf(store, 1), 1_000);
  assert.equal((await store.runs({ limit: 10 })).items.length, 1);
});
