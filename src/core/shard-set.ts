// A shard set is which of the 4,096 shards are meant: one bit each, 512 bytes, and one short text when peers tell each
// other what they fire.

import { type Shard, SHARDS } from "./shard.ts";

const BYTES = SHARDS / 8;

/** 512 bytes in base64. The last digit but one carries two bits of padding, which are zero: one set has one text. */
const TEXT_PATTERN = /^[A-Za-z0-9+/]{682}[AEIMQUYcgkosw048]=$/;

export class ShardSet {
  readonly #bytes: Uint8Array;

  constructor(shards: Iterable<Shard> = []) {
    this.#bytes = new Uint8Array(BYTES);
    for (const shard of shards) this.add(shard);
  }

  /** Of `text()`; undefined when it is anything else. */
  static parse(text: unknown): ShardSet | undefined {
    if (typeof text !== "string" || !TEXT_PATTERN.test(text)) return undefined;
    const set = new ShardSet();
    const binary = atob(text);
    for (let n = 0; n < BYTES; n++) set.#bytes[n] = binary.charCodeAt(n);
    return set;
  }

  /** 684 characters: base64 of the bits, shard n at bit n & 7 of byte n >> 3. */
  text(): string {
    return btoa(String.fromCharCode(...this.#bytes));
  }

  has(shard: Shard): boolean {
    return ((this.#bytes[shard >> 3] ?? 0) & (1 << (shard & 7))) !== 0;
  }

  add(shard: Shard): void {
    const at = check(shard) >> 3;
    this.#bytes[at] = (this.#bytes[at] ?? 0) | (1 << (shard & 7));
  }

  delete(shard: Shard): void {
    const at = check(shard) >> 3;
    this.#bytes[at] = (this.#bytes[at] ?? 0) & ~(1 << (shard & 7));
  }

  addAll(other: ShardSet): void {
    for (let n = 0; n < BYTES; n++) this.#bytes[n] = (this.#bytes[n] ?? 0) | (other.#bytes[n] ?? 0);
  }

  /** What is in this set and not in the other. */
  minus(other: ShardSet): ShardSet {
    const rest = new ShardSet();
    for (let n = 0; n < BYTES; n++) rest.#bytes[n] = (this.#bytes[n] ?? 0) & ~(other.#bytes[n] ?? 0);
    return rest;
  }

  copy(): ShardSet {
    const copy = new ShardSet();
    copy.#bytes.set(this.#bytes);
    return copy;
  }

  equals(other: ShardSet): boolean {
    return this.#bytes.every((byte, n) => byte === other.#bytes[n]);
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
    for (let n = 0; n < BYTES; n++) {
      const byte = this.#bytes[n] ?? 0;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8; bit++) {
        if ((byte & (1 << bit)) !== 0) yield n * 8 + bit;
      }
    }
  }
}

function check(shard: Shard): Shard {
  if (!Number.isInteger(shard) || shard < 0 || shard >= SHARDS) throw new RangeError(`${shard} is not a shard`);
  return shard;
}
