// The due index read: what some shards have to do up to an instant, in one walk that leaps from shard to shard. 4,096
// shards cost no more than the entries that there are: where a shard is empty, the walk stands in the next one already.

import { GROUPS_MAX } from "../core/ownership/shard.ts";
import type { DuePage, DueQuery } from "../core/protocol/event.ts";
import type { KeyValue, Walk } from "./key-value.ts";
import { afterGroup, GROUPS_KEY, parseDueKey, shardKey, startingWith } from "./keys.ts";

/** Entries read after a leap: most shards have none or one within the minute that is asked for. */
const READ_FIRST = 4;

/** Entries read at a time in a shard that has many. */
const READ_MAX = 512;

/**
 * Shards in their order, each shard's entries in the order of time. When the limit is reached, the shards that were not
 * looked at have a `rest` of -Infinity: unknown, to be asked for again.
 */
export async function readDue(keyValue: KeyValue, { shards, until, limit }: DueQuery): Promise<DuePage> {
  const entries: DuePage["entries"][number][] = [];
  const rest: DuePage["rest"][number][] = [];
  const reader = new Reader(keyValue.walk("due", {}));
  let isFull = false;
  try {
    for (const shard of shards.toSorted()) {
      if (isFull) {
        rest.push({ shard, at: -Infinity });
        continue;
      }
      const prefix = shardKey(shard);
      let at = Infinity;
      // No promise where nothing is to be read: most shards are empty.
      if (!reader.reach(prefix)) await reader.leap(prefix);
      for (let { key } = reader; key?.startsWith(prefix); { key } = reader) {
        const entry = parseDueKey(key);
        isFull = entries.length >= limit && entry.at <= until;
        if (isFull || entry.at > until) {
          at = entry.at;
          break;
        }
        entries.push(entry);
        if (!reader.step()) await reader.more();
      }
      rest.push({ shard, at });
    }
  } finally {
    await reader.close();
  }
  return { entries, rest };
}

/** The peer groups that have entries, as `PeerGroup.text`: one leap for each. */
export async function dueGroups(keyValue: KeyValue): Promise<readonly string[]> {
  const walk = keyValue.walk("due", startingWith(GROUPS_KEY));
  const groups: string[] = [];
  try {
    while (groups.length < GROUPS_MAX) {
      const [entry] = await walk.take(1);
      if (entry === undefined) break;
      groups.push(entry[1]);
      walk.seek(afterGroup(entry[0]));
    }
    return groups;
  } finally {
    await walk.close();
  }
}

/** A walk with the entries that were read ahead. */
class Reader {
  readonly #walk: Walk;
  #read: readonly (readonly [key: string, value: string])[] = [];
  #at = 0;
  #count = READ_FIRST;
  #isAtEnd = false;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** Where it stands; absent behind the last. */
  get key(): string | undefined {
    return this.#read[this.#at]?.[0];
  }

  /** Goes to the first key at or after `key`; false when that is not read ahead. */
  reach(key: string): boolean {
    while (this.key !== undefined && this.key < key) this.#at++;
    return this.key !== undefined || this.#isAtEnd;
  }

  async leap(key: string): Promise<void> {
    this.#walk.seek(key);
    this.#count = READ_FIRST;
    await this.more();
  }

  /** Goes to the next key; false when that is not read ahead. */
  step(): boolean {
    this.#at++;
    return this.#at < this.#read.length || this.#isAtEnd;
  }

  async close(): Promise<void> {
    await this.#walk.close();
  }

  async more(): Promise<void> {
    this.#read = await this.#walk.take(this.#count);
    this.#at = 0;
    this.#isAtEnd = this.#read.length < this.#count;
    this.#count = Math.min(this.#count * 4, READ_MAX);
  }
}
