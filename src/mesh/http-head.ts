// The heads of a request and of its answer as they travel over a channel: JSON, at most 16 KiB, and nothing in it that
// belongs to one connection or opens something.

import { decodeValue, encodeValue } from "./wire.ts";

/** As much as the server takes from a client. */
export const HEAD_MAX_BYTES = 16 * 1024;

export type RequestHead = {
  readonly method: Method;
  /** With the query, as in the request line. */
  readonly path: string;
  readonly headers: HeaderList;
  readonly hasBody: boolean;
};

export type ResponseHead = {
  readonly status: number;
  readonly headers: HeaderList;
  readonly hasBody: boolean;
};

type HeaderList = readonly (readonly [name: string, value: string])[];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = typeof METHODS[number];

/** Absent when it is too long. */
export function requestHead({ method, url, headers, body }: Request): Uint8Array | undefined {
  const { pathname, search } = new URL(url);
  const known = METHODS.find((each) => each === method);
  if (known === undefined) throw new Error(`a ${method} was to go over the mesh`);
  return bounded({ method: known, path: pathname + search, headers: travelling(headers), hasBody: body !== null });
}

export function responseHead({ status, headers, body }: Response): Uint8Array | undefined {
  return bounded({ status, headers: travelling(headers), hasBody: body !== null });
}

export function parseRequestHead(bytes: Uint8Array): RequestHead | undefined {
  const value = objectOf(bytes);
  const method = METHODS.find((each) => each === value?.method);
  const headers = headersIn(value?.headers);
  if (value === undefined || method === undefined || headers === undefined) return undefined;
  const { path, hasBody } = value;
  if (typeof path !== "string" || !PATH_PATTERN.test(path) || typeof hasBody !== "boolean") return undefined;
  // A body of these can't be given to a `Request`.
  if (hasBody && (method === "GET" || method === "HEAD")) return undefined;
  return { method, path, headers, hasBody };
}

export function parseResponseHead(bytes: Uint8Array): ResponseHead | undefined {
  const value = objectOf(bytes);
  const headers = headersIn(value?.headers);
  if (value === undefined || headers === undefined) return undefined;
  const { status, hasBody } = value;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (typeof hasBody !== "boolean" || (hasBody && EMPTY_STATUSES.includes(status))) return undefined;
  return { status, headers, hasBody };
}

/** What is visible in ASCII, from the root on. */
const PATH_PATTERN = /^\/[\x21-\x22\x24-\x7e]*$/;

/** Answers that can't have a body: the Fetch standard, "null body status". */
const EMPTY_STATUSES = [204, 205, 304];

/**
 * RFC 9110 §7.6.1: what is between two neighbours. Beside it what says who asks: the peer that the request came to has
 * made sure of that, and members trust one another, so no secret of a user leaves the peer that it was shown to.
 */
const STAYING: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function travelling(headers: Headers): HeaderList {
  const named = (headers.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim());
  return [...headers].filter(([name]) => !STAYING.has(name) && !named.includes(name));
}

function bounded(head: RequestHead | ResponseHead): Uint8Array | undefined {
  const bytes = encodeValue(head);
  return bytes.length > HEAD_MAX_BYTES ? undefined : bytes;
}

function objectOf(bytes: Uint8Array): { readonly [name: string]: unknown } | undefined {
  const decoded = bytes.length > HEAD_MAX_BYTES ? undefined : decodeValue(bytes);
  if (decoded?.kind !== "value") return undefined;
  const { value } = decoded;
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

const NAME_PATTERN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE_PATTERN = /^[\x20-\x7e\x80-\xff\t]*$/;

function headersIn(value: unknown): HeaderList | undefined {
  if (!Array.isArray(value)) return undefined;
  const headers: [string, string][] = [];
  for (const each of value) {
    if (!Array.isArray(each) || each.length !== 2) return undefined;
    const [name, text]: readonly unknown[] = each;
    if (typeof name !== "string" || typeof text !== "string") return undefined;
    if (!NAME_PATTERN.test(name) || !VALUE_PATTERN.test(text)) return undefined;
    if (!STAYING.has(name)) headers.push([name, text]);
  }
  return headers;
}
