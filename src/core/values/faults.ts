// Faults are found one by one while a value is read, each with its field and the way out; here are the checks that most
// values need.

import { parseDuration } from "./duration.ts";
import { type Fault, fault, isFault } from "./fault.ts";

/** A definition that is all wrong is told so by its first faults. */
const FAULTS_MAX = 32;

const DAY_MS = 86_400_000;

/** The faults found so far, and the checks that find them. */
export class Faults {
  readonly #all: Fault[] = [];

  get all(): readonly Fault[] {
    return this.#all;
  }

  add(field: string, message: string, more: { position?: number; suggestion?: string } = {}): void {
    if (this.#all.length < FAULTS_MAX) this.#all.push(fault(field, message, more));
  }

  take(found: Fault | readonly Fault[]): void {
    for (const one of isFault(found) ? [found] : found) {
      if (this.#all.length < FAULTS_MAX) this.#all.push(one);
    }
  }

  /** A fault for each property of `value` that is none of `known`. `shown` are those that are answered, and not sent. */
  unknown(
    value: { readonly [name: string]: unknown },
    path: string,
    known: readonly string[],
    shown: readonly string[] = [],
  ): void {
    for (const name of Object.keys(value)) {
      if (known.includes(name)) continue;
      // What was meant is not looked for in vain: of a body that is sent to cost something there are many.
      if (this.#all.length >= FAULTS_MAX) return;
      const field = path === "" ? shorten(name) : `${path}.${shorten(name)}`;
      if (shown.includes(name)) {
        this.add(field, `"${name}" is shown, but can't be set; leave it out.`);
        continue;
      }
      const meant = nearest(name, known);
      this.add(
        field,
        `There is no property ${name === "" ? "without a name" : `"${shorten(name)}"`} here; ${
          known.length === 0 ? "there are none" : `known are ${known.join(", ")}`
        }.`,
        meant === undefined ? {} : { suggestion: meant },
      );
    }
  }
}

/** A text of `min` to `max` UTF-16 units without control characters; what is not one becomes a fault, and empty. */
export function text(value: unknown, field: string, min: number, max: number, faults: Faults): string {
  if (typeof value !== "string") {
    faults.add(field, `"${field}" is a text, not ${kindOf(value)}.`);
    return "";
  }
  if (value.length < min || value.length > max) {
    faults.add(field, `"${field}" has ${min} to ${max} characters; this one has ${value.length}.`);
    return "";
  }
  // Half of a surrogate pair would not survive UTF-8: two such ids would become one.
  if (!value.isWellFormed()) {
    faults.add(field, `"${field}" holds half of a surrogate pair, which is no character.`);
    return "";
  }
  return value;
}

/** A number of a range, whole unless `kind` is `fraction`. */
export function number(
  value: unknown,
  field: string,
  min: number,
  max: number,
  faults: Faults,
  kind: "whole" | "fraction" = "whole",
): number {
  const found = typeof value === "number" && value >= min && value <= max &&
    (kind === "fraction" || Number.isInteger(value));
  if (found) return value;
  const expected = kind === "whole" ? "a whole number" : "a number";
  faults.add(field, `"${field}" is ${expected} from ${min} to ${max}, not ${describeValue(value)}.`);
  return min;
}

/** One of a few words. */
export function choice(value: unknown, field: string, known: readonly string[], faults: Faults): void {
  if (typeof value === "string" && known.includes(value)) return;
  const meant = typeof value === "string" ? nearest(value, known) : undefined;
  faults.add(
    field,
    `"${field}" is one of ${known.join(", ")}; not ${describeValue(value)}.`,
    meant === undefined ? {} : { suggestion: meant },
  );
}

/** An exact ISO 8601 duration of a range. */
export function duration(value: unknown, field: string, minMs: number, maxMs: number, faults: Faults): void {
  const parsed = parseDuration(value, field);
  if (isFault(parsed)) faults.take(parsed);
  else if (parsed < minMs || parsed > maxMs) {
    faults.add(field, `"${field}" is ${minMs === 0 ? "PT0S" : "PT0.001S"} to P${maxMs / DAY_MS}D; this is ${value}.`);
  }
}

/** The word among `known` that was probably meant; absent when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const begun = word.length < 3
    ? undefined
    : known.find((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  if (begun !== undefined) return begun;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 2));
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance || (distance === bestDistance && best === undefined)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** For a human: `a number`, `null`, `an array`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function describeValue(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : `"${shorten(value)}"`;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : kindOf(value);
}

/** A word of the user, for a message about it. */
export function shorten(word: string): string {
  if (word === "") return '""';
  return word.length <= 64 ? word : `${word.slice(0, 63).toWellFormed()}…`;
}

/** Levenshtein's distance, of short words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
