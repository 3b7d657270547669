import assert from "node:assert/strict";
import { test } from "node:test";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { joinRuns, OUTCOMES, roundOf, type Run } from "../../src/core/task/run.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";

function anyRun(chance: () => number): Run {
  const pick = (count: number) => Math.floor(chance() * count);
  const state = (["due", "attempting", "retrying", "settled"] as const)[pick(4)] ?? "due";
  const attempts = Array.from({ length: state === "due" ? 0 : 1 + pick(3) }, (_, n) => ({
    n: n + 1,
    startedAt: (100 + n) as Instant,
    peer: `peer-${pick(2)}`,
  }));
  const times = pick(3);
  const outcome = OUTCOMES[pick(OUTCOMES.length)] ?? "delivered";
  const dismissed = outcome === "failed" && pick(2) === 0 ? { dismissedAt: (300 + pick(2)) as Instant } : {};
  return {
    id: "0".repeat(32) as OccurrenceId,
    guid: "1".repeat(64) as TaskGuid,
    task: "t",
    user: "ada",
    instant: 100 as Instant,
    state,
    attempts,
    ...(state === "settled" ? { outcome, settledAt: (200 + pick(3)) as Instant, ...dismissed } : {}),
    ...(times === 0 ? {} : { redriven: { times, at: 100 as Instant, after: pick(attempts.length + 1) } }),
    ...(state === "retrying" ? { retryAt: (150 + pick(3)) as Instant } : {}),
  };
}

test("the join of run records is commutative, associative and idempotent, and never goes back", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const chance = chanceOf(seed);
    const [a, b, c] = [anyRun(chance), anyRun(chance), anyRun(chance)];
    assert.deepEqual(joinRuns(a, a), a, `seed ${seed}`);
    assert.deepEqual(joinRuns(a, b), joinRuns(b, a), `seed ${seed}`);
    assert.deepEqual(joinRuns(joinRuns(a, b), c), joinRuns(a, joinRuns(b, c)), `seed ${seed}`);
    const joined = joinRuns(a, b);
    assert.equal(roundOf(joined), Math.max(roundOf(a), roundOf(b)), `seed ${seed}`);
    if (a.state === "settled" && roundOf(a) >= roundOf(b)) assert.equal(joined.state, "settled", `seed ${seed}`);
    const [one, other] = [a, b].map(({ outcome, dismissedAt }) => outcome === "failed" ? dismissedAt ?? 0 : undefined);
    if (roundOf(a) === roundOf(b) && one !== undefined && other !== undefined) {
      assert.equal(joined.dismissedAt ?? 0, Math.max(one, other), `seed ${seed}`);
    }
    if (roundOf(a) !== roundOf(b)) assert.equal(joined.duplicate, undefined, `seed ${seed}`);
  }
});
