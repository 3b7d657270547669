// What an HTTP target did, as a result: delivered, or one sentence for a human that holds no credential.

import type { Buffer } from "node:buffer";
import { STATUS_CODES } from "node:http";
import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import { codeOf, shownText, spanOf, unreachable } from "./connection-error.ts";
import { EGRESS_REFUSED } from "./egress.ts";
import type { Plan } from "./http-request.ts";
import { HEAD_TOO_LONG } from "./reading.ts";

export type Refusal = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  /** The first bytes of the body. */
  readonly excerpt: Buffer;
};

/** More is not read. */
export const ANSWER_MAX_BYTES = 1024 * 1024;
/** Kept of a refusal, to be searched for secrets; a human is shown a line of it. */
export const EXCERPT_MAX_BYTES = 4 * 1024;
/** A target that wants to be left alone for longer is asked again all the same; a date of the year 9999 is a mistake. */
const RETRY_AFTER_MAX_MS = 86_400_000;

type Failure = DeliveryResult & { readonly kind: "failed" };

export function refused(plan: Plan, { status, retryAfter, location, excerpt }: Refusal, now: number): Failure {
  const name = STATUS_CODES[status];
  const head = `${plan.place} answered ${status}${name === undefined ? "" : ` ${name}`}`;
  if (status < 300) return { kind: "failed", status, error: `${head}, which is no success here`, retryable: true };
  if (status < 400) {
    const place = location === undefined ? "" : ` to ${shownText(location, plan.secrets)}`;
    return { kind: "failed", status, error: `${head}: redirects${place} are not followed`, retryable: false };
  }
  const text = shownText(excerpt.toString(), plan.secrets);
  const error = text === "" ? head : `${head}: ${text}`;
  const retryable = status >= 500 || status === 408 || status === 425 || status === 429;
  const retryAfterMs = retryable ? msOf(retryAfter, now) : undefined;
  return {
    ...{ kind: "failed", status, error, retryable },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === GONE ? { gone: true } : {}),
  };
}

/** RFC 9110 §15.5.11: the target is no more, and whoever refers to it should stop. */
const GONE = 410;

/** The status is right, and the body does not say what it should. */
export function unfit({ place }: Plan, status: number, lack: string): Failure {
  return { kind: "failed", status, error: `${place} answered ${status}, but its body ${lack}`, retryable: true };
}

/** The connection failed, or failed to come about. `status` is 0 when no answer had begun. */
export function broken(
  plan: Plan,
  error: Error,
  { connectMs, status }: { connectMs: number; status: number },
): Failure {
  const code = codeOf(error);
  if (code === EGRESS_REFUSED) return { kind: "failed", error: error.message, retryable: false, cause: "ours" };
  if (code === HEAD_TOO_LONG) return tooLong(plan, `an answer with ${error.message}`);
  if (code === "UND_ERR_HEADERS_OVERFLOW") return tooLong(plan, "an answer with more than 16 KiB of headers");
  return {
    kind: "failed",
    ...(status === 0 ? {} : { status }),
    error: sentenceOf(plan, code, error, { connectMs, status }),
    // What undici itself refuses to send, it will refuse again.
    retryable: code !== "UND_ERR_INVALID_ARG",
    ...(UNREACHED.has(code) ? { cause: "unreached" } : {}),
  };
}

/** No connection came about, so that nothing was sent. */
const UNREACHED = new Set([
  "METRONOME_CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ENOTFOUND",
  "ENODATA",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
]);

/** The attempt's time is over. */
export function late(
  { place }: Plan,
  { totalMs }: Pick<Delivery, "totalMs">,
  { isSent, status }: { isSent: boolean; status: number },
): Failure {
  const time = spanOf(totalMs);
  if (status !== 0) {
    return {
      kind: "failed",
      status,
      error: `the answer ${status} of ${place} did not end within ${time}`,
      retryable: true,
    };
  }
  return {
    kind: "failed",
    error: isSent ? `no answer from ${place} within ${time}` : `no connection to ${place} within ${time}`,
    retryable: true,
    ...(isSent ? {} : { cause: "unreached" }),
  };
}

/** The target has the event and answers too much: it would do so again. */
export function tooLong({ place }: Plan, what: string, status?: number): Failure {
  return {
    kind: "failed",
    ...(status === undefined ? {} : { status }),
    error: `${place} sent ${what}`,
    retryable: false,
  };
}

function sentenceOf(
  plan: Plan,
  code: string,
  error: Error,
  { connectMs, status }: { connectMs: number; status: number },
): string {
  const { place, host } = plan;
  const network = unreachable(code, { place, host, connectMs });
  if (network !== undefined) return network;
  switch (code) {
    case "ECONNRESET":
    case "ECONNABORTED":
    case "EPIPE":
    case "UND_ERR_SOCKET":
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
    case "HPE_INVALID_EOF_STATE":
      return status === 0
        ? `${place} closed the connection before it answered`
        : `${place} closed the connection in the middle of its answer ${status}`;
  }
  if (code.startsWith("HPE_")) return `${place} sent what is not HTTP/1.1`;
  const text = shownText(error.message, plan.secrets);
  if (plan.origin.startsWith("https:") && status === 0) return `no secure connection with ${place}: ${text}`;
  return `the connection with ${place} failed: ${text}`;
}

/** RFC 9110 §10.2.3: seconds, or a date. What is neither says nothing. */
function msOf(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  const text = retryAfter.trim();
  const ms = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : /^[A-Z][a-z]{2,8},? .* (GMT|\d{4})$/.test(text)
    ? Date.parse(dated(text)) - now
    : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS);
}

/** All three forms of RFC 9110 §5.6.7 are in UTC; asctime's does not say so. */
function dated(text: string): string {
  return text.endsWith("GMT") ? text : `${text} GMT`;
}
