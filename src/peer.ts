// The door to a running peer: what the API, and later the mesh, may ask of it. Behind it is the node's loop.

import type { DeliveryResult } from "./core/delivery/delivery.ts";
import type { LaneState } from "./core/delivery/lane.ts";
import type { Notice } from "./core/delivery/notice.ts";
import type { ResolvedTarget } from "./core/delivery/resolved-target.ts";
import type { MeshState } from "./core/machine/mesh-state.ts";
import type { Ticket } from "./core/membership/ticket.ts";
import type { OwnerWord } from "./core/ownership/owner-word.ts";
import type { ShardState } from "./core/ownership/ownership.ts";
import type { AuditBreak, AuditEntry, AuditFilter, AuditHead, AuditRecord } from "./core/people/audit.ts";
import type { Command, CommandResult, LogPlace } from "./core/protocol/command.ts";
import type { Stamps } from "./core/protocol/message.ts";
import type { StoredAnswer } from "./core/protocol/write.ts";
import type { Conflict } from "./core/register/conflict.ts";
import type { Entity, EntityKind } from "./core/register/register.ts";
import type { Version } from "./core/register/version.ts";
import type { Credentials, SealedCredentials } from "./core/targets/credentials.ts";
import type { Target } from "./core/targets/target.ts";
import type { Dossier } from "./core/task/dossier.ts";
import type { Exchange } from "./core/task/exchange.ts";
import type { OccurrenceId } from "./core/task/occurrence.ts";
import type { Run } from "./core/task/run.ts";
import type { Fault } from "./core/values/fault.ts";
import type { PeerId, TaskGuid } from "./core/values/ids.ts";
import type { Instant } from "./core/values/instant.ts";
import type { Json } from "./core/values/json.ts";
import type { DeadCause, DeadCauseQuery, DeadLetterQuery, Page, RunQuery, TaskQuery } from "./store/store.ts";

export interface Peer {
  readonly id: PeerId;
  readonly name: string;
  now(): Instant;
  /** Resolves when what the command changed is durable, or to a refusal; rejects only when the peer is closed. */
  submit(command: Command): Promise<CommandResult>;
  /** The task as it is now: what is stored, and the open runs that are only in memory so far. */
  dossier(guid: TaskGuid): Promise<Dossier>;
  tasks(query: TaskQuery): Promise<Page<Dossier>>;
  runs(query: RunQuery): Promise<Page<Run>>;
  /** Runs that were given up. Rejects with `BadCursor`. */
  deadLetters(query: DeadLetterQuery): Promise<Page<Run>>;
  deadCauses(query: DeadCauseQuery): Promise<Page<DeadCause>>;
  /** Stored or in flight. */
  run(id: OccurrenceId): Promise<Run | undefined>;
  /** The ways from this peer to targets: who is on them, and which of them are shut. */
  lanes(): readonly LaneState[];
  /**
   * As `run`; of what is open its owner is asked how it stands, and of what is not here all others what they did last, and
   * waited for for 0.3 s at most. One that a command of this peer's was answered with is always found.
   */
  seekRun(id: OccurrenceId): Promise<Run | undefined>;
  entity(kind: EntityKind, key: string): Promise<Entity | undefined>;
  /** In the order of their keys, from behind `after` on; the deleted too, as long as they are remembered. */
  entities(kind: EntityKind, limit: number, after?: string): Promise<readonly Entity[]>;
  /** Who fires the task, as far as this peer can tell; absent while nobody is eligible. */
  ownerOf(dossier: Dossier): PeerId | undefined;
  /** What the owner of the task has in memory of it: asked of it, and waited for for 0.3 s at most. */
  ownerWord(guid: TaskGuid): Promise<OwnerWord>;
  /** How the task's shard stands at this peer. */
  shardState(dossier: Dossier): ShardState;
  /** Who is a member, alive, and fires what. */
  mesh(): MeshState;
  /**
   * Waits until so many peers, this one included, have on their disks what it has of this now, of a log that place; at
   * most `waitMs`.
   * Resolves to how many have.
   */
  replicas(written: Written, wanted: number, waitMs: number): Promise<number>;
  /** What of all writes this peer holds for good. */
  vector(): Stamps;
  /** Hands all that this peer fires to the others, or takes part again. */
  yield(isDraining: boolean): void;
  /** Values that lost against concurrent writes, the latest first. Rejects with `BadCursor`. */
  conflicts(query: { readonly cursor?: string; readonly limit: number }): Promise<Page<Conflict>>;
  /** What the task was until its latest edits, as this peer saw it, the latest first. */
  versions(guid: TaskGuid, limit: number): Promise<readonly Version[]>;
  answer(key: string): Promise<StoredAnswer | undefined>;
  /** Calls back for each notice until the returned function is called. */
  watch(listener: (notice: Notice) => void): () => void;
  status(): PeerStatus;
}

/** What a command has written: a task by its guid, another entity by its key; what it did to runs by its place in a log. */
export type Written = Pick<Entity, "kind" | "key"> | { readonly kind: "log" } & LogPlace;

export type PeerStatus = {
  /** The agenda is loaded: what is due is being fired. */
  readonly ready: boolean;
  /** Whether the store takes writes; `why` says what keeps it from that. */
  readonly writable: boolean;
  readonly why?: string;
  readonly inFlight: number;
  readonly activeTasks: number;
};

/** What a peer does with the others beside its work: for the API. */
export interface MeshAccess {
  /** A ticket for `uses` peers, good for `ttlMs`. Rejects when the disk takes no writes, or the port can't be opened. */
  invite(invitation: { readonly uses: number; readonly ttlMs: number }): Promise<Ticket>;
  /** Asks another peer's API, over the mesh. Rejects with `ForwardFailure`. */
  forward(to: PeerId, request: Request, signal: AbortSignal): Promise<Response>;
  /** What came from others and was dropped since the start, by reason. */
  refusals(): { readonly [reason: string]: number };
}

/** What a peer does for named targets: for the API. */
export interface TargetAccess {
  /** Seals credentials for the target of this key; absent when there are none. */
  close(credentials: Credentials, key: string): SealedCredentials | undefined;
  /** Absent when they were sealed for another mesh, or another target. */
  open(sealed: string, key: string): Credentials | undefined;
  /** Seals what is secret of a task's own target; of a template, what is not to be filled in. */
  closeTarget(target: Target, isTemplate: boolean): Target;
  /** Absent when it was sealed for another mesh. */
  openTarget(target: Target): Target | undefined;
  /** Why no event of this user's is sent there, when the URN names an address; a name is judged when it is sent to. */
  outOfReach(urn: string, isGuarded: boolean, field: string): Fault | undefined;
  /** Sends one event that belongs to no task, now and from here. Absent when as many as may be are on their way. */
  test(target: ResolvedTarget, payload: Json): Promise<TargetTest | undefined>;
}

export type TargetTest = {
  readonly id: OccurrenceId;
  readonly startedAt: Instant;
  readonly ms: number;
  readonly result: DeliveryResult;
};

/** Why another peer's API can't be asked: no link to it, no answer in time. */
export class ForwardFailure extends Error {
  override readonly name = "ForwardFailure";
  readonly kind: "unreachable" | "timeout";
  constructor(kind: "unreachable" | "timeout", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** What attempts of this peer sent and what came back: for the API. */
export interface ExchangeAccess {
  /** Absent: nothing was kept of that attempt, or it was written over. */
  find(id: OccurrenceId, n: number): Promise<Exchange | undefined>;
}

/** The audit of this peer: for the API. */
export interface AuditAccess {
  /** Is on the disk a moment later; what is answered, where so many wait that who brings more is to wait, settles then. */
  append(entry: AuditEntry): Promise<void> | undefined;
  /** The latest first. A page may be shorter than `limit`: `cursor` alone says whether there is more. */
  page(query: {
    readonly cursor?: AuditPlace;
    readonly limit: number;
    readonly filter?: AuditFilter;
  }): Promise<AuditPage>;
  /** The chain as it stands on the disk, the oldest first. */
  bytes(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Of what is on the disk when it is asked for, or later. As many as like may ask: those who wait are answered together. */
  verify(): Promise<AuditVerdict>;
}

/** A file, the newest is 0, and the byte up to which it is to be read. */
export type AuditPlace = { readonly file: number; readonly end?: number };

export type AuditPage = { readonly items: readonly AuditRecord[]; readonly cursor?: AuditPlace };

export type AuditVerdict = {
  /** The number of the first record that is still there; 0 when there is none. */
  readonly first: number;
  readonly head: AuditHead;
  readonly sealed: number;
  readonly broken?: AuditBreak;
};
