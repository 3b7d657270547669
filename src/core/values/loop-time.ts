// Loop time is time as the loop has lived it: what passed while it stood still (sleep, SIGSTOP, a long pause) is not
// counted, so no deadline runs out in a moment in which nobody could have met it. It never goes back, whatever the wall
// clock does.

import { type Instant, instant } from "./instant.ts";

/** What was noticed of the time that passed. */
export type Passage = {
  /** How much later than asked the loop came to run. */
  readonly lateMs: number;
  /** How far the wall clock was set back; 0 when it was not. */
  readonly backMs: number;
};

export class LoopTime {
  readonly #graceMs: number;
  #ms = 0;
  #last: Instant | undefined;
  #wakeMs = Infinity;
  #heldUntilMs: number | undefined;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Milliseconds lived so far. */
  get ms(): number {
    return this.#ms;
  }

  /** The loop was late: deadlines wait until it has read what arrived meanwhile. */
  get isHeld(): boolean {
    return this.#heldUntilMs !== undefined && this.#ms < this.#heldUntilMs;
  }

  advance(now: Instant): Passage {
    const passed = now - (this.#last ?? now);
    this.#last = now;
    const lateMs = Math.max(0, this.#ms + passed - this.#wakeMs);
    this.#ms += Math.max(0, lateMs > this.#graceMs ? passed - lateMs : passed);
    if (this.#heldUntilMs !== undefined) {
      // Not twice in a row: a loop that is always late would never come to an end.
      if (!this.isHeld) this.#heldUntilMs = undefined;
    } else if (lateMs > this.#graceMs) this.#heldUntilMs = this.#ms + this.#graceMs;
    return { lateMs, backMs: passed < -this.#graceMs ? -passed : 0 };
  }

  /** When to run again, for deadlines of which the earliest is `atMs`; remembered, to know when the loop is late. */
  wakeAt(atMs: number, now: Instant): Instant | undefined {
    this.#wakeMs = Math.max(atMs, this.#heldUntilMs ?? atMs);
    return this.#wakeMs === Infinity ? undefined : instant(now + Math.max(0, Math.ceil(this.#wakeMs - this.#ms)));
  }
}
