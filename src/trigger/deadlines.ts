// Deadlines of many attempts with few timers: one for each length of time that is allowed, set for the first that ends.
// Nearly every attempt is over long before its own; a timer for each would cost 1.3 µs on Node and 6.3 on Deno.
//
// They are linked, and not in a set: the table that a set outgrows still points to the one after it, and to all that it
// held. Once one such table has grown old, V8 takes all behind it for alive until it looks through the whole heap: of
// 25 KB that a delivery allocates 10 grew old so.

import { clearTimeout, setTimeout } from "node:timers";

/** What is told when its time is over. */
export interface Expiring {
  expire(): void;
}

export type Deadline<T> = {
  readonly ms: number;
  readonly at: number;
  readonly value: T;
  before: Deadline<T> | undefined;
  after: Deadline<T> | undefined;
};

/** In the order in which they end. The timer may ring for one that was given back: then it is set anew. */
type Lane<T> = {
  first: Deadline<T> | undefined;
  last: Deadline<T> | undefined;
  timer: ReturnType<typeof setTimeout>;
};

export class Deadlines<T extends Expiring> {
  readonly #lanes = new Map<number, Lane<T>>();

  /** Calls `expire` in `ms`, unless the deadline is given back before. */
  set(ms: number, value: T): Deadline<T> {
    let lane = this.#lanes.get(ms);
    if (lane === undefined) {
      lane = { first: undefined, last: undefined, timer: this.#timer(ms, ms) };
      this.#lanes.set(ms, lane);
    }
    const { last } = lane;
    const deadline: Deadline<T> = { ms, at: performance.now() + ms, value, before: last, after: undefined };
    if (last === undefined) lane.first = deadline;
    else last.after = deadline;
    lane.last = deadline;
    return deadline;
  }

  giveBack(deadline: Deadline<T>): void {
    const { ms, before, after } = deadline;
    const lane = this.#lanes.get(ms);
    if (lane === undefined) return;
    if (before !== undefined) before.after = after;
    else if (lane.first === deadline) lane.first = after;
    if (after !== undefined) after.before = before;
    else if (lane.last === deadline) lane.last = before;
    deadline.before = undefined;
    deadline.after = undefined;
  }

  /** Whatever has a deadline now. */
  all(): readonly T[] {
    const values: T[] = [];
    for (const { first } of this.#lanes.values()) {
      for (let each = first; each !== undefined; each = each.after) values.push(each.value);
    }
    return values;
  }

  close(): void {
    for (const { timer } of this.#lanes.values()) clearTimeout(timer);
    this.#lanes.clear();
  }

  /** An attempt in flight has a connection that keeps the program from ending; what was one does not. */
  #timer(ms: number, leftMs: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#ring(ms), leftMs).unref();
  }

  #ring(ms: number): void {
    const lane = this.#lanes.get(ms);
    if (lane === undefined) return;
    for (let { first } = lane; first !== undefined; first = lane.first) {
      const leftMs = first.at - performance.now();
      if (leftMs > 0) {
        lane.timer = this.#timer(ms, leftMs);
        return;
      }
      this.giveBack(first);
      first.value.expire();
    }
    this.#lanes.delete(ms);
  }
}
