// Events over HTTP/1.1: one request for each attempt, over connections that are kept for each origin. Nothing that a
// target answers, or fails to answer, costs more than its own time and 1 MiB that is not kept.

import { Pool } from "undici";
import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import { Connector } from "./connect.ts";
import { Deadlines } from "./deadlines.ts";
import { type Egress, PLAIN_EGRESS } from "./egress.ts";
import { HttpAttempt, type KeepExchange } from "./http-attempt.ts";
import { HttpPlans } from "./http-plans.ts";
import { bodyOf, headersOf, OPEN, pathOf, type Plan, type Request, withToken } from "./http-request.ts";
import { type Asked, type OauthClient, OauthTokens } from "./oauth.ts";
import type { OpenCredentials } from "./open-target.ts";
import { Pools } from "./pools.ts";
import { HEAD_MAX_BYTES } from "./reading.ts";
import { readTls } from "./tls.ts";
import type { StopSignal, Trigger } from "./trigger.ts";

export type HttpTriggerOptions = {
  /** Milliseconds since 1970, for what is told to the target and for dates that it answers. */
  readonly now: () => number;
  readonly userAgent?: string;
  /** For each origin, and more only where a named target says so. 16 to 64 carried more than 256 (DESIGN §12). */
  readonly connectionsMax?: number;
  /** How long a pool that nothing uses is kept. */
  readonly idleMs?: number;
  /** Judges where connections are made to; without it, as if nothing were set. */
  readonly egress?: Egress;
  /** Is told what was sent and what came back, where there is something to see. */
  readonly keep?: KeepExchange;
  /** Opens the credentials of named targets; without it, none can be. */
  readonly open?: OpenCredentials;
};

export function httpTrigger(options: HttpTriggerOptions): Trigger {
  return new HttpTrigger(options);
}

/** Origins with a pool at one time. */
const POOLS_MAX = 1_024;
/**
 * How long an idle connection is kept when the server names no time. Longer saves a handshake to what is fired more
 * rarely, and meets more servers that have closed it meanwhile; undici's 4 s would miss a task of every 5 s.
 */
const KEEP_ALIVE_MS = 10_000;
const KEEP_ALIVE_MAX_MS = 60_000;

class HttpTrigger implements Trigger {
  readonly schemes = ["http", "https"];
  readonly #now: () => number;
  readonly #plans: HttpPlans;
  readonly #pools: Pools<OriginPool>;
  readonly #tokens: OauthTokens;
  readonly #keep: KeepExchange | undefined;
  readonly #deadlines = new Deadlines<HttpAttempt>();
  #closed: Promise<void> | undefined;

  constructor(options: HttpTriggerOptions) {
    const { now, userAgent = "Metronome", connectionsMax = 64, idleMs = 60_000, open = () => undefined } = options;
    const { egress = PLAIN_EGRESS } = options;
    this.#now = now;
    this.#keep = options.keep;
    this.#plans = new HttpPlans({ userAgent, open, now, connectionsMax });
    this.#pools = new Pools({ make: (key) => new OriginPool(key, egress), poolsMax: POOLS_MAX, idleMs });
    this.#tokens = new OauthTokens({ ask: (client) => this.#ask(client), now });
  }

  send(delivery: Delivery, signal: StopSignal): Promise<DeliveryResult> {
    if (this.#closed !== undefined) return Promise.resolve(failed("the peer is stopping"));
    if (signal.aborted) return Promise.resolve(failed("cancelled"));
    const plan = this.#plans.of(delivery.target);
    if (typeof plan === "string") return Promise.resolve(failed(plan));
    if (plan === undefined) return Promise.resolve({ ...failed("the target's URN can't be read"), retryable: false });
    return plan.oauth === undefined && plan.previous === undefined
      ? this.#attempt(plan, delivery, signal)
      : this.#prove(plan, delivery, signal);
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

  #attempt(plan: Plan, delivery: Delivery, signal: StopSignal): Promise<DeliveryResult> {
    const body = bodyOf(plan, delivery);
    const now = this.#now();
    const request = {
      method: plan.method,
      path: pathOf(plan, delivery, now),
      headers: headersOf(plan, delivery, body, now),
      body,
    };
    return this.#dispatch(plan, request, { times: delivery, signal, of: delivery });
  }

  /** With a token, or with what may be newer than the target knows: once more when it is refused, in the same attempt. */
  async #prove(plan: Plan, delivery: Delivery, signal: StopSignal): Promise<DeliveryResult> {
    const ends = performance.now() + delivery.totalMs;
    const first = await this.#proveBy(plan, delivery, signal, ends);
    if (!first.isRefused || signal.aborted || this.#closed !== undefined) return first.result;
    const isRotating = plan.previous !== undefined && plan.previous.until > this.#now();
    if (!isRotating && plan.oauth === undefined) return first.result;
    const second = await this.#proveBy(isRotating ? plan.previous.plan : plan, delivery, signal, ends);
    // What did not come about the second time says less than the first refusal.
    return second.result.kind === "failed" && second.result.status === undefined ? first.result : second.result;
  }

  async #proveBy(
    plan: Plan,
    delivery: Delivery,
    signal: StopSignal,
    ends: number,
  ): Promise<{ readonly result: DeliveryResult; readonly isRefused: boolean }> {
    const { oauth } = plan;
    let way = plan;
    let token: string | undefined;
    if (oauth !== undefined) {
      const answer = await within(this.#tokens.token(oauth), ends - performance.now(), signal);
      if (answer === undefined) {
        const result = { ...failed(`no token for ${plan.place} in time`), cause: "unreached" } as const;
        return { result, isRefused: false };
      }
      // Without another secret, asking again is no use.
      if (answer.kind === "failed") {
        return { result: answer.result, isRefused: answer.isRefused && plan.previous !== undefined };
      }
      token = answer.token;
      way = withToken(plan, token);
    }
    const totalMs = ends - performance.now();
    if (totalMs <= 0 || signal.aborted || this.#closed !== undefined) {
      return { result: failed("cancelled"), isRefused: false };
    }
    const result = await this.#attempt(way, { ...delivery, totalMs }, signal);
    const isRefused = result.kind === "failed" && result.status === UNAUTHORIZED;
    if (isRefused && oauth !== undefined && token !== undefined) this.#tokens.refuse(oauth, token);
    return { result, isRefused };
  }

  /** Asks for a token. */
  async #ask(client: OauthClient): Promise<Asked> {
    const plan = this.#plans.ofToken(client);
    if (plan === undefined) return { kind: "failed", result: failed("the URL of its token can't be read") };
    const url = new URL(client.url);
    let body: string | undefined;
    const request = {
      method: plan.method,
      path: url.pathname + url.search,
      headers: [...plan.headers],
      body: client.body,
    };
    const take = (text: string) => void (body = text);
    const result = await this.#dispatch(plan, request, { times: TOKEN_TIMES, signal: NEVER, take });
    if (result.kind === "failed") return { kind: "failed", result };
    return { kind: "answer", body: body ?? "" };
  }

  #dispatch(
    plan: Plan,
    request: Request,
    { times, signal, of, take }: {
      readonly times: Pick<Delivery, "connectMs" | "totalMs">;
      readonly signal: StopSignal;
      /** What is kept of it is kept by this name. */
      readonly of?: Delivery;
      readonly take?: (body: string) => void;
    },
  ): Promise<DeliveryResult> {
    const taken = this.#pools.take(`${times.connectMs} ${plan.poolKey}`);
    if (taken === undefined) return Promise.resolve(failed(`${POOLS_MAX} targets are being sent to already`));
    return new Promise((resolve) => {
      const attempt = new HttpAttempt({
        delivery: times,
        plan,
        signal,
        now: this.#now,
        deadlines: this.#deadlines,
        done: (result) => {
          this.#pools.give(taken);
          resolve(result);
        },
        connector: taken.pool.connector,
        take,
        kept: of === undefined || this.#keep === undefined ? undefined : { of, request, keep: this.#keep },
      });
      taken.pool.dispatch(request, attempt);
    });
  }
}

type Failure = DeliveryResult & { readonly kind: "failed" };

const UNAUTHORIZED = 401;

/** What the answer is for is waited for by others; so long is enough for any token. */
const TOKEN_TIMES = { connectMs: 5_000, totalMs: 10_000 };

const NEVER: StopSignal = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };

function failed(error: string): Failure {
  return { kind: "failed", error, retryable: true, cause: "ours" };
}

/** What comes in time; absent when nothing does, or it is not waited for any more. */
async function within<T>(promise: Promise<T>, ms: number, signal: StopSignal): Promise<T | undefined> {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  const timer = setTimeout(end, ms);
  signal.addEventListener("abort", end);
  try {
    return await Promise.race([promise, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

class OriginPool {
  readonly #pool: Pool;
  readonly connector: Connector;

  /** `key`: the time to connect in, connections, whose task it is, origin, what is brought to TLS. One connector for all that it carries. */
  constructor(key: string, egress: Egress) {
    const [connectMs = "", connections = "", guard = "", origin = "", ...tls] = key.split(" ");
    this.connector = new Connector({
      connectMs: Number(connectMs),
      egress,
      isGuarded: guard !== OPEN,
      ...(tls.length === 0 ? {} : { clientTls: readTls(tls.join(" ")) }),
    });
    this.#pool = new Pool(origin, {
      connections: Number(connections),
      pipelining: 1,
      maxHeaderSize: HEAD_MAX_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      // The attempt has one timer of its own, for the whole.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (address, connected) => this.connector.connect(address, connected),
    });
  }

  dispatch(request: Request, attempt: HttpAttempt): void {
    this.#pool.dispatch(request, attempt);
  }

  async close(): Promise<void> {
    const destroyed = this.#pool.destroy();
    // A client that failed to connect goes on outside of its pool when others wait: its socket is known here alone.
    this.connector.close();
    await destroyed;
  }
}
