// A misfire: occurrences that come up later than their tolerance. Which of them are still sent, by the policy, and what
// the record says of the others.

import { between, previous, type Schedule } from "../schedule/schedule.ts";
import type { ActiveTask } from "../task/active-task.ts";
import { WAITING_MAX } from "../task/overlap.ts";
import type { ResolvedPolicy } from "../task/policy.ts";
import { nextOccurrence } from "../task/task-entity.ts";
import { formatInstant, type Instant } from "../values/instant.ts";
import type { Turn } from "./turn.ts";

/** Missed occurrences that get a record each; of what is older, the oldest record tells. */
const MISSED_RECORDS_MAX = 1_000;

export type Misfire = {
  /** Sent all the same, oldest first. */
  readonly fired: readonly Instant[];
  /** Settled unsent, oldest first. */
  readonly missed: readonly { readonly instant: Instant; readonly reason: string }[];
  readonly outcome: "missed" | "expired";
  /** Where spans of occurrences begin whose older part has no records of its own. */
  readonly cut: readonly Instant[];
};

/**
 * `late` is the first occurrence that is not settled, and before `cutoff`: all from it to there are beyond the tolerance.
 * `why`: what kept them from being sent, where that is known.
 */
export function misfire(
  schedule: Schedule,
  policy: ResolvedPolicy,
  span: { readonly late: Instant; readonly cutoff: Instant; readonly now: Instant },
  why?: string,
): Misfire {
  const { late, cutoff } = span;
  const fired = firedOf(schedule, policy, span);
  const [first, last] = [fired[0], fired[fired.length - 1]];
  const trails = [trail(schedule, late, first ?? cutoff)];
  if (last !== undefined) trails.push(trail(schedule, (last + 1) as Instant, cutoff));
  const tolerance = `later than the tolerance of ${policy.toleranceMs} ms`;
  const rule = policy.expires ? tolerance : `${tolerance}; misfire policy ${policy.misfire}`;
  const reason = why === undefined ? rule : `${rule}; ${why}`;
  return {
    fired,
    missed: trails.flatMap(({ from, instants, isCut }) =>
      instants.map((instant, at) => ({
        instant,
        reason: isCut && at === 0 ? `${reason}; so were all before it, back to ${formatInstant(from)}` : reason,
      }))
    ),
    outcome: policy.expires ? "expired" : "missed",
    cut: trails.filter(({ isCut }) => isCut).map(({ from }) => from),
  };
}

/**
 * When an occurrence is settled unsent because it is late, while none is sent: `next` is the first that is not taken up.
 * Absent when none will be.
 */
export function missesAt(task: ActiveTask | undefined, next: Instant | undefined): Instant | undefined {
  const timing = task?.timing;
  if (task === undefined || timing === undefined || next === undefined) return undefined;
  const { schedule, policy } = timing;
  const isReplaced = policy.misfire === "last" && !policy.expires;
  const missed = isReplaced ? nextOccurrence(schedule, task, next) : next;
  return missed === undefined ? undefined : (missed + policy.toleranceMs + 1) as Instant;
}

/** Says where spans of occurrences begin of which there is no record. */
export function tellOfCut(turn: Turn, cut: readonly Instant[]): void {
  for (const first of cut) {
    turn.log("more occurrences missed than are recorded one by one", {
      task: turn.guid,
      recorded: MISSED_RECORDS_MAX,
      first: formatInstant(first),
    });
  }
}

function firedOf(
  schedule: Schedule,
  policy: ResolvedPolicy,
  { late, cutoff, now }: { readonly late: Instant; readonly cutoff: Instant; readonly now: Instant },
): readonly Instant[] {
  if (policy.expires) return [];
  switch (policy.misfire) {
    case "last": {
      const last = previous(schedule, cutoff);
      return last === undefined || last < late ? [] : [last];
    }
    case "all":
      return between(schedule, Math.max(late, now - policy.misfireWindowMs) as Instant, cutoff, WAITING_MAX);
    case "skip":
      return [];
  }
}

type Trail = { readonly from: Instant; readonly instants: readonly Instant[]; readonly isCut: boolean };

/** The latest occurrences at or after `from` and before `to`, oldest first, and whether older ones are left out. */
function trail(schedule: Schedule, from: Instant, to: Instant): Trail {
  const instants: Instant[] = [];
  let at = previous(schedule, to);
  for (; at !== undefined && at >= from && instants.length < MISSED_RECORDS_MAX; at = previous(schedule, at)) {
    instants.push(at);
  }
  return { from, instants: instants.reverse(), isCut: at !== undefined && at >= from };
}
