import assert from "node:assert/strict";
import { test } from "node:test";
import type { Write } from "../../src/core/protocol/write.ts";
import {
  type Entity,
  isAlive,
  mergeEntities,
  stampsChanged,
  stampsOf,
  writeRegister,
} from "../../src/core/register/register.ts";
import { TaskCount } from "../../src/core/replication/task-count.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { chanceOf } from "../chance.ts";

const NAMES = ["life", "schedule", "state"];

/** Two peers write the same twelve tasks, hear of one another's writes late, and are started again now and then. */
test("however tasks are made, edited, deleted and merged, a peer knows how many there are, also after a restart", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const chance = chanceOf(seed);
    const pick = (below: number) => Math.floor(chance() * below);
    const peers = [1, 2].map((origin) => ({ origin, held: new Map<string, Entity>(), count: started(new Map()) }));
    let ms = 0;
    for (let step = 0; step < 300; step++) {
      const [one, other] = chance() < 0.5 ? [peers[0], peers[1]] : [peers[1], peers[0]];
      if (one === undefined || other === undefined) throw new Error("there are two");
      const key = taskGuid("user", String(pick(12)));
      const before = one.held.get(key);
      const deed = chance();
      const keep = (entity: Entity) => {
        one.count.kept(written(before, entity));
        one.held.set(key, entity);
      };
      if (deed < 0.05) one.count = started(one.held);
      else if (deed < 0.4) {
        const theirs = other.held.get(key);
        if (theirs !== undefined) keep(before === undefined ? theirs : mergeEntities(before, theirs).entity);
      } else {
        const stamp = makeStamp(++ms, 0, one.origin);
        const isLiving = before !== undefined && isAlive(before);
        const names = isLiving && chance() < 0.7 ? [NAMES[1 + pick(2)] ?? ""] : NAMES;
        const registers = { ...before?.registers };
        for (const name of names) {
          const life = registers.life?.value;
          const value = name === "life" ? (typeof life === "number" ? life : 0) + 1 : ms;
          registers[name] = writeRegister(registers[name], value, stamp);
        }
        keep({ kind: "task", key, registers });
      }
      assert.equal(one.count.value, [...one.held.values()].filter(isAlive).length, `seed ${seed}, step ${step}`);
    }
  }
});

test("what is written while the start is counted counts once, and other entities not at all", () => {
  const count = new TaskCount();
  const made = (key: string, kind: Entity["kind"] = "task"): Entity => ({
    kind,
    key,
    registers: { life: { value: 1, stamp: makeStamp(1, 0, 1) } },
  });
  const guid = taskGuid("user", "a");
  count.found("task", guid);
  count.found("token", "a".repeat(64));
  assert.equal(count.value, undefined);
  count.kept(written(undefined, made(taskGuid("user", "b"))));
  count.kept(written(undefined, made("b".repeat(64), "token")));
  const life = writeRegister(made(guid).registers.life, 2, makeStamp(2, 0, 1));
  count.kept(written(made(guid), { kind: "task", key: guid, registers: { life } }));
  count.found("task", guid);
  assert.equal(count.value, undefined);
  count.whole();
  assert.equal(count.value, 1);
});

function started(held: ReadonlyMap<string, Entity>): TaskCount {
  const count = new TaskCount();
  for (const [key, entity] of held) {
    if (isAlive(entity)) { for (const _ of stampsOf(entity)) count.found("task", key); }
  }
  count.whole();
  return count;
}

function written(before: Entity | undefined, entity: Entity): Write {
  return { kind: "entity", entity, ...stampsChanged(before, entity), isOwn: true };
}
