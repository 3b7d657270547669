// A run is the record of one occurrence: its attempts and its outcome. It only moves forward, so that any two copies
// of it join to the further one: due < attempting(1) < retrying(1) < attempting(2) < … < settled.

import type { PeerId, TaskGuid, UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { OccurrenceId } from "./occurrence.ts";

export type Outcome = "delivered" | "failed" | "expired" | "missed" | "skipped";

export const OUTCOMES: readonly Outcome[] = ["delivered", "failed", "expired", "missed", "skipped"];

export type Attempt = {
  /** 1 for the first. */
  readonly n: number;
  readonly startedAt: Instant;
  /** Absent while it is in flight. */
  readonly endedAt?: Instant;
  /** The peer that sent it. */
  readonly peer: PeerId;
  /** The owner, when it could not reach the target itself and asked that peer. */
  readonly askedBy?: PeerId;
  /** What the target answered: an HTTP status. */
  readonly status?: number;
  readonly error?: string;
};

export type RunState = "due" | "attempting" | "retrying" | "settled";

/** States that are on the disk when they begin: of the others the owner alone knows. */
export type KeptState = "retrying" | "settled";

export const KEPT_STATES: readonly KeptState[] = ["retrying", "settled"];

export type Run = {
  readonly id: OccurrenceId;
  readonly guid: TaskGuid;
  readonly task: string;
  readonly user: UserId;
  /** The planned instant; of a manual fire, the moment of the command. */
  readonly instant: Instant;
  readonly manual?: true;
  /** Of a manual fire that brought its own. */
  readonly payload?: Json;
  readonly state: RunState;
  /** When the next attempt starts; only while retrying. */
  readonly retryAt?: Instant;
  readonly outcome?: Outcome;
  /** Why it is not delivered, for a human. */
  readonly reason?: string;
  readonly settledAt?: Instant;
  /** The peer that settled it. */
  readonly settledBy?: PeerId;
  /** What it was sent to, of a run that failed: the lane of its last attempt, `@user/name` or an origin. */
  readonly target?: string;
  /** Which of the task's targets the next attempt goes to, when it is not its own; and how many were made before. */
  readonly via?: { readonly way: number; readonly after: number };
  /** It failed, and a user does not want to see it among the dead letters any more. */
  readonly dismissedAt?: Instant;
  /** It was settled, and is or was driven again. */
  readonly redriven?: Redriven;
  /** Two peers attempted and settled it, each without knowing of the other: it may have been delivered twice. */
  readonly duplicate?: true;
  readonly attempts: readonly Attempt[];
};

export type Redriven = {
  /** The round: 1 for the first. */
  readonly times: number;
  /** When that was asked for. */
  readonly at: Instant;
  /** How many of the attempts were made in the rounds before. */
  readonly after: number;
  /** How it was settled before; absent when nobody had taken it up. */
  readonly was?: Outcome;
};

/** 0 until the run is driven again. */
export function roundOf({ redriven }: Run): number {
  return redriven?.times ?? 0;
}

/** The attempts of this round, at the target that it has come to. */
export function attemptsOf({ attempts, redriven, via }: Run): readonly Attempt[] {
  const after = Math.max(redriven?.after ?? 0, via?.after ?? 0);
  return after === 0 ? attempts : attempts.slice(after);
}

/** The number of the latest attempt; 0 when there was none. */
export function lastAttempt({ attempts }: Run): number {
  return attempts[attempts.length - 1]?.n ?? 0;
}

/** Milliseconds between the planned instant and the start of the first attempt; absent when none started. */
export function latenessMs(run: Run): number | undefined {
  const first = run.attempts[0];
  return first === undefined ? undefined : first.startedAt - run.instant;
}

/**
 * The join of two copies of one occurrence's record: the further one. Of two that are settled in the same round that of a
 * peer which attempted it is further than that of one which only concluded something; of two that attempted it the join
 * says so, and holds the attempts of both; what one peer settled and another has driven again is no such pair.
 * Commutative, associative, idempotent.
 */
export function joinRuns(a: Run, b: Run): Run {
  if (roundOf(a) !== roundOf(b)) return roundOf(a) > roundOf(b) ? a : b;
  const further = compareRuns(a, b) >= 0 ? a : b;
  // What another peer concluded without an attempt says nothing that the further one does not: it is left out whole. To
  // keep some of it made the join depend on the order in which three records came.
  if (!isAttempted(a) || !isAttempted(b)) return further;
  const attempts = joinAttempts(a.attempts, b.attempts);
  const isTwice = a.duplicate === true || b.duplicate === true || a.settledBy !== b.settledBy;
  return isTwice ? { ...further, duplicate: true, attempts } : { ...further, attempts };
}

/** Whether it was settled by who attempted it: not by one that has only found that another did, and told nothing. */
export function isAttempted({ state, attempts, settledBy, duplicate }: Run): boolean {
  return state === "settled" &&
    (duplicate === true || attempts.some(({ peer, askedBy = peer }) => askedBy === settledBy));
}

/** Each peer's attempts once, in the order of their starts; of two copies of one the further. Equal ones stay as they are. */
function joinAttempts(a: readonly Attempt[], b: readonly Attempt[]): readonly Attempt[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return a;
  const attempts = new Map<string, Attempt>();
  for (const attempt of [...a, ...b]) {
    const key = `${attempt.peer} ${attempt.n} ${attempt.startedAt}`;
    const known = attempts.get(key);
    if (known === undefined || JSON.stringify(attempt) > JSON.stringify(known)) attempts.set(key, attempt);
  }
  return [...attempts.values()].sort((x, y) => x.startedAt - y.startedAt || compareText(x.peer, y.peer) || x.n - y.n);
}

/**
 * Total order of the copies of one occurrence: by attempts made, then by phase; settled is above all. Two settled
 * copies are ordered by who knows of it, then by outcome (a delivery is what happened, whatever another peer concluded),
 * then by whether it was dismissed since, then by time and peer, so that every peer shows the same one.
 */
function compareRuns(a: Run, b: Run): number {
  if ((a.state === "settled") !== (b.state === "settled")) return a.state === "settled" ? 1 : -1;
  if (a.state === "settled") {
    return Number(isAttempted(a)) - Number(isAttempted(b)) ||
      OUTCOMES.indexOf(outcomeOf(b)) - OUTCOMES.indexOf(outcomeOf(a)) || (a.dismissedAt ?? 0) - (b.dismissedAt ?? 0) ||
      (b.settledAt ?? 0) - (a.settledAt ?? 0) || compareText(conclusionOf(a), conclusionOf(b)) ||
      compareText(JSON.stringify(a), JSON.stringify(b));
  }
  return a.attempts.length - b.attempts.length || PHASES.indexOf(a.state) - PHASES.indexOf(b.state) ||
    compareText(JSON.stringify(a), JSON.stringify(b));
}

/** All but what a join changes. */
function conclusionOf({ attempts: _, duplicate: __, ...rest }: Run): string {
  return JSON.stringify(rest);
}

const PHASES: readonly RunState[] = ["due", "attempting", "retrying"];

function outcomeOf(run: Run): Outcome {
  if (run.outcome === undefined) throw new Error(`run ${run.id} is settled without an outcome`);
  return run.outcome;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
