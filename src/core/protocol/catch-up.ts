// How far a peer is that takes in what another one holds: said when much is lacking, and again now and then, so that who
// has just started it sees that it goes on.

import type { Instant } from "../values/instant.ts";
import type { LogFacts } from "./event.ts";

/** Fewer are there before anybody could read of it. */
const LACKING_MIN = 2_000;

const SAY_EVERY_MS = 2_000;

export class CatchUp {
  readonly #log: (message: string, facts: LogFacts) => void;
  #begunAt: Instant | undefined;
  #saidAt = -Infinity;

  constructor(log: (message: string, facts: LogFacts) => void) {
    this.#log = log;
  }

  /** `held` are the stamps here, `living` those at the other peer. */
  goesOn(held: number, living: number, now: Instant): void {
    if (this.#begunAt === undefined && living - held < LACKING_MIN) return;
    this.#begunAt ??= now;
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    const percent = Math.min(100, Math.floor((100 * held) / Math.max(1, living)));
    this.#log("takes in what the mesh holds", { held, of: living, percent });
  }

  ended(held: number, isWhole: boolean, now: Instant): void {
    if (this.#begunAt === undefined) return;
    const seconds = Math.round((now - this.#begunAt) / 100) / 10;
    this.#log(isWhole ? "has taken in what the mesh holds" : "was held up; it goes on with the next sync", {
      held,
      seconds,
    });
  }
}
