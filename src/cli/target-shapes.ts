// What a peer answers of named targets, read from JSON.

import { isObject, type JsonObject, maybe, number, objectIn, text } from "./shapes.ts";

export type Target = {
  readonly name: string;
  readonly description: string;
  readonly urn: string;
  readonly auth: JsonObject | undefined;
  readonly limits: JsonObject;
  readonly held: readonly Held[];
  /** How to send, and whom to believe. */
  readonly rest: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Held = {
  readonly name: string;
  readonly since: string;
  /** Of a signing secret that is a pair of keys. */
  readonly publicKey: string | undefined;
  readonly isRotating: boolean;
  readonly until: string | undefined;
};

export type Tested = {
  readonly ms: number;
  readonly outcome: string;
  readonly status: number | undefined;
  readonly error: string | undefined;
};

export function parseTarget(value: unknown): Target {
  const { name, description, urn, auth, limits, held, createdAt, updatedAt, user: _, ...rest } = objectIn(value);
  return {
    name: text(name),
    description: text(description),
    urn: text(urn),
    auth: maybe(auth, objectIn),
    limits: objectIn(limits),
    held: Object.entries(objectIn(held)).map(([each, one]) => heldIn(each, objectIn(one))),
    rest,
    createdAt: text(createdAt),
    updatedAt: text(updatedAt),
  };
}

export function parseTested(value: unknown): Tested {
  const { ms, outcome, status, error } = objectIn(value);
  return {
    ms: number(ms),
    outcome: text(outcome),
    status: maybe(status, number),
    error: maybe(error, text),
  };
}

function heldIn(name: string, { since, publicKey, previous }: JsonObject): Held {
  return {
    name,
    since: text(since),
    publicKey: maybe(publicKey, text),
    isRotating: isObject(previous),
    until: isObject(previous) ? maybe(previous.until, text) : undefined,
  };
}
