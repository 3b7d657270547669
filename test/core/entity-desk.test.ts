import assert from "node:assert/strict";
import { test } from "node:test";
import { EntityDesk, type Job } from "../../src/core/machine/entity-desk.ts";
import type { Entity } from "../../src/core/register/register.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

const AT = { kind: "member", key: "ada" } as const;

function merge(register: string, ms: number): Job {
  const entity: Entity = { ...AT, registers: { [register]: { value: ms, stamp: makeStamp(ms, 0, 1) } } };
  return { kind: "merge", entity, done: () => {} };
}

const never = { stamp: () => assert.fail("nothing is written here"), isForgotten: () => false };

test("what was read before a write stood on the disk, and comes after it does, does not undo the write", () => {
  const desk = new EntityDesk();
  assert.equal(desk.add(AT, merge("life", 1)), "read");
  const first = desk.work(AT, undefined, never);
  assert.ok(first);
  assert.equal(desk.add(AT, merge("member", 2)), "read");
  desk.ended(first.entity);
  const second = desk.work(AT, undefined, never);
  assert.deepEqual(Object.keys(second?.entity.registers ?? {}).sort(), ["life", "member"]);
  assert.deepEqual([second?.dropped, second?.added], [[], [makeStamp(2, 0, 1)]]);
});

test("what is on the disk, and of which nothing is being read, is not held", () => {
  const desk = new EntityDesk();
  desk.add(AT, merge("life", 1));
  const first = desk.work(AT, undefined, never);
  assert.ok(first);
  desk.add(AT, merge("life", 1));
  desk.ended(first.entity);
  // No news: the entity is as it was.
  assert.deepEqual(desk.work(AT, undefined, never)?.added, []);
  const other: Entity = { ...AT, registers: { life: { value: 7, stamp: makeStamp(7, 0, 1) } } };
  desk.add(AT, merge("life", 1));
  assert.deepEqual(desk.work(AT, other, never)?.entity, other);
});
