// The credentials of a target: what is secret of it, each by its name, the one that is used and, while it is rotated, the
// one before. They are readable only where they are written and where they are used; all between holds them sealed.

import { createPrivateKey } from "node:crypto";
import { type Faults, isObject, kindOf, shorten, text } from "../values/faults.ts";
import { type Instant, INSTANT_MAX } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import { publicKeyIn, SIGNING_SECRET_FORM, signingKey } from "./signing-secret.ts";
import { headersFault } from "./target-http.ts";

/** By name: one of `CREDENTIAL_NAMES`, or `headers.<name>` of a header whose value is secret. */
export type Credentials = { readonly [name: string]: Credential };

export type Credential = {
  readonly value: string;
  readonly since: Instant;
  /** The one before: still good until then, or until the rotation is confirmed. */
  readonly previous?: { readonly value: string; readonly until?: Instant };
};

const CREDENTIAL_NAMES = ["password", "token", "clientSecret", "key", "signingSecret"] as const;
export const CREDENTIAL_MAX = 8 * 1_024;
const HEADER_PREFIX = "headers.";
/** `whpk_` and 32 bytes in base64. */
const PUBLIC_KEY_MAX = 64;

/** What a user writes of them: null takes one away, what is absent stays. */
export type CredentialChanges = { readonly [name: string]: string | null };

/** How they stand in an entity, where everybody may look: what is held since when, and the rest sealed. */
export type SealedCredentials = {
  readonly sealed: string;
  readonly held: { readonly [name: string]: HeldCredential };
};

export type HeldCredential = {
  readonly since: Instant;
  /** Of a signing secret that is a pair of keys: what its receivers check signatures with. It is no secret. */
  readonly publicKey?: string;
  /** There while one before is good; `until` is absent when that lasts until it is confirmed. */
  readonly previous?: { readonly until?: Instant };
};

/** The values that may be used at `now`, the newest first. */
export function valuesAt(credential: Credential | undefined, now: number): readonly string[] {
  if (credential === undefined) return [];
  const { value, previous } = credential;
  return previous === undefined || (previous.until !== undefined && previous.until <= now)
    ? [value]
    : [value, previous.value];
}

/** The credentials that are the values of headers, by the name of the header. */
export function secretHeaders(credentials: Credentials): readonly (readonly [name: string, credential: Credential])[] {
  return Object.entries(credentials).flatMap(([name, credential]) =>
    name.startsWith(HEADER_PREFIX) ? [[name.slice(HEADER_PREFIX.length), credential] as const] : []
  );
}

/** Values written over what was there, which is forgotten. */
export function changed(current: Credentials, changes: CredentialChanges, now: Instant): Credentials {
  const next = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else if (next.get(name)?.value !== value) next.set(name, { value, since: now });
  }
  return Object.fromEntries(next);
}

/** New values beside those that were there, which stay good until then, or until they are confirmed. */
export function rotated(
  current: Credentials,
  changes: CredentialChanges,
  { now, until }: { readonly now: Instant; readonly until?: Instant },
): Credentials {
  const next = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(changes)) {
    const before = next.get(name);
    if (value === null || before?.value === value) continue;
    next.set(name, {
      value,
      since: now,
      ...(before === undefined ? {} : { previous: { value: before.value, ...(until === undefined ? {} : { until }) } }),
    });
  }
  return Object.fromEntries(next);
}

/** The new ones have proved good: those before are forgotten. */
export function confirmed(current: Credentials): Credentials {
  return mapped(current, ({ value, since }) => ({ value, since }));
}

/** The new ones are no good: those before are used again. */
export function reverted(current: Credentials, now: Instant): Credentials {
  return mapped(current, (credential) => {
    const { previous } = credential;
    return previous === undefined ? credential : { value: previous.value, since: now };
  });
}

/** Without those before whose time is over. */
export function pruned(current: Credentials, now: Instant): Credentials {
  return mapped(current, (credential) => {
    const { value, since, previous } = credential;
    return previous?.until !== undefined && previous.until <= now ? { value, since } : credential;
  });
}

/** What may be told of them. */
export function heldOf(credentials: Credentials): SealedCredentials["held"] {
  return mapped(credentials, ({ value, since, previous }, name) => {
    const publicKey = name === "signingSecret" ? publicKeyIn(value) : undefined;
    return {
      since,
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(previous === undefined ? {} : { previous: previous.until === undefined ? {} : { until: previous.until } }),
    };
  });
}

/** As text, to be sealed. */
export function writeCredentials(credentials: Credentials): string {
  return JSON.stringify(credentials);
}

/** What `writeCredentials` wrote; absent when the text is something else. */
export function readCredentials(textOf: string): Credentials | undefined {
  let value: unknown;
  try {
    value = JSON.parse(textOf);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const isWhole = Object.values(value).every((each) =>
    isObject(each) && typeof each.value === "string" && typeof each.since === "number" &&
    (each.previous === undefined || (isObject(each.previous) && typeof each.previous.value === "string"))
  );
  return isWhole ? value as Credentials : undefined;
}

/** The register `credentials`; absent when it holds none. */
export function parseSealed(value: Json | undefined): SealedCredentials | undefined {
  if (!isObject(value) || typeof value.sealed !== "string" || !isObject(value.held)) return undefined;
  const held: [string, HeldCredential][] = [];
  for (const [name, each] of Object.entries(value.held)) {
    if (!isObject(each) || typeof each.since !== "number") return undefined;
    const since = Math.min(each.since, INSTANT_MAX) as Instant;
    const until = isObject(each.previous) ? each.previous.until : undefined;
    const { publicKey } = each;
    held.push([name, {
      since,
      ...(typeof publicKey === "string" && publicKey.length <= PUBLIC_KEY_MAX ? { publicKey } : {}),
      ...(isObject(each.previous) ? { previous: typeof until === "number" ? { until: until as Instant } : {} } : {}),
    }]);
  }
  return { sealed: value.sealed, held: Object.fromEntries(held) };
}

/** Whatever is written under `credentials`; what is wrong becomes faults, which never repeat a value. */
export function credentialsIn(value: unknown, field: string, faults: Faults): CredentialChanges {
  if (!isObject(value)) {
    faults.add(field, `"credentials" is an object, not ${kindOf(value)}.`);
    return {};
  }
  faults.unknown(value, field, [...CREDENTIAL_NAMES, "headers"]);
  const changes = new Map<string, string | null>();
  for (const name of CREDENTIAL_NAMES) {
    const given = value[name];
    if (given === undefined) continue;
    const at = `${field}.${name}`;
    if (given === null) changes.set(name, null);
    else changes.set(name, secretIn(name, given, at, faults));
  }
  const { headers } = value;
  if (headers !== undefined) {
    for (const [name, given] of headersIn(headers, `${field}.headers`, faults)) {
      changes.set(HEADER_PREFIX + name.toLowerCase(), given);
    }
  }
  return Object.fromEntries(changes);
}

function secretIn(name: typeof CREDENTIAL_NAMES[number], given: unknown, at: string, faults: Faults): string {
  const value = text(given, at, 1, CREDENTIAL_MAX, faults);
  if (value === "") return value;
  if (value === "***") {
    faults.add(at, "*** stands for a secret that is not shown: leave it out to keep it, or write a new one.");
    return value;
  }
  switch (name) {
    case "password":
    case "clientSecret":
      if (/\p{Cc}/u.test(value)) faults.add(at, `"${at}" holds no control characters.`);
      return value;
    case "token":
      // RFC 6750 §2.1 is narrower; what services call a token is not.
      if (!/^[\x21-\x7e]+$/.test(value)) faults.add(at, "A token is visible ASCII without spaces.");
      return value;
    case "key":
      if (!isPrivateKey(value)) {
        faults.add(at, "A key is a private key in PEM that no passphrase closes: -----BEGIN PRIVATE KEY-----.");
      }
      return value;
    case "signingSecret":
      if (signingKey(value) === undefined) faults.add(at, `A signing secret is ${SIGNING_SECRET_FORM}.`);
      return value;
  }
}

function headersIn(value: unknown, field: string, faults: Faults): readonly (readonly [string, string | null])[] {
  if (!isObject(value)) {
    faults.add(field, `Headers are an object of texts, not ${kindOf(value)}.`);
    return [];
  }
  const entries = Object.entries(value);
  const wrong = headersFault(Object.fromEntries(entries.map(([name, given]) => [name, given ?? ""])), field);
  if (wrong !== undefined) faults.take(wrong);
  return entries.flatMap(([name, given]): readonly (readonly [string, string | null])[] => {
    if (given === null) return [[name, null]];
    if (given === "***") faults.add(`${field}.${shorten(name)}`, "*** stands for a secret that is not shown.");
    return typeof given === "string" ? [[name, given]] : [];
  });
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === "private";
  } catch {
    return false;
  }
}

function mapped<T>(
  credentials: Credentials,
  make: (credential: Credential, name: string) => T,
): { readonly [name: string]: T } {
  return Object.fromEntries(Object.entries(credentials).map(([name, credential]) => [name, make(credential, name)]));
}
