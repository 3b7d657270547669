// What an attempt over HTTP leaves to be looked at: made only when there is something to see, and never with a secret.

import { Buffer } from "node:buffer";
import { ANSWER_SHOWN_BYTES, type BodyPart, type HeaderList, REQUEST_SHOWN_BYTES } from "../core/task/exchange.ts";

/** Hex says little beyond its beginning. */
const HEX_BYTES = 4 * 1024;

/** Whatever they hold shows who sends, or opens something. */
const SECRET_HEADERS = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "webhook-signature",
  "www-authenticate",
]);

export function maskedText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
}

/** Name, value, name, value … as pairs. */
export function headerPairs(flat: readonly string[], secrets: readonly string[]): HeaderList {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push(maskedPair(flat[at] ?? "", flat[at + 1] ?? "", secrets));
  return pairs;
}

export function headerList(
  headers: { readonly [name: string]: string | readonly string[] | undefined },
  secrets: readonly string[],
): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value ?? []).map((each) => maskedPair(name, each, secrets))
  );
}

function maskedPair(name: string, value: string, secrets: readonly string[]): [string, string] {
  return [name, SECRET_HEADERS.has(name.toLowerCase()) ? "***" : maskedText(value, secrets)];
}

export function requestBody(body: string, secrets: readonly string[]): BodyPart {
  const bytes = Buffer.byteLength(body);
  // Masked first: a secret that the cut goes through would not be found.
  return { text: maskedText(body, secrets).slice(0, REQUEST_SHOWN_BYTES).toWellFormed(), bytes };
}

/** `kept` is the beginning of the `bytes` that came. */
export function answerBody(kept: Buffer, bytes: number, secrets: readonly string[]): BodyPart {
  const shown = kept.subarray(0, ANSWER_SHOWN_BYTES);
  const text = textOf(shown, bytes > shown.length);
  if (text === undefined) return { text: shown.subarray(0, HEX_BYTES).toString("hex"), isHex: true, bytes };
  return { text: maskedText(text, secrets), bytes };
}

/** Absent: it is no text. A character that was cut through at the end is left out. */
function textOf(bytes: Buffer, isCut: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
    return NO_TEXT.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** A control character that no text has. */
const NO_TEXT = /[^\P{Cc}\t\n\v\f\r]/u;
