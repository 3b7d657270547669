import assert from "node:assert/strict";
import { test } from "node:test";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { isAttempted, joinRuns, OUTCOMES, roundOf, type Run } from "../../src/core/task/run.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";

function anyRun(chance: () => number): Run {
  const pick = (count: number) => Math.floor(chance() * count);
  const state = (["due", "attempting", "retrying", "settled"] as const)[pick(4)] ?? "due";
  const attempts = Array.from({ length: state === "due" ? 0 : 1 + pick(3) }, (_, n) => ({
    n: n + 1,
    startedAt: (100 + n) as Instant,
    peer: `peer-${pick(3)}`,
    ...(pick(2) === 0 ? {} : { endedAt: (110 + n) as Instant }),
    ...(pick(4) === 0 ? { askedBy: `peer-${pick(3)}` } : {}),
  }));
  const times = pick(2);
  const outcome = OUTCOMES[pick(OUTCOMES.length)] ?? "delivered";
  // Some are told again, and some are a join already; some were settled by a peer that made no attempt.
  const settled = {
    outcome,
    settledAt: (200 + pick(3)) as Instant,
    ...(pick(9) === 0 ? {} : { settledBy: `peer-${pick(3)}` }),
  };
  const twice = state === "settled" && pick(5) === 0 ? { duplicate: true as const } : {};
  const dismissed = outcome === "failed" && pick(2) === 0 ? { dismissedAt: (300 + pick(2)) as Instant } : {};
  return {
    id: "0".repeat(32) as OccurrenceId,
    guid: "1".repeat(64) as TaskGuid,
    task: "t",
    user: "ada",
    instant: 100 as Instant,
    state,
    attempts,
    ...(state === "settled" ? { ...settled, ...dismissed, ...twice } : {}),
    ...(times === 0 ? {} : {
      redriven: {
        ...{ times, at: 100 as Instant, after: pick(attempts.length + 1) },
        ...(pick(2) === 0 ? {} : { was: "failed" as const }),
      },
    }),
    ...(state === "retrying" ? { retryAt: (150 + pick(3)) as Instant } : {}),
  };
}

test("the join of run records is commutative, associative and idempotent, and never goes back", () => {
  for (let seed = 1; seed <= 5_000; seed++) {
    const chance = chanceOf(seed);
    const [a, b, c] = [anyRun(chance), anyRun(chance), anyRun(chance)];
    assert.deepEqual(joinRuns(a, a), a, `seed ${seed}`);
    assert.deepEqual(joinRuns(a, b), joinRuns(b, a), `seed ${seed}`);
    assert.deepEqual(joinRuns(joinRuns(a, b), c), joinRuns(a, joinRuns(b, c)), `seed ${seed}`);
    const joined = joinRuns(a, b);
    assert.equal(roundOf(joined), Math.max(roundOf(a), roundOf(b)), `seed ${seed}`);
    if (a.state === "settled" && roundOf(a) >= roundOf(b)) assert.equal(joined.state, "settled", `seed ${seed}`);
    const [one, other] = [a, b].map(({ outcome, dismissedAt }) => outcome === "failed" ? dismissedAt ?? 0 : undefined);
    const isSameRound = roundOf(a) === roundOf(b);
    if (isSameRound && isAttempted(a) === isAttempted(b) && one !== undefined && other !== undefined) {
      assert.equal(joined.dismissedAt ?? 0, Math.max(one, other), `seed ${seed}`);
    }
    const isEachOnce = isAttempted(a) && isAttempted(b) && a.duplicate !== true && b.duplicate !== true;
    if (isSameRound && isEachOnce) {
      assert.equal(joined.duplicate === true, a.settledBy !== b.settledBy, `seed ${seed}`);
      for (const attempt of [...a.attempts, ...b.attempts]) {
        assert.ok(joined.attempts.some(({ n, peer }) => n === attempt.n && peer === attempt.peer), `seed ${seed}`);
      }
    }
    if (!isSameRound) assert.equal(joined, roundOf(a) > roundOf(b) ? a : b, `seed ${seed}`);
  }
});
