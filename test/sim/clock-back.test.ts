import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "../../src/sim/plan-draw.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

const HOUR_MS = 3_600_000;

test("a peer whose clock was an hour ahead for a while fires, holds and hears of edits again when it is set right", async () => {
  const plan = planOf({ seed: 2, peers: 3, minutes: 4, tasks: 40 });
  const { violations } = await simulate({
    ...plan,
    // What is edited at it while it is ahead waits for its time.
    users: plan.users.filter(({ at }) => at < 50_000 || at > 90_000),
    faults: [{ kind: "clock", at: 60_000, ms: 20_000, peer: 1, byMs: HOUR_MS }],
    // Broadcasts are lost: who has missed them hears of edits by a sync.
    kind: { ...plan.kind, failures: 0, hangs: 0, broadcastLoss: 1 },
  }, { keyValue: memoryKeyValue });
  assert.deepEqual(violations, []);
});
