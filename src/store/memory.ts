// Ordered texts in memory: the twin of LevelDB for the simulator and the tests. It keeps the same contract, and nothing
// when the process ends.

import { compareKeys } from "./key-order.ts";
import type { KeyValue, Operation, Range, Space, Walk } from "./key-value.ts";
import { StoreFailure } from "./store.ts";

export function memoryKeyValue(): ForkableKeyValue {
  return new MemoryKeyValue();
}

export type ForkableKeyValue = KeyValue & {
  /** Another one that starts with the same records, and goes its own way: they share what neither has changed. */
  fork(): KeyValue;
};

type Entry = readonly [key: string, value: string];

/** A sorted run of entries. */
type Leaf = readonly Entry[];

/** Entries of a leaf before it is cut in two. */
const LEAF_MAX = 256;

class MemoryKeyValue implements ForkableKeyValue {
  readonly #spaces = new Map<Space, Shelf>();
  #isClosed = false;

  fork(): KeyValue {
    const fork = new MemoryKeyValue();
    for (const [space, shelf] of this.#spaces) fork.#spaces.set(space, new Shelf(shelf.lend()));
    return fork;
  }

  batch(operations: readonly Operation[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    for (const { space, key, value } of operations) {
      const shelf = this.#spaces.get(space) ?? new Shelf([]);
      this.#spaces.set(space, shelf);
      shelf.write(key, value);
    }
    return Promise.resolve();
  }

  getMany(space: Space, keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (this.#isClosed) return Promise.reject(closed());
    const leaves = this.#spaces.get(space)?.leaves ?? [];
    return Promise.resolve(keys.map((key) => {
      const leaf = leaves[leafFor(leaves, key)];
      const entry = leaf?.[firstAtOrAfter(leaf, key)];
      return entry?.[0] === key ? entry[1] : undefined;
    }));
  }

  walk(space: Space, range: Range): Walk {
    return new MemoryWalk(this.#spaces.get(space)?.lend() ?? [], range, () => this.#isClosed);
  }

  damaged(): number {
    return 0;
  }

  onWritable(): void {}

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}

/** The leaves of one space. What a walk or a fork holds on to is not changed any more: a write then copies it first. */
class Shelf {
  #leaves: Leaf[];
  #isLent = false;
  /** Those that nobody else has. */
  readonly #own = new Map<Leaf, Entry[]>();

  constructor(leaves: readonly Leaf[]) {
    this.#leaves = [...leaves];
  }

  get leaves(): readonly Leaf[] {
    return this.#leaves;
  }

  lend(): readonly Leaf[] {
    this.#isLent = true;
    this.#own.clear();
    return this.#leaves;
  }

  write(key: string, value: string | undefined): void {
    const place = leafFor(this.#leaves, key);
    const known = this.#leaves[place] ?? [];
    const at = firstAtOrAfter(known, key);
    const isThere = known[at]?.[0] === key;
    if (value === undefined && !isThere) return;
    const leaf = this.#own.get(known) ?? [...known];
    leaf.splice(at, isThere ? 1 : 0, ...(value === undefined ? [] : [[key, value] as const]));
    this.#own.delete(known);
    const half = leaf.length >> 1;
    const made = leaf.length === 0 ? [] : leaf.length <= LEAF_MAX ? [leaf] : [leaf.slice(0, half), leaf.slice(half)];
    for (const each of made) this.#own.set(each, each);
    if (this.#isLent) this.#leaves = [...this.#leaves];
    this.#isLent = false;
    if (made.length === 1 && place < this.#leaves.length) this.#leaves[place] = leaf;
    else this.#leaves.splice(place, 1, ...made);
  }
}

class MemoryWalk implements Walk {
  readonly #leaves: readonly Leaf[];
  readonly #range: Range;
  readonly #isKeptClosed: () => boolean;
  /** The next entry: its leaf, and its place there. */
  #leaf = 0;
  #at = 0;
  #isClosed = false;

  constructor(leaves: readonly Leaf[], range: Range, isKeptClosed: () => boolean) {
    this.#leaves = leaves;
    this.#range = range;
    this.#isKeptClosed = isKeptClosed;
    this.#start(undefined);
  }

  take(count: number): Promise<readonly Entry[]> {
    if (this.#isClosed || this.#isKeptClosed()) return Promise.reject(closed());
    const taken: Entry[] = [];
    const step = this.#range.reverse === true ? -1 : 1;
    while (taken.length < count) {
      const entry = this.#leaves[this.#leaf]?.[this.#at];
      if (entry === undefined || !isWithin(this.#range, entry[0])) break;
      taken.push(entry);
      this.#at += step;
      this.#settle();
    }
    return Promise.resolve(taken);
  }

  seek(key: string): void {
    this.#start(key);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** To the first entry of the range in the direction of the walk, or to the one that is sought. */
  #start(sought: string | undefined): void {
    const { gt, gte, lt, lte, reverse } = this.#range;
    if (sought !== undefined && !isWithin(this.#range, sought)) {
      this.#leaf = this.#leaves.length;
    } else if (reverse === true) {
      const from = sought ?? lt ?? lte;
      if (from === undefined) this.#leaf = this.#leaves.length;
      else this.#place(from);
      const isTaken = this.#keyHere() === from && (sought !== undefined || lt === undefined);
      if (from === undefined || !isTaken) this.#at--;
      this.#settle();
    } else {
      const from = sought ?? gt ?? gte ?? "";
      this.#place(from);
      if (sought === undefined && gt !== undefined && this.#keyHere() === gt) this.#at++;
      this.#settle();
    }
  }

  #keyHere(): string | undefined {
    return this.#leaves[this.#leaf]?.[this.#at]?.[0];
  }

  /** To the first entry at or after the key, or the end of the leaf that would hold it. */
  #place(key: string): void {
    this.#leaf = leafFor(this.#leaves, key);
    this.#at = firstAtOrAfter(this.#leaves[this.#leaf] ?? [], key);
  }

  /** From beyond the edge of a leaf to the nearest entry of the next one. */
  #settle(): void {
    if (this.#at < 0) {
      this.#leaf--;
      this.#at = (this.#leaves[this.#leaf]?.length ?? 0) - 1;
    } else if (this.#at >= (this.#leaves[this.#leaf]?.length ?? 0)) {
      this.#leaf++;
      this.#at = 0;
    }
  }
}

function isWithin({ gt, gte, lt, lte }: Range, key: string): boolean {
  return (gt === undefined || compareKeys(key, gt) > 0) && (gte === undefined || compareKeys(key, gte) >= 0) &&
    (lt === undefined || compareKeys(key, lt) < 0) && (lte === undefined || compareKeys(key, lte) <= 0);
}

/** The leaf that holds the key, or would: the last one that starts at or before it. */
function leafFor(leaves: readonly Leaf[], key: string): number {
  let low = 0;
  let high = leaves.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const first = leaves[middle]?.[0]?.[0];
    if (first !== undefined && compareKeys(first, key) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

function firstAtOrAfter(leaf: Leaf, key: string): number {
  let low = 0;
  let high = leaf.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = leaf[middle];
    if (entry !== undefined && compareKeys(entry[0], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function closed(): StoreFailure {
  return new StoreFailure("closed", "the store is closed");
}
