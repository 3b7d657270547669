// A definition is a task as a user writes it: whatever JSON becomes a checked value, or every fault that it has, each with
// its field and the way out. Nothing is filled in but what the user left to us: the name, and the empty parts.

import { parseSchedule } from "../schedule/schedule-source.ts";
import type { ScheduleSource } from "../schedule/schedule.ts";
import { isNamed, maskTarget, parseTarget, type Target } from "../targets/target.ts";
import { canonicalId } from "../values/canonical.ts";
import { type Fault, isFault } from "../values/fault.ts";
import { choice, describeValue, duration, Faults, isObject, kindOf, number, shorten, text } from "../values/faults.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import { LABEL_NAME_MAX, LABEL_VALUE_MAX, type Labels, LABELS_MAX } from "../values/labels.ts";
import { checkPlacement } from "./placement.ts";
import {
  FALLBACKS_MAX,
  PAYLOAD_MAX_BYTES,
  type Policy,
  TASK_ID_MAX,
  TASK_NAME_MAX,
  type TaskDefinition,
  type TaskState,
} from "./task.ts";
import { payloadFault, targetFault } from "./template.ts";

export type ParsedDefinition = {
  readonly definition: TaskDefinition;
  /** What was written of the state; absent when nothing was, and the task's own stays. */
  readonly state?: TaskState;
};

export const NOTE_MAX = 1_024;
/** Arrays and objects within one another, in whatever a user sends: JSON.parse itself would take 200,000. */
export const DEPTH_MAX = 32;
const FIELDS = ["id", "name", "schedule", "target", "payload", "template", "policy", "labels", "state"] as const;
/** What a task shows beside its definition. Whoever sends it back is told that it is not theirs to set. */
const SHOWN = ["guid", "user", "sentence", "createdAt", "updatedAt", "owner", "next", "last"];

/** `id` is what a definition without one gets; without both, its absence is a fault. */
export function parseDefinition(
  value: unknown,
  more: { readonly id?: string } = {},
): ParsedDefinition | readonly Fault[] {
  const faults = new Faults();
  if (!isObject(value)) {
    faults.add("", `A task is a JSON object with "schedule" and "target", not ${kindOf(value)}.`);
    return faults.all;
  }
  faults.unknown(value, "", FIELDS, SHOWN);
  const id = idIn(value.id === undefined ? more.id : value.id, faults);
  const definition: TaskDefinition = {
    id,
    name: value.name === undefined ? id : text(value.name, "name", 1, TASK_NAME_MAX, faults),
    schedule: scheduleIn(value.schedule, faults),
    target: targetIn(value.target, faults),
    payload: value.payload === undefined ? null : payloadIn(value.payload, "payload", faults),
    ...(templateIn(value.template, faults) ? { template: true } : {}),
    policy: value.policy === undefined ? {} : policyIn(value.policy, faults),
    labels: value.labels === undefined ? {} : labelsIn(value.labels, faults),
  };
  const state = value.state === undefined ? undefined : stateIn(value.state, faults);
  if (faults.all.length > 0) return faults.all;
  const wrong = definition.template === true
    ? payloadFault(definition.payload) ?? targetFault(definition.target) ?? fallbackFault(definition.policy)
    : undefined;
  if (wrong !== undefined) return [wrong];
  return state === undefined ? { definition } : { definition, state };
}

function fallbackFault({ fallback = [] }: Policy): Fault | undefined {
  for (const [at, target] of fallback.entries()) {
    const found = targetFault(target, `policy.fallback.${at}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function templateIn(value: unknown, faults: Faults): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    faults.add("template", `"template" is true or false, not ${kindOf(value)}.`);
  }
  return value === true;
}

export function isFaults(value: ParsedDefinition | readonly Fault[]): value is readonly Fault[] {
  return Array.isArray(value);
}

/** A task's id: 1 to 256 characters, none of them white space or a control character; in one form of those that it can be written in. */
export function parseTaskId(value: unknown): string | Fault {
  const faults = new Faults();
  const id = idIn(value, faults);
  return faults.all[0] ?? id;
}

/** What a manual fire may bring in place of the task's own payload; what can't be becomes a fault, and null. */
export function payloadIn(value: unknown, field: string, faults: Faults): Json {
  if (!isShallow(value, DEPTH_MAX)) {
    faults.add(field, `A payload nests arrays and objects at most ${DEPTH_MAX} deep.`);
    return null;
  }
  const bytes = encodedBytes(value);
  if (bytes === undefined) {
    faults.add(field, "A payload is JSON: null, true, false, finite numbers, texts, arrays and objects of them.");
    return null;
  }
  if (bytes > PAYLOAD_MAX_BYTES) {
    faults.add(field, `A payload is at most ${PAYLOAD_MAX_BYTES} bytes of JSON; this one is ${bytes}.`);
    return null;
  }
  return value as Json;
}

/** An RFC 3339 date and time, with `Z` or an offset, in whole milliseconds (finer fractions are cut). */
export function parseInstant(value: unknown): Instant | undefined {
  const parts = typeof value === "string" ? INSTANT_PATTERN.exec(value) : null;
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHour = "0", offsetMinute = "0"] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  const ms = date.getTime() + Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1_000 +
    Number(fraction.slice(0, 3).padEnd(3, "0")) - offsetMs;
  return ms < INSTANT_MIN || ms > INSTANT_MAX ? undefined : ms as Instant;
}

/** Applies a JSON merge patch, RFC 7396: null takes away, objects merge, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  // A map, because `merged["__proto__"] = …` on an object would not make a property.
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/** Whether arrays and objects stand within one another no deeper than `max`. */
export function isShallow(value: unknown, max: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (max === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isShallow(item, max - 1));
  return Object.values(value).every((item) => isShallow(item, max - 1));
}

// The offset's hour goes to 23 and a leap second is no instant of this scale: RFC 3339 §5.6 and §5.7.
const INSTANT_PATTERN =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const ID_PATTERN = /^[^\s\p{Cc}]+$/u;
const LABEL_NAME_PATTERN = /^[A-Za-z0-9._/-]{1,63}$/;

function idIn(value: unknown, faults: Faults): string {
  const id = text(typeof value === "string" ? canonicalId(value) : value, "id", 1, TASK_ID_MAX, faults);
  if (id !== "" && !ID_PATTERN.test(id)) {
    const position = id.search(/[\s\p{Cc}]/u);
    const suggestion = id.trim().replace(/[\s\p{Cc}]+/gu, "-");
    faults.add("id", "An id holds no white space and no control characters.", { position, suggestion });
  }
  if (id === "." || id === "..") faults.add("id", `"${id}" can't be an id: no URL can hold it.`);
  return id;
}

function scheduleIn(value: unknown, faults: Faults): ScheduleSource {
  if (value === undefined) {
    faults.add("schedule", "A task needs a schedule.", { suggestion: "R/2026-01-01T00:00:00Z/PT1H" });
    return value as unknown as ScheduleSource;
  }
  const schedule = parseSchedule(value);
  if (isFault(schedule)) faults.take(schedule);
  return value as ScheduleSource;
}

function targetIn(value: unknown, faults: Faults): Target {
  if (value === undefined) {
    faults.add("target", "A task needs a target: the URN that its events go to.", {
      suggestion: "http://localhost:3000/tick",
    });
    return { urn: "" };
  }
  const target = parseTarget(value);
  if (!isFault(target)) return target;
  faults.take(target);
  return { urn: "" };
}

function labelsIn(value: unknown, faults: Faults): Labels {
  if (!isObject(value)) {
    faults.add("labels", `Labels are an object of texts, not ${kindOf(value)}.`);
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length > LABELS_MAX) {
    faults.add("labels", `A task has at most ${LABELS_MAX} labels; these are ${entries.length}.`);
  }
  for (const [name, label] of entries) {
    const field = `labels.${shorten(name)}`;
    if (!LABEL_NAME_PATTERN.test(name)) {
      faults.add(field, `The name of a label is 1 to ${LABEL_NAME_MAX} of the characters A-Z a-z 0-9 . _ / -`);
    }
    text(label, field, 0, LABEL_VALUE_MAX, faults);
  }
  return value as Labels;
}

function stateIn(value: unknown, faults: Faults): TaskState {
  if (!isObject(value)) {
    faults.add("state", `A state is an object with "paused", not ${kindOf(value)}.`);
    return { paused: false };
  }
  faults.unknown(value, "state", ["paused", "note", "until"]);
  if (typeof value.paused !== "boolean") {
    faults.add("state.paused", `"paused" is true or false, not ${kindOf(value.paused)}.`);
  }
  const paused = value.paused === true;
  if (!paused && (value.note !== undefined || value.until !== undefined)) {
    faults.add("state", `"note" and "until" belong to a pause; this state is not paused.`);
  }
  return { paused, ...pauseIn(value, "state.", faults) };
}

/** The note and the end of a pause, where they are written. */
export function pauseIn(
  value: { readonly [name: string]: unknown },
  path: string,
  faults: Faults,
): { readonly note?: string; readonly until?: Instant } {
  const note = value.note === undefined ? undefined : text(value.note, `${path}note`, 0, NOTE_MAX, faults);
  const until = value.until === undefined ? undefined : instantIn(value.until, `${path}until`, faults);
  return { ...(note === undefined ? {} : { note }), ...(until === undefined ? {} : { until }) };
}

/** A point of time; what is not one becomes a fault, and the least instant. */
export function instantIn(value: unknown, field: string, faults: Faults): Instant {
  const at = parseInstant(value);
  if (at !== undefined) return at;
  faults.add(field, `"${field}" is a date and time by RFC 3339, with Z or an offset, not ${describeValue(value)}.`, {
    suggestion: "2026-12-01T09:00:00Z",
  });
  return INSTANT_MIN;
}

const POLICY_FIELDS = [
  "tolerance",
  "misfire",
  "fallback",
  "misfireWindow",
  "overlap",
  "partition",
  "placement",
  "retry",
  "timeout",
  "delivery",
  "pauseAfterFailures",
  "removeWhenDone",
] as const satisfies readonly (keyof Policy)[];
const RETRY_FIELDS = ["limit", "base", "factor", "cap", "maxAge"] as const;
const TIMEOUT_FIELDS = ["connect", "total"] as const;
export const MISFIRES = ["last", "all", "skip"] as const;
export const OVERLAPS = ["allow", "skip", "queue-one", "queue-all", "cancel-previous"] as const;
export const DELIVERIES = ["at-least-once", "at-most-once"] as const;
export const PARTITIONS = ["fire", "hold", "home"] as const;

const DAY_MS = 86_400_000;
/** A year and a day: nobody waits longer for a schedule to be caught up or a target to come back. */
export const WAIT_MAX_MS = 366 * DAY_MS;
/** One attempt holds a connection; a timer past 2^31 ms would also end at once. */
export const TIMEOUT_MAX_MS = DAY_MS;

function policyIn(value: unknown, faults: Faults): Policy {
  if (!isObject(value)) {
    faults.add("policy", `A policy is an object, not ${kindOf(value)}.`);
    return {};
  }
  faults.unknown(value, "policy", POLICY_FIELDS);
  if (value.tolerance !== undefined) duration(value.tolerance, "policy.tolerance", 0, WAIT_MAX_MS, faults);
  if (value.misfire !== undefined) choice(value.misfire, "policy.misfire", MISFIRES, faults);
  if (value.misfireWindow !== undefined) duration(value.misfireWindow, "policy.misfireWindow", 0, WAIT_MAX_MS, faults);
  if (value.overlap !== undefined) choice(value.overlap, "policy.overlap", OVERLAPS, faults);
  if (value.delivery !== undefined) choice(value.delivery, "policy.delivery", DELIVERIES, faults);
  if (value.partition !== undefined) choice(value.partition, "policy.partition", PARTITIONS, faults);
  if (value.placement !== undefined) checkPlacement(value.placement, "policy.placement", faults);
  else if (value.partition === "home") {
    faults.add("policy.placement", `"home" needs a placement: it says which peers are the task's home.`, {
      suggestion: '{"match":{"site":"lyon"}}',
    });
  }
  if (value.fallback !== undefined) fallbackIn(value.fallback, faults);
  if (value.pauseAfterFailures !== undefined) {
    number(value.pauseAfterFailures, "policy.pauseAfterFailures", 1, 1_000, faults);
  }
  if (value.removeWhenDone !== undefined && typeof value.removeWhenDone !== "boolean") {
    faults.add("policy.removeWhenDone", `"removeWhenDone" is true or false, not ${kindOf(value.removeWhenDone)}.`);
  }
  const retry = value.retry;
  if (isObject(retry)) {
    faults.unknown(retry, "policy.retry", RETRY_FIELDS);
    if (retry.limit !== undefined) number(retry.limit, "policy.retry.limit", 0, 20, faults);
    if (retry.base !== undefined) duration(retry.base, "policy.retry.base", 1, WAIT_MAX_MS, faults);
    if (retry.factor !== undefined) number(retry.factor, "policy.retry.factor", 1, 10, faults, "fraction");
    if (retry.cap !== undefined) duration(retry.cap, "policy.retry.cap", 1, WAIT_MAX_MS, faults);
    if (retry.maxAge !== undefined) duration(retry.maxAge, "policy.retry.maxAge", 0, WAIT_MAX_MS, faults);
  } else if (retry !== undefined) faults.add("policy.retry", `"retry" is an object, not ${kindOf(retry)}.`);
  const timeout = value.timeout;
  if (isObject(timeout)) {
    faults.unknown(timeout, "policy.timeout", TIMEOUT_FIELDS);
    if (timeout.connect !== undefined) duration(timeout.connect, "policy.timeout.connect", 1, TIMEOUT_MAX_MS, faults);
    if (timeout.total !== undefined) duration(timeout.total, "policy.timeout.total", 1, TIMEOUT_MAX_MS, faults);
  } else if (timeout !== undefined) faults.add("policy.timeout", `"timeout" is an object, not ${kindOf(timeout)}.`);
  return value as Policy;
}

/** What stands in a policy is shown as it is, so nothing in it may be secret. */
function fallbackIn(value: unknown, faults: Faults): void {
  const field = "policy.fallback";
  if (!Array.isArray(value) || value.length === 0 || value.length > FALLBACKS_MAX) {
    return faults.add(field, `"fallback" is a list of 1 to ${FALLBACKS_MAX} targets.`);
  }
  const targets: readonly unknown[] = value;
  for (const [at, each] of targets.entries()) {
    const target = parseTarget(each, `${field}.${at}`);
    if (isFault(target)) faults.take(target);
    else if (typeof each === "string") {
      faults.add(`${field}.${at}`, "A target that stands in for another is written as an object.", {
        suggestion: JSON.stringify({ urn: "https://example.org/" }),
      });
    } else if (hasSecret(target)) {
      faults.add(
        `${field}.${at}`,
        "A target that stands in for another holds no secret: give it a name, and name it here.",
        {
          suggestion: '{"name": "standby"}',
        },
      );
    }
  }
}

function hasSecret(target: Target): boolean {
  const told = (each: Target) => JSON.stringify([isNamed(each) ? each.name : each.urn, each.headers]);
  return told(maskTarget(target)) !== told(target);
}

/** Bytes of the value as JSON in UTF-8, or more, but never more than the limit when it is within it; absent: not JSON. */
function encodedBytes(value: unknown): number | undefined {
  const bound = bytesBound(value);
  if (bound === undefined || bound <= PAYLOAD_MAX_BYTES) return bound;
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

/** A quick upper bound: six bytes for a unit of text (`\u0000`), 25 for a number. Most payloads need no more. */
function bytesBound(value: unknown): number | undefined {
  switch (typeof value) {
    case "string":
      return value.length * 6 + 2;
    case "number":
      return Number.isFinite(value) ? 25 : undefined;
    case "boolean":
      return 5;
    case "object": {
      if (value === null) return 4;
      let sum = 2;
      if (Array.isArray(value)) {
        for (const item of value) {
          const bound = bytesBound(item);
          if (bound === undefined) return undefined;
          sum += bound + 1;
        }
        return sum;
      }
      for (const [name, item] of Object.entries(value)) {
        const bound = bytesBound(item);
        if (bound === undefined) return undefined;
        sum += name.length * 6 + 4 + bound;
      }
      return sum;
    }
    case "undefined":
    case "bigint":
    case "symbol":
    case "function":
      return undefined;
  }
}
