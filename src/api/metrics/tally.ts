// What has become of runs at this peer since it started, in numbers: what it has settled itself, so that the sum over
// all peers is that of the mesh.

import { attemptsOf, latenessMs, type Outcome, type Run } from "../../core/task/run.ts";
import type { Peer } from "../../peer.ts";

/** Upper bounds of the classes of lateness, in seconds. */
export const LATENESS_BOUNDS: readonly number[] = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60, 300, 3_600],
];

/** Tasks that are told apart by name, those with an event not delivered the latest. */
export const TROUBLED_MAX = 1_000;

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
  /** First attempts by lateness, in the classes of `LATENESS_BOUNDS`; then all of them, and their seconds. */
  readonly lateness = LATENESS_BOUNDS.map(() => 0);
  attempted = 0;
  lateSeconds = 0;
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
    if (run.state === "retrying" && attemptsOf(run).at(-1)?.peer === this.#self) this.retries++;
    if (run.outcome === undefined || run.settledBy !== this.#self || run.dismissedAt !== undefined) return;
    if (run.duplicate === true) return this.#hearTwice(run);
    this.outcomes[run.outcome]++;
    const late = run.redriven === undefined ? latenessMs(run) : undefined;
    if (late !== undefined) this.#late(late / 1_000);
    if (run.outcome !== "delivered") this.#trouble(run, run.outcome);
  }

  #hearTwice({ id }: Run): void {
    if (this.#twice.has(id)) return;
    this.duplicates++;
    this.#twice.add(id);
    const [oldest] = this.#twice;
    if (this.#twice.size > TWICE_MAX && oldest !== undefined) this.#twice.delete(oldest);
  }

  #late(seconds: number): void {
    this.attempted++;
    this.lateSeconds += Math.max(seconds, 0);
    const place = LATENESS_BOUNDS.findIndex((bound) => seconds <= bound);
    if (place >= 0) this.lateness[place] = (this.lateness[place] ?? 0) + 1;
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
