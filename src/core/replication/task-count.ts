// How many tasks there are. Those of the start are counted as the digest tree is told of what is stored, and from then on
// each write says whether it brings one or takes one away: nothing is ever read for the sake of the number.

import type { Write } from "../protocol/write.ts";
import { type EntityKind, isDead, stampsOf } from "../register/register.ts";

export class TaskCount {
  /** What was found so far of the start, by the beginnings of guids; absent once all is told. */
  #found: Set<number> | undefined = new Set();
  #count = 0;

  /** Undefined while not all of the start is told. */
  get value(): number | undefined {
    return this.#found === undefined ? this.#count : undefined;
  }

  /** A living stamp of the start: a task has one for each write that its registers stem from. */
  found(kind: EntityKind, key: string): void {
    if (kind === "task") this.#found?.add(Number.parseInt(key.slice(0, GUID_DIGITS), 16));
  }

  /** All of the start is told. */
  whole(): void {
    this.#count += this.#found?.size ?? 0;
    this.#found = undefined;
  }

  /** A write stands on the disk. */
  kept(write: Write): void {
    if (write.kind !== "entity" || write.entity.kind !== "task") return;
    this.#count += Number(!isDead(write.entity)) - Number(wasAlive(write));
  }
}

/** 52 bits, as many as a number holds: two of a million tasks are alike once in nine thousand meshes. */
const GUID_DIGITS = 13;

/** What was there before has left a stamp that this write dropped or kept; of what is new all stamps are. */
function wasAlive({ entity, dropped, added, wasDead }: Extract<Write, { kind: "entity" }>): boolean {
  return wasDead !== true && (dropped.length > 0 || added.length < stampsOf(entity).size);
}
