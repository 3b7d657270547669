// The plans of HTTP's targets, each worked out once: of a URN by what it says, of a named target as long as it stays as it is.

import type { ResolvedTarget } from "../core/delivery/resolved-target.ts";
import { Memo } from "../core/values/memo.ts";
import { plainProof, previousUntil, type Proof, proofOf } from "./http-proof.ts";
import { type Plan, planOf } from "./http-request.ts";
import type { OauthClient } from "./oauth.ts";
import { credentialsOf, type OpenCredentials } from "./open-target.ts";

/** Plans that are kept, the latest: about 1 KB each. */
const PLANS_MAX = 4_096;

export class HttpPlans {
  readonly #userAgent: string;
  readonly #open: OpenCredentials;
  readonly #now: () => number;
  readonly #connectionsMax: number;
  readonly #plain = new Memo<string, Plan>(PLANS_MAX);
  /** A named target is resolved to the same object while nothing of it changes. */
  readonly #named = new WeakMap<ResolvedTarget, Plan>();

  constructor(
    { userAgent, open, now, connectionsMax }: {
      readonly userAgent: string;
      readonly open: OpenCredentials;
      readonly now: () => number;
      readonly connectionsMax: number;
    },
  ) {
    this.#connectionsMax = connectionsMax;
    this.#userAgent = userAgent;
    this.#open = open;
    this.#now = now;
  }

  /** Absent when the URN is none of HTTP's; a text says why the target can't be sent to from here. */
  of(target: ResolvedTarget): Plan | string | undefined {
    return target.name === undefined ? this.#ofPlain(target) : this.#ofNamed(target);
  }

  /** What a token is asked for by. */
  ofToken({ url, headers, secrets, tls, isGuarded }: OauthClient): Plan | undefined {
    const target: ResolvedTarget = { urn: url, name: url, ...(isGuarded ? { isGuarded } : {}) };
    const plan = this.#plan(target, { headers: [], secrets, ...(tls === undefined ? {} : { tls }) });
    return plan === undefined ? undefined : { ...plan, headers: ["user-agent", this.#userAgent, ...headers] };
  }

  #plan(target: ResolvedTarget, proof: Proof): Plan | undefined {
    return planOf(target, proof, {
      userAgent: this.#userAgent,
      connections: target.concurrency ?? this.#connectionsMax,
    });
  }

  /** Many tasks have the same target, each of its own. */
  #ofPlain(target: ResolvedTarget): Plan | undefined {
    const { urn, method, headers, cloudEvents, success, isGuarded } = target;
    const isShort = isGuarded === undefined && headers === undefined && cloudEvents === undefined &&
      success === undefined;
    const key = isShort ? `${method ?? ""} ${urn}` : JSON.stringify(target);
    const known = this.#plain.get(key);
    if (known !== undefined) return known;
    const plan = this.#plan(target, plainProof(urn));
    return plan === undefined ? undefined : this.#plain.set(key, plan);
  }

  #ofNamed(target: ResolvedTarget): Plan | string | undefined {
    const known = this.#named.get(target);
    if (known !== undefined) return known;
    const credentials = credentialsOf(target, this.#open);
    if (typeof credentials === "string") return credentials;
    const plan = this.#plan(target, proofOf(target, credentials, "newest"));
    if (plan === undefined) return undefined;
    const until = previousUntil(credentials, this.#now());
    const former = until === undefined ? undefined : this.#plan(target, proofOf(target, credentials, "previous"));
    const whole = until === undefined || former === undefined ? plan : {
      ...plan,
      secrets: [...new Set([...plan.secrets, ...former.secrets])],
      previous: { plan: { ...former, secrets: [...new Set([...former.secrets, ...plan.secrets])] }, until },
    };
    this.#named.set(target, whole);
    return whole;
  }
}
