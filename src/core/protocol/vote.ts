// A vote keeps what holds in a partition from being sent twice. Who means to make an attempt of such a task asks all
// voters, and makes it when a majority has written down that the attempt is its own; two majorities share a voter, and a
// voter gives an attempt to one peer alone. That needs no clock: a peer that stood still for an hour, or does not know yet
// that it is cut off, has the majority's word that nobody else makes this attempt, or does not make it. (Leases alone let
// 35 of 1,200 occurrences be sent twice when three and two were cut apart: what the two had sent in the last seconds of
// their lease nobody else could know.)

import type { OccurrenceId } from "../task/occurrence.ts";
import { lastAttempt, roundOf, type Run } from "../task/run.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

/** An attempt that a peer asks for. */
export type Ballot = {
  readonly guid: TaskGuid;
  readonly id: OccurrenceId;
  /** The number of the attempt, and the round of the run: see `Run`. */
  readonly n: number;
  readonly round: number;
  /** When it was last asked for, by the asker's clock. */
  readonly at: Instant;
  /** Who asked for it before and has voted for the asker since: their own asking is over. */
  readonly over?: readonly PeerId[];
};

/** Whose the attempt is, by this voter; `life`: it asked for it itself, in that life. */
export type Vote = {
  readonly id: OccurrenceId;
  readonly n: number;
  readonly peer: PeerId;
  readonly at: Instant;
  readonly life?: number;
};

/** The attempt is another peer's, who asked for it `at`; or, without a peer, the run is known to be further than that. */
export type Refusal = { readonly id: OccurrenceId; readonly peer?: PeerId; readonly at?: Instant };

/** Ballots in one question. */
export const BALLOTS_MAX = 256;

/** Why a voter does not give the attempt to who asks; `yields`: the voter's own asking for it is over. */
export function refusalOf(
  { id, n, round, over = [] }: Ballot,
  { asker, self, known, vote, yields }: {
    readonly asker: PeerId;
    readonly self: PeerId;
    readonly known: Run | undefined;
    readonly vote: Vote | undefined;
    readonly yields: () => boolean;
  },
): Refusal | undefined {
  if (known !== undefined && isFurther(known, n, round)) return { id };
  if (vote === undefined || vote.n < n) return undefined;
  const { peer, at } = vote;
  if (vote.n > n) return { id };
  if (peer === asker || over.includes(peer) || (peer === self && yields())) return undefined;
  return { id, peer, at };
}

function isFurther(run: Run, n: number, round: number): boolean {
  const known = roundOf(run);
  return known > round || (known === round && (run.state === "settled" || lastAttempt(run) >= n));
}

/** Why a run ends that nobody may attempt again. */
export function untold(peer: PeerId | undefined): string {
  return `the peer ${
    peer ?? "that had the attempt"
  } has not told whether it made it; with partition hold no other makes it`;
}
