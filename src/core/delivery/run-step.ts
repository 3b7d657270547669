// The steps of a run: due, attempting, retrying, settled. Each makes the next record of the one before.

import type { OccurrenceId } from "../task/occurrence.ts";
import { type Attempt, lastAttempt, type Outcome, type Run } from "../task/run.ts";
import type { Task } from "../task/task-entity.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { DeliveryResult } from "./delivery.ts";

export function dueRun({ guid, user, definition }: Task, id: OccurrenceId, at: Instant): Run {
  return { id, guid, task: definition.id, user, instant: at, state: "due", attempts: [] };
}

/** The next attempt starts, made by this peer or, when it is asked to, by another. */
export function attempting(run: Run, self: PeerId, now: Instant, by?: PeerId): Run {
  const n = lastAttempt(run) + 1;
  const attempt: Attempt = by === undefined
    ? { n, startedAt: now, peer: self }
    : { n, startedAt: now, peer: by, askedBy: self };
  return { ...withoutRetry(run), state: "attempting", attempts: [...run.attempts, attempt] };
}

/** The last attempt has ended; what follows from that is not decided yet. */
export function attempted(run: Run, result: DeliveryResult, now: Instant): Run {
  const current = run.attempts[run.attempts.length - 1];
  if (current === undefined) throw new Error(`run ${run.id} ended an attempt that never started`);
  const ended = endOf(current, result, now);
  return { ...run, attempts: run.attempts.length === 1 ? [ended] : [...run.attempts.slice(0, -1), ended] };
}

/** Written out: this runs for each event, and a copy that begins with what it is of is ten times as fast as others. */
function endOf(attempt: Attempt, result: DeliveryResult, now: Instant): Attempt {
  const { status } = result;
  if (result.kind === "failed") {
    const { error } = result;
    return status === undefined ? { ...attempt, endedAt: now, error } : { ...attempt, endedAt: now, status, error };
  }
  return status === undefined ? { ...attempt, endedAt: now } : { ...attempt, endedAt: now, status };
}

export function retrying(run: Run, at: Instant): Run {
  return { ...run, state: "retrying", retryAt: at };
}

/** Attempts of earlier rounds that a run keeps. */
const EARLIER_MAX = 32;

/** A settled run is driven again: the same occurrence, with the same id, in another round. It goes at `at`. */
export function redriven(run: Run, at: Instant, now: Instant): Run {
  const { outcome, reason: __, settledAt: ___, settledBy: ____, target: _____, via: ______, ...more } = withoutRetry(
    run,
  );
  const { dismissedAt: _______, ...rest } = more;
  const attempts = run.attempts.slice(-EARLIER_MAX);
  const again = {
    ...{ times: (run.redriven?.times ?? 0) + 1, at: now, after: attempts.length },
    ...(outcome === undefined ? {} : { was: outcome }),
  };
  return { ...rest, state: "retrying", retryAt: at, attempts, redriven: again };
}

export function settled(run: Run, outcome: Outcome, reason: string | undefined, by: PeerId, now: Instant): Run {
  const open = withoutRetry(run);
  return reason === undefined
    ? { ...open, state: "settled", outcome, settledAt: now, settledBy: by }
    : { ...open, state: "settled", outcome, reason, settledAt: now, settledBy: by };
}

/** Nearly all have none: to leave a property out takes ten times as long as to copy all. */
function withoutRetry(run: Run): Run {
  if (run.retryAt === undefined) return run;
  const { retryAt: _, ...rest } = run;
  return rest;
}
