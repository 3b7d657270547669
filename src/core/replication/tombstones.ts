// Tombstones are what is left of the deleted, for those who have not heard of it. They go at the stable cut, and never
// young: a bounded number is looked at now and then, from one end of the store to the other and again.

import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import type { Write } from "../protocol/write.ts";
import { type Entity, type EntityKind, isDead, revisionOf } from "../register/register.ts";
import type { Instant } from "../values/instant.ts";
import { stampMs } from "../values/stamp.ts";

/** A tombstone is kept so long at least, however soon all have heard of it: REPLICATION §8. */
export const TOMBSTONE_AGE_MS = 30 * 86_400_000;

/** Records that are looked at in one step: 5 ms of a processor. A million take a day. */
const TOMBSTONE_LOOK_MAX = 512;

export type TombstonesHost = {
  now(): Instant;
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  persist(writes: readonly Write[]): void;
  /** Whether every member is known to hold the entity as it is, or what came after. */
  isEverywhere(entity: Entity): boolean;
};

export class Tombstones {
  readonly #host: TombstonesHost;
  readonly #ageMs: number;
  #cursor: string | undefined;
  #isLooking = false;
  /** How many went since the start. */
  collected = 0;

  constructor(host: TombstonesHost, ageMs: number) {
    this.#host = host;
    this.#ageMs = ageMs;
  }

  /** One step. */
  collect(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor };
    this.#host.query({ kind: "tombstones", limit: TOMBSTONE_LOOK_MAX, ...cursor }, (answer) => {
      this.#isLooking = false;
      if (answer.kind !== "tombstones") return;
      this.#cursor = answer.cursor;
      const old = this.#host.now() - this.#ageMs;
      const writes = answer.dead.flatMap(({ entity, progress }): readonly Write[] =>
        isCollectable(entity) && stampMs(revisionOf(entity)) <= old && this.#host.isEverywhere(entity)
          ? [{ kind: "forget", entity, ...(progress === undefined ? {} : { progress }) }]
          : []
      );
      this.collected += writes.length;
      if (writes.length > 0) this.#host.persist(writes);
    });
  }
}

/** What comes in great numbers. That a peer was removed is never forgotten; targets, users and settings are few. */
function isCollectable(entity: Entity): boolean {
  return isDead(entity) && isCollected(entity.kind);
}

export function isCollected(kind: EntityKind): boolean {
  return COLLECTED.includes(kind);
}

const COLLECTED: readonly EntityKind[] = ["task", "token", "ticket"];
