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

test("each write is there in the end, or was replaced by one that knew it, or is reported as lost", () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const chance = chanceOf(seed);
    const clocks = Array.from({ length: 4 }, (_, n) => new HybridClock(n + 1, 0));
    const copies: Entity[] = clocks.map(() => ({ kind: "task", key: "t", registers: {} }));
    const written: string[] = [];
    const accounted = new Set<string | undefined>();
    const meet = (to: number, from: number, now: Instant) => {
      const [mine, theirs] = [copies[to], copies[from]];
      if (mine === undefined || theirs === undefined) return;
      for (const { stamp } of Object.values(theirs.registers)) clocks[to]?.observe(stamp, now);
      const { entity, conflicts } = mergeEntities(mine, theirs);
      copies[to] = entity;
      for (const { lost } of conflicts) accounted.add(lost.stamp);
    };
    for (let step = 1; step <= 14; step++) {
      const peer = Math.floor(chance() * 4);
      const now = (1_000 + step * 10 + Math.floor(chance() * 30)) as Instant;
      const [copy, clock] = [copies[peer], clocks[peer]];
      if (copy === undefined || clock === undefined) throw new Error("no such peer");
      if (chance() < 0.5) {
        meet(peer, Math.floor(chance() * 4), now);
        continue;
      }
      const schedule = writeRegister(copy.registers.schedule, step, clock.tick(now));
      written.push(schedule.stamp);
      accounted.add(schedule.previous);
      copies[peer] = { ...copy, registers: { schedule } };
    }
    for (let round = 0; round < 2; round++) {
      for (const to of copies.keys()) for (const from of copies.keys()) meet(to, from, 2_000 as Instant);
    }
    for (const { registers } of copies) accounted.add(registers.schedule?.stamp);
    assert.deepEqual(written.filter((stamp) => !accounted.has(stamp)), [], `seed ${seed}`);
  }
});

test("who wrote over a value with knowledge of it makes no conflict of it, whoever hears of that how late", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const chance = chanceOf(seed);
    let entity: Entity = { kind: "task", key: "t", registers: {} };
    const all: Entity[] = [];
    for (let n = 0; n < 12; n++) {
      const stamp = new HybridClock(1 + Math.floor(chance() * 5), 0).tick((1_000 + n) as Instant);
      entity = { ...entity, registers: { schedule: writeRegister(entity.registers.schedule, n, stamp) } };
      all.push(entity);
    }
    for (const one of all) for (const other of all) assert.deepEqual(mergeEntities(one, other).conflicts, []);
  }
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
