// A turn is one message handled by one task actor: what it was told goes in, what it wants done is gathered here and
// becomes effects when the turn is over. A turn that throws is dropped whole.

import type { Carry } from "./carry.ts";
import type { CommandResult, OnceKey } from "./command.ts";
import type { Delivery } from "./delivery.ts";
import type { Effect } from "./event.ts";
import type { Instant } from "./instant.ts";
import type { Notice } from "./notice.ts";
import type { OccurrenceId } from "./occurrence.ts";
import { type Entity, stampsChanged } from "./register.ts";
import type { HybridClock, Stamp } from "./stamp.ts";
import type { PeerId, TaskGuid } from "./task.ts";
import type { Write } from "./write.ts";

/** What every turn at this peer is told beside its message. */
export type Surroundings = {
  readonly self: PeerId;
  readonly clock: HybridClock;
  /** A number in [0, 1), anew at each call. */
  readonly chance: () => number;
  readonly log: RunLog;
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
  readonly hasLease: () => boolean;
  /** The turn takes in what another peer has carried: that is in the other's log. */
  readonly isEcho?: boolean;
};

export class Turn {
  readonly guid: TaskGuid;
  readonly now: Instant;
  readonly self: PeerId;
  readonly chance: () => number;
  /** Occurrences that want to be sent, and the origin whose lane they need. */
  readonly entries: { readonly id: OccurrenceId; readonly origin: string }[] = [];
  /** Whether this peer fires the task: else it only keeps what others say of it. */
  readonly isOwner: boolean;
  /** Whether a majority of the mesh has granted this peer the task for now: asked by tasks that hold in a partition. */
  readonly hasLease: () => boolean;
  /** Set by a turn that would go on if it had the lease. */
  waitsForLease = false;
  /** Occurrences that were let through but no longer go: their lane is free again. */
  readonly exits: OccurrenceId[] = [];

  readonly #clock: HybridClock;
  readonly #log: RunLog;
  readonly #isEcho: boolean;
  readonly #onFailure: "refuse" | "hold";
  readonly #writes: Write[] = [];
  /** Played at once. */
  readonly #effects: Effect[] = [];
  /** Played when the writes are durable. */
  readonly #then: Effect[] = [];

  constructor(guid: TaskGuid, now: Instant, around: Surroundings, how: TurnHow) {
    const { onFailure, isOwner, hasLease, isEcho = false } = how;
    this.isOwner = isOwner;
    this.hasLease = hasLease;
    this.#isEcho = isEcho;
    this.#log = around.log;
    this.guid = guid;
    this.now = now;
    this.self = around.self;
    this.chance = around.chance;
    this.#clock = around.clock;
    this.#onFailure = onFailure;
  }

  stamp(): Stamp {
    return this.#clock.tick(this.now);
  }

  write(write: Write): void {
    this.#writes.push(write);
  }

  /** Its registers after a change; `isOwn` when this peer's user made it. */
  writeEntity(before: Entity | undefined, entity: Entity, isOwn: boolean): void {
    this.write({ kind: "entity", entity, ...stampsChanged(before, entity), isOwn });
  }

  send(delivery: Delivery, after: "now" | "durable"): void {
    const effect: Effect = { kind: "send", guid: this.guid, delivery };
    if (after === "now") this.#effects.push(effect);
    else this.#then.push(effect);
  }

  abort(id: OccurrenceId): void {
    this.#effects.push({ kind: "abort", id });
  }

  notify(notice: Notice): void {
    this.#then.push({ kind: "notify", notice });
  }

  log(message: string, facts: Readonly<Record<string, string | number>>): void {
    this.#effects.push({ kind: "log", level: "warning", message, facts });
  }

  /** The answer to the command of this turn; with a key, it is kept for the day when the same request comes again. */
  reply(ticket: number, result: CommandResult, once?: OnceKey): void {
    if (once !== undefined && result.kind !== "refused") {
      this.write({
        kind: "answer",
        key: once.key,
        answer: { fingerprint: once.fingerprint, expiresAt: once.expiresAt, result },
      });
    }
    this.#then.push({ kind: "reply", ticket, result });
  }

  /** All that the turn wants done, in order. */
  effects(): readonly Effect[] {
    if (this.#writes.length === 0) return this.#effects.concat(this.#then);
    const carry = this.#isEcho ? undefined : carryOf(this.guid, this.#writes, this.#log);
    if (carry !== undefined) this.#writes.push({ kind: "carry", author: this.self, carry });
    const told = this.#writes.filter(({ kind }) => kind === "entity" || kind === "carry");
    const highWaterMs = this.#clock.highWater();
    if (highWaterMs !== undefined) this.#writes.push({ kind: "highWater", ms: highWaterMs });
    return [
      ...this.#effects,
      {
        kind: "persist",
        writes: this.#writes,
        onFailure: this.#onFailure,
        guids: [this.guid],
        then: told.length === 0 ? this.#then : [{ kind: "kept", writes: told, guids: [this.guid] }, ...this.#then],
      },
    ];
  }
}

/** What the others are to know of the runs that a turn wrote; absent when it wrote none, or there are no others. */
function carryOf(guid: TaskGuid, writes: readonly Write[], log: RunLog): Carry | undefined {
  if (!log.isShared) return undefined;
  const runs = writes.flatMap((write) => write.kind === "run" ? [write.run] : []);
  const progress = writes.find((write) => write.kind === "progress")?.progress;
  if (runs.length === 0 || progress === undefined) return undefined;
  return { seq: log.next(), guid, through: progress.through, failures: progress.failures, runs };
}
