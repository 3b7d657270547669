// A link to a broker: opened when an attempt needs it, and anew for the next one when it was lost. A broker that is away
// is called again and again for as long as an attempt may take to connect, so that what is sent while it restarts waits
// for it, and finds it within half a second.

import { clearTimeout, setTimeout } from "node:timers";
import type { Attempt } from "./attempt.ts";
import { spanOf } from "./connection-error.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import type { Closable } from "./pools.ts";

/** What stands while the broker is there. Once it has said that it is lost, it has ended all attempts that it took. */
export interface Session<Plan extends LinkPlan> extends Closable {
  publish(attempt: Attempt<Plan>): void;
}

export type LinkPlan = {
  /** All that a connection is made of: two plans of one key share a link. */
  readonly key: string;
  /** `host:port`, for a human. */
  readonly place: string;
  /** What may be seen in no result. */
  readonly secrets: readonly string[];
};

/** Rejects with a `Refusal`, within the time. */
export type Dial<Plan extends LinkPlan> = (plan: Plan, how: DialHow<Plan>) => Promise<Session<Plan>>;

export type DialHow<Plan extends LinkPlan> = {
  readonly connectMs: number;
  /** Called once, when the session has ended by itself, with what it has not sent: that goes by the next one. */
  readonly lost: (unsent?: readonly Attempt<Plan>[]) => void;
};

/** Why there is no session. The message is one sentence for a human, without credentials. */
export class Refusal extends Error {
  /**
   * `away`: the broker is not there, or not yet; it is called again. `insecure`: it is not known to be the one that it
   * should be. `unwelcome`: it does not know the user by this password. `refused`: it is well, and lets nobody in for this.
   */
  readonly kind: "away" | "insecure" | "unwelcome" | "refused";
  /** Another attempt may end otherwise. */
  readonly retryable: boolean;

  constructor(kind: Refusal["kind"], message: string, { retryable = true } = {}) {
    super(message);
    this.kind = kind;
    this.retryable = retryable;
  }
}

const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 500;

export class Link<Plan extends LinkPlan> implements Closable {
  readonly #dial: Dial<Plan>;
  readonly #connectMs: number;
  readonly #deadlines = new Deadlines<Waiting<Plan>>();
  #waiting: Waiting<Plan>[] = [];
  #session: Session<Plan> | undefined;
  #isDialing = false;
  #dialing: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(dial: Dial<Plan>, connectMs: number) {
    this.#dial = dial;
    this.#connectMs = connectMs;
  }

  send(attempt: Attempt<Plan>): void {
    if (this.#session !== undefined) return this.#session.publish(attempt);
    const waiting = new Waiting(attempt, this.#connectMs);
    waiting.deadline = this.#deadlines.set(this.#connectMs, waiting);
    this.#waiting.push(waiting);
    if (this.#isDialing) return;
    this.#isDialing = true;
    this.#dialing = this.#open();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
    await this.#dialing;
    this.#deadlines.close();
  }

  /** Calls until nobody waits any more. */
  async #open(): Promise<void> {
    for (let pauseMs = PAUSE_MIN_MS; !this.#isClosed; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      this.#waiting = this.#waiting.filter(({ attempt }) => !attempt.isOver);
      const [first] = this.#waiting;
      if (first === undefined) break;
      const refusal = await this.#call(first.attempt.plan);
      if (refusal !== undefined) this.#tell(refusal);
      if (this.#waiting.length > 0) await this.#pause(pauseMs);
    }
    this.#isDialing = false;
    for (const { attempt } of this.#takeAll()) attempt.stop("the peer is stopping");
  }

  /** One call; when it is answered, all that wait are handed over. */
  async #call(plan: Plan): Promise<Refusal | undefined> {
    let isLost = false;
    const lost: DialHow<Plan>["lost"] = (unsent = []) => {
      isLost = true;
      this.#session = undefined;
      for (const attempt of unsent) if (!attempt.isOver) this.send(attempt);
    };
    try {
      const session = await this.#dial(plan, { connectMs: this.#connectMs, lost });
      if (this.#isClosed) return void await session.close();
      if (isLost) return new Refusal("away", `${plan.place} closed the connection`);
      this.#session = session;
      for (const { attempt } of this.#takeAll()) if (!attempt.isOver) session.publish(attempt);
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  #tell(refusal: Refusal): void {
    const { kind, message } = refusal;
    if (kind === "away") { for (const waiting of this.#waiting) waiting.why = message; }
    else if (kind === "insecure") { for (const { attempt } of this.#takeAll()) attempt.unreached(message); }
    else for (const { attempt } of this.#takeAll()) attempt.refused(message, refusal);
  }

  #takeAll(): Waiting<Plan>[] {
    const taken = this.#waiting;
    this.#waiting = [];
    for (const { deadline } of taken) if (deadline !== undefined) this.#deadlines.giveBack(deadline);
    return taken;
  }

  #pause(ms: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

/** An attempt that waits for the connection, for as long as that may take. */
class Waiting<Plan extends LinkPlan> {
  readonly attempt: Attempt<Plan>;
  readonly #connectMs: number;
  deadline: Deadline<Waiting<Plan>> | undefined;
  /** Why the last call was not answered. */
  why: string | undefined;

  constructor(attempt: Attempt<Plan>, connectMs: number) {
    this.attempt = attempt;
    this.#connectMs = connectMs;
  }

  expire(): void {
    const { place } = this.attempt.plan;
    this.deadline = undefined;
    this.attempt.unreached(this.why ?? `could not connect to ${place} within ${spanOf(this.#connectMs)}`);
  }
}
