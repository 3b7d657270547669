// The agenda says which task has something to do next, and when: a binary heap with one place for each task. A place
// that is set again leaves its old heap entry behind, to be passed over when it comes up, and swept when they are many.

import { IdMap } from "../values/id-map.ts";
import type { TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Shard } from "./shard.ts";

/** `isStale`: the task has left the place. */
type Entry = { readonly at: Instant; readonly guid: TaskGuid; readonly shard: Shard; isStale: boolean };

/** Stale entries allowed beside the living ones before the heap is built anew. */
const STALE_MAX = 1024;

export class Agenda {
  #heap: Entry[] = [];
  readonly #places = new IdMap<TaskGuid, Entry>();

  get size(): number {
    return this.#places.size;
  }

  has(guid: TaskGuid): boolean {
    return this.#places.has(guid);
  }

  /** Puts the task, which is of that shard, at `at`, in place of where it was. */
  set(guid: TaskGuid, at: Instant, shard: Shard): void {
    const place = this.#places.get(guid);
    if (place?.at === at && place.shard === shard) return;
    if (place !== undefined) place.isStale = true;
    const entry = { at, guid, shard, isStale: false };
    this.#places.set(guid, entry);
    this.#push(entry);
    if (this.#heap.length > 2 * this.#places.size + STALE_MAX) this.#sweep();
  }

  delete(guid: TaskGuid): void {
    const place = this.#places.take(guid);
    if (place !== undefined) place.isStale = true;
  }

  /** Takes out all that are of these shards. */
  deleteOf(shards: ReadonlySet<Shard>): void {
    for (const { guid, shard } of this.#places.values()) if (shards.has(shard)) this.delete(guid);
  }

  /** The earliest place. */
  first(): Instant | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  /** Takes out the earliest task when its time has come. */
  take(now: Instant): TaskGuid | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#pop();
    this.#places.delete(first.guid);
    return first.guid;
  }

  #dropStale(): void {
    while (this.#heap[0]?.isStale === true) this.#pop();
  }

  #sweep(): void {
    this.#heap = [];
    for (const entry of this.#places.values()) this.#push(entry);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const leftEntry = heap[left];
      if (leftEntry === undefined) break;
      const rightEntry = heap[left + 1];
      const smaller = rightEntry !== undefined && rightEntry.at < leftEntry.at ? rightEntry : leftEntry;
      if (smaller.at >= last.at) break;
      heap[index] = smaller;
      index = smaller === rightEntry ? left + 1 : left;
    }
    heap[index] = last;
  }
}
