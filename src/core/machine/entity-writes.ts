// Entities that have no actor on their way to the disk: what the desk makes of a user's write or of another peer's news is
// persisted, and whoever asked for it is told.

import type { CommandResult } from "../protocol/command.ts";
import type { Effect } from "../protocol/event.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import type { Entity } from "../register/register.ts";
import type { Instant } from "../values/instant.ts";
import type { HybridClock, Stamp } from "../values/stamp.ts";
import { EntityDesk, type EntityKey, type Job, lostWrites, tellingWrites } from "./entity-desk.ts";

export type EntityWritesHost = {
  readonly clock: HybridClock;
  now(): Instant;
  effect(effect: Effect): void;
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  isForgotten(entity: Entity): boolean;
};

export class EntityWrites {
  readonly #host: EntityWritesHost;
  readonly #desk = new EntityDesk();

  constructor(host: EntityWritesHost) {
    this.#host = host;
  }

  add(at: EntityKey, job: Job): void {
    const placed = this.#desk.add(at, job);
    if (placed === "read") return this.#host.query({ kind: "entity", entity: at }, (answer) => this.#work(at, answer));
    if (placed === "full") {
      if (job.kind === "merge") return job.done();
      const result: CommandResult = { kind: "refused", why: "busy", message: "too many writes wait" };
      return this.#host.effect({ kind: "reply", ticket: job.ticket, result });
    }
  }

  /** It stands on the disk. */
  kept(entity: Entity): void {
    this.#desk.ended(entity);
  }

  /** Writes were refused: what stands on the disk counts. */
  unkept(): void {
    this.#desk.forgetWriting();
  }

  #work(at: EntityKey, answer: StoreAnswer): void {
    const { clock } = this.#host;
    const stored = answer.kind === "entity" ? answer.entity : undefined;
    const worked = this.#desk.work(at, stored, {
      stamp: (): Stamp => clock.tick(this.#host.now()),
      isForgotten: (entity) => this.#host.isForgotten(entity),
    });
    if (worked === undefined) return;
    const { tickets, refused, done } = worked;
    for (const { ticket, refusal } of refused) this.#host.effect({ kind: "reply", ticket, result: refusal });
    const highWaterMs = clock.highWater();
    const told = tellingWrites(worked);
    this.#host.effect({
      kind: "persist",
      writes: [
        ...told,
        ...lostWrites(worked, this.#host.now()),
        ...(highWaterMs === undefined ? [] : [{ kind: "highWater", ms: highWaterMs } as const]),
      ],
      onFailure: tickets.length > 0 ? "refuse" : "hold",
      guids: [],
      then: [
        { kind: "kept", writes: told, guids: [] },
        ...tickets.map((ticket): Effect => ({ kind: "reply", ticket, result: { kind: "written" } })),
      ],
    });
    for (const end of done) end();
  }
}
