// The parser of schedules: whatever value becomes a schedule, or a fault that names the field, the position, what was
// expected, and a text that would do. And the printer, whose text is the canonical one: it parses to the same schedule.

import { DAY_MS } from "../values/calendar.ts";
import { parseDuration, printPeriod } from "../values/duration.ts";
import { type Fault, fault, isFault } from "../values/fault.ts";
import { formatInstant, type Instant, INSTANT_MAX, INSTANT_MIN } from "../values/instant.ts";
import { Memo } from "../values/memo.ts";
import { isSlip, mend, quoted, type Slip, slip } from "../values/slip.ts";
import { parseCronText, printCron } from "./cron-text.ts";
import { type Moment, parseMoment, printMoment } from "./date-time.ts";
import { parseInstantText, parseIntervalText, printInterval, printTail } from "./interval-text.ts";
import { ANCHOR, meantByPhrase } from "./phrase.ts";
import { between, type Bounds, type Schedule, type ScheduleSource } from "./schedule.ts";
import { parseZone } from "./zone-name.ts";
import type { Rule } from "./zone.ts";

const SCHEDULE_TEXT_MAX = 1_024;

/** The schedule of one text is asked for some times as a task is put and shown, and is that of many tasks. */
const LATEST = new Memo<string, Schedule>(512);

const EXAMPLE = "R/2026-01-01T00:00:00Z/PT1H";
const FORMS = ["interval", "cron", "at"] as const;
const PROPERTIES = [...FORMS, "zone", "gap", "fold", "from", "until", "spread", "jitter"];
/** What the properties are called elsewhere. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ...PROPERTIES.map((name) => [name, name] as const),
  ["timezone", "zone"],
  ["tz", "zone"],
  ["start", "from"],
  ["end", "until"],
  ["to", "until"],
]);
const GAPS = ["shift", "skip"] as const;
const FOLDS = ["first", "last", "both"] as const;
const RULE: Rule = { gap: "shift", fold: "first" };

type Form = typeof FORMS[number];
type Surroundings = Rule & Bounds & { readonly zone?: string };

export function parseSchedule(source: unknown, field = "schedule"): Schedule | Fault {
  if (typeof source === "string") {
    const known = LATEST.get(source);
    if (known !== undefined) return known;
    const schedule = checked(source, field, (text) => readText(text, formOf(text), RULE));
    return isFault(schedule) ? schedule : LATEST.set(source, schedule);
  }
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    return fault(field, `A schedule is a text such as ${EXAMPLE}, or an object with "interval", "cron" or "at".`, {
      suggestion: EXAMPLE,
    });
  }
  return parseObject(source as { readonly [name: string]: unknown }, field);
}

/** `parseSchedule` of it gives the same schedule again. */
export function printSchedule(schedule: Schedule): ScheduleSource {
  const { gap, fold, from, until, scatter } = schedule;
  const text = printText(schedule);
  const isPlain = gap === RULE.gap && fold === RULE.fold && from === undefined && until === undefined;
  if (isPlain && scatter === undefined) return text;
  return {
    [schedule.kind === "instant" ? "at" : schedule.kind]: text,
    ...(gap === RULE.gap ? {} : { gap }),
    ...(fold === RULE.fold ? {} : { fold }),
    ...(from === undefined ? {} : { from: printInstant(from) }),
    ...(until === undefined ? {} : { until: printInstant(until) }),
    ...(scatter === undefined || scatter.spreadMs === 0 ? {} : { spread: printMs(scatter.spreadMs) }),
    ...(scatter === undefined || scatter.jitterMs === 0 ? {} : { jitter: printMs(scatter.jitterMs) }),
  };
}

function printMs(ms: number): string {
  return printPeriod({ months: 0, days: Math.floor(ms / DAY_MS), ms: ms % DAY_MS });
}

function printText(schedule: Schedule): string {
  switch (schedule.kind) {
    case "interval":
      return printInterval(schedule);
    case "instant":
      return printMoment(schedule.moment) + printTail(schedule.toleranceMs);
    case "cron":
      return printCron(schedule);
  }
}

function printInstant(at: Instant): string {
  return formatInstant(at).replace(".000Z", "Z");
}

function parseObject(source: { readonly [name: string]: unknown }, field: string): Schedule | Fault {
  for (const name of Object.keys(source)) {
    if (!PROPERTIES.includes(name)) {
      const meant = OTHER_NAMES.get(name.toLowerCase());
      const message = `A schedule has no property ${quoted(name)}: expected ${PROPERTIES.join(", ")}.`;
      return fault(`${field}.${name.slice(0, 64)}`, message, meant === undefined ? {} : { suggestion: meant });
    }
  }
  const forms = FORMS.filter((form) => source[form] !== undefined);
  const [form] = forms;
  if (form === undefined || forms.length > 1) {
    return fault(
      field,
      `A schedule has exactly one of interval, cron and at; this one has ${forms.join(" and ") || "none"}.`,
    );
  }
  const surroundings = parseSurroundings(source, field);
  if ("kind" in surroundings) return surroundings;
  const schedule = checked(source[form], `${field}.${form}`, (text) => readText(text, form, surroundings));
  return isFault(schedule) ? schedule : scattered(schedule, source, field);
}

function scattered(schedule: Schedule, { spread, jitter }: { readonly [name: string]: unknown }, field: string) {
  const spreadMs = spread === undefined ? 0 : windowMs(spread, `${field}.spread`, DAY_MS, "a day");
  if (typeof spreadMs !== "number") return spreadMs;
  const gap = jitter === undefined ? DAY_MS : shortestGap(schedule);
  const jitterMs = jitter === undefined
    ? 0
    : gap < DAY_MS
    ? windowMs(jitter, `${field}.jitter`, gap, "the shortest time between two occurrences")
    : windowMs(jitter, `${field}.jitter`, DAY_MS, "a day");
  if (typeof jitterMs !== "number") return jitterMs;
  return spreadMs + jitterMs === 0 ? schedule : { ...schedule, scatter: { spreadMs, jitterMs, of: "" } };
}

function windowMs(value: unknown, field: string, mostMs: number, most: string): number | Fault {
  const ms = parseDuration(value, field);
  if (typeof ms === "number") {
    const suggestion = printMs(mostMs);
    return ms <= mostMs ? ms : fault(field, `Expected at most ${suggestion}, ${most}.`, { position: 0, suggestion });
  }
  const meant = ms.suggestion === undefined ? undefined : parseDuration(ms.suggestion, field);
  return typeof meant === "number" ? { ...ms, suggestion: printMs(Math.min(meant, mostMs)) } : ms;
}

/** Some are enough: what comes close together does so again. */
const GAPS_LOOKED_AT = 32;

function shortestGap(schedule: Schedule): number {
  const from = schedule.kind === "cron" ? schedule.from ?? GAPS_FROM : INSTANT_MIN;
  let shortest = Infinity;
  let last: Instant | undefined;
  for (const at of between(schedule, from, INSTANT_MAX, GAPS_LOOKED_AT)) {
    if (last !== undefined) shortest = Math.min(shortest, at - last);
    last = at;
  }
  return shortest;
}

/** A Monday, the first of a year. */
const GAPS_FROM = 1_704_067_200_000 as Instant;

function parseSurroundings(source: { readonly [name: string]: unknown }, field: string): Surroundings | Fault {
  const { zone, gap = RULE.gap, fold = RULE.fold, from, until } = source;
  const isGap = GAPS.find((known) => known === gap);
  const isFold = FOLDS.find((known) => known === fold);
  if (isGap === undefined) {
    return fault(`${field}.gap`, `Expected "shift" or "skip".`, { suggestion: nearestOf(gap, GAPS) });
  }
  if (isFold === undefined) {
    return fault(`${field}.fold`, `Expected "first", "last" or "both".`, { suggestion: nearestOf(fold, FOLDS) });
  }
  let surroundings: Surroundings = { gap: isGap, fold: isFold };
  if (zone !== undefined) {
    const parsed = checked(zone, `${field}.zone`, parseZone);
    if (typeof parsed !== "string") return parsed;
    surroundings = { ...surroundings, zone: parsed };
  }
  for (const [name, value] of [["from", from], ["until", until]] as const) {
    if (value === undefined) continue;
    const parsed = checked(value, `${field}.${name}`, (text) => readBound(text, surroundings));
    if ("kind" in parsed) return parsed;
    surroundings = { ...surroundings, [name]: parsed.at };
  }
  if (surroundings.from !== undefined && surroundings.until !== undefined && surroundings.until < surroundings.from) {
    return fault(`${field}.until`, 'The schedule ends before it begins: expected an instant at or after "from".', {
      position: 0,
      suggestion: printInstant(surroundings.from),
    });
  }
  return surroundings;
}

/** A bound is an instant; in an object with a zone it may be local, or have its own. */
function readBound(text: string, { zone, fold }: Surroundings): Moment | Slip {
  const isLocal = zone !== undefined && !/[Zz\]]$|[+-]\d\d:\d\d$/.test(text);
  return parseMoment(text, isLocal ? { zone, fold } : { fold });
}

/** Bounded and tried, and when it slips, mended. */
function checked<Value>(value: unknown, field: string, parse: (text: string) => Value | Slip): Value | Fault {
  if (typeof value !== "string") {
    return fault(field, `Expected a text, such as ${exampleOf(field)}.`, { suggestion: exampleOf(field) });
  }
  if (value.length > SCHEDULE_TEXT_MAX) {
    const message = `Longer than ${SCHEDULE_TEXT_MAX} characters.`;
    return fault(field, message, { position: SCHEDULE_TEXT_MAX });
  }
  const parsed = parse(value);
  if (!isSlip(parsed)) return parsed;
  const suggestion = mend(value, (text) => text.length > SCHEDULE_TEXT_MAX ? slip(0, "") : parse(text));
  const { position, message } = parsed;
  return fault(field, message, suggestion === undefined ? { position } : { position, suggestion });
}

function exampleOf(field: string): string {
  const name = field.slice(field.lastIndexOf(".") + 1);
  const examples: { readonly [name: string]: string } = {
    cron: "0 9 * * MON-FRI",
    interval: EXAMPLE,
    zone: "Europe/Paris",
  };
  return examples[name] ?? ANCHOR;
}

function nearestOf<Word extends string>(value: unknown, words: readonly [Word, ...Word[]]): Word {
  const text = typeof value === "string" ? value.toLowerCase() : "";
  return words.find((word) => text !== "" && word.startsWith(text.slice(0, 2))) ?? words[0];
}

/** By how a text begins; nothing that is one of them begins like another. */
function formOf(text: string): Form | undefined {
  if (/^\d+\s+[a-z]+$/i.test(text)) return undefined;
  if (/^R[^a-z]*(?:\/|$)/i.test(text)) return "interval";
  if (/^\d{4}-\d|^\d{8}T|^\d{4}[/.]\d/i.test(text)) return "at";
  if (/^@|^(?:CRON_)?TZ=|^[\d*?]\S*\s+\S/i.test(text)) return "cron";
  const words = text.split(/\s+/);
  if ((words.length === 5 || words.length === 6) && words.includes("*")) return "cron";
  return undefined;
}

function readText(
  text: string,
  form: Form | undefined,
  { zone, gap, fold, from, until }: Surroundings,
): Schedule | Slip {
  const around = { fold, ...(zone === undefined ? {} : { zone }) };
  const common = { gap, fold, ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
  switch (form) {
    case "interval": {
      const interval = parseIntervalText(text, around);
      return isSlip(interval) ? interval : { kind: "interval", ...common, ...interval };
    }
    case "at": {
      const instant = parseInstantText(text, around);
      return isSlip(instant) ? instant : { kind: "instant", ...common, ...instant };
    }
    case "cron": {
      const cron = parseCronText(text, zone);
      return isSlip(cron) ? cron : { kind: "cron", ...common, ...cron };
    }
    case undefined:
      return unknownForm(text);
  }
}

function unknownForm(text: string): Slip {
  const meant = text.trim() !== text ? text.trim() : meantByPhrase(text) ?? (text === "" ? EXAMPLE : undefined);
  return slip(
    0,
    `Expected an interval such as ${EXAMPLE}, an instant such as ${ANCHOR}, or a cron such as 0 9 * * MON-FRI; found ${
      text === "" ? "nothing" : quoted(text)
    }.`,
    meant === undefined ? undefined : { start: 0, end: text.length, text: meant },
  );
}
