// One request and what became of it. It ends once, by whichever comes first: the answer, the connection's end, its time,
// or whoever started it; what comes after that is not heard.

import { Buffer } from "node:buffer";
import type { Delivery, DeliveryResult } from "../core/delivery.ts";
import { BODY_LOOK_BYTES, bodyLack, isGoodStatus } from "../core/success-rule.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { ANSWER_MAX_BYTES, broken, EXCERPT_MAX_BYTES, late, refused, tooLong, unfit } from "./http-result.ts";
import type { Plan } from "./http-request.ts";
import type { StopSignal } from "./trigger.ts";

export type AttemptParts = {
  readonly delivery: Pick<Delivery, "connectMs" | "totalMs">;
  readonly plan: Plan;
  readonly signal: StopSignal;
  readonly now: () => number;
  readonly deadlines: Deadlines<HttpAttempt>;
  readonly done: (result: DeliveryResult) => void;
  /** Is given the beginning of a good answer's body, before `done`. */
  readonly take?: (body: string) => void;
};

/** Interim answers (1xx) that a target may send before its answer. */
const INTERIM_MAX = 16;

const ENDED = new Error("the attempt ended");

/** A connection's hold on the attempt: the part of undici's controller that is used. */
type Controller = { abort(reason: Error): void };
type Headers = { readonly [name: string]: string | readonly string[] | undefined };

/** Called by undici, as its `Dispatcher.DispatchHandler`. */
export class HttpAttempt {
  readonly #parts: AttemptParts;
  readonly #deadline: Deadline<HttpAttempt>;
  #controller: Controller | undefined;
  #isOver = false;
  /** The whole answer was read. */
  #isComplete = false;
  #interim = 0;
  #status = 0;
  #isGood = false;
  /** So much of the body is kept. */
  #keptMax = EXCERPT_MAX_BYTES;
  #retryAfter: string | undefined;
  #location: string | undefined;
  #bytes = 0;
  #kept: Buffer[] | undefined;
  readonly #onAbort = () => this.stop("cancelled");

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#deadline = parts.deadlines.set(parts.delivery.totalMs, this);
    parts.signal.addEventListener("abort", this.#onAbort);
  }

  stop(why: string): void {
    this.#end({ kind: "failed", error: why, retryable: true, cause: "ours" });
  }

  onRequestStart(controller: Controller): void {
    // Thrown before a byte is written, this keeps the connection for whoever is next.
    if (this.#isOver) throw ENDED;
    this.#controller = controller;
  }

  onResponseStart(_: Controller, status: number, headers: Headers): void {
    if (status < 200) {
      if (++this.#interim > INTERIM_MAX) {
        this.#end(tooLong(this.#parts.plan, `more than ${INTERIM_MAX} interim answers`));
      }
      return;
    }
    const { plan, take } = this.#parts;
    this.#status = status;
    this.#isGood = isGoodStatus(plan.success, status);
    if (this.#isGood) this.#keptMax = take === undefined && plan.success?.body === undefined ? 0 : BODY_LOOK_BYTES;
    this.#retryAfter = textOf(headers["retry-after"]);
    this.#location = textOf(headers["location"]);
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    const room = this.#keptMax - this.#bytes;
    this.#bytes += chunk.length;
    if (room > 0) (this.#kept ??= []).push(chunk.subarray(0, room));
    if (this.#bytes <= ANSWER_MAX_BYTES) return;
    this.#end(
      this.#isGood ? tooLong(this.#parts.plan, "an answer of more than 1 MiB", this.#status) : this.#answered(),
    );
  }

  onResponseEnd(): void {
    this.#isComplete = true;
    this.#end(this.#answered());
  }

  onResponseError(_: Controller, error: Error): void {
    const { plan, delivery } = this.#parts;
    if (this.#isOver) return;
    // What went wrong after the head of a refusal changes nothing of it.
    const isRefused = this.#status !== 0 && !this.#isGood;
    this.#end(
      isRefused ? this.#answered() : broken(plan, error, { connectMs: delivery.connectMs, status: this.#status }),
    );
  }

  /** Its time is over. */
  expire(): void {
    const { plan, delivery } = this.#parts;
    const isRefused = this.#status !== 0 && !this.#isGood;
    this.#end(
      isRefused
        ? this.#answered()
        : late(plan, delivery, { isSent: this.#controller !== undefined, status: this.#status }),
    );
  }

  #answered(): DeliveryResult {
    const { plan, take, now } = this.#parts;
    if (!this.#isGood) {
      return refused(plan, {
        status: this.#status,
        retryAfter: this.#retryAfter,
        location: this.#location,
        excerpt: Buffer.concat(this.#kept ?? []),
      }, now());
    }
    if (this.#keptMax > 0) {
      const body = Buffer.concat(this.#kept ?? []).toString();
      const lack = bodyLack(plan.success, body);
      if (lack !== undefined) return unfit(plan, this.#status, lack);
      take?.(body);
    }
    return { kind: "delivered", status: this.#status };
  }

  #end(result: DeliveryResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.deadlines.giveBack(this.#deadline);
    this.#parts.signal.removeEventListener("abort", this.#onAbort);
    this.#parts.done(result);
    // Before the end of its answer, the connection is no use to anybody.
    if (!this.#isComplete) this.#controller?.abort(ENDED);
  }
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "object" ? header[0] : header;
}
