import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../src/sim/plan-draw.ts";
import { historyHash, simulate } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const SIZE = { peers: 3, minutes: 3, tasks: 12 };

async function hashOf(seed: number): Promise<string> {
  const { world } = await simulate(planOf({ ...SIZE, seed }), { keyValue: memoryKeyValue });
  assert.ok(world.targets.sent.length > 20, "something happens in this world");
  return historyHash(world);
}

test("a seed replays to the letter, and another is another history", async () => {
  const first = await hashOf(7);
  assert.equal(await hashOf(7), first);
  assert.notEqual(await hashOf(8), first);
});
