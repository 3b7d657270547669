// What the triggers of all brokers have in common: a plan for each target, worked out once, and links that are shared by
// the targets of one broker and user, opened when first used, closed when idle, and bounded in number.

import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import { Memo } from "../core/values/memo.ts";
import { Attempt } from "./attempt.ts";
import { Deadlines } from "./deadlines.ts";
import { type Dial, Link, type LinkPlan, Refusal } from "./link.ts";
import { type OpenCredentials, type Opened, type OpenTarget, openTarget } from "./open-target.ts";
import { Pools } from "./pools.ts";
import type { StopSignal, Trigger } from "./trigger.ts";

export type Broker<Plan extends LinkPlan> = {
  readonly schemes: readonly string[];
  /** Absent when the URN is none of the broker's. */
  readonly planOf: (target: OpenTarget) => Plan | undefined;
  /** Opens the credentials of named targets; without it, none can be. */
  readonly open?: OpenCredentials | undefined;
  readonly dial: Dial<Plan>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly linksMax: number;
  /** How long a link that nothing uses is kept. */
  readonly idleMs: number;
};

export function brokerTrigger<Plan extends LinkPlan>(broker: Broker<Plan>): Trigger {
  return new BrokerTrigger(broker);
}

/** Plans that are kept, the latest: about 1 KB each. */
const PLANS_MAX = 4_096;

class BrokerTrigger<Plan extends LinkPlan> implements Trigger {
  readonly schemes: readonly string[];
  readonly #broker: Broker<Plan>;
  readonly #links: Pools<Link<Plan>>;
  readonly #plans = new Memo<string, Plan>(PLANS_MAX);
  /** Of a target whose password is being rotated: with the one before. */
  readonly #former = new WeakMap<Plan, { readonly plan: Plan; readonly until: number }>();
  readonly #deadlines = new Deadlines<Attempt<Plan>>();
  #closed: Promise<void> | undefined;

  constructor(broker: Broker<Plan>) {
    const { schemes, linksMax, idleMs } = broker;
    this.schemes = schemes;
    this.#broker = broker;
    this.#links = new Pools({
      make: (key) => new Link((plan, how) => this.#dial(plan, how), Number(key.slice(0, key.indexOf(" ")))),
      poolsMax: linksMax,
      idleMs,
    });
  }

  send(delivery: Delivery, signal: StopSignal): Promise<DeliveryResult> {
    if (this.#closed !== undefined) return Promise.resolve(failed("the peer is stopping"));
    if (signal.aborted) return Promise.resolve(failed("cancelled"));
    const plan = this.#planOf(delivery.target);
    if (typeof plan === "string") return Promise.resolve(failed(plan));
    if (plan === undefined) return Promise.resolve({ ...failed("the target's URN can't be read"), retryable: false });
    const taken = this.#links.take(`${delivery.connectMs} ${plan.key}`);
    if (taken === undefined) {
      return Promise.resolve(failed(`${this.#broker.linksMax} brokers are being sent to already`));
    }
    return new Promise((resolve) => {
      const done = (result: DeliveryResult) => {
        this.#links.give(taken);
        resolve(result);
      };
      taken.pool.send(new Attempt({ delivery, plan, signal, deadlines: this.#deadlines, done }));
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const attempt of this.#deadlines.all()) attempt.stop("the peer is stopping");
    this.#deadlines.close();
    await this.#links.close();
  }

  /** A text says why there is no sending to the target from here. */
  #planOf(target: Delivery["target"]): Plan | string | undefined {
    const key = Object.keys(target).length === 1 ? target.urn : JSON.stringify(target);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const opened = openTarget(target, this.#broker.open ?? (() => undefined));
    if (typeof opened === "string") return opened;
    const plan = this.#planOfOpened(opened);
    return plan === undefined ? undefined : this.#plans.set(key, plan);
  }

  #planOfOpened({ target, former }: Opened): Plan | undefined {
    const plan = this.#broker.planOf(target);
    const before = former === undefined ? undefined : this.#broker.planOf(former.target);
    if (plan === undefined || before === undefined || former === undefined) return plan;
    const secrets = [...new Set([...plan.secrets, ...before.secrets])];
    const whole = { ...plan, key: `${plan.key} ${before.key}`, secrets };
    this.#former.set(whole, { plan: { ...before, secrets }, until: former.until });
    return whole;
  }

  /** By the password before, while that is good, where the one of now is not known yet. */
  async #dial(plan: Plan, how: Parameters<Dial<Plan>>[1]): ReturnType<Dial<Plan>> {
    const { dial, now } = this.#broker;
    try {
      return await dial(plan, how);
    } catch (error) {
      const former = this.#former.get(plan);
      const isForFormer = error instanceof Refusal && error.kind === "unwelcome";
      if (!isForFormer || former === undefined || former.until <= now()) throw error;
      return await dial(former.plan, how);
    }
  }
}

function failed(error: string): DeliveryResult & { readonly kind: "failed" } {
  return { kind: "failed", error, retryable: true, cause: "ours" };
}
