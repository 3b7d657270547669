// A policy with all its defaults filled in and its durations in milliseconds: how a task behaves when it is late, when
// it overlaps itself, and when a delivery fails.

import { type Schedule, toleranceMs } from "../schedule/schedule.ts";
import { exactDurationMs } from "../values/duration.ts";
import { Memo } from "../values/memo.ts";
import type { Policy } from "./task.ts";

export type ResolvedPolicy = {
  readonly toleranceMs: number;
  /** Later than the tolerance is `expired`, whatever `misfire` says: the schedule has an /E part. */
  readonly expires: boolean;
  readonly misfire: "last" | "all" | "skip";
  readonly misfireWindowMs: number;
  readonly overlap: "allow" | "skip" | "queue-one" | "queue-all" | "cancel-previous";
  readonly retry: RetryPolicy;
  readonly connectMs: number;
  readonly totalMs: number;
  readonly delivery: "at-least-once" | "at-most-once";
  readonly partition: "fire" | "hold" | "home";
  readonly pauseAfterFailures: number;
  readonly removeWhenDone: boolean;
};

export type RetryPolicy = {
  readonly limit: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly maxAgeMs: number;
};

const TOLERANCE_MS = 60_000;
const MISFIRE_WINDOW_MS = 3_600_000;
const CONNECT_MS = 5_000;
const TOTAL_MS = 30_000;
const RETRY: RetryPolicy = { limit: 5, baseMs: 1_000, factor: 2, capMs: 300_000, maxAgeMs: 3_600_000 };

export function resolvePolicy(policy: Policy, schedule: Schedule): ResolvedPolicy {
  const own = toleranceMs(schedule);
  if (Object.keys(policy).length > 0) return resolved(policy, own);
  return PLAIN.get(own) ?? PLAIN.set(own, resolved(policy, own));
}

/** Of the many tasks that set nothing, by the tolerance of their schedule: they share one. */
const PLAIN = new Memo<number | undefined, ResolvedPolicy>(256);

function resolved(policy: Policy, own: number | undefined): ResolvedPolicy {
  const retry = policy.retry ?? {};
  return {
    toleranceMs: own ?? ms(policy.tolerance, TOLERANCE_MS),
    expires: own !== undefined,
    misfire: policy.misfire ?? "last",
    misfireWindowMs: ms(policy.misfireWindow, MISFIRE_WINDOW_MS),
    overlap: policy.overlap ?? "allow",
    retry: {
      limit: retry.limit ?? RETRY.limit,
      baseMs: ms(retry.base, RETRY.baseMs),
      factor: retry.factor ?? RETRY.factor,
      capMs: ms(retry.cap, RETRY.capMs),
      maxAgeMs: ms(retry.maxAge, RETRY.maxAgeMs),
    },
    connectMs: ms(policy.timeout?.connect, CONNECT_MS),
    totalMs: ms(policy.timeout?.total, TOTAL_MS),
    delivery: policy.delivery ?? "at-least-once",
    partition: policy.partition ?? "fire",
    pauseAfterFailures: policy.pauseAfterFailures ?? Infinity,
    removeWhenDone: policy.removeWhenDone ?? false,
  };
}

/**
 * How long to wait before the next attempt, with full jitter: anything from nothing to the exponential bound, so that
 * those who failed together do not come back together. `chance` is in [0, 1). A target's own Retry-After is a floor.
 * AWS Architecture Blog, "Exponential Backoff and Jitter" (2015).
 */
export function backoffMs(retry: RetryPolicy, attempt: number, chance: number, retryAfterMs = 0): number {
  const bound = Math.min(retry.capMs, retry.baseMs * retry.factor ** (attempt - 1));
  return Math.max(Math.floor(chance * bound), retryAfterMs);
}

function ms(duration: string | undefined, otherwise: number): number {
  return duration === undefined ? otherwise : exactDurationMs(duration);
}
