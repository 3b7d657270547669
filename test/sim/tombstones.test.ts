import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlive, isDead } from "../../src/core/register/register.ts";
import { endingOf } from "../../src/sim/ending.ts";
import { type Plan, START, type WorldKind } from "../../src/sim/plan.ts";
import { World } from "../../src/sim/world.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const KIND: WorldKind = {
  delayMs: [0.5, 2],
  broadcastLoss: 0,
  syncMs: [0.5, 7],
  readMaxMs: 0,
  isWired: true,
  failures: 0,
  hangs: 0,
  skewMaxMs: 5,
  driftMax: 1e-5,
};

const put = (task: string, at: number, peer = 0) =>
  ({ kind: "put", at, peer, task, schedule: "R/2026-01-01T00:00:00Z/PT1H", policy: {}, payload: 0 }) as const;
const remove = (task: string, at: number) => ({ kind: "remove", at, peer: 1, task }) as const;

/** Three peers, whose tombstones may go after a minute; each looks for them every 40 s. */
async function ending(plan: Pick<Plan, "minutes" | "users" | "faults">) {
  const size = { seed: 1, peers: 3, tasks: 2, start: START, kind: KIND, tombstonesMs: 60_000 };
  const world = new World({ plan: { ...size, ...plan }, keyValue: memoryKeyValue });
  await world.run();
  const ends = await endingOf(world);
  const up = ends.flatMap(({ mesh }) => mesh ?? []);
  const { digest } = up[0] ?? {};
  assert.deepEqual(
    up.map((mesh) => [mesh.converged, mesh.repaired, mesh.digest]),
    up.map(() => [true, 0, digest]),
  );
  return ends.map(({ entities }) => [...entities.values()].filter(({ kind }) => kind === "task"));
}

const USERS = [put("t0", 6_000), put("t1", 6_000), remove("t0", 30_000)];

test("what was deleted leaves every peer, and what was not stays", async () => {
  const tasks = await ending({ minutes: 4, users: USERS, faults: [] });
  assert.deepEqual(tasks.map((each) => each.map(isAlive)), [[true], [true], [true]]);
});

test("while a member is away that has not heard of it, nobody forgets it; then all do, and it never comes back", async () => {
  const away = { kind: "crash", at: 20_000, peer: 2, isPower: false } as const;
  const before = await ending({ minutes: 5, users: USERS, faults: [{ ...away, ms: 600_000 }] });
  assert.deepEqual(before.map((each) => each.filter(isDead).length), [1, 1, 0]);
  const after = await ending({ minutes: 7, users: USERS, faults: [{ ...away, ms: 215_000 }] });
  assert.deepEqual(after.map((each) => each.map(isAlive)), [[true], [true], [true]]);
});

test("a task that is made again where its tombstone is forgotten outlives the tombstone of a peer that was away", async () => {
  // It has heard of the deletion, and goes before it would forget it.
  const away = { kind: "crash", at: 50_000, ms: 200_000, peer: 2, isPower: false } as const;
  const tasks = await ending({ minutes: 7, users: [...USERS, put("t0", 200_000)], faults: [away] });
  assert.deepEqual(tasks.map((each) => each.map(isAlive)), [[true, true], [true, true], [true, true]]);
});
