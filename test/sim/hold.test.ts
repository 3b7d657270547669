import assert from "node:assert/strict";
import { test } from "node:test";
import { holdPlanOf } from "../../src/sim/plan-hold.ts";
import { simulateSeed } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

/** With leases alone the first would send 49 of 3,699 events twice in five minutes with 20 tasks. */
const SEEDS = [1, 5];

test("what holds is never sent twice, whoever is cut off from whom, or stands still, at any moment", async () => {
  for (const seed of SEEDS) {
    const plan = holdPlanOf({ seed, peers: 5, minutes: 3, tasks: 8 });
    const { targets: { sent } } = await simulateSeed(plan, { keyValue: memoryKeyValue });
    assert.ok(sent.length > 200, `seed ${seed}: ${sent.length} events`);
  }
});
