// A template is a payload, the values of headers, or the path and query of a URN, in whose texts stand placeholders that
// are filled in for each attempt: `{{instant:date@Europe/Paris}}`. There are some names and forms and nothing else: no
// condition, no loop, no code. What is wrong is told with its position when the task is written.

import { parseZone } from "../schedule/zone-name.ts";
import { isNamed, type Target } from "../targets/target.ts";
import { type Fault, fault } from "../values/fault.ts";
import { nearest } from "../values/faults.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import { isSlip } from "../values/slip.ts";
import type { Outcome } from "./run.ts";
import { FORMS } from "./template-moment.ts";

/** What an attempt fills in. */
export type TemplateEvent = {
  readonly id: string;
  readonly task: string;
  readonly name: string;
  readonly attempt: number;
  /** The planned instant. */
  readonly instant: Instant;
  /** When the attempt starts. */
  readonly now: Instant;
  /** The occurrence of the task that was settled last; absent before the first. */
  readonly previous?: { readonly instant: Instant; readonly outcome: Outcome };
};

/** Placeholders in one payload, or in one target. */
export const PLACEHOLDERS_MAX = 256;

type Value = string | number | null;

/** Whether it is a moment, which has forms. */
const NAMES: { readonly [name: string]: (event: TemplateEvent) => Value | { readonly at: Instant } } = {
  id: ({ id }) => id,
  task: ({ task }) => task,
  name: ({ name }) => name,
  attempt: ({ attempt }) => attempt,
  instant: ({ instant }) => ({ at: instant }),
  now: ({ now }) => ({ at: now }),
  "previous.outcome": ({ previous }) => previous?.outcome ?? null,
  "previous.instant": ({ previous }) => previous === undefined ? null : { at: previous.instant },
};
const MOMENTS = ["instant", "now", "previous.instant"];

/** Two braces that are meant as such are written `\{{`. */
const PLACEHOLDER = /\\\{\{|\{\{([^{}]*)\}\}|\{\{/g;

/** The first fault of a payload that is a template; absent when it has none. */
export function payloadFault(payload: Json, field = "payload"): Fault | undefined {
  const count = { left: PLACEHOLDERS_MAX };
  return faultIn(payload, field, count);
}

/** The same of a target, whose scheme, user, host and port can't be filled in. */
export function targetFault(target: Target, field = "target"): Fault | undefined {
  const count = { left: PLACEHOLDERS_MAX };
  const headers = faultIn({ ...target.headers }, `${field}.headers`, count);
  if (headers !== undefined) return headers;
  if (isNamed(target)) return target.path === undefined ? undefined : textFault(target.path, `${field}.path`, count);
  const at = target.urn.indexOf("{{");
  const pathAt = target.urn.search(/(?<=:\/\/[^/?#]*)[/?#]/);
  if (at !== -1 && (pathAt === -1 || at < pathAt)) {
    return fault(
      `${field}.urn`,
      "Only the path and the query of a URN can be filled in; where it goes is always said.",
      {
        position: at,
      },
    );
  }
  return textFault(target.urn, `${field}.urn`, count);
}

/** A payload without faults, filled in. A text that is one placeholder becomes its value: a number, a text, or null. */
export function fillPayload(payload: Json, event: TemplateEvent): Json {
  if (typeof payload === "string") {
    const [whole, inner] = /^\{\{([^{}]*)\}\}$/.exec(payload) ?? [];
    return whole === undefined || inner === undefined ? fillText(payload, event) : valueOf(inner, event);
  }
  if (Array.isArray(payload)) return payload.map((item) => fillPayload(item, event));
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(Object.entries(payload).map(([key, item]) => [key, fillPayload(item, event)]));
}

/** A target without faults, filled in: what goes into a URN is percent-encoded. */
export function fillTarget(target: Target, event: TemplateEvent): Target {
  const headers = target.headers === undefined ? {} : {
    headers: Object.fromEntries(
      Object.entries(target.headers).map(([name, value]) => [name, fillText(value, event, visible)]),
    ),
  };
  if (!isNamed(target)) return { ...target, ...headers, urn: fillText(target.urn, event, encodeURIComponent) };
  const path = target.path === undefined ? {} : { path: fillText(target.path, event, encodeURIComponent) };
  return { ...target, ...headers, ...path };
}

function fillText(text: string, event: TemplateEvent, write: (value: string) => string = (value) => value): string {
  return text.replace(PLACEHOLDER, (_whole, inner: string | undefined) => {
    if (inner === undefined) return "{{";
    return write(String(valueOf(inner, event) ?? ""));
  });
}

/** What a header can hold. */
function visible(value: string): string {
  return value.toWellFormed().replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

function valueOf(inner: string, event: TemplateEvent): Value {
  const { name, form, zone } = partsOf(inner);
  const value = NAMES[name]?.(event) ?? null;
  if (typeof value !== "object" || value === null) return value;
  return FORMS[form ?? "iso"]?.write(value.at, zoneOf(zone)) ?? null;
}

type Parts = { readonly name: string; readonly form?: string; readonly zone?: string };

/** `name`, `name:form`, `name:form@zone`, `name@zone` */
function partsOf(inner: string): Parts {
  const [, name = "", form, zone] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(inner) ?? [];
  return {
    name: name.trim(),
    ...(form === undefined ? {} : { form: form.trim() }),
    ...(zone === undefined ? {} : { zone: zone.trim() }),
  };
}

function zoneOf(text: string | undefined): string | undefined {
  const zone = text === undefined ? undefined : parseZone(text);
  return zone === undefined || isSlip(zone) ? undefined : zone;
}

function faultIn(value: Json, field: string, count: { left: number }): Fault | undefined {
  if (typeof value === "string") return textFault(value, field, count);
  if (typeof value !== "object" || value === null) return undefined;
  const entries: readonly (readonly [string, Json])[] = Array.isArray(value)
    ? value.map((item, at) => [String(at), item] as const)
    : Object.entries(value);
  for (const [key, item] of entries) {
    if (!Array.isArray(value) && key.includes("{{")) {
      return fault(field, "The name of a property can't be filled in; only texts are.", {
        position: key.indexOf("{{"),
      });
    }
    const found = faultIn(item, `${field}.${key.slice(0, 64)}`, count);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textFault(text: string, field: string, count: { left: number }): Fault | undefined {
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [whole, inner] = match;
    if (whole.startsWith("\\")) continue;
    const found = inner === undefined
      ? fault(field, "These two braces are not closed by }}; braces that are meant as such are written \\{{.", {
        position: match.index,
      })
      : placeholderFault(inner, field, match.index);
    if (found !== undefined) return found;
    if (--count.left < 0) {
      return fault(field, `At most ${PLACEHOLDERS_MAX} placeholders can be filled in.`, { position: match.index });
    }
  }
  return undefined;
}

function placeholderFault(inner: string, field: string, position: number): Fault | undefined {
  const { name, form, zone } = partsOf(inner);
  const known = Object.keys(NAMES);
  if (!known.includes(name)) {
    return unknown(`There is nothing named "${name.slice(0, 64)}" to be filled in`, name, known, field, position);
  }
  if (form === undefined && zone === undefined) return undefined;
  if (!MOMENTS.includes(name)) {
    return fault(field, `"${name}" is no moment: it has no form and no zone.`, {
      position,
      suggestion: `{{${name}}}`,
    });
  }
  const forms = Object.keys(FORMS);
  if (form !== undefined && !forms.includes(form)) {
    return unknown(`A moment has no form "${form.slice(0, 64)}"`, form, forms, field, position);
  }
  if (zone === undefined) return undefined;
  if (FORMS[form ?? "iso"]?.isZoned !== true) {
    return fault(field, `"${form}" is the same in every zone.`, { position, suggestion: `{{${name}:${form}}}` });
  }
  const parsed = parseZone(zone);
  return isSlip(parsed) ? fault(field, parsed.message, { position: position + 2 + inner.indexOf("@") + 1 }) : undefined;
}

function unknown(what: string, word: string, known: readonly string[], field: string, position: number): Fault {
  const meant = nearest(word, known);
  return fault(field, `${what}; known are ${known.join(", ")}. Braces that are meant as such are written \\{{.`, {
    position,
    ...(meant === undefined ? {} : { suggestion: meant }),
  });
}
