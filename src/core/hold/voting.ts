// Voting is the voter's half of an election (see vote.ts): what this peer has given to whom, kept with the tasks until it
// is known how each run ended. A vote counts once it stands on the disk.

import type { Known } from "../protocol/follows.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import { type Ballot, type Refusal, refusalOf, type Vote } from "../protocol/vote.ts";
import type { Write } from "../protocol/write.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import { OPEN_MAX } from "../task/overlap.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";

export type VotingHost = {
  readonly self: PeerId;
  /** Of this peer since its start: another number in each. */
  readonly life: number;
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  /** The records of these runs, stored or on their way to the disk. */
  recall(ids: readonly OccurrenceId[], tell: (known: Known) => void): void;
  /** `kept` is told when they stand on the disk. */
  persist(writes: readonly Write[]): void;
  /** Whether this peer has asked for the attempt itself, and will not make it. */
  yields(ballot: Ballot): boolean;
};

/** `undefined`: the disk can't be read. Those that are not refused are the asker's. */
export type OnPolled = (refusals: readonly Refusal[] | undefined) => void;

/** Tasks whose votes were written a moment ago and may not be found on the disk yet. */
const RECENT_MAX = 4_096;

/** A vote of a run that this peer knows nothing of is kept for a week: no peer asks for an occurrence that long. */
const KEEP_MS = 7 * 86_400_000;

type Recent = { readonly votes: readonly Vote[]; readonly unkept: number };

export class Voting {
  readonly #host: VotingHost;
  readonly #recent = new Map<TaskGuid, Recent>();
  /** Who waits for a write to stand on the disk. */
  readonly #waiting = new Map<Write, () => void>();

  constructor(host: VotingHost) {
    this.#host = host;
  }

  poll(asker: PeerId, ballots: readonly Ballot[], onPolled: OnPolled): void {
    const guids = [...new Set(ballots.map(({ guid }) => guid))];
    this.#host.query({ kind: "votes", guids }, (answer) => {
      if (answer.kind !== "votes") return onPolled(undefined);
      const stored = new Map(guids.map((guid, at) => [guid, answer.votes[at] ?? []]));
      const votes = guids.flatMap((guid) => this.#votesOf(guid, stored));
      this.#host.recall([...ballots, ...votes].map(({ id }) => id), (known) => {
        this.#decide(asker, ballots, stored, known, onPolled);
      });
    });
  }

  /** A write stands on the disk. */
  kept(write: Extract<Write, { kind: "votes" }>): void {
    const recent = this.#recent.get(write.guid);
    if (recent !== undefined) this.#recent.set(write.guid, { ...recent, unkept: recent.unkept - 1 });
    const onKept = this.#waiting.get(write);
    this.#waiting.delete(write);
    onKept?.();
  }

  #votesOf(guid: TaskGuid, stored: ReadonlyMap<TaskGuid, readonly Vote[]>): readonly Vote[] {
    return this.#recent.get(guid)?.votes ?? stored.get(guid) ?? [];
  }

  #decide(
    asker: PeerId,
    ballots: readonly Ballot[],
    stored: ReadonlyMap<TaskGuid, readonly Vote[]>,
    known: Known,
    onPolled: OnPolled,
  ): void {
    const { self, life } = this.#host;
    const refusals: Refusal[] = [];
    const changed = new Map<TaskGuid, readonly Vote[]>();
    for (const ballot of ballots) {
      const { guid, id, n, at } = ballot;
      const votes = changed.get(guid) ?? this.#votesOf(guid, stored);
      const others = votes.filter((vote) =>
        vote.id !== id && vote.at > at - KEEP_MS && known(vote.id)?.state !== "settled"
      );
      const vote = votes.find((vote) => vote.id === id);
      const refusal = refusalOf(ballot, {
        asker,
        self,
        known: known(id),
        vote,
        // What it asked for before it fell it does not make any more. Whether it did, nobody knows: as after any crash.
        yields: () => vote?.life !== life || this.#host.yields(ballot),
      });
      if (refusal !== undefined) refusals.push(refusal);
      else if (others.length >= OPEN_MAX) refusals.push({ id });
      else changed.set(guid, [...others, { id, n, peer: asker, at, ...(asker === self ? { life } : {}) }]);
    }
    const writes = [...changed].map(([guid, votes]) => ({ kind: "votes", guid, votes } as const));
    const [first] = writes;
    if (first === undefined) return onPolled(refusals);
    for (const { guid, votes } of writes) this.#remember(guid, votes);
    this.#waiting.set(first, () => onPolled(refusals));
    this.#host.persist(writes);
  }

  #remember(guid: TaskGuid, votes: readonly Vote[]): void {
    const unkept = (this.#recent.get(guid)?.unkept ?? 0) + 1;
    this.#recent.delete(guid);
    this.#recent.set(guid, { votes, unkept });
    for (const [old, recent] of this.#recent) {
      if (this.#recent.size <= RECENT_MAX) break;
      if (recent.unkept === 0) this.#recent.delete(old);
    }
  }
}
