import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenRuns } from "../../src/core/firing/open-runs.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import type { Run } from "../../src/core/task/run.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import type { Instant } from "../../src/core/values/instant.ts";

const at = (ms: number) => ms as Instant;

function due(instant: number): Run {
  const guid = "0".repeat(64) as TaskGuid;
  const id = String(instant) as OccurrenceId;
  return { id, guid, task: "t", user: "ada", instant: at(instant), state: "due", attempts: [] };
}

test("what a peer took up whose clock is ahead waits at the next owner for its instant", () => {
  const runs = new OpenRuns([due(1_000)], () => false);
  assert.equal(runs.takeNext(at(999)), undefined);
  assert.equal(runs.wakeAt(at(999), 0), 1_000);
  assert.equal(runs.wakeAt(at(1_001), 0), 1_001);
  assert.equal(runs.takeNext(at(1_000))?.run.instant, 1_000);
});
