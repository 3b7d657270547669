import assert from "node:assert/strict";
import { test } from "node:test";
import { holdPlanOf } from "../../src/sim/plan-hold.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { storyOf } from "../../src/sim/story.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

/** The first alone would send 49 of 3,699 events twice if leases were all that keeps it from that. */
const SEEDS = [1, 5];

test("what holds is never sent twice, whoever is cut off from whom, or stands still, at any moment", async () => {
  for (const seed of SEEDS) {
    const plan = holdPlanOf({ seed, peers: 5, minutes: 3, tasks: 8 });
    const { world, violations } = await simulate(plan, { keyValue: memoryKeyValue });
    assert.ok(violations.length === 0, `seed ${seed}\n${storyOf(world, violations)}`);
    assert.ok(world.targets.sent.length > 200, `seed ${seed}: ${world.targets.sent.length} events`);
  }
});
