// One attempt at a broker, and what became of it. It ends once, by whichever comes first: the broker's word, the end of
// the connection, its time, or whoever started it; what comes after that is not heard.

import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import { spanOf } from "./connection-error.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { StopSignal } from "./trigger.ts";

export type AttemptParts<Plan extends { readonly place: string }> = {
  readonly delivery: Delivery;
  readonly plan: Plan;
  readonly signal: StopSignal;
  readonly deadlines: Deadlines<Attempt<Plan>>;
  readonly done: (result: DeliveryResult) => void;
};

export class Attempt<Plan extends { readonly place: string }> {
  readonly #parts: AttemptParts<Plan>;
  readonly #deadline: Deadline<Attempt<Plan>>;
  readonly #onAbort = () => this.stop("cancelled");
  #isOver = false;
  /** The broker may have the event. */
  isSent = false;
  /** Why the broker takes nothing for now, when it has said so. */
  hindrance: string | undefined;

  constructor(parts: AttemptParts<Plan>) {
    this.#parts = parts;
    this.#deadline = parts.deadlines.set(parts.delivery.totalMs, this);
    parts.signal.addEventListener("abort", this.#onAbort);
  }

  get delivery(): Delivery {
    return this.#parts.delivery;
  }

  get plan(): Plan {
    return this.#parts.plan;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  delivered(): void {
    this.#end({ kind: "delivered" });
  }

  /** On the way, or without a word of the broker's. */
  failed(error: string): void {
    this.#end({ kind: "failed", error, retryable: true });
  }

  /**
   * The connection has ended under these. That is one failure of the broker, and not as many as were in flight: those
   * would open a breaker at each restart.
   */
  static lost<Plan extends { readonly place: string }>(attempts: readonly Attempt<Plan>[], why: string): void {
    const [first, ...others] = attempts.filter(({ isOver }) => !isOver);
    first?.failed(why);
    for (const attempt of others) attempt.stop(why);
  }

  /** The broker is well, and did not take this event. */
  refused(error: string, { retryable = true }: { readonly retryable?: boolean } = {}): void {
    this.#end({ kind: "failed", error, retryable, cause: "refused" });
  }

  /** No connection came about. */
  unreached(error: string): void {
    this.#end({ kind: "failed", error, retryable: true, cause: "unreached" });
  }

  /** For a reason of this peer's. */
  stop(why: string): void {
    this.#end({ kind: "failed", error: why, retryable: true, cause: "ours" });
  }

  /** Its time is over. */
  expire(): void {
    const { delivery: { totalMs }, plan: { place } } = this.#parts;
    const time = spanOf(totalMs);
    if (this.hindrance !== undefined) this.failed(`${place} took nothing within ${time}: ${this.hindrance}`);
    else if (this.isSent) this.failed(`no answer from ${place} within ${time}`);
    else this.unreached(`no connection to ${place} within ${time}`);
  }

  #end(result: DeliveryResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.deadlines.giveBack(this.#deadline);
    this.#parts.signal.removeEventListener("abort", this.#onAbort);
    this.#parts.done(result);
  }
}
