// A register is one independently merged part of an entity; an entity is a named set of them. The greater of two
// values wins, by rank and then by stamp: one total order, so that merging is commutative, associative and idempotent.
// Two registers have a rank. `life` is a causal length: odd is alive, even is deleted, and only an explicit create adds
// to a deletion, so a delete beats a concurrent edit without asking a clock. `state` counts its turns in the same way:
// odd is paused, even is enabled, and a pause always takes the next odd number, so it beats a concurrent resume. (To
// ask "were these two concurrent, then paused wins" is not associative: three writes can beat each other in a circle.)

import type { Json } from "../values/json.ts";
import { type Stamp, stampOrigin } from "../values/stamp.ts";

export type Register = {
  readonly value: Json;
  readonly stamp: Stamp;
  /** The stamp of the value that this write replaced, as its writer saw it; absent for the first. */
  readonly previous?: Stamp;
  /** The last stamp of each other writer that had led to that value, newest first; absent when there is none. */
  readonly past?: readonly Stamp[];
};

/** What was written by so many in turn says no more of the first ones: a value of theirs is then shown as a conflict. */
export const PAST_MAX = 15;

export type EntityKind = "task" | "token" | "user" | "member" | "ticket" | "setting" | "target";

export const ENTITY_KINDS: readonly EntityKind[] = ["task", "token", "user", "member", "ticket", "setting", "target"];

export type Entity = {
  readonly kind: EntityKind;
  readonly key: string;
  readonly registers: { readonly [name: string]: Register };
};

export type Merge = {
  readonly entity: Entity;
  /** Whether `entity` differs from the one that was merged into. */
  readonly news: boolean;
  /** Values that a concurrent write replaced: kept for the user to see and restore. */
  readonly conflicts: readonly { readonly register: string; readonly lost: Register; readonly kept: Register }[];
};

/** One register written by this peer over what it holds now. */
export function writeRegister(current: Register | undefined, value: Json, stamp: Stamp): Register {
  if (current === undefined) return { value, stamp };
  const past = pastOver(current, stamp);
  return { value, stamp, previous: current.stamp, ...(past.length === 0 ? {} : { past }) };
}

/** Of `current` and what led to it, without the writer of `stamp` and that of `current` itself. */
function pastOver({ stamp: replaced, previous, past = [] }: Register, stamp: Stamp): readonly Stamp[] {
  const known = new Set([stamp, replaced].map(stampOrigin));
  const stamps: Stamp[] = [];
  for (const each of previous === undefined ? past : [previous, ...past].sort().reverse()) {
    if (known.has(stampOrigin(each)) || stamps.length === PAST_MAX) continue;
    known.add(stampOrigin(each));
    stamps.push(each);
  }
  return stamps;
}

export function mergeEntities(mine: Entity, theirs: Entity): Merge {
  const registers: Record<string, Register> = { ...mine.registers };
  const conflicts: { register: string; lost: Register; kept: Register }[] = [];
  let news = false;
  for (const [name, other] of Object.entries(theirs.registers)) {
    const own = registers[name];
    if (own === undefined) {
      registers[name] = other;
      news = true;
      continue;
    }
    if (own.stamp === other.stamp) continue;
    const kept = winner(name, own, other);
    const lost = kept === own ? other : own;
    if (kept !== own) {
      registers[name] = kept;
      news = true;
    }
    if (!UNMISSED.includes(name) && isConcurrent(kept, lost)) conflicts.push({ register: name, lost, kept });
  }
  return { entity: news ? { ...mine, registers } : mine, news, conflicts };
}

/** A life is not lost, and nobody wants back when a token had been used before it was used again. */
const UNMISSED: readonly string[] = ["life", "used"];

/** The stamps that a change of an entity took out of its registers, and those that it brought in. */
export function stampsChanged(before: Entity | undefined, after: Entity): {
  readonly dropped: readonly Stamp[];
  readonly added: readonly Stamp[];
  /** Whether it was deleted before. */
  readonly wasDead?: true;
} {
  const old = stampsOf(before);
  const now = stampsOf(after);
  return {
    dropped: [...old].filter((stamp) => !now.has(stamp)),
    added: [...now].filter((stamp) => !old.has(stamp)),
    ...(before !== undefined && isDead(before) ? { wasDead: true } : {}),
  };
}

/** The stamps that some register still carries. */
export function stampsOf(entity: Entity | undefined): ReadonlySet<Stamp> {
  return new Set(Object.values(entity?.registers ?? {}).map(({ stamp }) => stamp));
}

export function isAlive(entity: Entity): boolean {
  const life = entity.registers.life;
  return life !== undefined && typeof life.value === "number" && life.value % 2 === 1;
}

/** It was deleted: a tombstone. What never had a life is not. */
export function isDead(entity: Entity): boolean {
  const life = entity.registers.life;
  return life !== undefined && !isAlive(entity);
}

/** The newest stamp of an entity: its revision, and its ETag. */
export function revisionOf(entity: Entity): Stamp {
  let newest: Stamp | undefined;
  for (const { stamp } of Object.values(entity.registers)) {
    if (newest === undefined || stamp > newest) newest = stamp;
  }
  if (newest === undefined) throw new Error(`entity ${entity.kind} ${entity.key} has no register`);
  return newest;
}

function winner(name: string, a: Register, b: Register): Register {
  const ranks = rankOf(name, a) - rankOf(name, b);
  if (ranks !== 0) return ranks > 0 ? a : b;
  return a.stamp > b.stamp ? a : b;
}

function rankOf(name: string, { value }: Register): number {
  if (name === "life") return typeof value === "number" ? value : 0;
  if (name !== "state" || typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  const { turn } = value as { readonly turn?: Json };
  return typeof turn === "number" ? turn : 0;
}

/**
 * Whether the later one was written without knowledge of the other: no value that led to it is of that one's writer, and
 * as late. (To ask whether it replaced a later value is not enough: of two sides of a cut one writes once, and the other
 * twice; the second write replaces a later value, and knows nothing of the first side's.)
 */
function isConcurrent(one: Register, other: Register): boolean {
  const [{ stamp, previous, past = [] }, early] = one.stamp > other.stamp ? [one, other.stamp] : [other, one.stamp];
  const isOf = (writer: Stamp) => stampOrigin(writer) === stampOrigin(early) && writer >= early;
  return !isOf(stamp) && (previous === undefined || !isOf(previous)) && !past.some(isOf);
}
