// A stamp is a hybrid-clock time with the writer's origin. It orders writes (the last writer wins) and names them (two
// writes never share one). The clock never goes back, not even when the wall clock does or the process restarts.
// After Kulkarni et al., "Logical Physical Clocks" (2014), in 64 bits plus origin.

import type { Instant } from "./instant.ts";

declare const stampBrand: unique symbol;
/** 22 hex digits: 12 of milliseconds, 4 of counter, 6 of origin. Text order is stamp order. */
export type Stamp = string & { readonly [stampBrand]: true };

/** A small number given to a peer at its admission; a peer with a restored store takes a new one. 1 … 2^24 - 1. */
export type Origin = number;

/** A stamp further ahead of the local clock than this is quarantined, not merged. */
export const STAMP_AHEAD_MAX_MS = 60_000;

/** How far ahead of use the high-water mark is stored: one small write in ten seconds, and a restart skips at most this. */
const HIGH_WATER_STEP_MS = 10_000;

const COUNTER_MAX = 0xffff;
const STAMP_PATTERN = /^[0-9a-f]{22}$/;

export function makeStamp(ms: number, counter: number, origin: Origin): Stamp {
  return (ms.toString(16).padStart(12, "0") + counter.toString(16).padStart(4, "0") +
    origin.toString(16).padStart(6, "0")) as Stamp;
}

/** The last stamp that an origin can have made below a mark: the mark itself is what its next life starts with. */
export function stampBelow(highWaterMs: number, origin: Origin): Stamp {
  return makeStamp(highWaterMs - 1, COUNTER_MAX, origin);
}

export function isStamp(text: unknown): text is Stamp {
  return typeof text === "string" && STAMP_PATTERN.test(text);
}

export function stampMs(stamp: Stamp): Instant {
  return Number.parseInt(stamp.slice(0, 12), 16) as Instant;
}

export function stampOrigin(stamp: Stamp): Origin {
  return Number.parseInt(stamp.slice(16), 16);
}

export class HybridClock {
  readonly #origin: Origin;
  #ms: number;
  #counter = 0;
  #highWaterMs: number;

  /** `highWaterMs` is the mark that was stored last: all stamps that were used are below it. 0 for a new store. */
  constructor(origin: Origin, highWaterMs: number) {
    this.#origin = origin;
    this.#ms = highWaterMs;
    this.#highWaterMs = highWaterMs;
  }

  /** The next stamp: above all that this clock has made or seen. */
  tick(now: Instant): Stamp {
    if (now > this.#ms) {
      this.#ms = now;
      this.#counter = 0;
    } else if (this.#counter < COUNTER_MAX) {
      this.#counter++;
    } else {
      this.#ms++;
      this.#counter = 0;
    }
    return makeStamp(this.#ms, this.#counter, this.#origin);
  }

  /** Takes note of another peer's stamp, so that the next own one is above it; false when it is too far ahead to be believed. */
  observe(stamp: Stamp, now: Instant): boolean {
    const ms = stampMs(stamp);
    if (ms > now + STAMP_AHEAD_MAX_MS) return false;
    const counter = Number.parseInt(stamp.slice(12, 16), 16);
    if (ms > this.#ms || (ms === this.#ms && counter > this.#counter)) {
      this.#ms = ms;
      this.#counter = counter;
    }
    return true;
  }

  /** The mark to store before the stamps made so far may be used, when the stored one no longer covers them. */
  highWater(): number | undefined {
    if (this.#ms < this.#highWaterMs) return undefined;
    this.#highWaterMs = this.#ms + HIGH_WATER_STEP_MS;
    return this.#highWaterMs;
  }
}
