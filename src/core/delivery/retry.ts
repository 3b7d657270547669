// Whether a failed attempt is followed by another one, and when.

import { backoffMs, type ResolvedPolicy } from "../task/policy.ts";
import type { Attempt } from "../task/run.ts";
import type { Instant } from "../values/instant.ts";
import type { DeliveryResult } from "./delivery.ts";

export type RetryDecision =
  | { readonly kind: "again"; readonly at: Instant }
  | { readonly kind: "over"; readonly reason: string };

/** `attempts` are all so far, the failed one among them. `chance` gives a number in [0, 1). */
export function retry(
  policy: ResolvedPolicy,
  attempts: readonly Attempt[],
  failure: Extract<DeliveryResult, { kind: "failed" }>,
  { now, chance }: { readonly now: Instant; readonly chance: () => number },
): RetryDecision {
  const { error, retryable, retryAfterMs } = failure;
  const { maxAgeMs, limit } = policy.retry;
  if (!retryable || policy.delivery === "at-most-once") return { kind: "over", reason: error };
  if (attempts.length > limit) return { kind: "over", reason: `${error}; gave up after ${attempts.length} attempts` };
  const waitMs = backoffMs(policy.retry, attempts.length, chance(), retryAfterMs);
  const startedAt = attempts[0]?.startedAt ?? now;
  if (now + waitMs - startedAt > maxAgeMs) {
    return { kind: "over", reason: `${error}; the next attempt would be past the age of ${maxAgeMs} ms` };
  }
  return { kind: "again", at: (now + waitMs) as Instant };
}
