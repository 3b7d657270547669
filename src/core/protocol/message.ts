// What members say to each other: to one, or to all. Plain data; the mesh carries it as bytes, bounded and checked.

import type { DeliveryResult, Unaddressed } from "../delivery/delivery.ts";
import type { SwimMessage } from "../ownership/presence.ts";
import type { Descent } from "../register/digest.ts";
import type { Entity } from "../register/register.ts";
import type { CarryPage, LastResult } from "../task/carry.ts";
import type { Dossier } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerId, TaskGuid, UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import type { Command, CommandResult, LogPlace } from "./command.ts";
import type { Ballot, Refusal } from "./vote.ts";

/** A version vector and a run vector as they travel: see `VersionVector.stamps()` and `RunVector.entries()`. */
export type Stamps = readonly Stamp[];
export type LogEnds = readonly (readonly [author: PeerId, seq: number])[];

/** Leaves in one question, and marks of what is held in them: 36 KiB. With ten million tasks a leaf holds 150. */
export const LEAVES_MAX = 16;
export const MARKS_MAX = 4_096;

/** To one peer. */
export type PeerMessage =
  | SwimMessage
  /** Carries of the sender, as they come: a message to each costs less than a broadcast while the mesh is small. */
  | { readonly kind: "carries"; readonly page: CarryPage }
  /** Carries of the sender that all are told of later: to be kept aside, for when it falls before that. */
  | { readonly kind: "confided"; readonly page: CarryPage }
  /** Wants an `answer` with the same `id`. */
  | { readonly kind: "ask"; readonly id: number; readonly ask: Ask }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  /** The attempt that the receiver was asked to make is to end. */
  | { readonly kind: "abandon"; readonly id: OccurrenceId }
  /**
   * The sender no longer fires these shards (as in `ShardSet.text()`), and its list without them has this version; all
   * that it did with them is in its log up to `seq`.
   */
  | { readonly kind: "released"; readonly shards: string; readonly version: number; readonly seq: number };

export type Ask =
  /** Entities with a stamp above the vector; the next page starts at `cursor`. */
  | { readonly kind: "entities"; readonly vector: Stamps; readonly cursor?: string }
  /** Carries that the vector does not cover. */
  | {
    readonly kind: "carries";
    readonly vector: LogEnds;
    /** Of the asked peer's own log also what it has told nobody yet. */
    readonly isUntoldToo?: true;
    /** Whom the asker takes for dead: also what that one has told the asked peer alone. */
    readonly fallen?: PeerId;
  }
  /** Where tasks stand, in place of carries that were trimmed; the next page starts at `cursor`. */
  | { readonly kind: "results"; readonly cursor?: string }
  /** One step down the digest tree; the answer is the next. */
  | { readonly kind: "digests"; readonly descent: Descent }
  /**
   * What the asker lacks in these leaves of the digest tree: `held` are the marks of all that it holds there, one after
   * another. Who finds among them what it does not hold itself asks for the same leaves, unless `isBack`.
   */
  | { readonly kind: "leaves"; readonly leaves: readonly number[]; readonly held: string; readonly isBack?: true }
  /** Only the owner of the task can carry it out. */
  | { readonly kind: "command"; readonly command: Extract<Command, { kind: "task" }> }
  /** The task as its owner has it in memory. */
  | { readonly kind: "dossier"; readonly guid: TaskGuid }
  /** The attempt is to be made where its target can be reached, not later than `until`. */
  | {
    readonly kind: "attempt";
    readonly guid: TaskGuid;
    readonly user: UserId;
    readonly delivery: Unaddressed;
    readonly until: Instant;
  }
  /** Attempts that are to be made once, by `Electorate.name`: the sender makes those for which a majority votes. */
  | { readonly kind: "poll"; readonly members: string; readonly ballots: readonly Ballot[] }
  /** Take it in, and say when it, or what replaced it, stands on the disk. */
  | { readonly kind: "keep"; readonly entity: Entity }
  /** Say when that log stands on the disk up to this place. */
  | { readonly kind: "log" } & LogPlace;

/** What stands on one disk and is to stand on others. */
export type Spreadable = { readonly kind: "entity"; readonly entity: Entity } | { readonly kind: "log" } & LogPlace;

/** What one peer asks another beside what it holds. */
export type PeerAsk = Extract<Ask, { readonly kind: "command" | "dossier" | "attempt" | "poll" }>;

export type Answer =
  | {
    readonly kind: "entities";
    readonly entities: readonly Entity[];
    readonly vector: Stamps;
    /** Stamps that the answering peer holds in all, to tell how far this is. */
    readonly living: number;
    readonly cursor?: string;
  }
  | {
    readonly kind: "carries";
    readonly pages: readonly CarryPage[];
    readonly isMore: boolean;
    readonly isTrimmed: boolean;
  }
  | {
    readonly kind: "results";
    readonly results: readonly LastResult[];
    /** Up to where logs are told by results alone, to be adopted when the last page is there: carries go on from there. */
    readonly floors: LogEnds;
    readonly cursor?: string;
  }
  | { readonly kind: "digests"; readonly descent: Descent }
  | { readonly kind: "leaves"; readonly entities: readonly Entity[]; readonly isMore: boolean }
  | { readonly kind: "command"; readonly result: CommandResult }
  | { readonly kind: "dossier"; readonly dossier: Dossier }
  /** What became of the attempt. */
  | { readonly kind: "attempt"; readonly result: DeliveryResult }
  /** The votes for all others of the ballots stand on the disk. */
  | { readonly kind: "polled"; readonly refusals: readonly Refusal[] }
  | { readonly kind: "kept" }
  /** The peer is not able to: it is starting, or its disk fails. */
  | { readonly kind: "unable"; readonly why: string };

/** To all peers. */
export type Broadcast =
  | { readonly kind: "entities"; readonly entities: readonly Entity[] }
  | { readonly kind: "carries"; readonly page: CarryPage };
