// A peer's own clock: it is off from true time, runs a little fast or slow, and is set now and then. Its alarm behaves
// as the real one: it never rings early, and a clock that was set is noticed within a second.

import type { Clock } from "../clock.ts";
import { type Instant, instant } from "../core/values/instant.ts";
import type { Timeline } from "./timeline.ts";

/** As of `src/clock.ts`: no wait is longer. */
const WAIT_MAX_MS = 1_000;

export class LocalClock {
  readonly #timeline: Timeline;
  readonly #rate: number;
  readonly #start: number;
  #offsetMs: number;

  /** `rate` 1.0001 gains 0.1 ms in a second. */
  constructor(timeline: Timeline, offsetMs: number, rate: number) {
    this.#timeline = timeline;
    this.#start = timeline.now;
    this.#rate = rate;
    this.#offsetMs = offsetMs;
  }

  now(): Instant {
    const { now } = this.#timeline;
    return instant(Math.floor(now + this.#offsetMs + (now - this.#start) * (this.#rate - 1)));
  }

  /** How far it is ahead of true time. */
  get offMs(): number {
    return this.#offsetMs + (this.#timeline.now - this.#start) * (this.#rate - 1);
  }

  set(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** A clock door for one life of the peer; `run` plays what rings, at once or when the peer can. */
  door(run: (deed: () => void) => void): Clock {
    let set = 0;
    const wait = (at: Instant, ring: () => void) => {
      const mine = ++set;
      const go = () => {
        if (mine !== set) return;
        const leftMs = at - this.now();
        if (leftMs <= 0) return run(() => mine === set ? ring() : undefined);
        // The next whole millisecond at or after that by this clock, which may run slow.
        this.#timeline.in(Math.min(WAIT_MAX_MS, Math.max(0.05, leftMs / this.#rate)), go);
      };
      const leftMs = at - this.now();
      this.#timeline.in(Math.min(WAIT_MAX_MS, Math.max(0, leftMs / this.#rate)), go);
    };
    return {
      now: () => this.now(),
      alarm: wait,
      soon: (deed) => deed(),
      later: (ms, deed) => this.#timeline.in(ms / this.#rate, () => run(deed)),
      close: () => void set++,
    };
  }
}
