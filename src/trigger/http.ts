// Events over HTTP/1.1: one request for each attempt, over connections that are kept for each origin. Nothing that a
// target answers, or fails to answer, costs more than its own time and 1 MiB that is not kept.

import { Pool } from "undici";
import type { Dispatcher } from "undici";
import type { Delivery, DeliveryResult } from "../core/delivery.ts";
import { Memo } from "../core/memo.ts";
import type { ResolvedTarget } from "../core/target-book.ts";
import { HttpAttempt } from "./http-attempt.ts";
import { Connector } from "./connect.ts";
import { Deadlines } from "./deadlines.ts";
import { bodyOf, headersOf, pathOf, type Plan, planOf } from "./http-request.ts";
import { Pools } from "./pools.ts";
import type { StopSignal, Trigger } from "./trigger.ts";

export type HttpTriggerOptions = {
  /** Milliseconds since 1970, for what is told to the target and for dates that it answers. */
  readonly now: () => number;
  readonly userAgent?: string;
  /** For each origin. 16 to 64 carried more than 256 (DESIGN §12). */
  readonly connectionsMax?: number;
  /** How long a pool that nothing uses is kept. */
  readonly idleMs?: number;
};

export function httpTrigger(options: HttpTriggerOptions): Trigger {
  return new HttpTrigger(options);
}

/** Origins with a pool at one time. */
const POOLS_MAX = 1_024;
/** Plans of requests that are kept, the latest: about 1 KB each. */
const PLANS_MAX = 4_096;
/** What servers of ordinary make send at most. */
const ANSWER_HEADERS_MAX_BYTES = 16 * 1024;
/**
 * How long an idle connection is kept when the server names no time. Longer saves a handshake to what is fired more
 * rarely, and meets more servers that have closed it meanwhile; undici's 4 s would miss a task of every 5 s.
 */
const KEEP_ALIVE_MS = 10_000;
const KEEP_ALIVE_MAX_MS = 60_000;

class HttpTrigger implements Trigger {
  readonly schemes = ["http", "https"];
  readonly #now: () => number;
  readonly #userAgent: string;
  readonly #pools: Pools<OriginPool>;
  readonly #plans = new Memo<string, Plan>(PLANS_MAX);
  readonly #deadlines = new Deadlines<HttpAttempt>();
  #closed: Promise<void> | undefined;

  constructor({ now, userAgent = "Metronome", connectionsMax = 64, idleMs = 60_000 }: HttpTriggerOptions) {
    this.#now = now;
    this.#userAgent = userAgent;
    this.#pools = new Pools({ make: (key) => new OriginPool(key, connectionsMax), poolsMax: POOLS_MAX, idleMs });
  }

  send(delivery: Delivery, signal: StopSignal): Promise<DeliveryResult> {
    if (this.#closed !== undefined) return Promise.resolve(failed("the peer is stopping"));
    if (signal.aborted) return Promise.resolve(failed("cancelled"));
    const plan = this.#planOf(delivery.target);
    if (plan === undefined) return Promise.resolve({ ...failed("the target's URN can't be read"), retryable: false });
    const taken = this.#pools.take(`${delivery.connectMs} ${plan.origin}`);
    if (taken === undefined) return Promise.resolve(failed(`${POOLS_MAX} targets are being sent to already`));
    return new Promise((resolve) => {
      const attempt = new HttpAttempt({
        delivery,
        plan,
        signal,
        now: this.#now,
        deadlines: this.#deadlines,
        done: (result) => {
          this.#pools.give(taken);
          resolve(result);
        },
      });
      taken.pool.dispatch({
        method: plan.method,
        path: pathOf(plan, delivery, this.#now()),
        headers: headersOf(plan, delivery),
        body: bodyOf(plan, delivery),
      }, attempt);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const attempt of this.#deadlines.all()) attempt.stop("the peer is stopping");
    this.#deadlines.close();
    await this.#pools.close();
  }

  /** Many tasks have the same target, each of its own. */
  #planOf(target: ResolvedTarget): Plan | undefined {
    const { urn, method, headers } = target;
    const key = headers === undefined ? `${method ?? ""} ${urn}` : JSON.stringify(target);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = planOf(target, this.#userAgent);
    return plan === undefined ? undefined : this.#plans.set(key, plan);
  }
}

function failed(error: string): DeliveryResult & { readonly kind: "failed" } {
  return { kind: "failed", error, retryable: true, cause: "ours" };
}

class OriginPool {
  readonly #pool: Pool;
  readonly #connector: Connector;

  /** `key` is the time to connect in, and the origin: a pool has one connector for all that it carries. */
  constructor(key: string, connections: number) {
    const space = key.indexOf(" ");
    this.#connector = new Connector(Number(key.slice(0, space)));
    this.#pool = new Pool(key.slice(space + 1), {
      connections,
      pipelining: 1,
      maxHeaderSize: ANSWER_HEADERS_MAX_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      // The attempt has one timer of its own, for the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (address, connected) => this.#connector.connect(address, connected),
    });
  }

  dispatch(request: Dispatcher.DispatchOptions, attempt: HttpAttempt): void {
    this.#pool.dispatch(request, attempt);
  }

  async close(): Promise<void> {
    const destroyed = this.#pool.destroy();
    // A client that failed to connect goes on outside of its pool when others wait: its socket is known here alone.
    this.#connector.close();
    await destroyed;
  }
}
