import assert from "node:assert/strict";
import { test } from "node:test";
import { simulateLarge } from "../../src/sim/large.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

test("a mesh that starts with its tasks, loses a peer and gets another fires each occurrence once, and says what it costs", async () => {
  const told: string[] = [];
  let cpuS = 0;
  const report = await simulateLarge({ peers: 10, tasks: 300, minutes: 3, periodS: 60 }, {
    keyValue: memoryKeyValue,
    cpuS: () => cpuS++,
    tell: (text) => told.push(text),
  });
  assert.ok(report.due > 500, `${report.due} were due`);
  assert.deepEqual([report.missed, report.double, report.faults], [0, 0, []]);
  assert.ok(report.joinedMs !== undefined && report.joinedMs > 0);
  const phases = ["start", "calm", "kill", "join"];
  assert.deepEqual(told.map((text) => text.split(":")[0]), ["300 tasks are there", ...phases]);
  assert.deepEqual(report.phases.map(({ name }) => name), phases);
  assert.ok(report.phases.every((phase) => phase.cpuEndS > phase.cpuS && phase.to > phase.from));
  const [, calm, , join] = report.phases;
  // Nobody has anything that others lack: of each two who talk hardly any sync, and nobody tells of a task.
  const entities = calm?.messages.get("answer entities") ?? { count: 0, bytes: 0 };
  assert.ok(entities.count < 10 * 4 && entities.bytes < 400 * 10 * 4, JSON.stringify(entities));
  // In a second each asks one that lives, and who is asked answers.
  const probes = calm?.messages.get("probe")?.count ?? 0;
  assert.ok(probes >= 10 * 55 && probes <= 10 * 75, `${probes} probes`);
  assert.ok((calm?.broadcasts.count ?? 0) + (calm?.messages.get("carries")?.count ?? 0) > 0);
  // Who joins is told of all.
  const pulled = join?.messages.get("answer entities");
  assert.ok(pulled !== undefined && pulled.bytes > 300 * 200, JSON.stringify(pulled));
});
