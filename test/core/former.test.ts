// What of a new schedule was carried by the former one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Former } from "../../src/core/firing/former.ts";
import { type ActiveTask, activeTask } from "../../src/core/task/active-task.ts";
import { writeTask } from "../../src/core/task/task-entity.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { definitionOf } from "../../src/sim/definition.ts";

/** Seconds of a day that begins at 0. */
const at = (seconds: number) => instant(seconds * 1_000);

function scheduled(schedule: string, since: Instant): ActiveTask {
  const definition = definitionOf({ kind: "put", at: 0, peer: 0, task: "t", schedule, policy: {}, payload: 0 });
  const written = { guid: taskGuid("ada", "t"), user: "ada", definition, state: { paused: false } };
  const task = activeTask(writeTask(undefined, written, makeStamp(1, 0, 1), since));
  assert.ok(task !== undefined);
  return task;
}

const EVERY_SECOND = scheduled("R/1970-01-01T00:00:00Z/PT1S", at(0));

test("what lies before its first occurrence that the former schedule had not is carried", () => {
  const cases: readonly (readonly [schedule: string, since: number, carried: number, to: number])[] = [
    ["R/1970-01-01T00:00:00Z/PT2S", 10, 20, 20],
    ["R/1970-01-01T00:00:00.500Z/PT1S", 10, 20, 10.499],
    ["R/1970-01-01T00:00:00Z/PT1.5S", 10, 20, 10.499],
    ["R/1970-01-01T00:00:00.500Z/PT1S", 20, 20, 20],
    ["R/1970-01-01T00:00:00Z/PT1H", 10, 20, 20],
  ];
  for (const [schedule, since, carried, to] of cases) {
    const edited = scheduled(schedule, at(since));
    assert.equal(new Former().replace(EVERY_SECOND, edited, at(carried)), at(to), `${schedule} since ${since}`);
  }
});

test("what both schedules have was carried by the former one, as far as that was", () => {
  const former = new Former();
  assert.equal(former.has(at(12)), false);
  former.replace(EVERY_SECOND, scheduled("R/1970-01-01T00:00:00Z/PT1.5S", at(10)), at(20));
  assert.deepEqual([10.5, 12, 13.5, 18, 20, 21].map((seconds) => former.has(at(seconds))), [
    ...[false, true, false, true, true],
    false,
  ]);
});

test("of a task that was not there nothing is known but how far it was carried", () => {
  const former = new Former();
  assert.equal(former.replace(undefined, EVERY_SECOND, at(20)), at(20));
  assert.equal(former.has(at(15)), false);
});
