// A turn is one message handled by one task actor: what it was told goes in, what it wants done is gathered here and
// becomes effects when the turn is over. A turn that throws is dropped whole. It is made for every message, so it holds
// little.

import type { Delivery } from "../delivery/delivery.ts";
import type { Notice } from "../delivery/notice.ts";
import type { ResolvedTarget } from "../delivery/resolved-target.ts";
import type { TargetBook } from "../delivery/target-book.ts";
import type { Elections } from "../hold/elections.ts";
import type { Shard } from "../ownership/shard.ts";
import type { Trust } from "../people/trust.ts";
import type { CommandResult, OnceKey } from "../protocol/command.ts";
import type { Effect } from "../protocol/event.ts";
import type { Write } from "../protocol/write.ts";
import { type Entity, type Merge, stampsChanged } from "../register/register.ts";
import { versionOf } from "../register/version.ts";
import { egressFault, type EgressRules } from "../targets/egress.ts";
import { isNamed, type Target } from "../targets/target.ts";
import type { Carry } from "../task/carry.ts";
import type { Progress } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerGroup } from "../task/peer-group.ts";
import type { Fault } from "../values/fault.ts";
import type { PeerId, TaskGuid, UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { HybridClock, Stamp } from "../values/stamp.ts";
import type { Loan } from "./detours.ts";
import type { Told } from "./edit.ts";

/** What every turn at this peer is told beside its message. */
export type Surroundings = {
  readonly self: PeerId;
  readonly clock: HybridClock;
  /** A number in [0, 1), anew at each call. */
  readonly chance: () => number;
  readonly log: RunLog;
  readonly elections: Elections;
  /** Whether a majority of the mesh has granted this peer the shard for now. */
  readonly hasLease: (shard: Shard) => boolean;
  /** Whether the entity was here once, and was deleted and forgotten since, if it is not here. */
  readonly isForgotten: (entity: Entity) => boolean;
  /** Whether a task may be placed so: only so many placements are kept apart. */
  readonly mayPlace: (group: PeerGroup) => boolean;
  /** What the names of targets stand for now. */
  readonly targets: TargetBook;
  readonly trust: Trust;
  /** Where events may go at all, as far as that can be seen in a URN. */
  readonly egress: EgressRules;
  /** Whether so many wait in the lane that no more are to come, beside `more` of this turn. */
  readonly isCrowded: (lane: string, more: number, now: Instant) => boolean;
  /** Whether the target of the lane is left alone. */
  readonly isShut: (lane: string, now: Instant) => boolean;
  /** For a record, of a target that is left alone. */
  readonly whyShut: (lane: string) => string | undefined;
  /** Another peer that is to make an attempt of the lane, since this one does not reach the target. */
  readonly standIn: (lane: string, group: PeerGroup | undefined, now: Instant) => PeerId | undefined;
  /** Ends the attempt in flight when another peer makes it, and says whether it does. */
  readonly abandon: (id: OccurrenceId) => boolean;
};

/** Numbers this peer's carries, from 1 on. */
export type RunLog = {
  /** Whether there is anybody to tell. */
  readonly isShared: boolean;
  next(): number;
};

export type TurnHow = {
  readonly onFailure: "refuse" | "hold";
  readonly isOwner: boolean;
  /** Of the task, before the turn. */
  readonly shard: Shard;
  /** The turn takes in what another peer has carried: that is in the other's log. */
  readonly isEcho?: boolean;
};

export class Turn {
  readonly guid: TaskGuid;
  readonly now: Instant;
  /** Occurrences that want to be sent, and the lane that they need; see `enter`. */
  entries: readonly { readonly id: OccurrenceId; readonly lane: string }[] = NONE;
  /** Whether this peer fires the task: else it only keeps what others say of it. */
  readonly isOwner: boolean;
  readonly shard: Shard;
  /** Set by a turn that would go on if it had the lease. */
  waitsForLease = false;
  /** Set by a turn that would go on if fewer waited for the target; `until`: there is something else to do then. */
  waitsForTarget: { readonly lane: string; readonly until?: Instant } | undefined;
  /** Occurrences that were let through but no longer go: their lane is free again; see `exit`. */
  exits: readonly OccurrenceId[] = NONE;
  /** Attempts that another peer is asked to make. */
  loans: readonly Loan[] = NONE;

  readonly #around: Surroundings;
  readonly #isEcho: boolean;
  readonly #onFailure: "refuse" | "hold";
  readonly #writes: Write[] = [];
  /** Played at once. */
  readonly #effects: Effect[];
  /** Played when the writes are durable. */
  #then: Effect[] | undefined;
  #answer: { readonly ticket: number; readonly result: CommandResult; readonly once: OnceKey | undefined } | undefined;

  /** What is to be done goes behind `effects`. */
  constructor(guid: TaskGuid, now: Instant, around: Surroundings, how: TurnHow, effects: Effect[]) {
    const { onFailure, isOwner, shard, isEcho = false } = how;
    this.isOwner = isOwner;
    this.shard = shard;
    this.#isEcho = isEcho;
    this.guid = guid;
    this.now = now;
    this.#around = around;
    this.#onFailure = onFailure;
    this.#effects = effects;
  }

  get self(): PeerId {
    return this.#around.self;
  }

  /** A number in [0, 1), anew at each call. */
  get chance(): () => number {
    return this.#around.chance;
  }

  /** Whether a majority of the mesh has granted this peer the task for now: asked by tasks that hold in a partition. */
  hasLease(): boolean {
    return this.#around.hasLease(this.shard);
  }

  /** By which attempts that are to be made once are given to one peer; none are held when there is no other. */
  get elections(): Elections {
    return this.#around.elections;
  }

  isForgotten(entity: Entity): boolean {
    return this.#around.isForgotten(entity);
  }

  mayPlace(group: PeerGroup): boolean {
    return this.#around.mayPlace(group);
  }

  /** What the target of a task of this user stands for now. */
  resolve(user: UserId, target: Target): ResolvedTarget {
    const { targets, trust } = this.#around;
    return trust.of(user, targets.resolve(user, target));
  }

  /** What an attempt of this user's task is made with; `last` was settled last of it. */
  sending(user: UserId, last: Progress["last"]) {
    return { now: this.now, last, resolve: (target: Target) => this.resolve(user, target) };
  }

  /** Why a task of this user can't have the target: it names an address where no event of it is sent. */
  outOfReach(user: UserId, target: Target, field: string): Fault | undefined {
    const { trust, egress } = this.#around;
    return isNamed(target) ? undefined : egressFault(target.urn, !trust.isAdmin(user), egress, field);
  }

  /** Whether the target of the lane is left alone now. */
  isShut(lane: string): boolean {
    return this.#around.isShut(lane, this.now);
  }

  /** Why what came up late was not sent in time; absent when that was not for its target. */
  whyShut(lane: string): string | undefined {
    return this.#around.whyShut(lane);
  }

  /** Whether nothing further is to be brought to the lane now: too many wait there, or its target is left alone. */
  isCrowded(lane: string): boolean {
    return this.#around.isCrowded(lane, this.entries.length, this.now);
  }

  /** What an edit is told; the task is taken up `through` here. */
  told(through: Instant): Told {
    return {
      ...{ guid: this.guid, now: this.now, through },
      stamp: () => this.stamp(),
      mayPlace: (group) => this.mayPlace(group),
      outOfReach: (user, target, field) => this.outOfReach(user, target, field),
    };
  }

  /** If it waits for a target: until when at most, for there is something else to do then. */
  waitUntil(until: Instant | undefined): void {
    if (this.waitsForTarget !== undefined && until !== undefined) {
      this.waitsForTarget = { ...this.waitsForTarget, until };
    }
  }

  /** The occurrence wants to be sent by that lane. */
  enter(id: OccurrenceId, lane: string): void {
    this.entries = [...this.entries, { id, lane }];
  }

  /** The occurrence was let through, and does not go. */
  exit(id: OccurrenceId): void {
    this.exits = [...this.exits, id];
  }

  /** What was polled for the occurrence is asked no more, and it does not go. */
  giveUp(id: OccurrenceId): void {
    this.elections.giveUp(id);
    this.exit(id);
  }

  stamp(): Stamp {
    return this.#around.clock.tick(this.now);
  }

  write(write: Write): void {
    this.#writes.push(write);
  }

  /** Its registers after a change; `isOwn` when this peer's user made it. */
  writeEntity(before: Entity | undefined, entity: Entity, isOwn: boolean): void {
    this.write({ kind: "entity", entity, ...stampsChanged(before, entity), isOwn });
    const version = versionOf(before, entity, this.now);
    if (version !== undefined) this.write({ kind: "version", version });
  }

  /** Values of its registers that lost against concurrent ones. */
  keepLost({ kind, key }: Entity, conflicts: Merge["conflicts"]): void {
    for (const conflict of conflicts) {
      this.write({ kind: "conflict", conflict: { entity: { kind, key }, ...conflict, at: this.now } });
    }
  }

  send(delivery: Delivery, after: "now" | "durable"): void {
    const effect: Effect = { kind: "send", guid: this.guid, delivery };
    if (after === "now") this.#effects.push(effect);
    else this.#afterwards(effect);
  }

  /** Who makes an attempt of the lane in place of this peer, of those that may fire the task; absent: nobody. */
  standIn(lane: string, group: PeerGroup | undefined): PeerId | undefined {
    return this.#around.standIn(lane, group, this.now);
  }

  lend(loan: Omit<Loan, "guid">): void {
    this.loans = [...this.loans, { ...loan, guid: this.guid }];
  }

  abort(id: OccurrenceId): void {
    if (!this.#around.abandon(id)) this.#effects.push({ kind: "abort", id });
  }

  notify(notice: Notice): void {
    this.#afterwards({ kind: "notify", notice });
  }

  log(message: string, facts: Readonly<Record<string, string | number>>): void {
    this.#effects.push({ kind: "log", level: "warning", message, facts });
  }

  /** The answer to the command of this turn; with a key, it is kept for the day when the same request comes again. */
  reply(ticket: number, result: CommandResult, once: OnceKey | undefined): void {
    this.#answer = { ticket, result, once };
  }

  #reply(carry: Carry | undefined): void {
    if (this.#answer === undefined) return;
    const { ticket, once } = this.#answer;
    const result = carry === undefined ? this.#answer.result : logged(this.#answer.result, this.self, carry);
    if (once !== undefined && result.kind !== "refused") {
      const { key, fingerprint, expiresAt } = once;
      this.write({ kind: "answer", key, answer: { fingerprint, expiresAt, result } });
    }
    this.#afterwards({ kind: "reply", ticket, result });
  }

  #afterwards(effect: Effect): void {
    if (this.#then === undefined) this.#then = [effect];
    else this.#then.push(effect);
  }

  /** The turn is over: what it wrote, and all that waits for that, goes behind the rest. Returns it when there is any. */
  end(): Persist | undefined {
    const writes = this.#writes;
    const { clock, log, self } = this.#around;
    const carry = this.#isEcho || writes.length === 0 ? undefined : carryOf(this.guid, writes, log);
    this.#reply(carry);
    if (writes.length === 0) {
      if (this.#then !== undefined) { for (const effect of this.#then) this.#effects.push(effect); }
      return undefined;
    }
    const guids = [this.guid];
    if (carry !== undefined) writes.push({ kind: "carry", author: self, carry });
    const isTold = writes.some(({ kind }) => kind === "entity" || kind === "carry");
    const told = isTold ? writes.filter(({ kind }) => kind === "entity" || kind === "carry") : [];
    const next = this.#then ?? NONE;
    const then: readonly Effect[] = isTold ? [{ kind: "kept", writes: told, guids }, ...next] : next;
    const highWaterMs = clock.highWater();
    if (highWaterMs !== undefined) writes.push({ kind: "highWater", ms: highWaterMs });
    const persist: Persist = { kind: "persist", writes, onFailure: this.#onFailure, guids, then };
    this.#effects.push(persist);
    return persist;
  }
}

const NONE: readonly never[] = [];

type Persist = Extract<Effect, { kind: "persist" }>;

/** What was done to runs is told with them. */
function logged(result: CommandResult, author: PeerId, { seq }: Carry): CommandResult {
  switch (result.kind) {
    case "run":
    case "redriven":
    case "dismissed":
    case "cancelled":
      return { ...result, logged: { author, seq } };
    case "task":
    case "removed":
    case "written":
    case "refused":
      return result;
  }
}

/** What the others are to know of the runs that a turn wrote; absent when it wrote none, or there are no others. */
function carryOf(guid: TaskGuid, writes: readonly Write[], log: RunLog): Carry | undefined {
  if (!log.isShared) return undefined;
  const runs = writes.flatMap((write) => write.kind === "run" ? [write.run] : []);
  const progress = writes.find((write) => write.kind === "progress")?.progress;
  if (runs.length === 0 || progress === undefined) return undefined;
  const { through, schedule, failures } = progress;
  return { seq: log.next(), guid, through, ...(schedule === undefined ? {} : { schedule }), failures, runs };
}
