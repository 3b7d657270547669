// Which answers of a target mean that it took the event: a set of statuses, and what the body says. No patterns: one that
// a user writes can hang whoever tries it, and a text or a value at a place says as much.

import { type Fault, fault } from "../values/fault.ts";
import { describeValue, isObject, kindOf, shorten } from "../values/faults.ts";
import type { Json } from "../values/json.ts";

export type SuccessRule = {
  /** `200`, or a class of them as `"2xx"`; at most 32. `["2xx"]` when absent. */
  readonly status?: readonly (number | string)[];
  /** What the body is to say; whatever it says is right when absent. */
  readonly body?:
    /** This text is in it, letter for letter. */
    | { readonly contains: string }
    /** It is JSON, and what stands at the pointer (RFC 6901) is this. */
    | { readonly pointer: string; readonly equals: Json };
};

const STATUSES_MAX = 32;
const BODY_TEXT_MAX = 1_024;
/** Of an answer's body so much is looked at. */
export const BODY_LOOK_BYTES = 64 * 1_024;
const POINTER_PATTERN = /^(\/([^~/]|~[01])*)*$/;

/** Whether the status alone may mean success. */
export function isGoodStatus(rule: SuccessRule | undefined, status: number): boolean {
  const statuses = rule?.status;
  if (statuses === undefined) return status >= 200 && status < 300;
  for (const each of statuses) {
    if (typeof each === "number" ? each === status : each.startsWith(String(Math.floor(status / 100)))) return true;
  }
  return false;
}

/** What the body lacks, for a human; absent when it says what it should. */
export function bodyLack(rule: SuccessRule | undefined, body: string): string | undefined {
  const wanted = rule?.body;
  if (wanted === undefined) return undefined;
  if ("contains" in wanted) {
    return body.includes(wanted.contains) ? undefined : `does not contain "${wanted.contains}"`;
  }
  let value: Json | undefined;
  try {
    value = JSON.parse(body) as Json;
  } catch {
    return "is not JSON";
  }
  for (const part of wanted.pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, name) &&
      (!Array.isArray(value) || /^\d+$/.test(name));
    if (!isThere) return `has nothing at ${wanted.pointer}`;
    value = (value as { readonly [name: string]: Json })[name];
  }
  return isSame(value, wanted.equals) ? undefined : `is not ${JSON.stringify(wanted.equals)} at ${wanted.pointer}`;
}

export function successRuleFault(value: unknown, field: string): Fault | undefined {
  if (!isObject(value)) return fault(field, `"success" is an object with "status" or "body", not ${kindOf(value)}.`);
  for (const name of Object.keys(value)) {
    if (name === "status" || name === "body") continue;
    return fault(`${field}.${shorten(name)}`, "Of success, known are status and body.");
  }
  return (value.status === undefined ? undefined : statusFault(value.status, `${field}.status`)) ??
    (value.body === undefined ? undefined : bodyFault(value.body, `${field}.body`));
}

function statusFault(value: unknown, field: string): Fault | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > STATUSES_MAX) {
    return fault(field, `"status" is a list of 1 to ${STATUSES_MAX} statuses.`, { suggestion: '[200, "2xx"]' });
  }
  for (const [at, status] of value.entries()) {
    if (typeof status === "number" ? isStatus(status) : typeof status === "string" && /^[245]xx$/.test(status)) {
      continue;
    }
    return fault(
      `${field}.${at}`,
      `A status is a number of 200 to 599 that is no redirection, or "2xx", "4xx", "5xx"; not ${
        describeValue(status)
      }.`,
    );
  }
  return undefined;
}

/** Redirections are never followed, so none of them has delivered anything. */
function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599 && (status < 300 || status >= 400);
}

function bodyFault(value: unknown, field: string): Fault | undefined {
  if (!isObject(value)) return fault(field, `"body" is {"contains"} or {"pointer","equals"}, not ${kindOf(value)}.`);
  const names = Object.keys(value).sort().join(" ");
  if (names === "contains") {
    const { contains } = value;
    if (typeof contains === "string" && contains.length > 0 && contains.length <= BODY_TEXT_MAX) return undefined;
    return fault(`${field}.contains`, `"contains" is a text of 1 to ${BODY_TEXT_MAX} characters.`);
  }
  if (names !== "equals pointer") {
    return fault(field, 'A body is matched by "contains" alone, or by "pointer" with "equals".');
  }
  const { pointer, equals } = value;
  if (typeof pointer !== "string" || pointer.length > BODY_TEXT_MAX || !POINTER_PATTERN.test(pointer)) {
    return fault(`${field}.pointer`, "A pointer is a JSON pointer (RFC 6901).", { suggestion: "/status" });
  }
  const text = JSON.stringify(equals);
  if (text !== undefined && text.length <= BODY_TEXT_MAX) return undefined;
  return fault(`${field}.equals`, `"equals" is JSON of at most ${BODY_TEXT_MAX} characters.`);
}

/** Equal JSON, whatever the order of its properties. */
function isSame(a: Json | undefined, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [Object.entries(a), Object.entries(b)];
  return one.length === other.length &&
    other.every(([name, value]) =>
      Object.hasOwn(a, name) && isSame((a as { readonly [name: string]: Json })[name], value)
    );
}
