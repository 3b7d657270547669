// The timeline of a world: what is to happen, in the order of time, and of two things at one moment the one that was
// planned first. A binary heap; time moves when something happens, and only forwards.

type Event = { readonly at: number; readonly order: number; readonly run: () => void };

export class Timeline {
  readonly #heap: Event[] = [];
  #order = 0;
  #now: number;

  constructor(start: number) {
    this.#now = start;
  }

  /** True time, in ms with fractions. */
  get now(): number {
    return this.#now;
  }

  at(at: number, run: () => void): void {
    this.#push({ at: Math.max(at, this.#now), order: this.#order++, run });
  }

  in(ms: number, run: () => void): void {
    this.at(this.#now + ms, run);
  }

  /** Lets the next thing happen, when it comes no later than `end`; else moves time there, and is false. */
  step(end: number): boolean {
    const [next] = this.#heap;
    if (next === undefined || next.at > end) {
      this.#now = Math.max(this.#now, end);
      return false;
    }
    this.#pop();
    this.#now = next.at;
    next.run();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const [left, right] = [heap[down], heap[down + 1]];
      if (left === undefined) break;
      let child = left;
      if (right !== undefined && isBefore(right, left)) {
        child = right;
        down++;
      }
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
