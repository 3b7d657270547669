// One request and what became of it. It ends once, by whichever comes first: the answer, the connection's end, its time,
// or whoever started it; what comes after that is not heard.

import { Buffer } from "node:buffer";
import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import { BODY_LOOK_BYTES, bodyLack, isGoodStatus } from "../core/targets/success-rule.ts";
import { ANSWER_SHOWN_BYTES, type Exchange } from "../core/task/exchange.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { Connector } from "./connect.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { answerBody, headerList, headerPairs, maskedText, requestBody } from "./exchanged.ts";
import type { Plan, Request } from "./http-request.ts";
import { ANSWER_MAX_BYTES, broken, EXCERPT_MAX_BYTES, late, refused, tooLong, unfit } from "./http-result.ts";
import type { StopSignal } from "./trigger.ts";

export type AttemptParts = {
  readonly delivery: Pick<Delivery, "connectMs" | "totalMs">;
  readonly plan: Plan;
  readonly signal: StopSignal;
  readonly now: () => number;
  readonly deadlines: Deadlines<HttpAttempt>;
  readonly done: (result: DeliveryResult) => void;
  /** Is given the beginning of a good answer's body, before `done`. */
  readonly take: ((body: string) => void) | undefined;
  readonly connector: Pick<Connector, "madeWithin" | "advanced">;
  /** What was sent and what came back is told, when there is something to see. */
  readonly kept: { readonly of: Delivery; readonly request: Request; readonly keep: KeepExchange } | undefined;
};

export type KeepExchange = (
  exchange: Exchange,
  of: { readonly id: OccurrenceId; readonly n: number; readonly isGood: boolean },
) => void;

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
  #keptMax: number;
  #retryAfter: string | undefined;
  #location: string | undefined;
  #bytes = 0;
  #kept: Buffer[] | undefined;
  #headers: Headers | undefined;
  #startedAt = 0;
  #answeredAt = 0;
  readonly #onAbort = () => this.stop("cancelled");

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#keptMax = parts.kept === undefined ? EXCERPT_MAX_BYTES : ANSWER_SHOWN_BYTES;
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
    if (this.#parts.kept !== undefined) this.#startedAt = performance.now();
  }

  onResponseStart(_: Controller, status: number, headers: Headers): void {
    this.#parts.connector.advanced();
    if (status < 200) {
      if (++this.#interim > INTERIM_MAX) {
        this.#end(tooLong(this.#parts.plan, `more than ${INTERIM_MAX} interim answers`));
      }
      return;
    }
    const { plan, kept } = this.#parts;
    this.#status = status;
    this.#isGood = isGoodStatus(plan.success, status);
    if (this.#isGood && kept === undefined) this.#keptMax = this.#isLookedAt ? BODY_LOOK_BYTES : 0;
    if (kept !== undefined) {
      this.#headers = headers;
      this.#answeredAt = performance.now();
    }
    this.#retryAfter = textOf(headers["retry-after"]);
    this.#location = textOf(headers["location"]);
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    this.#parts.connector.advanced(true);
    const room = this.#keptMax - this.#bytes;
    this.#bytes += chunk.length;
    if (room > 0) (this.#kept ??= []).push(Buffer.from(chunk.subarray(0, room)));
    if (this.#bytes <= ANSWER_MAX_BYTES) return;
    this.#end(
      this.#isGood ? tooLong(this.#parts.plan, "an answer of more than 1 MiB", this.#status) : this.#answered(),
    );
  }

  onResponseEnd(): void {
    this.#parts.connector.advanced();
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
        excerpt: Buffer.concat(this.#kept ?? []).subarray(0, EXCERPT_MAX_BYTES),
      }, now());
    }
    if (this.#isLookedAt) {
      const body = Buffer.concat(this.#kept ?? []).subarray(0, BODY_LOOK_BYTES).toString();
      const lack = bodyLack(plan.success, body);
      if (lack !== undefined) return unfit(plan, this.#status, lack);
      take?.(body);
    }
    return { kind: "delivered", status: this.#status };
  }

  /** Whether the body of a good answer says something. */
  get #isLookedAt(): boolean {
    const { plan, take } = this.#parts;
    return take !== undefined || plan.success?.body !== undefined;
  }

  /** A good answer without a body, and what never left, show nothing. */
  #tell({ of, request, keep }: NonNullable<AttemptParts["kept"]>, isGood: boolean): void {
    if (this.#controller === undefined || (isGood && this.#bytes === 0)) return;
    const { plan: { origin, secrets }, connector } = this.#parts;
    const now = performance.now();
    const begunAt = this.#deadline.at - this.#deadline.ms;
    const [startedAt, answeredAt] = [this.#startedAt, this.#answeredAt];
    const made = connector.madeWithin(begunAt, startedAt);
    const { method, path, headers, body } = request;
    const hasAnswer = this.#headers !== undefined;
    keep({
      request: {
        method,
        url: maskedText(origin + path, secrets),
        headers: headerPairs(headers, secrets),
        ...(body === null ? {} : { body: requestBody(body, secrets) }),
      },
      ...(this.#headers === undefined ? {} : {
        response: {
          status: this.#status,
          headers: headerList(this.#headers, secrets),
          ...(this.#bytes === 0 ? {} : { body: answerBody(Buffer.concat(this.#kept ?? []), this.#bytes, secrets) }),
        },
      }),
      timings: {
        connection: ms(startedAt - begunAt),
        ...(made === undefined ? {} : { made }),
        wait: ms((hasAnswer ? answeredAt : now) - startedAt),
        ...(hasAnswer ? { read: ms(now - answeredAt) } : {}),
      },
    }, { id: of.id, n: of.attempt, isGood });
  }

  #end(result: DeliveryResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { kept } = this.#parts;
    if (kept !== undefined) this.#tell(kept, result.kind === "delivered");
    this.#parts.deadlines.giveBack(this.#deadline);
    this.#parts.signal.removeEventListener("abort", this.#onAbort);
    this.#parts.done(result);
    // Before the end of its answer, the connection is no use to anybody.
    if (!this.#isComplete) this.#controller?.abort(ENDED);
  }
}

/** In ms, to a tenth. */
function ms(span: number): number {
  return Math.max(0, Math.round(span * 10) / 10);
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "object" ? header[0] : header;
}
