import assert from "node:assert/strict";
import { test } from "node:test";
import { holdPlanOf } from "../../src/sim/plan-hold.ts";
import { type Fault, type Plan, START, type UserAction } from "../../src/sim/plan.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const MINUTES = 4;
/** As long as they do not reach each other, and from when on all know of all. */
const APART_MS = 150_000;
const CALM_MS = 40_000;

/** Peers 1 and 2 reach peer 0, and not each other, from the beginning on. */
function triangle(): Plan {
  const plan = holdPlanOf({ seed: 4, peers: 3, minutes: MINUTES, tasks: 0 });
  const users = Array.from({ length: 60 }, (_, n): UserAction => ({
    kind: "put",
    at: 15_000,
    peer: 0,
    // None of those that are placed, or hold.
    task: `t${n * 210}`,
    schedule: `R/2026-01-01T00:00:0${n % 5}.${String(n * 41 % 1000).padStart(3, "0")}Z/PT5S/ET3S`,
    policy: { misfire: "skip" },
    payload: n,
  }));
  const faults = [[1, 2], [2, 1]].map(([from = 0, to = 0]): Fault => ({
    kind: "one-way",
    ...{ at: 0, ms: APART_MS, from, to },
  }));
  return { ...plan, users, faults, kind: { ...plan.kind, failures: 0, hangs: 0 } };
}

test("two that never reach each other, and both a third, fire each occurrence once, and all their share", async () => {
  const { world, violations } = await simulate(triangle(), { keyValue: memoryKeyValue });
  assert.deepEqual(violations, []);
  const sent = world.targets.sent.filter(({ at }) => at > START + CALM_MS && at < START + APART_MS);
  const ids = new Set(sent.map(({ id }) => id));
  assert.ok(ids.size > 60 * 20, `${ids.size} occurrences`);
  assert.equal(sent.length - ids.size, 0, "so many came twice");
  const shares = ["peer-0", "peer-1", "peer-2"].map((name) => sent.filter(({ peer }) => peer === name).length);
  assert.ok(shares.every((share) => share > sent.length / 10), shares.join());
});
