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

/** A sorted run of records, keys beside values: whoever seeks a key looks at keys alone. */
type Leaf = { readonly keys: readonly string[]; readonly values: readonly string[] };
type OwnLeaf = { readonly keys: string[]; readonly values: string[] };

/** All of a space, and the first key of each leaf. */
type Leaves = { readonly leaves: readonly Leaf[]; readonly firsts: readonly string[] };

/** Records of a leaf before it is cut in two. Of a hundred forks each copies nearly every leaf, one record of which it changes. */
const LEAF_MAX = 64;

class MemoryKeyValue implements ForkableKeyValue {
  readonly #spaces = new Map<Space, Shelf>();
  #isClosed = false;

  fork(): KeyValue {
    const fork = new MemoryKeyValue();
    // What a fork has is never given back.
    for (const [space, shelf] of this.#spaces) fork.#spaces.set(space, new Shelf(shelf.lend().held));
    return fork;
  }

  batch(operations: readonly Operation[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    for (const { space, key, value } of operations) {
      const shelf = this.#spaces.get(space) ?? new Shelf(NOTHING);
      this.#spaces.set(space, shelf);
      shelf.write(key, value);
    }
    return Promise.resolve();
  }

  getMany(space: Space, keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (this.#isClosed) return Promise.reject(closed());
    const { leaves, firsts } = this.#spaces.get(space)?.held ?? NOTHING;
    return Promise.resolve(keys.map((key) => {
      const leaf = leaves[leafFor(firsts, key)];
      const at = leaf === undefined ? 0 : firstAtOrAfter(leaf.keys, key);
      return leaf?.keys[at] === key ? leaf.values[at] : undefined;
    }));
  }

  walk(space: Space, range: Range): Walk {
    return new MemoryWalk(this.#spaces.get(space)?.lend() ?? NO_LOAN, range, () => this.#isClosed);
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

const NOTHING: Leaves = { leaves: [], firsts: [] };

/** What was lent, as it was then; to be given back. */
type Loan = { readonly held: Leaves; readonly end: () => void };

const NO_LOAN: Loan = { held: NOTHING, end: () => {} };

/** The records of one space. What a walk or a fork holds on to is not changed any more: a write then copies it first. */
class Shelf {
  #leaves: Leaf[];
  #firsts: string[];
  /** How many hold on to what there is. */
  #loans = { open: 0 };
  /** Leaves that nobody else has. */
  readonly #own = new Map<Leaf, OwnLeaf>();

  constructor({ leaves, firsts }: Leaves) {
    this.#leaves = [...leaves];
    this.#firsts = [...firsts];
  }

  get held(): Leaves {
    return { leaves: this.#leaves, firsts: this.#firsts };
  }

  lend(): Loan {
    const loans = this.#loans;
    loans.open++;
    return { held: this.held, end: () => void loans.open-- };
  }

  write(key: string, value: string | undefined): void {
    const place = leafFor(this.#firsts, key);
    const known = this.#leaves[place] ?? EMPTY;
    const at = firstAtOrAfter(known.keys, key);
    const isThere = known.keys[at] === key;
    if (value === undefined && !isThere) return;
    if (this.#loans.open > 0) this.#part();
    const mine = this.#own.get(known);
    const leaf = mine ?? { keys: [...known.keys], values: [...known.values] };
    if (value === undefined) {
      leaf.keys.splice(at, 1);
      leaf.values.splice(at, 1);
    } else if (isThere) leaf.values[at] = value;
    else {
      leaf.keys.splice(at, 0, key);
      leaf.values.splice(at, 0, value);
    }
    const { length } = leaf.keys;
    if (mine === undefined || length === 0 || length > LEAF_MAX) this.#replace(place, known, leaf);
    else if (at === 0) this.#firsts[place] = leaf.keys[0] ?? key;
  }

  /** From those who hold on to what there is. */
  #part(): void {
    this.#loans = { open: 0 };
    this.#own.clear();
    this.#leaves = [...this.#leaves];
    this.#firsts = [...this.#firsts];
  }

  /** By one leaf, two halves of it, or by none. */
  #replace(place: number, known: Leaf, leaf: OwnLeaf): void {
    const { keys, values } = leaf;
    const half = keys.length >> 1;
    const made = keys.length === 0 ? [] : keys.length <= LEAF_MAX ? [leaf] : [
      { keys: keys.slice(0, half), values: values.slice(0, half) },
      { keys: keys.slice(half), values: values.slice(half) },
    ];
    this.#own.delete(known);
    for (const each of made) this.#own.set(each, each);
    this.#leaves.splice(place, 1, ...made);
    this.#firsts.splice(place, 1, ...made.map(({ keys: [first = ""] }) => first));
  }
}

const EMPTY: Leaf = { keys: [], values: [] };

class MemoryWalk implements Walk {
  readonly #loan: Loan;
  readonly #held: Leaves;
  readonly #range: Range;
  readonly #isKeptClosed: () => boolean;
  /** The next entry: its leaf, and its place there. */
  #leaf = 0;
  #at = 0;
  #isClosed = false;

  constructor(loan: Loan, range: Range, isKeptClosed: () => boolean) {
    this.#loan = loan;
    this.#held = loan.held;
    this.#range = range;
    this.#isKeptClosed = isKeptClosed;
    this.#start(undefined);
  }

  take(count: number): Promise<readonly Entry[]> {
    if (this.#isClosed || this.#isKeptClosed()) return Promise.reject(closed());
    const taken: Entry[] = [];
    const step = this.#range.reverse === true ? -1 : 1;
    while (taken.length < count) {
      const key = this.#keyHere();
      const value = this.#held.leaves[this.#leaf]?.values[this.#at];
      if (key === undefined || value === undefined || !isWithin(this.#range, key)) break;
      taken.push([key, value]);
      this.#at += step;
      this.#settle();
    }
    return Promise.resolve(taken);
  }

  seek(key: string): void {
    this.#start(key);
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#loan.end();
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** To the first entry of the range in the direction of the walk, or to the one that is sought. */
  #start(sought: string | undefined): void {
    const { gt, gte, lt, lte, reverse } = this.#range;
    if (sought !== undefined && !isWithin(this.#range, sought)) {
      this.#leaf = this.#held.leaves.length;
    } else if (reverse === true) {
      const from = sought ?? lt ?? lte;
      if (from === undefined) this.#leaf = this.#held.leaves.length;
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
    return this.#held.leaves[this.#leaf]?.keys[this.#at];
  }

  /** To the first entry at or after the key, or the end of the leaf that would hold it. */
  #place(key: string): void {
    this.#leaf = leafFor(this.#held.firsts, key);
    this.#at = firstAtOrAfter(this.#held.leaves[this.#leaf]?.keys ?? [], key);
  }

  /** From beyond the edge of a leaf to the nearest entry of the next one. */
  #settle(): void {
    if (this.#at < 0) {
      this.#leaf--;
      this.#at = (this.#held.leaves[this.#leaf]?.keys.length ?? 0) - 1;
    } else if (this.#at >= (this.#held.leaves[this.#leaf]?.keys.length ?? 0)) {
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
function leafFor(firsts: readonly string[], key: string): number {
  const at = firstAtOrAfter(firsts, key);
  return firsts[at] === key ? at : Math.max(0, at - 1);
}

function firstAtOrAfter(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(keys[middle] ?? "", key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function closed(): StoreFailure {
  return new StoreFailure("closed", "the store is closed");
}
