import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../src/sim/plan-draw.ts";
import { simulateSeed } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

/** As many as fit; the suite has other things to do. `npm run simulate` takes its time. */
const LIMIT_MS = 20_000;
const SEEDS_MAX = 40;
const FIRST = 1;

test("meshes of five keep their promises through crashes, partitions, bad disks and wrong clocks", async (t) => {
  const began = performance.now();
  let seed = FIRST;
  for (; seed < FIRST + SEEDS_MAX && performance.now() - began < LIMIT_MS; seed++) {
    await simulateSeed(planOf({ seed, peers: 5, minutes: 4, tasks: 30 }), { keyValue: memoryKeyValue });
  }
  t.diagnostic(`${seed - FIRST} seeds`);
  assert.ok(seed > FIRST);
});
