// What has become of runs at this peer since it started, in numbers: what it has settled itself, so that the sum over
// all peers is that of the mesh.

import { attemptsOf, latenessMs, type Outcome, type Run } from "../../core/task/run.ts";
import type { Peer } from "../../peer.ts";
import { Histogram } from "./histogram.ts";

/** Tasks that are told apart by name, those with an event not delivered the latest. */
const TROUBLED_MAX = 1_000;

/** Two peers may tell of one occurrence more than once. */
const TWICE_MAX = 4_096;

export type Troubled = {
  readonly task: string;
  readonly user: string;
  readonly undelivered: { [O in Exclude<Outcome, "delivered">]?: number };
};

export class Tally {
  readonly outcomes: Record<Outcome, number> = { delivered: 0, failed: 0, expired: 0, missed: 0, skipped: 0 };
  /** Attempts that failed and are followed by another. */
  retries = 0;
  /** Occurrences that two peers settled, each without knowing of the other. */
  duplicates = 0;
  /** From the planned instant to the first attempt. */
  readonly lateness = new Histogram();
  /** From the start of an attempt to its end. */
  readonly attempts = new Histogram();
  readonly #self: string;
  readonly #troubled = new Map<string, Troubled>();
  readonly #twice = new Set<string>();

  /** Counts until `signal` is aborted. */
  constructor(peer: Pick<Peer, "id" | "watch">, signal: AbortSignal) {
    this.#self = peer.id;
    signal.addEventListener(
      "abort",
      peer.watch((notice) => {
        if (notice.kind === "run") this.#hear(notice.run);
      }),
    );
  }

  /** Tasks with events that were not delivered, at most `TROUBLED_MAX`. */
  troubled(): Iterable<Troubled> {
    return this.#troubled.values();
  }

  #hear(run: Run): void {
    this.#hearAttempt(run);
    if (run.outcome === undefined || run.settledBy !== this.#self || run.dismissedAt !== undefined) return;
    if (run.duplicate === true) return this.#hearTwice(run);
    this.outcomes[run.outcome]++;
    const lateMs = run.redriven === undefined ? latenessMs(run) : undefined;
    if (lateMs !== undefined) this.lateness.add(lateMs);
    if (run.outcome !== "delivered") this.#trouble(run, run.outcome);
  }

  #hearAttempt(run: Run): void {
    const { peer, startedAt, endedAt } = attemptsOf(run).at(-1) ?? {};
    if (peer !== this.#self || startedAt === undefined || endedAt === undefined) return;
    if (run.state === "retrying") this.retries++;
    // What was settled later than its last attempt ended was ended by something else.
    else if (run.state !== "settled" || run.settledAt !== endedAt || run.dismissedAt !== undefined) return;
    else if (run.duplicate === true) return;
    this.attempts.add(endedAt - startedAt);
  }

  #hearTwice({ id }: Run): void {
    if (this.#twice.has(id)) return;
    this.duplicates++;
    this.#twice.add(id);
    const [oldest] = this.#twice;
    if (this.#twice.size > TWICE_MAX && oldest !== undefined) this.#twice.delete(oldest);
  }

  #trouble({ guid, task, user }: Run, outcome: Exclude<Outcome, "delivered">): void {
    const known = this.#troubled.get(guid) ?? { task, user, undelivered: {} };
    known.undelivered[outcome] = (known.undelivered[outcome] ?? 0) + 1;
    this.#troubled.delete(guid);
    this.#troubled.set(guid, known);
    const [oldest] = this.#troubled.keys();
    if (this.#troubled.size > TROUBLED_MAX && oldest !== undefined) this.#troubled.delete(oldest);
  }
}
