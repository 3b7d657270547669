// The request of an attempt. What is the same for each event of a target is worked out once: its plan.

import type { Delivery } from "../core/delivery/delivery.ts";
import type { ResolvedTarget } from "../core/delivery/resolved-target.ts";
import type { SuccessRule } from "../core/targets/success-rule.ts";
import { attributesOf, structuredOf, traceparentOf } from "./cloud-event.ts";
import type { Proof } from "./http-proof.ts";
import type { OauthClient } from "./oauth.ts";
import { signatureOf, type Signer } from "./signature.ts";

export type Plan = {
  readonly method: NonNullable<ResolvedTarget["method"]>;
  /** `http://host:port` */
  readonly origin: string;
  /** What a pool is made of, beside the time to connect in. */
  readonly poolKey: string;
  /** The host, and the port unless it is the scheme's own, for a human. */
  readonly place: string;
  readonly host: string;
  /** Path and query up to the value of `time`. */
  readonly pathHead: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly hasBody: boolean;
  /** The whole event is one JSON document. */
  readonly isStructured: boolean;
  /** Texts that may not be seen in an error, not even when the target sends them back. */
  readonly secrets: readonly string[];
  readonly success?: SuccessRule;
  readonly signer?: Signer;
  /** Where the token comes from that shows who sends. */
  readonly oauth?: OauthClient;
  /** With what was secret before: for when the target does not know the new yet. */
  readonly previous?: { readonly plan: Plan; readonly until: number };
};

/** As it is sent. */
export type Request = {
  readonly method: Plan["method"];
  /** With its query. */
  readonly path: string;
  /** Name, value, name, value … */
  readonly headers: string[];
  readonly body: string | null;
};

/** In the key of a pool: whose task it is. */
export const OPEN = "open";
export const GUARDED = "guarded";

/** Absent when the URN is none of HTTP's. */
export function planOf(
  target: ResolvedTarget,
  proof: Proof,
  { userAgent, connections }: { readonly userAgent: string; readonly connections: number },
): Plan | undefined {
  const { urn, method = "POST", headers = {}, cloudEvents, success, name } = target;
  const url = URL.parse(urn);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const hasBody = method !== "GET" && method !== "DELETE";
  const isStructured = hasBody && cloudEvents === "structured";
  const names = new Set(Object.keys(headers).map((each) => each.toLowerCase()));
  const written: string[] = [];
  if (hasBody) written.push("content-type", isStructured ? "application/cloudevents+json" : "application/json");
  if (!names.has("user-agent")) written.push("user-agent", userAgent);
  for (const [header, value] of Object.entries(headers)) written.push(header, value);
  for (const [header, value] of proof.headers) if (!names.has(header)) written.push(header, value);
  const secrets = [...proof.secrets, ...(name === undefined ? Object.values(headers) : [])];
  return {
    method,
    origin: url.origin,
    poolKey: `${connections} ${target.isGuarded === true ? GUARDED : OPEN} ${url.origin}${
      proof.tls === undefined ? "" : ` ${proof.tls}`
    }`,
    place: url.host,
    host: url.hostname,
    pathHead: `${url.pathname}?${queryHead(urn)}time=`,
    headers: written,
    hasBody,
    isStructured,
    secrets: secrets.filter((secret) => secret.length > 3).sort((a, b) => b.length - a.length),
    ...(success === undefined ? {} : { success }),
    ...(proof.signer === undefined ? {} : { signer: proof.signer }),
    ...(proof.oauth === undefined ? {} : { oauth: proof.oauth }),
  };
}

/** The plan with a token, which shows who sends. */
export function withToken(plan: Plan, token: string): Plan {
  return {
    ...plan,
    headers: plan.headers.concat(["authorization", `Bearer ${token}`]),
    secrets: [token, ...plan.secrets],
  };
}

export function pathOf({ pathHead }: Plan, { instant, toleranceMs }: Delivery, now: number): string {
  return `${pathHead}${Math.floor(instant / 1_000)}&epsilon=${toleranceMs / 1_000}&at=${Math.floor(now / 1_000)}`;
}

/** `body` as it is sent: a signature covers it. */
export function headersOf(plan: Plan, delivery: Delivery, body: string | null, now: number): string[] {
  const { headers, signer, isStructured } = plan;
  const signed = signer === undefined ? headers : [...headers, ...signatureOf(signer, delivery.id, body ?? "", now)];
  return isStructured
    ? signed.concat(["idempotency-key", delivery.id, "traceparent", traceparentOf(delivery.id, delivery.attempt)])
    : binaryHeaders(signed, delivery);
}

function binaryHeaders(headers: readonly string[], delivery: Delivery): string[] {
  const { specversion, id, source, type, time, taskid, attempt } = attributesOf(delivery);
  // Written out: this runs for each event, and of these only two can hold what a header can't.
  return headers.concat([
    "idempotency-key",
    id,
    "traceparent",
    traceparentOf(id, delivery.attempt),
    "ce-specversion",
    specversion,
    "ce-id",
    id,
    "ce-source",
    headerText(source),
    "ce-type",
    type,
    "ce-time",
    time,
    "ce-taskid",
    headerText(taskid),
    "ce-attempt",
    attempt,
  ]);
}

export function bodyOf({ hasBody, isStructured }: Plan, delivery: Delivery): string | null {
  if (!hasBody) return null;
  return JSON.stringify(isStructured ? structuredOf(delivery) : delivery.payload);
}

/** The query of the URN, byte for byte, without what the event itself brings, and ready for it. */
function queryHead(urn: string): string {
  const mark = urn.indexOf("?");
  if (mark === -1 || mark === urn.length - 1) return "";
  const kept = urn.slice(mark + 1).split("&").filter((pair) => !isOwn(pair));
  if (kept.length === 0) return "";
  return `${kept.join("&").toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)}&`;
}

/** Whether the pair's name says, to whoever decodes it, what ours say. */
function isOwn(pair: string): boolean {
  const name = pair.split("=", 1)[0] ?? "";
  const decoded = name.includes("%") ? [...new URLSearchParams(name).keys()][0] : name;
  return decoded === "time" || decoded === "epsilon" || decoded === "at";
}

/** CloudEvents HTTP binding §3.1.3.2: what a header can't hold, and `"` and `%`, as percent-encoded UTF-8. */
function headerText(value: string): string {
  return PLAIN.test(value) ? value : value.toWellFormed().replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodeURIComponent);
}

const PLAIN = /^[\x21\x23\x24\x26-\x7e]*$/;
