// A circuit breaker keeps events from a target that is down: after some failures in a row nothing is sent there but one
// event at a time, each later than the one before, until one is answered. Then the stream swells again from one event in
// flight, so that what has waited does not bring down what has just come back.

import type { ResolvedLimits } from "../targets/target-limits.ts";
import type { Instant } from "../values/instant.ts";
import type { DeliveryResult } from "./delivery.ts";

export type BreakerState = "closed" | "open" | "half-open";

/** What an attempt tells of its target: it answered, whatever it said; it is down, or was not reached; or nothing. */
export type Verdict = "answered" | "down" | "nothing";

/** How long it is open at first, unless its limits say less; twice as long each time, up to what they say. */
const OPEN_MS = 5_000;

/** How long a target is obeyed that asks to be left alone: all that goes there waits for it, and it may be mistaken. */
const REST_MAX_MS = 300_000;

export class Breaker {
  #failures = 0;
  /** Openings since it was last closed. */
  #openings = 0;
  #until: Instant | undefined;
  #isProbing = false;
  #error = "";
  /** Attempts in flight that it lets go: grows with each answer after it was closed again. */
  #flights = Infinity;

  stateAt(now: Instant): BreakerState {
    if (this.#until === undefined) return "closed";
    return now < this.#until ? "open" : "half-open";
  }

  /** Absent while it is closed. */
  get until(): Instant | undefined {
    return this.#until;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** What went wrong last; empty when nothing did since the last answer. */
  get error(): string {
    return this.#error;
  }

  /** Whether it knows nothing that a new one would not, but for how many it lets go at a time. */
  get isFresh(): boolean {
    return this.#failures === 0 && this.#until === undefined;
  }

  mayGo(inFlight: number, now: Instant): boolean {
    if (this.#until === undefined) return inFlight < this.#flights;
    return now >= this.#until && !this.#isProbing;
  }

  /** One goes. */
  went(): void {
    if (this.#until !== undefined) this.#isProbing = true;
  }

  /** One that was let go did not go, or tells nothing. */
  unused(): void {
    this.#isProbing = false;
  }

  /** One has ended. `chance` is in [0, 1). True when that opened or closed the breaker. */
  ended(verdict: Verdict, error: string, { now, chance, most, limits, restMs = 0 }: Ended): boolean {
    const wasOpen = this.#until !== undefined;
    switch (verdict) {
      case "nothing":
        this.unused();
        return false;
      case "answered":
        this.#failures = 0;
        this.#openings = 0;
        this.#error = "";
        this.#isProbing = false;
        this.#until = undefined;
        this.#flights = wasOpen ? 1 : this.#flights + 1;
        if (this.#flights >= most) this.#flights = Infinity;
        return wasOpen;
      case "down": {
        this.#failures++;
        this.#error = error;
        // What was sent before it opened ends after that, and says nothing new.
        if (this.stateAt(now) === "open" || this.#failures < (limits?.failures ?? Infinity)) return false;
        const ownMs = waitMs(limits?.openMs ?? 0, this.#openings++, chance);
        this.#until = now + Math.max(ownMs, Math.min(restMs, REST_MAX_MS)) as Instant;
        this.#isProbing = false;
        return true;
      }
    }
  }
}

type Ended = {
  readonly now: Instant;
  readonly chance: number;
  /** As many in flight as the target may ever have. */
  readonly most: number;
  /** Absent: it never opens. */
  readonly limits: ResolvedLimits["breaker"];
  /** For so long the target asks to be left alone. */
  readonly restMs?: number | undefined;
};

/** A quarter of it by chance, so that the peers of a mesh do not all try at one moment. */
function waitMs(openMs: number, openings: number, chance: number): number {
  const bound = Math.min(openMs, OPEN_MS * 2 ** Math.min(openings, 16));
  return Math.ceil(bound * (0.75 + chance / 4));
}

/** What stands between a proxy and a target that is down; and who asks to be left alone. */
const DOWN = new Set([429, 502, 503, 504]);

/** An error of the target's own (500) is an answer: other tasks that it serves may do well. */
export function verdictOf(result: DeliveryResult): Verdict {
  if (result.kind === "delivered") return "answered";
  if (result.cause === "ours") return "nothing";
  if (result.cause === "refused") return "answered";
  if (result.status !== undefined) return DOWN.has(result.status) ? "down" : "answered";
  return result.retryable ? "down" : "answered";
}
