// Records that are gone from a disk, and nothing tells: the vectors of its peer cover them still.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Broadcast, PeerMessage } from "../../src/core/protocol/message.ts";
import { check } from "../../src/sim/check.ts";
import { planOf } from "../../src/sim/plan-draw.ts";
import type { UserAction } from "../../src/sim/plan.ts";
import { World } from "../../src/sim/world.ts";
import type { KeyValue } from "../../src/store/key-value.ts";
import { nameOfDotPlace } from "../../src/store/keys.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const TASKS = 40;
/** Gone from the disk of each of these. */
const GONE = 5;
const DAMAGED = [1, 2];

const DAMAGED_AT = 45_000;

/** Three peers with tasks that nothing is due of; two fall one after the other, and start without some of them. */
async function damagedWorld(isLost: (message: PeerMessage | Broadcast) => boolean): Promise<World> {
  const plan = planOf({ seed: 1, peers: 3, minutes: 3, tasks: 0 });
  const users = Array.from({ length: TASKS }, (_, n): UserAction => ({
    ...{ kind: "put", at: 6_000 + n * 50, peer: n % 3, task: `t${n}`, policy: {}, payload: n },
    schedule: "R/2026-01-01T00:00:00Z/P1Y",
  }));
  const faults = DAMAGED.map((peer, n) =>
    ({ kind: "crash", at: 40_000 + n * 20_000, ms: 10_000, peer, isPower: false }) as const
  );
  const kind = { ...plan.kind, broadcastLoss: 0, failures: 0, hangs: 0, readMaxMs: 5 };
  const world = new World({
    plan: { ...plan, users, faults, kind },
    keyValue: memoryKeyValue,
    sabotage: (message, now) => now > plan.start + DAMAGED_AT && isLost(message),
  });
  for (const [n, peer] of DAMAGED.entries()) {
    world.timeline.at(plan.start + DAMAGED_AT + n * 20_000, () => {
      const disk = world.peers[peer]?.parts.disk.base;
      assert.ok(disk !== undefined && world.peers[peer]?.node === undefined);
      void damage(disk, n * GONE);
    });
  }
  await world.run();
  return world;
}

async function damage(disk: KeyValue, from: number): Promise<void> {
  const all = await disk.walk("entities", { gte: "task/", lt: "task0" }).take(TASKS);
  const gone = new Set(all.slice(from, from + GONE).map(([key]) => key));
  const dots = (await disk.walk("dots", {}).take(Infinity)).map(([key]) => key);
  await disk.batch([
    ...[...gone].map((key) => ({ space: "entities", key }) as const),
    ...dots.filter((key) => gone.has(nameOfDotPlace(key))).map((key) => ({ space: "dots", key }) as const),
  ]);
}

function repairedIn(world: World): readonly number[] {
  return world.peers.map(({ node }) => node?.mesh().repaired ?? -1);
}

test("what is gone from the disks of two of three comes back to each, and to nobody else", async () => {
  let descents = 0;
  const world = await damagedWorld((message) => {
    if (message.kind === "ask" && message.ask.kind === "digests" && message.ask.descent.kind === "sums") {
      if (message.ask.descent.level === 0) descents++;
    }
    return false;
  });
  assert.deepEqual(await check(world), []);
  assert.deepEqual(repairedIn(world), [0, GONE, GONE]);
  assert.ok(descents <= 4, `${descents} descents`);
});

test("it comes back also when the first answers and questions of leaves are lost", async () => {
  const left = { ask: 1, answer: 2 };
  const world = await damagedWorld((message) => {
    if (message.kind === "ask" && message.ask.kind === "leaves") return left.ask-- > 0;
    return message.kind === "answer" && message.answer.kind === "leaves" && left.answer-- > 0;
  });
  assert.deepEqual(await check(world), []);
  assert.deepEqual(repairedIn(world), [0, GONE, GONE]);
});
