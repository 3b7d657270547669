// What the core wants on disk. Writes of one effect are kept all or none; the store knows how they become records.

import type { Electors } from "../membership/electorate.ts";
import type { Conflict } from "../register/conflict.ts";
import type { Entity } from "../register/register.ts";
import type { Version } from "../register/version.ts";
import type { Carry } from "../task/carry.ts";
import type { Progress } from "../task/dossier.ts";
import type { KeptExchange } from "../task/exchange.ts";
import type { GroupId } from "../task/peer-group.ts";
import type { Run } from "../task/run.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Origin, Stamp } from "../values/stamp.ts";
import type { CommandResult } from "./command.ts";
import type { LogEnds, Stamps } from "./message.ts";
import type { Vote } from "./vote.ts";

export type Write =
  /** With the stamps that its registers no longer carry, and those that are new; `isOwn` when they are this peer's writes. */
  | {
    readonly kind: "entity";
    readonly entity: Entity;
    readonly dropped: readonly Stamp[];
    readonly added: readonly Stamp[];
    /** Whether it was deleted before. */
    readonly wasDead?: true;
    readonly isOwn: boolean;
  }
  /** Nothing is left of the deleted, as it was; of a task neither where it stands. */
  | { readonly kind: "forget"; readonly entity: Entity; readonly progress?: Progress }
  /** The store is that of a newcomer: it stamps with this origin, and knows nothing of what others wrote. */
  | { readonly kind: "renew"; readonly origin: Origin }
  | { readonly kind: "progress"; readonly guid: TaskGuid; readonly progress: Progress }
  /** The task leaves its place in the due index (`from`) for another (`to`); either may be absent. */
  | { readonly kind: "due"; readonly guid: TaskGuid; readonly from?: DuePlace; readonly to?: DuePlace }
  /**
   * A record of one occurrence; `wasOpen` when the stored copy stands among the open runs, `was` the stored copy when that
   * is settled.
   */
  | { readonly kind: "run"; readonly run: Run; readonly wasOpen: boolean; readonly was?: Run }
  /** Who was given attempts of the task whose runs are not known to have ended. */
  | { readonly kind: "votes"; readonly guid: TaskGuid; readonly votes: readonly Vote[] }
  /** Whose votes count; absent: as of a newcomer. */
  | { readonly kind: "electors"; readonly electors?: Electors }
  /** An entry of an author's run log. */
  | { readonly kind: "carry"; readonly author: PeerId; readonly carry: Carry }
  /** What is known of others' writes, and of their run logs. */
  | { readonly kind: "vector"; readonly stamps: Stamps }
  | { readonly kind: "runVector"; readonly ends: LogEnds }
  /** Up to where others' run logs are known by results alone. */
  | { readonly kind: "runFloors"; readonly floors: LogEnds }
  /** A value that lost against a concurrent write. */
  | { readonly kind: "conflict"; readonly conflict: Conflict }
  /** What a task was until an edit. */
  | { readonly kind: "version"; readonly version: Version }
  /** What an attempt sent and what came back, in a place that is written over. */
  | { readonly kind: "exchange"; readonly slot: number; readonly kept: KeptExchange }
  /** All stamps of this peer are below this mark, in ms. */
  | { readonly kind: "highWater"; readonly ms: number }
  /** The answer to a request that may come again with the same key. */
  | { readonly kind: "answer"; readonly key: string; readonly answer: StoredAnswer };

/** `group` is the id of the task's peer group, and `text` what it is, for who finds it; absent when any peer may fire it. */
export type DuePlace = { readonly at: Instant; readonly group?: GroupId; readonly text?: string };

export type StoredAnswer = {
  /** Digest of the request that was answered: the same key with another request is refused. */
  readonly fingerprint: string;
  readonly result: CommandResult;
  readonly expiresAt: Instant;
};
