// The launch of an attempt: whether it may start at all.

import type { Instant } from "./instant.ts";
import type { ResolvedPolicy } from "./policy.ts";
import { attemptsOf, type Outcome, type Run } from "./run.ts";

/** How a run ends that may not start, or not once more; absent when it may. */
export function endOf(
  run: Run,
  policy: ResolvedPolicy,
  now: Instant,
): { readonly outcome: Outcome; readonly reason: string } | undefined {
  const isFirst = attemptsOf(run).length === 0;
  const isNew = run.attempts.length === 0;
  const isAsked = run.manual !== undefined || run.redriven !== undefined;
  if (isNew && policy.expires && !isAsked && now - run.instant > policy.toleranceMs) {
    return { outcome: "expired", reason: `later than the tolerance of ${policy.toleranceMs} ms` };
  }
  if (policy.delivery === "at-most-once" && !isFirst) {
    return { outcome: "failed", reason: "the peer stopped during the attempt; at-most-once sends no second one" };
  }
  return undefined;
}
