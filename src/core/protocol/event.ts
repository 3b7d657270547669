// Events are what the core is told; effects are what it wants done, played in order by the node. What must be on disk
// before it may be seen is listed so: the effects in a persist's `then` are played when it is durable.

import type { Delivery, DeliveryResult } from "../delivery/delivery.ts";
import type { Notice } from "../delivery/notice.ts";
import type { MemberAddress } from "../membership/membership-list.ts";
import type { OwnerWord } from "../ownership/owner-word.ts";
import type { ShardName } from "../ownership/shard.ts";
import type { EntityKind } from "../register/register.ts";
import type { Dossier } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import type { Command, CommandResult } from "./command.ts";
import type { Broadcast, PeerMessage, Spreadable } from "./message.ts";
import type { StoreAnswer, StoreQuery } from "./store-query.ts";
import type { Write } from "./write.ts";

/** What became of an attempt. */
export type Outcome = {
  readonly guid: TaskGuid;
  readonly id: OccurrenceId;
  readonly result: DeliveryResult;
  /** It was made for another peer. */
  readonly isGuest?: true;
};

export type CoreEvent =
  | { readonly kind: "started" }
  | { readonly kind: "alarm" }
  | { readonly kind: "command"; readonly ticket: number; readonly command: Command }
  /** The answer to `readDue`. */
  | { readonly kind: "due"; readonly page: DuePage }
  /** The answer to `readDossiers`. */
  | { readonly kind: "dossiers"; readonly dossiers: readonly Dossier[] }
  /** Attempts have ended. */
  | { readonly kind: "attempted"; readonly outcomes: readonly Outcome[] }
  /** A `persist` with `onFailure: "refuse"` was not kept: what these tasks have in memory is ahead of the disk. */
  | { readonly kind: "unkept"; readonly guids: readonly TaskGuid[]; readonly unsent: readonly OccurrenceId[] }
  /** The peer is to stop: nothing new is taken up, what is in flight ends. */
  | { readonly kind: "drain" }
  /** The others are to be told that this peer goes. */
  | { readonly kind: "leave" }
  /** Whether the store takes writes now. */
  | { readonly kind: "store"; readonly writable: boolean }
  /** These writes stand on the disk. */
  | { readonly kind: "kept"; readonly writes: readonly Write[]; readonly guids: readonly TaskGuid[] }
  /** The answer to a `query`. */
  | { readonly kind: "queried"; readonly ticket: number; readonly answer: StoreAnswer }
  /** The answer to a command that the core gave itself: its ticket is negative. */
  | { readonly kind: "replied"; readonly ticket: number; readonly result: CommandResult }
  /** Living stamps that were stored at the start. */
  | {
    readonly kind: "dots";
    readonly dots: readonly { readonly kind: EntityKind; readonly key: string; readonly stamp: Stamp }[];
  }
  /** The digest tree has been told of all that was stored at the start. */
  | { readonly kind: "digested" }
  | { readonly kind: "linked" | "unlinked"; readonly peer: PeerId }
  /** No link came about with a member: it was there, and shut this peer out, or it was not reached. */
  | { readonly kind: "notLinked"; readonly peer: PeerId; readonly why: "refused" | "unreachable" }
  | { readonly kind: "heard"; readonly from: PeerId; readonly message: PeerMessage }
  | { readonly kind: "published"; readonly from: PeerId; readonly broadcast: Broadcast }
  /** Hands all shards over, or takes part again. */
  | { readonly kind: "yield"; readonly isDraining: boolean }
  /** What stands on a disk is to stand on those of `wanted` peers, that one included. */
  | {
    readonly kind: "spread";
    readonly ticket: number;
    readonly what: Spreadable;
    readonly wanted: number;
    readonly until: Instant;
  }
  /** The others are asked what they did last; comes back as `caughtUp` when all have told, or can't. */
  | { readonly kind: "catchUp"; readonly ticket: number }
  /** The owner of the task is to be asked what it has in memory of it; comes back as `told`. */
  | { readonly kind: "inquire"; readonly ticket: number; readonly guid: TaskGuid; readonly owner: PeerId };

export type Effect =
  /**
   * Keep these, all or none, then play `then`. When the disk refuses: `refuse` drops `then` (its replies become refusals)
   * and tells the core (`unkept`); `hold` tries again until the disk takes them: what has happened can't be refused.
   */
  | {
    readonly kind: "persist";
    readonly writes: readonly Write[];
    readonly onFailure: "refuse" | "hold";
    readonly guids: readonly TaskGuid[];
    readonly then: readonly Effect[];
  }
  | { readonly kind: "reply"; readonly ticket: number; readonly result: CommandResult }
  | { readonly kind: "caughtUp"; readonly ticket: number }
  /** The end of an `inquire`. */
  | { readonly kind: "told"; readonly ticket: number; readonly word: OwnerWord }
  /** `isGuest`: for another peer, which may attempt the same occurrence at the same time as this one. */
  | { readonly kind: "send"; readonly guid: TaskGuid; readonly delivery: Delivery; readonly isGuest?: true }
  /** The attempt in flight of this occurrence is to end; its `attempted` still comes. */
  | { readonly kind: "abort"; readonly id: OccurrenceId; readonly isGuest?: true }
  /** The one alarm: replaces the one before. */
  | { readonly kind: "alarm"; readonly at: Instant }
  | { readonly kind: "readDue"; readonly query: DueQuery }
  | { readonly kind: "readDossiers"; readonly guids: readonly TaskGuid[] }
  | { readonly kind: "notify"; readonly notice: Notice }
  /** Says to one peer, or to all. */
  | { readonly kind: "tell"; readonly to: PeerId; readonly message: PeerMessage }
  | { readonly kind: "publish"; readonly broadcast: Broadcast }
  /** Who is a member: links are kept with these alone. */
  | { readonly kind: "admit"; readonly members: readonly MemberAddress[] }
  | { readonly kind: "query"; readonly ticket: number; readonly query: StoreQuery }
  /** In the `then` of a persist: the core wants to know that these stand on the disk. */
  | { readonly kind: "kept"; readonly writes: readonly Write[]; readonly guids: readonly TaskGuid[] }
  /** So many peers hold what was to be spread. */
  | { readonly kind: "spread"; readonly ticket: number; readonly peers: number }
  /** A good moment to forget what is past its time. */
  | { readonly kind: "sweep" }
  | {
    readonly kind: "log";
    readonly level: "info" | "warning" | "error";
    readonly message: string;
    readonly facts: LogFacts;
  };

export type LogFacts = { readonly [name: string]: string | number };

/** The entries of some shards of the due index up to an instant, inclusive. */
export type DueQuery = { readonly shards: readonly ShardName[]; readonly until: Instant; readonly limit: number };

export type DuePage = {
  readonly entries: readonly { readonly shard: ShardName; readonly guid: TaskGuid; readonly at: Instant }[];
  /** For each shard of the query: its first entry that is not in the page, or Infinity. */
  readonly rest: readonly { readonly shard: ShardName; readonly at: number }[];
};
