import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateLarge } from "../../src/sim/large.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

test("a mesh that starts with its tasks fires each occurrence once, holds the same, and says what it has cost", async () => {
  const told: string[] = [];
  let calm = 0;
  const size = { peers: 8, tasks: 400, minutes: 2, periodS: 60 };
  const report = await simulateLarge(size, {
    keyValue: memoryKeyValue,
    tell: (text) => told.push(text),
    onCalm: () => void calm++,
  });
  assert.ok(report.due > 300, `${report.due} were due`);
  assert.deepEqual([report.missed, report.double, calm, report.faults], [0, 0, 1, []]);
  assert.deepEqual(told.map((text) => text.split(":")[0]), ["400 tasks are there", "minute 0", "minute 1"]);
  // Each starts with a vector that covers all there is: no sync brings a task, or an admission, again.
  const entities = report.kinds.get("answer entities");
  assert.ok(entities !== undefined && entities.bytes / entities.count < 400, JSON.stringify(entities));
  const [carries, probes] = [report.kinds.get("carries"), report.kinds.get("probe")];
  assert.ok(carries !== undefined && probes !== undefined && carries.bytes > 0);
  // Of each two one asks the other in each second.
  assert.ok(probes.count > 4 * 7 * 100 && probes.count < 4 * 7 * 160, `${probes.count} probes`);
});
