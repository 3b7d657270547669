import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../src/sim/plan-draw.ts";
import type { Fault } from "../../src/sim/plan.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const NO_WAY: Fault = { kind: "no way", at: 30_000, ms: 90_000, peer: 1 };

function planWith(seed: number, faults: readonly Fault[]) {
  const plan = planOf({ seed, peers: 4, minutes: 4, tasks: 30 });
  return { ...plan, faults };
}

test("what an owner does not reach comes to its target by another peer, once, and within its tolerance", async () => {
  for (const seed of [1]) {
    const { violations, world } = await simulate(planWith(seed, [NO_WAY]), { keyValue: memoryKeyValue });
    assert.deepEqual(violations, [], `seed ${seed}`);
    const inTime = world.targets.sent.filter(({ at }) =>
      at > world.plan.start + 40_000 && at < world.plan.start + 110_000
    );
    assert.ok(inTime.length > 50);
  }
});

test("so it does when peers fall, are cut off and start again meanwhile", async () => {
  for (const seed of [13]) {
    const faults: readonly Fault[] = [
      NO_WAY,
      { kind: "restart", at: 45_000, ms: 3_000, peer: 2 },
      { kind: "drain", at: 60_000, ms: 8_000, peer: 1 },
      { kind: "crash", at: 80_000, ms: 5_000, peer: seed % 4, isPower: false },
      { kind: "partition", at: 100_000, ms: 10_000, sides: [0, 0, 1, 1, 0, 0] },
    ];
    const { violations } = await simulate(planWith(seed, faults), { keyValue: memoryKeyValue });
    assert.deepEqual(violations, [], `seed ${seed}`);
  }
});
