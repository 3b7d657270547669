// What a new schedule has to come while its edit is on its way to the peer that fires the task.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import { between } from "../../src/core/schedule/schedule.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { instant } from "../../src/core/values/instant.ts";
import { planOf } from "../../src/sim/plan-draw.ts";
import { START, type UserAction } from "../../src/sim/plan.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

/** Some have instants in common with the next one, some have none. */
const SCHEDULES = [
  "R/2026-01-01T00:00:00.500Z/PT1S",
  "R/2026-01-01T00:00:00Z/PT1S",
  "R/2026-01-01T00:00:00Z/PT0.5S",
  "R/2026-01-01T00:00:00.250Z/PT1S",
];

test("each occurrence of a new schedule is sent once, also those that came while the edit was on its way", async () => {
  const plan = planOf({ seed: 3, peers: 5, minutes: 2, tasks: 0 });
  const tasks = ["t0", "t1", "t2", "t3", "t4"];
  const users = tasks.flatMap((task, n) =>
    Array.from({ length: 12 }, (_, k): UserAction => ({
      kind: "put",
      at: 6_000 + k * 6_373 + n * 211,
      peer: (n + k) % 5,
      task,
      schedule: SCHEDULES[(n + k) % SCHEDULES.length] ?? "",
      policy: {},
      payload: k,
    }))
  );
  // Nothing is pushed: an edit is heard of by a probe, and asked for.
  const kind = { ...plan.kind, broadcastLoss: 1, skewMaxMs: 0, driftMax: 0, failures: 0, hangs: 0 };
  const { world, violations } = await simulate({ ...plan, users, faults: [], kind }, { keyValue: memoryKeyValue });
  assert.deepEqual(violations, []);
  const sent = new Set(world.targets.sent.map(({ task, instant }) => `${task} ${instant - START}`));
  assert.equal(sent.size, world.targets.sent.length, "none is sent twice");
  const missing: string[] = [];
  for (const task of tasks) {
    const acks = world.history.acks.filter(({ action }) => action.task === task);
    assert.equal(acks.length, 12);
    for (const [k, { action, endedAt }] of acks.entries()) {
      const schedule = action.kind === "put" ? parseSchedule(action.schedule) : undefined;
      assert.ok(schedule !== undefined && !isFault(schedule));
      const end = acks[k + 1]?.at ?? world.end - 1_000;
      for (const due of between(schedule, instant(Math.ceil(endedAt)), instant(Math.floor(end - 100)), 1_000)) {
        if (!sent.has(`${task} ${due - START}`)) missing.push(`${task} of edit ${k} at ${due - START}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});
