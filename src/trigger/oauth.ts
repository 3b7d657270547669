// Tokens of OAuth 2.0 client credentials (RFC 6749 §4.4): asked for when first needed, by one request however many
// attempts wait for it, kept until shortly before they end, and renewed once when a target refuses one.

import { Buffer } from "node:buffer";
import type { DeliveryResult } from "../core/delivery/delivery.ts";
import type { Auth } from "../core/targets/target-auth.ts";
import { isObject } from "../core/values/faults.ts";

export type OauthClient = {
  /** All that a token is asked for with. */
  readonly key: string;
  readonly url: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: string;
  readonly secrets: readonly string[];
  /** As `writeTls` writes it. */
  readonly tls: string | undefined;
  /** For a task of no admin's. */
  readonly isGuarded: boolean;
};

export type Asked =
  | { readonly kind: "answer"; readonly body: string }
  | { readonly kind: "failed"; readonly result: Failure };

type Failure = Extract<DeliveryResult, { readonly kind: "failed" }>;

export type TokenAnswer =
  | { readonly kind: "token"; readonly token: string }
  /** `isRefused`: whoever gives tokens does not know this client, or not by this secret. */
  | { readonly kind: "failed"; readonly result: Failure; readonly isRefused: boolean };

/** Tokens that are kept; there are 4,096 targets at most, and few of them use this. */
const TOKENS_MAX = 1_024;
/** RFC 6749 §5.1 leaves it open when the answer says nothing. */
const LIFE_MS = 300_000;
const LIFE_MAX_MS = 86_400_000;
/** A token is renewed when so much of its life is left: it is not to end on its way. */
const MARGIN_MS = 30_000;
const MARGIN_SHARE = 0.1;
const TOKEN_PATTERN = /^[\x21-\x7e]{1,8192}$/;

export function oauthClient(
  { tokenUrl, clientId, scope, audience, clientAuth = "basic" }: Extract<Auth, { kind: "oauth2" }>,
  secret: string,
  { tls, isGuarded }: Pick<OauthClient, "tls" | "isGuarded">,
): OauthClient {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (scope !== undefined) form.set("scope", scope);
  if (audience !== undefined) form.set("audience", audience);
  const headers = ["content-type", "application/x-www-form-urlencoded", "accept", "application/json"];
  const secrets = [secret, encodeURIComponent(secret)];
  if (clientAuth === "body") {
    form.set("client_id", clientId);
    form.set("client_secret", secret);
  } else {
    const pair = Buffer.from(`${encoded(clientId)}:${encoded(secret)}`).toString("base64");
    headers.push("authorization", `Basic ${pair}`);
    secrets.push(pair);
  }
  const body = form.toString();
  const key = JSON.stringify([tokenUrl, headers, body, tls, isGuarded]);
  return { key, url: tokenUrl, headers, body, secrets, tls, isGuarded };
}

type Entry = { token?: string; freshUntil: number; pending?: Promise<TokenAnswer> };

export class OauthTokens {
  readonly #ask: (client: OauthClient) => Promise<Asked>;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor({ ask, now }: { ask: (client: OauthClient) => Promise<Asked>; now: () => number }) {
    this.#ask = ask;
    this.#now = now;
  }

  async token(client: OauthClient): Promise<TokenAnswer> {
    const entry = this.#entryOf(client.key);
    if (entry.token !== undefined && this.#now() < entry.freshUntil) return { kind: "token", token: entry.token };
    entry.pending ??= this.#renew(client, entry).finally(() => delete entry.pending);
    return await entry.pending;
  }

  /** The target does not take this token any more: the next who asks gets another one. */
  refuse(client: OauthClient, token: string): void {
    const entry = this.#entries.get(client.key);
    if (entry?.token === token) delete entry.token;
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= TOKENS_MAX) {
      for (const [oldest] of this.#entries) {
        this.#entries.delete(oldest);
        break;
      }
    }
    const entry: Entry = { freshUntil: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  async #renew(client: OauthClient, entry: Entry): Promise<TokenAnswer> {
    const asked = await this.#ask(client);
    if (asked.kind === "failed") {
      const { status } = asked.result;
      // RFC 6749 §5.2: invalid_client comes with either.
      return { kind: "failed", result: noToken(asked.result), isRefused: status === 400 || status === 401 };
    }
    const read = tokenIn(asked.body);
    if (typeof read === "string") {
      const error = `${URL.parse(client.url)?.host} answered without a token: ${read}`;
      return { kind: "failed", result: noToken({ kind: "failed", error, retryable: true }), isRefused: false };
    }
    const { token, lifeMs } = read;
    entry.token = token;
    entry.freshUntil = this.#now() + lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE);
    return { kind: "token", token };
  }
}

/** The token of an answer, RFC 6749 §5.1; or what it lacks. */
function tokenIn(body: string): { readonly token: string; readonly lifeMs: number } | string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "it is not JSON";
  }
  if (!isObject(value)) return "it is no JSON object";
  const { access_token: token, token_type: type, expires_in: seconds } = value;
  if (typeof token !== "string" || !TOKEN_PATTERN.test(token)) return "access_token is none";
  if (typeof type === "string" && type.toLowerCase() !== "bearer") return "its type is not Bearer";
  const life = Number(seconds) * 1_000;
  return { token, lifeMs: life > 0 ? Math.min(life, LIFE_MAX_MS) : LIFE_MS };
}

/** Nothing of the event has left, so another peer may fare better. */
function noToken({ error, retryable, retryAfterMs }: Failure): Failure {
  return {
    kind: "failed",
    error: `no token: ${error}`,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause: "unreached",
  };
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they become a pair. */
function encoded(text: string): string {
  return new URLSearchParams({ a: text }).toString().slice(2);
}
