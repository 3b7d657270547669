import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entity, mergeEntities, writeRegister } from "../../src/core/register/register.ts";
import { writeState } from "../../src/core/task/task-entity.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import type { Json } from "../../src/core/values/json.ts";
import { HybridClock } from "../../src/core/values/stamp.ts";
import { chanceOf } from "../chance.ts";

const PEERS = 3;

/** Three peers that write and merge at random, each by its own clock, from one empty entity: what a mesh may hold. */
function replicas(seed: number): [Entity, Entity, Entity] {
  const chance = chanceOf(seed);
  const clocks = Array.from({ length: PEERS }, (_, n) => new HybridClock(n + 1, 0));
  const copies: Entity[] = Array.from({ length: PEERS }, () => ({ kind: "task", key: "t", registers: {} }));
  for (let step = 1; step <= 15; step++) {
    const at = Math.floor(chance() * PEERS);
    const [copy, clock] = [copies[at], clocks[at]];
    const other = copies[Math.floor(chance() * PEERS)];
    if (copy === undefined || clock === undefined || other === undefined) throw new Error("no such peer");
    const now = (1_000 + Math.floor(chance() * 50)) as Instant;
    if (chance() < 0.35) {
      for (const { stamp } of Object.values(other.registers)) clock.observe(stamp, now);
      copies[at] = mergeEntities(copy, other).entity;
      continue;
    }
    const stamp = clock.tick(now);
    const kind = chance();
    if (kind < 0.4) {
      copies[at] = writeState(copy, { paused: chance() < 0.5, note: String(step) }, stamp, now);
    } else {
      const name = kind < 0.7 ? "life" : "schedule";
      const current = copy.registers[name];
      const value: Json = name === "life" ? (typeof current?.value === "number" ? current.value : 0) + 1 : step;
      copies[at] = { ...copy, registers: { ...copy.registers, [name]: writeRegister(current, value, stamp) } };
    }
  }
  return copies as [Entity, Entity, Entity];
}

const merge = (a: Entity, b: Entity) => mergeEntities(a, b).entity;

test("merging is commutative, associative and idempotent, and old news is no news", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const [a, b, c] = replicas(seed);
    const ab = merge(a, b);
    assert.equal(mergeEntities(a, a).news, false, `seed ${seed}`);
    assert.equal(mergeEntities(ab, b).news, false, `seed ${seed}`);
    assert.deepEqual(ab.registers, merge(b, a).registers, `seed ${seed}`);
    assert.deepEqual(merge(ab, c).registers, merge(a, merge(b, c)).registers, `seed ${seed}`);
  }
});

const clockA = new HybridClock(1, 0);
const clockB = new HybridClock(2, 0);
const at = (ms: number) => ms as Instant;

test("a concurrent pause beats a resume, whichever has the later stamp", () => {
  const paused = writeState({ kind: "task", key: "t", registers: {} }, { paused: true }, clockA.tick(at(1)), at(1));
  for (const [pauseAt, resumeAt] of [[10, 20], [40, 30]] as const) {
    const again = writeState(paused, { paused: true, note: "still broken" }, clockA.tick(at(pauseAt)), at(pauseAt));
    const resumed = writeState(paused, { paused: false }, clockB.tick(at(resumeAt)), at(resumeAt));
    assert.deepEqual(merge(resumed, again).registers.state, again.registers.state);
  }
});

test("a delete beats a concurrent edit, and only a create revives", () => {
  const entity = (life: number, clock: HybridClock, ms: number): Entity => ({
    kind: "task",
    key: "t",
    registers: { life: writeRegister(undefined, life, clock.tick(at(ms))) },
  });
  const alive = entity(1, clockA, 900);
  const deleted = entity(2, clockB, 100);
  assert.equal(merge(alive, deleted).registers.life?.value, 2);
  assert.equal(merge(deleted, entity(3, clockA, 50)).registers.life?.value, 3);
});

test("the value that a concurrent write replaced is reported, that of a later write is not", () => {
  const base: Entity = {
    kind: "task",
    key: "t",
    registers: { schedule: writeRegister(undefined, "one", clockA.tick(at(2_000))) },
  };
  const edit = (entity: Entity, value: string, clock: HybridClock, ms: number): Entity => ({
    ...entity,
    registers: { schedule: writeRegister(entity.registers.schedule, value, clock.tick(at(ms))) },
  });
  const left = edit(base, "left", clockA, 2_100);
  const right = edit(base, "right", clockB, 2_200);
  assert.deepEqual(mergeEntities(base, left).conflicts, []);
  assert.deepEqual(mergeEntities(left, right).conflicts.map(({ lost, kept }) => [lost.value, kept.value]), [[
    "left",
    "right",
  ]]);
});
