// The query of a URL, read once: each parameter by its own reader, none unknown, none twice but where it may be.

import { parseInstant } from "../../core/task/definition.ts";
import { Faults, nearest } from "../../core/values/faults.ts";
import type { Instant } from "../../core/values/instant.ts";
import { faultsResponse } from "./problem.ts";

/** Reads the values of one parameter (none when it was not sent). */
export type Reader<T> = (values: readonly string[], name: string, faults: Faults) => T;

export type ReadQuery<R> = { readonly [K in keyof R]: R[K] extends Reader<infer T> ? T : never };

/** The values of all parameters, or the problem of those that can't be. */
export function readQuery<R extends { readonly [name: string]: Reader<unknown> }>(
  url: URL,
  readers: R,
): ReadQuery<R> | Response {
  const faults = new Faults();
  const sent = new Map<string, string[]>();
  for (const [name, value] of url.searchParams) {
    if (!Object.hasOwn(readers, name)) unknownParameter(name, Object.keys(readers), faults);
    const values = sent.get(name);
    if (values === undefined) sent.set(name, [value]);
    else values.push(value);
  }
  const entries = Object.entries(readers).map(([name, read]) => [name, read(sent.get(name) ?? [], name, faults)]);
  return faults.all.length > 0 ? faultsResponse(faults.all, 400) : Object.fromEntries(entries) as ReadQuery<R>;
}

/** A whole number of a range. */
export function whole(min: number, max: number, otherwise: number): Reader<number> {
  return (values, name, faults) => {
    const value = single(values, name, faults);
    if (value === undefined) return otherwise;
    const parsed = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
    if (parsed >= min && parsed <= max) return parsed;
    faults.add(name, `"${name}" is a whole number from ${min} to ${max}.`, { suggestion: String(otherwise) });
    return otherwise;
  };
}

export function word(max: number): Reader<string | undefined> {
  return (values, name, faults) => {
    const value = single(values, name, faults);
    if (value !== undefined && value.length > max) faults.add(name, `"${name}" has at most ${max} characters.`);
    return value;
  };
}

export function oneOf<T extends string>(known: readonly T[]): Reader<T | undefined> {
  return (values, name, faults) => {
    const value = single(values, name, faults);
    if (value === undefined) return undefined;
    const found = known.find((each) => each === value);
    if (found === undefined) {
      const meant = nearest(value, known);
      faults.add(name, `"${name}" is one of ${known.join(", ")}.`, meant === undefined ? {} : { suggestion: meant });
    }
    return found;
  };
}

export function moment(): Reader<Instant | undefined> {
  return (values, name, faults) => {
    const value = single(values, name, faults);
    if (value === undefined) return undefined;
    const at = parseInstant(value);
    if (at === undefined) {
      faults.add(name, `"${name}" is a date and time by RFC 3339, with Z or an offset (a + is sent as %2B).`, {
        suggestion: "2026-12-01T09:00:00Z",
      });
    }
    return at;
  };
}

/** `label=name=value`, as often as it is sent. */
export function labels(max: number): Reader<{ readonly [name: string]: string } | undefined> {
  return (values, name, faults) => {
    if (values.length === 0) return undefined;
    if (values.length > max) faults.add(name, `"${name}" is sent at most ${max} times.`);
    const pairs = values.slice(0, max).map((value): [string, string] => {
      const at = value.indexOf("=");
      if (at < 1) faults.add(name, `"${name}" is a label's name, =, and its value.`, { suggestion: "site=lyon" });
      return [value.slice(0, at), value.slice(at + 1)];
    });
    return Object.fromEntries(pairs);
  };
}

/** Where the next page starts: what a page before said, unchanged. `form` is how those of this list are written. */
export function cursor(form = /^/): Reader<string | undefined> {
  return (values, name, faults) => {
    const value = single(values, name, faults);
    if (value === undefined) return undefined;
    const opened = openCursor(value);
    if (opened !== undefined && form.test(opened)) return opened;
    faults.add(name, `"${name}" is the "cursor" of the page before, unchanged.`);
    return undefined;
  };
}

/** A store's cursor as it is shown: opaque, and safe in a URL. */
export function sealCursor(text: string | undefined): string | null {
  return text === undefined ? null : Buffer.from(text, "utf8").toString("base64url");
}

const CURSOR_MAX = 2_048;

export function openCursor(sealed: string): string | undefined {
  if (sealed.length > CURSOR_MAX || !/^[A-Za-z0-9_-]+$/.test(sealed)) return undefined;
  const text = Buffer.from(sealed, "base64url").toString("utf8");
  return sealCursor(text) === sealed ? text : undefined;
}

function single(values: readonly string[], name: string, faults: Faults): string | undefined {
  if (values.length > 1) faults.add(name, `"${name}" is sent once.`);
  return values[0];
}

function unknownParameter(name: string, known: readonly string[], faults: Faults): void {
  const meant = nearest(name, known);
  const may = known.length === 0 ? "there are none here" : `known are ${known.join(", ")}`;
  faults.add(
    name.slice(0, 64),
    `There is no parameter of that name; ${may}.`,
    meant === undefined ? {} : { suggestion: meant },
  );
}
