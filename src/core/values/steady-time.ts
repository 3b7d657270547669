// Steady time is for how long something takes: it goes with the wall clock, and stands still when that is set back, for
// as long as it then takes again. A moment of an hour that was taken back would else be waited for.

import type { Instant } from "./instant.ts";

export class SteadyTime {
  readonly #wall: () => Instant;
  #last: Instant;
  #aheadMs = 0;

  constructor(wall: () => Instant) {
    this.#wall = wall;
    this.#last = wall();
  }

  now(): Instant {
    const wall = this.#wall();
    this.#aheadMs += Math.max(0, this.#last - wall);
    this.#last = wall;
    return wall + this.#aheadMs as Instant;
  }

  /** Of a moment of the wall clock that is to come. */
  of(wall: Instant): Instant {
    return this.now() + wall - this.#last as Instant;
  }

  /** When the wall clock will show it, for an alarm. */
  wallOf(steady: number): number {
    return steady - (this.now() - this.#last);
  }
}
