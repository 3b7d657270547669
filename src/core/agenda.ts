// The agenda says which task has something to do next, and when: a binary heap with one place for each task. A place
// that is set again leaves its old heap entry behind, to be passed over when it comes up, and swept when they are many.

import type { Instant } from "./instant.ts";
import type { TaskGuid } from "./task.ts";

type Entry = { readonly at: Instant; readonly guid: TaskGuid };

/** Stale entries allowed beside the living ones before the heap is built anew. */
const STALE_MAX = 1024;

export class Agenda {
  #heap: Entry[] = [];
  readonly #places = new Map<TaskGuid, Instant>();

  get size(): number {
    return this.#places.size;
  }

  has(guid: TaskGuid): boolean {
    return this.#places.has(guid);
  }

  /** Puts the task at `at`, in place of where it was. */
  set(guid: TaskGuid, at: Instant): void {
    if (this.#places.get(guid) === at) return;
    this.#places.set(guid, at);
    this.#push({ at, guid });
    if (this.#heap.length > 2 * this.#places.size + STALE_MAX) this.#sweep();
  }

  delete(guid: TaskGuid): void {
    this.#places.delete(guid);
  }

  /** Takes out all that are chosen. */
  deleteWhere(isChosen: (guid: TaskGuid) => boolean): void {
    for (const guid of [...this.#places.keys()]) if (isChosen(guid)) this.#places.delete(guid);
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
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#places.get(first.guid) === first.at) return;
      this.#pop();
    }
  }

  #sweep(): void {
    this.#heap = [];
    for (const [guid, at] of this.#places) this.#push({ at, guid });
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
