// The request of an attempt. What is the same for each event of a target is worked out once: its plan.

import { Buffer } from "node:buffer";
import type { Delivery } from "../core/delivery.ts";
import type { ResolvedTarget } from "../core/target-book.ts";
import { userinfoOf } from "../core/target-urn.ts";
import { attributesOf, traceparentOf } from "./cloud-event.ts";

export type Plan = {
  readonly method: NonNullable<ResolvedTarget["method"]>;
  /** `http://host:port`, what a pool is made of. */
  readonly origin: string;
  /** The host, and the port unless it is the scheme's own, for a human. */
  readonly place: string;
  readonly host: string;
  /** Path and query up to the value of `time`. */
  readonly pathHead: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly hasBody: boolean;
  /** Texts that may not be seen in an error, not even when the target sends them back. */
  readonly secrets: readonly string[];
};

/** Absent when the URN is none of HTTP's. */
export function planOf({ urn, method = "POST", headers = {} }: ResolvedTarget, userAgent: string): Plan | undefined {
  const url = URL.parse(urn);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const hasBody = method !== "GET" && method !== "DELETE";
  const basic = basicOf(urn);
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const written: string[] = [];
  if (hasBody) written.push("content-type", "application/json");
  if (!names.has("user-agent")) written.push("user-agent", userAgent);
  if (basic !== undefined && !names.has("authorization")) written.push("authorization", `Basic ${basic.credentials}`);
  for (const [name, value] of Object.entries(headers)) written.push(name, value);
  return {
    method,
    origin: url.origin,
    place: url.host,
    host: url.hostname,
    pathHead: `${url.pathname}?${queryHead(urn)}time=`,
    headers: written,
    hasBody,
    secrets: [...(basic?.secrets ?? []), ...Object.values(headers)].filter((secret) => secret.length > 3).sort((a, b) =>
      b.length - a.length
    ),
  };
}

export function pathOf({ pathHead }: Plan, { instant, toleranceMs }: Delivery, now: number): string {
  return `${pathHead}${Math.floor(instant / 1_000)}&epsilon=${toleranceMs / 1_000}&at=${Math.floor(now / 1_000)}`;
}

export function headersOf({ headers }: Plan, delivery: Delivery): string[] {
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

export function bodyOf({ hasBody }: Plan, { payload }: Delivery): string | null {
  return hasBody ? JSON.stringify(payload) : null;
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

function basicOf(urn: string): { readonly credentials: string; readonly secrets: readonly string[] } | undefined {
  const userinfo = urn.includes("@") ? userinfoOf(urn) : undefined;
  if (userinfo === undefined) return undefined;
  const { user, password } = userinfo;
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  // A user alone is a key.
  const secret = password === "" ? user : password;
  return { credentials, secrets: [credentials, secret, encodeURIComponent(secret)] };
}

/** CloudEvents HTTP binding §3.1.3.2: what a header can't hold, and `"` and `%`, as percent-encoded UTF-8. */
function headerText(value: string): string {
  return PLAIN.test(value) ? value : value.toWellFormed().replace(/[^\x21\x23\x24\x26-\x7e]+/g, encodeURIComponent);
}

const PLAIN = /^[\x21\x23\x24\x26-\x7e]*$/;
