// A vector says up to where a peer knows what others wrote. The version vector is of writes: one stamp per origin, and
// every write of that origin up to it is held here or superseded. The run vector is of run logs: one number per author,
// and every record up to it is here. They merge to the pointwise maximum.
//
// A version vector is adopted only whole, when all that its peer holds above one's own has come: to advance it record by
// record diverges, since what has superseded a write may be from another origin and may not have come yet.

import { hash } from "node:crypto";
import type { PeerId } from "../values/ids.ts";
import { isStamp, type Origin, type Stamp, stampOrigin } from "../values/stamp.ts";

/** Origins of a version vector, authors of a run vector: forty times the largest mesh aimed at, about 100 KB of text. */
export const VECTOR_ENTRIES_MAX = 4096;

/** A libp2p peer id has 52 characters. */
const AUTHOR_PATTERN = /^[!-~]{1,128}$/;

/** How two vectors stand: `below` is to know less, `concurrent` that each knows something that the other does not. */
export type Comparison = "equal" | "below" | "above" | "concurrent";

export class VersionVector {
  /** The last stamp covered of each origin. */
  readonly #stamps = new Map<Origin, Stamp>();
  #digest: string | undefined;

  /** From `stamps()` of another peer; undefined when it is anything else. */
  static parse(value: unknown): VersionVector | undefined {
    if (!Array.isArray(value) || value.length > VECTOR_ENTRIES_MAX) return undefined;
    const vector = new VersionVector();
    for (const stamp of value) {
      if (!isStamp(stamp) || stampOrigin(stamp) === 0 || vector.#stamps.has(stampOrigin(stamp))) return undefined;
      vector.#stamps.set(stampOrigin(stamp), stamp);
    }
    return vector;
  }

  /** What a message carries: one stamp per origin, by origin. */
  stamps(): readonly Stamp[] {
    return [...this.#stamps].sort(([a], [b]) => a - b).map(([, stamp]) => stamp);
  }

  /** The last stamp covered of an origin. */
  upTo(origin: Origin): Stamp | undefined {
    return this.#stamps.get(origin);
  }

  covers(stamp: Stamp): boolean {
    const last = this.#stamps.get(stampOrigin(stamp));
    return last !== undefined && last >= stamp;
  }

  /** Takes up a write of one's own; of another origin's only when nothing of it is missing below. */
  advance(stamp: Stamp): void {
    if (this.covers(stamp)) return;
    this.#stamps.set(stampOrigin(stamp), stamp);
    this.#digest = undefined;
  }

  /** The pointwise maximum with the vector of a peer whose stream came to its end; false, and nothing, when it would be too long. */
  adopt(other: VersionVector): boolean {
    if (!fits(this.#stamps, other.#stamps)) return false;
    for (const stamp of other.#stamps.values()) this.advance(stamp);
    return true;
  }

  compare(other: VersionVector): Comparison {
    return comparison(isWithin(this.#stamps, other.#stamps), isWithin(other.#stamps, this.#stamps));
  }

  /** 16 hex digits, equal when the vectors are. */
  digest(): string {
    return this.#digest ??= digestOf(this.stamps());
  }

  copy(): VersionVector {
    const copy = new VersionVector();
    copy.adopt(this);
    return copy;
  }
}

/** Records `from` … `to` of the log of `author`, both included, counted from 1. */
export type RunSpan = { readonly author: PeerId; readonly from: number; readonly to: number };

export class RunVector {
  /** The highest number of each author below which none is missing. */
  readonly #numbers = new Map<PeerId, number>();
  /** Of the hashes of all entries, mod 2^64: it changes with each page of a log that comes. */
  #sum = 0n;

  /** From `entries()` of another peer; undefined when it is anything else. */
  static parse(value: unknown): RunVector | undefined {
    if (!Array.isArray(value) || value.length > VECTOR_ENTRIES_MAX) return undefined;
    const vector = new RunVector();
    for (const entry of value) {
      if (!Array.isArray(entry) || entry.length !== 2) return undefined;
      const [author, number] = entry as readonly unknown[];
      if (!isAuthor(author) || vector.#numbers.has(author)) return undefined;
      if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 1) return undefined;
      vector.#set(author, number);
    }
    return vector;
  }

  /** What a message carries, by author. */
  entries(): readonly (readonly [PeerId, number])[] {
    return [...this.#numbers].sort(([a], [b]) => a < b ? -1 : 1);
  }

  /** 0 of an author that is not known. */
  upTo(author: PeerId): number {
    return this.#numbers.get(author) ?? 0;
  }

  /** Takes note of records that are here now; false when some before them are missing, or the vector is full. */
  take({ author, from, to }: RunSpan): boolean {
    const have = this.upTo(author);
    if (from > have + 1 || (have === 0 && this.#numbers.size >= VECTOR_ENTRIES_MAX)) return false;
    if (to > have) this.#set(author, to);
    return true;
  }

  /** What the other has and this one has not: what to ask for. */
  missing(other: RunVector): readonly RunSpan[] {
    return other.entries()
      .filter(([author, to]) => to > this.upTo(author))
      .map(([author, to]) => ({ author, from: this.upTo(author) + 1, to }));
  }

  /** The pointwise maximum, for when all of the other's has come; false, and nothing, when it would be too long. */
  adopt(other: RunVector): boolean {
    if (!fits(this.#numbers, other.#numbers)) return false;
    for (const span of this.missing(other)) this.take(span);
    return true;
  }

  compare(other: RunVector): Comparison {
    return comparison(isWithin(this.#numbers, other.#numbers), isWithin(other.#numbers, this.#numbers));
  }

  /** 16 hex digits, equal when the vectors are. */
  digest(): string {
    return digitsOf(this.#sum);
  }

  /** The same, were the log of `author` known up to that number. */
  digestWith(author: PeerId, number: number): string {
    return digitsOf(this.#sumWith(author, number));
  }

  #set(author: PeerId, number: number): void {
    this.#sum = this.#sumWith(author, number);
    this.#numbers.set(author, number);
  }

  #sumWith(author: PeerId, number: number): bigint {
    const known = this.upTo(author);
    return known === number ? this.#sum : this.#sum - hashOf(author, known) + hashOf(author, number);
  }
}

/** Whether it can be the author of a run log: what is not can't travel in a vector. */
export function isAuthor(value: unknown): value is PeerId {
  return typeof value === "string" && AUTHOR_PATTERN.test(value);
}

declare const dotKeyBrand: unique symbol;
/** A stamp as a key of the dot index: 6 hex digits of origin, 16 of time. Of one origin, text order is clock order. */
export type DotKey = string & { readonly [dotKeyBrand]: true };

export function dotKey(stamp: Stamp): DotKey {
  return stamp.slice(16) + stamp.slice(0, 16) as DotKey;
}

export function dotStamp(key: DotKey): Stamp {
  return key.slice(6) + key.slice(0, 6) as Stamp;
}

function fits<Key, Mark>(mine: ReadonlyMap<Key, Mark>, theirs: ReadonlyMap<Key, Mark>): boolean {
  let size = mine.size;
  for (const key of theirs.keys()) {
    if (!mine.has(key)) size++;
  }
  return size <= VECTOR_ENTRIES_MAX;
}

/** Whether `a` says nothing that `b` does not. */
function isWithin<Key, Mark extends string | number>(a: ReadonlyMap<Key, Mark>, b: ReadonlyMap<Key, Mark>): boolean {
  for (const [key, mark] of a) {
    const other = b.get(key);
    if (other === undefined || other < mark) return false;
  }
  return true;
}

function comparison(isBelow: boolean, isAbove: boolean): Comparison {
  if (isBelow) return isAbove ? "equal" : "below";
  return isAbove ? "above" : "concurrent";
}

/** What is not known leaves the sum as it is. */
function hashOf(author: PeerId, number: number): bigint {
  return number === 0 ? 0n : BigInt(`0x${digestOf([`${author} ${number}`])}`);
}

function digitsOf(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, "0");
}

function digestOf(lines: readonly string[]): string {
  return hash("sha256", lines.join("\n"), "hex").slice(0, 16);
}
