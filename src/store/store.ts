// The door to what is kept. One way in (`commit`), and the few questions that the engine and the people ask.

import type { MeshStart } from "../core/keeper/mesh-start.ts";
import type { DuePage, DueQuery } from "../core/protocol/event.ts";
import type { Stamps } from "../core/protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../core/protocol/store-query.ts";
import type { StoredAnswer, Write } from "../core/protocol/write.ts";
import type { Conflict } from "../core/register/conflict.ts";
import type { Entity, EntityKind } from "../core/register/register.ts";
import type { Version } from "../core/register/version.ts";
import type { Dossier } from "../core/task/dossier.ts";
import type { KeptExchange } from "../core/task/exchange.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { KeptState, Outcome, Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid, UserId } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Origin, Stamp } from "../core/values/stamp.ts";

export interface Store {
  /**
   * Durable (survives power loss) and all or nothing when it resolves. Calls that come together share one synced batch.
   * Rejects with `StoreFailure`; what it held is then not kept.
   */
  commit(writes: readonly Write[]): Promise<void>;
  /** One for each guid, in order. */
  dossiers(guids: readonly TaskGuid[]): Promise<readonly Dossier[]>;
  /** When the limit is reached, the `rest` of a shard that was not looked at is -Infinity: unknown, to be asked again. */
  due(query: DueQuery): Promise<DuePage>;
  /** Rejects with `BadCursor`, as `runs` does. */
  tasks(query: TaskQuery): Promise<Page<Dossier>>;
  runs(query: RunQuery): Promise<Page<Run>>;
  /** Runs that were given up. Rejects with `BadCursor`. */
  deadLetters(query: DeadLetterQuery): Promise<Page<Run>>;
  deadCauses(query: DeadCauseQuery): Promise<Page<DeadCause>>;
  run(id: OccurrenceId): Promise<Run | undefined>;
  entity(kind: EntityKind, key: string): Promise<Entity | undefined>;
  /** In the order of their keys, from behind `after` on; the deleted too, as long as they are remembered. */
  entities(kind: EntityKind, limit: number, after?: string): Promise<readonly Entity[]>;
  answer(key: string): Promise<StoredAnswer | undefined>;
  /** Makes it the store of a newcomer, which stamps with this origin and keeps only what `vector`, the mesh's, does not cover. */
  renew(vector: Stamps, origin: Origin): Promise<void>;
  /** The high-water mark of stamps, in ms; 0 in a new store. */
  highWater(): Promise<number>;
  /** The origin of this store's stamps: `made` at the first call, and the same ever after. */
  origin(made: Origin): Promise<Origin>;
  /** What the core is to know of other peers at the start; `self` is this one. */
  meshStart(self: PeerId): Promise<MeshStart>;
  /** Never rejects: a disk that can't be read is an answer. */
  query(query: StoreQuery): Promise<StoreAnswer>;
  /** All living stamps, as of the call. */
  dots(): DotWalk;
  /** Lost values of registers, the latest first. Rejects with `BadCursor`. */
  conflicts(query: { readonly cursor?: string; readonly limit: number }): Promise<Page<Conflict>>;
  /** What the task was until its latest edits, the latest first. */
  versions(guid: TaskGuid, limit: number): Promise<readonly Version[]>;
  exchange(slot: number): Promise<KeptExchange | undefined>;
  /** All that are kept, in any order. */
  exchangePlaces(): Promise<readonly ExchangePlace[]>;
  /** Forgets settled runs past `keep`, and answers past their time, a bounded number at a call. Resolves to how many went. */
  sweep(now: Instant, keep: { readonly runs: number; readonly ageMs: number }): Promise<number>;
  /** Calls back when the store stops or starts to take writes. */
  onWritable(listener: (writable: boolean, why: string) => void): void;
  close(): Promise<void>;
}

/** `name`: the id of the occurrence, a slash, and the attempt's number. */
export type ExchangePlace = { readonly slot: number; readonly name: string; readonly seq: number };

export type Dot = { readonly kind: EntityKind; readonly key: string; readonly stamp: Stamp };

export interface DotWalk {
  /** `count` further ones, fewer only at the end. Rejects with `StoreFailure`. */
  take(count: number): Promise<readonly Dot[]>;
  close(): Promise<void>;
}

export type Page<T> = {
  readonly items: readonly T[];
  /** Where the next page starts; absent when this is the last. Opaque outside the store, and any text: to be encoded. */
  readonly cursor?: string;
};

/** Tasks in the order of (user, id). A page may be shorter than `limit`: `cursor` alone says whether there is more. */
export type TaskQuery = {
  readonly user?: UserId;
  readonly cursor?: string;
  readonly limit: number;
  /** Part of the id or the name, whatever its case. */
  readonly text?: string;
  readonly paused?: boolean;
  readonly labels?: { readonly [name: string]: string };
  /** The name of a target that they refer to. */
  readonly target?: string;
  /** Decides whether a pause with an end is over; without it, such a task counts as paused. */
  readonly now?: Instant;
};

/**
 * Runs from the latest instant back; those that wait for a retry only within a page. A page may be shorter than `limit`:
 * `cursor` alone says whether there is more.
 */
export type RunQuery = {
  readonly guid?: TaskGuid;
  readonly user?: UserId;
  readonly outcome?: Outcome;
  readonly state?: KeptState;
  /** Planned at or after it. */
  readonly from?: Instant;
  /** Planned before it. */
  readonly until?: Instant;
  readonly cursor?: string;
  readonly limit: number;
};

/** Without a target the latest first; of a target by its errors, and of each the latest first. */
export type DeadLetterQuery = {
  readonly user?: UserId;
  readonly target?: string;
  readonly error?: string;
  readonly task?: string;
  readonly cursor?: string;
  readonly limit: number;
};

export type DeadCauseQuery = { readonly user?: UserId; readonly cursor?: string; readonly limit: number };

/** The dead letters of one target that ended with one error. */
export type DeadCause = {
  readonly target: string;
  readonly error: string;
  readonly count: number;
  /** There are more than were counted. */
  readonly isMore: boolean;
  /** The latest instant among them. */
  readonly latest: Instant;
};

/** A cursor that is not of a page of this query: the caller's fault, not the store's. */
export class BadCursor extends Error {
  override readonly name = "BadCursor";
  constructor() {
    super("the cursor is not that of a page of this list");
  }
}

/**
 * Why a write was not kept, or a read could not be done. `busy`: more waits for the disk than memory should hold; it
 * passes by itself. After `full` and `io` the batch may, when the disk failed between writing and syncing it, still be
 * found once the store is open again: whole, never in part.
 */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  readonly kind: "full" | "io" | "busy" | "closed";
  constructor(kind: "full" | "io" | "busy" | "closed", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Why a store can't be opened, in words for the one who started the program. */
export class StoreRefusal extends Error {
  override readonly name = "StoreRefusal";
  readonly kind: "locked" | "damaged" | "newer" | "unwritable" | "full";
  constructor(kind: "locked" | "damaged" | "newer" | "unwritable" | "full", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
