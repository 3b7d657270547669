// What became of the last runs of tasks, while somebody looks at them in a list: read from the store when a task is first
// asked for, kept true by notices, and given up when nobody asks any more.

import type { OccurrenceId } from "../../core/task/occurrence.ts";
import type { Outcome, Run } from "../../core/task/run.ts";
import type { TaskGuid } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";

/** Runs of a task: as many as an eye takes in at once. */
export const RECENT_MAX = 20;
/** Tasks that are kept, 3 KB each: two of the largest pages. */
const TASKS_MAX = 1_000;
/** Nobody has asked for so long. */
const IDLE_MS = 10 * 60_000;

type Settled = { readonly id: OccurrenceId; readonly instant: Instant; readonly outcome: Outcome };

export type RecentView = { readonly instant: string; readonly outcome: Outcome };

/** The latest first. */
type Kept = { runs: readonly Settled[]; readonly isRead: Promise<void> };

export class Recent {
  readonly #peer: Pick<Peer, "runs" | "watch">;
  /** The one that was asked for longest ago goes first. */
  readonly #kept = new Map<TaskGuid, Kept>();
  #unwatch: (() => void) | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(peer: Pick<Peer, "runs" | "watch">, closing: AbortSignal) {
    this.#peer = peer;
    closing.addEventListener("abort", () => this.#giveUp(), { once: true });
  }

  /** What became of the task's last runs that are settled, the oldest first; at most `count`. */
  async of(guid: TaskGuid, count: number): Promise<readonly RecentView[]> {
    this.#stay();
    const kept = this.#kept.get(guid) ?? this.#read(guid);
    this.#kept.delete(guid);
    this.#kept.set(guid, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > TASKS_MAX && oldest !== undefined) this.#kept.delete(oldest);
    await kept.isRead;
    return kept.runs.slice(0, count).map(({ instant, outcome }) => ({ instant: formatInstant(instant), outcome }))
      .reverse();
  }

  #read(guid: TaskGuid): Kept {
    const kept: Kept = {
      runs: [],
      isRead: this.#peer.runs({ guid, limit: RECENT_MAX }).then(({ items }) => {
        // What a notice has said meanwhile is newer.
        const heard = new Set(kept.runs.map(({ id }) => id));
        kept.runs = ordered([...kept.runs, ...items.flatMap(settledIn).filter(({ id }) => !heard.has(id))]);
      }),
    };
    // Who asks next tries again.
    kept.isRead.catch(() => this.#kept.delete(guid));
    return kept;
  }

  #hear(run: Run): void {
    const kept = this.#kept.get(run.guid);
    if (kept === undefined) return;
    const others = kept.runs.filter(({ id }) => id !== run.id);
    const [settled] = settledIn(run);
    // One that is driven again is open until it is settled anew.
    if (settled !== undefined) kept.runs = ordered([settled, ...others]);
    else if (others.length < kept.runs.length) kept.runs = others;
  }

  #stay(): void {
    this.#unwatch ??= this.#peer.watch((notice) => {
      if (notice.kind === "run") this.#hear(notice.run);
    });
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#giveUp(), IDLE_MS);
    // A peer does not stay alive for the sake of a list.
    if (typeof this.#idle === "object") this.#idle.unref?.();
  }

  #giveUp(): void {
    clearTimeout(this.#idle);
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#kept.clear();
  }
}

function settledIn({ id, instant, outcome }: Run): readonly Settled[] {
  return outcome === undefined ? [] : [{ id, instant, outcome }];
}

function ordered(runs: readonly Settled[]): readonly Settled[] {
  return [...runs].sort((a, b) => b.instant - a.instant).slice(0, RECENT_MAX);
}
