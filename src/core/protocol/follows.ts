// What other peers say of how far they have carried tasks, on its way to the actors: gathered during one event, and told
// with the records that are stored of the same occurrences, so that two that were settled by two peers are seen.

import type { Progress } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { Run } from "../task/run.ts";
import type { TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import type { StoreAnswer, StoreQuery } from "./store-query.ts";
import type { Write } from "./write.ts";

/** What another peer says of how far it has carried a task. */
export type Followed = {
  readonly through: Instant;
  /** The stamp of the schedule that it has carried so far. */
  readonly schedule?: Stamp;
  readonly failures: number;
  readonly last?: Progress["last"];
  readonly runs: readonly Run[];
};

export type Follow = {
  readonly guid: TaskGuid;
  readonly told: Followed;
  /** When what comes of it is on its way to the disk. */
  readonly done: () => void;
};

export type FollowsHost = {
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  tell(follow: Follow, known: Known): void;
};

/** The record of an occurrence as it is now, on the disk or on its way there: an actor may read its mail much later. */
export type Known = (id: OccurrenceId) => Run | undefined;

/** Runs that were written a moment ago and may not be found on the disk yet. */
const RECENT_MAX = 4_096;

export class Follows {
  readonly #host: FollowsHost;
  readonly #recent = new Map<OccurrenceId, Run>();
  #waiting: Follow[] = [];

  constructor(host: FollowsHost) {
    this.#host = host;
  }

  add(follow: Follow): void {
    this.#waiting.push(follow);
  }

  /**
   * These are on their way to the disk, where a query does not find them yet. A peer that is alone is told of no runs, but
   * its own may be driven again.
   */
  wrote(writes: readonly Write[], isShared: boolean): void {
    for (const write of writes) {
      if (write.kind !== "run" || (!isShared && write.run.redriven === undefined)) continue;
      this.#recent.delete(write.run.id);
      this.#recent.set(write.run.id, write.run);
    }
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= RECENT_MAX) break;
      this.#recent.delete(id);
    }
  }

  /** Tells what was gathered. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const follows = this.#waiting;
    this.#waiting = [];
    this.recall(follows.flatMap(({ told }) => told.runs.map(({ id }) => id)), (known) => {
      for (const follow of follows) this.#host.tell(follow, known);
    });
  }

  /** Tells what is known of these runs. */
  recall(ids: readonly OccurrenceId[], tell: (known: Known) => void): void {
    const found = (runs: readonly Run[]) => {
      const stored = new Map(runs.map((run) => [run.id, run]));
      tell((id) => this.#recent.get(id) ?? stored.get(id));
    };
    if (ids.length === 0) return found([]);
    this.#host.query({ kind: "runs", ids }, (answer) => found(answer.kind === "runs" ? answer.runs : []));
  }
}
