// A shard set is which shards are meant: one bit each, 512 bytes and more when it holds shards of peer groups. The first
// 4,096 have one short text, for when peers tell each other what they fire.

import { GROUP_SHARDS, type Shard, SHARDS, SHARDS_MAX } from "./shard.ts";

const BYTES = SHARDS / 8;
const GROUP_BYTES = GROUP_SHARDS / 8;

/** 512 bytes in base64. The last digit but one carries two bits of padding, which are zero: one set has one text. */
const TEXT_PATTERN = /^[A-Za-z0-9+/]{682}[AEIMQUYcgkosw048]=$/;

export class ShardSet {
  #bytes: Uint8Array<ArrayBuffer>;
  /** The same four at a time: a set of a hundred peers is joined with each message of one of them. */
  #words: Uint32Array<ArrayBuffer>;

  constructor(shards: Iterable<Shard> = [], bytes = new Uint8Array(BYTES)) {
    this.#bytes = bytes;
    this.#words = wordsOf(bytes);
    for (const shard of shards) this.add(shard);
  }

  /** Whether it can be of `text()`. */
  static isText(text: unknown): text is string {
    return typeof text === "string" && TEXT_PATTERN.test(text);
  }

  /** Of `text()`; undefined when it is anything else. */
  static parse(text: unknown): ShardSet | undefined {
    if (!ShardSet.isText(text)) return undefined;
    const set = new ShardSet();
    const binary = atob(text);
    for (let n = 0; n < BYTES; n++) set.#bytes[n] = binary.charCodeAt(n);
    return set;
  }

  /** 684 characters: base64 of the bits, shard n at bit n & 7 of byte n >> 3. */
  text(): string {
    return btoa(String.fromCharCode(...this.#bytes.subarray(0, BYTES)));
  }

  /** The shards of a group that start at `from`: 44 characters of base64; undefined when there is none. */
  groupText(from: Shard): string | undefined {
    const bytes = this.#bytes.subarray(from >> 3, (from >> 3) + GROUP_BYTES);
    return bytes.every((byte) => byte === 0) ? undefined : btoa(String.fromCharCode(...bytes));
  }

  /** Takes in what `groupText` gave, as the shards from `from` on. */
  addGroup(from: Shard, text: string): void {
    const binary = atob(text);
    if (binary.length !== GROUP_BYTES) throw new RangeError(`${text} is not of a group`);
    this.#reach(from + GROUP_SHARDS);
    for (let n = 0; n < GROUP_BYTES; n++) {
      this.#bytes[(from >> 3) + n] = (this.#bytes[(from >> 3) + n] ?? 0) | binary.charCodeAt(n);
    }
  }

  /** Takes out all from `from` to `to - 1`. */
  clear(from: Shard, to: Shard): void {
    for (let shard = from; shard < to; shard++) this.delete(shard);
  }

  has(shard: Shard): boolean {
    return ((this.#bytes[shard >> 3] ?? 0) & (1 << (shard & 7))) !== 0;
  }

  add(shard: Shard): void {
    const at = check(shard) >> 3;
    this.#reach(shard + 1);
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (shard & 7));
  }

  delete(shard: Shard): void {
    const at = check(shard) >> 3;
    if (at < this.#bytes.length) this.#bytes[at] = (this.#bytes[at] ?? 0) & ~(1 << (shard & 7));
  }

  addAll(other: ShardSet): void {
    this.#reach(other.#bytes.length * 8);
    const [words, more] = [this.#words, other.#words];
    for (let n = 0; n < more.length; n++) words[n] = (words[n] ?? 0) | (more[n] ?? 0);
  }

  /** What is in this set and not in the other. */
  minus(other: ShardSet): ShardSet {
    const rest = this.copy();
    const [words, less] = [rest.#words, other.#words];
    for (let n = 0; n < words.length; n++) words[n] = (words[n] ?? 0) & ~(less[n] ?? 0);
    return rest;
  }

  /** What is in both. */
  both(other: ShardSet): ShardSet {
    const both = this.copy();
    const [words, theirs] = [both.#words, other.#words];
    for (let n = 0; n < words.length; n++) words[n] = (words[n] ?? 0) & (theirs[n] ?? 0);
    return both;
  }

  copy(): ShardSet {
    return new ShardSet([], this.#bytes.slice());
  }

  equals(other: ShardSet): boolean {
    const [short, long] = this.#bytes.length < other.#bytes.length ? [this, other] : [other, this];
    return long.#bytes.every((byte, n) => byte === (short.#bytes[n] ?? 0));
  }

  /** So that it can hold all below `count`. */
  #reach(count: number): void {
    const bytes = Math.ceil(count / 8);
    if (bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.ceil(bytes / GROUP_BYTES) * GROUP_BYTES);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#words = wordsOf(grown);
  }

  get size(): number {
    let size = 0;
    for (let byte of this.#bytes) {
      for (; byte !== 0; byte &= byte - 1) size++;
    }
    return size;
  }

  /** In ascending order. */
  *[Symbol.iterator](): Generator<Shard> {
    for (let n = 0; n < this.#bytes.length; n++) {
      const byte = this.#bytes[n] ?? 0;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit++) {
        if ((byte & (1 << bit)) !== 0) yield n * 8 + bit;
      }
    }
  }
}

/** The bytes of all, and those of a group, are whole words. */
function wordsOf({ buffer }: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(buffer);
}

function check(shard: Shard): Shard {
  if (!Number.isInteger(shard) || shard < 0 || shard >= SHARDS_MAX) throw new RangeError(`${shard} is not a shard`);
  return shard;
}
