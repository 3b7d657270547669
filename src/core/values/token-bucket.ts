// A token bucket lets so many events a second go, and a few at once after a pause. It is told the time.

import type { Instant } from "./instant.ts";

export type Rate = {
  /** Events a second, over the whole mesh: above 0. */
  readonly perSecond: number;
  /** How many may go at once after a pause: 1 or more. */
  readonly burst: number;
};

export class TokenBucket {
  #perMs: number;
  #most: number;
  #tokens: number;
  #at: Instant;

  constructor(rate: Rate, share: number, now: Instant) {
    [this.#perMs, this.#most] = sizes(rate, share);
    this.#tokens = this.#most;
    this.#at = now;
  }

  /** Another rate, or another share of it: 1 of the whole, 0.5 of a mesh of two. */
  resize(rate: Rate, share: number, now: Instant): void {
    this.#fill(now);
    [this.#perMs, this.#most] = sizes(rate, share);
    this.#tokens = Math.min(this.#tokens, this.#most);
  }

  has(now: Instant): boolean {
    this.#fill(now);
    return this.#tokens >= 1 - SLACK;
  }

  take(): void {
    this.#tokens -= 1;
  }

  /** What was taken was not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#most, this.#tokens + 1);
  }

  /** When the next token is there. */
  get nextAt(): Instant {
    return Math.ceil(this.#at + Math.max(0, 1 - this.#tokens) / this.#perMs) as Instant;
  }

  #fill(now: Instant): void {
    // A clock that was set back brings nothing, and takes nothing.
    this.#tokens = Math.min(this.#most, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

/** Of sums of fractions. */
const SLACK = 1e-6;

function sizes({ perSecond, burst }: Rate, share: number): readonly [perMs: number, most: number] {
  return [perSecond * share / 1_000, Math.max(1, burst * share)];
}
