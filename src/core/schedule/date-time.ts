// A date and time as a user writes it: RFC 3339 with `Z` or an offset, or RFC 9557 with a zone in brackets,
// `2026-03-29T02:30:00[Europe/Paris]`. What is read is a moment: a wall time, its zone, and the instant that it is.

import { DAY_MS, dayNumber, daysIn, isWall, printWall, type Wall, wallOf } from "../values/calendar.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../values/instant.ts";
import { isSlip, movedBy, quoted, type Slip, slip } from "../values/slip.ts";
import { parseZone } from "./zone-name.ts";
import { type Fold, offsetAt, placeOf, readings } from "./zone.ts";

export type Moment = {
  readonly zone: string;
  readonly wall: Wall;
  /** Where time is counted from; of a wall time in a gap the shifted one. */
  readonly at: Instant;
  /** The wall time comes twice, and an offset says which one is meant. */
  readonly isPinned?: true;
};

const EXAMPLE = "2026-12-01T09:00:00Z";
const PATTERN =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d)?(?:\[!?([^\]]*)\])?$/;

/** `zone` is the zone of a text that names none. Absent: such a text needs `Z` or an offset. */
export function parseMoment(
  text: string,
  { zone, fold }: { readonly zone?: string; readonly fold: Fold },
): Moment | Slip {
  const parts = PATTERN.exec(text);
  if (parts === null) return malformed(text);
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "00", fraction = "", offset, named] =
    parts;
  const local = parseWall(
    text,
    [year, month, day, hour, minute, second].map(Number),
    Number(fraction.slice(0, 3).padEnd(3, "0")),
  );
  if (isSlip(local)) return local;
  const own = named === undefined ? zone : parseZone(named);
  if (isSlip(own)) return movedBy(text.length - 1 - (named ?? "").length, own);
  if (own !== undefined && zone !== undefined && own !== zone) {
    const position = text.indexOf("[");
    return slip(position, `The zone is given twice, here and as ${zone}.`, {
      start: position,
      end: text.length,
      text: "",
    });
  }
  if (offset === undefined) {
    if (own !== undefined) return inYears(text, { zone: own, wall: local, at: placeOf(own, local, fold) as Instant });
    const edit = { start: text.length, end: text.length, text: "Z" };
    return slip(
      text.length,
      "A local time needs a zone: expected Z, an offset such as +02:00, or a zone such as [Europe/Paris].",
      edit,
    );
  }
  return atOffset(text, local, offset, own);
}

/** The same moment by `parseMoment`, for each moment that this made. */
export function printMoment({ zone, wall, at, isPinned }: Moment): string {
  const time = printWall(wall);
  if (zone === "UTC") return `${time}Z`;
  if (/^[+-]/.test(zone)) return time + zone;
  return isPinned ? `${time}${printOffset(offsetAt(zone, at))}[${zone}]` : `${time}[${zone}]`;
}

/** `2026-01-01 00:00:00 UTC`, for people to read. */
export function momentWords({ zone, wall, at, isPinned }: Moment): string {
  return `${wallWords(wall)} ${isPinned ? `${printOffset(offsetAt(zone, at))} ` : ""}${zoneWords(zone)}`;
}

export function wallWords(wall: Wall): string {
  return printWall(wall).replace("T", " ");
}

export function zoneWords(zone: string): string {
  return /^[+-]/.test(zone) ? `UTC${zone}` : zone;
}

/** What the clocks of the zone show. */
export function wallAt(zone: string, at: number): Wall {
  const wall = at + offsetAt(zone, at);
  return Math.min(Math.max(wall, INSTANT_MIN), INSTANT_MAX) as Wall;
}

function atOffset(text: string, local: Wall, offset: string, zone: string | undefined): Moment | Slip {
  const position = text.indexOf(offset, 16);
  const end = position + offset.length;
  const isUtc = /^[Zz]$/.test(offset);
  const parsed = isUtc ? "UTC" : parseZone(offset === "-00:00" ? "+00:00" : offset);
  if (isSlip(parsed)) {
    return slip(position, `Expected an offset from -23:59 to +23:59; found ${offset}.`, {
      start: position,
      end,
      text: "Z",
    });
  }
  const at = local - offsetAt(parsed, 0);
  if (zone === undefined || zone === parsed) return inYears(text, { zone: parsed, wall: local, at: at as Instant });
  // RFC 9557 §3.4: Z says nothing of the local time, so it is the zone that shows it.
  if (isUtc) {
    const wall = at + offsetAt(zone, at);
    return isWall(wall) ? inYears(text, pinned(zone, wall, at)) : outOfYears(text);
  }
  // Before there was standard time offsets had seconds, which no offset can write: half a minute is near enough.
  const meant = readings(zone, local, BOTH).find((reading) => Math.abs(reading - at) <= 30_000);
  if (meant !== undefined) return inYears(text, pinned(zone, local, meant));
  const right = offsetAt(zone, placeOf(zone, local, "first"));
  const edit = { start: position, end, text: readings(zone, local, BOTH).length === 0 ? "" : printOffset(right) };
  return slip(position, `${wallWords(local)} is never at ${offset} in ${zone}.`, edit);
}

const BOTH = { gap: "skip", fold: "both" } as const;

function pinned(zone: string, wall: Wall, at: number): Moment {
  const moment = { zone, wall, at: at as Instant };
  return readings(zone, wall, BOTH).length === 2 ? { ...moment, isPinned: true } : moment;
}

function parseWall(text: string, fields: readonly number[], ms: number): Wall | Slip {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const wrong = (start: number, message: string, instead: number | string) =>
    slip(start, message, { start, end: start + 2, text: String(instead).padStart(2, "0") });
  if (month < 1 || month > 12) {
    return wrong(5, `Expected a month from 01 to 12; found ${text.slice(5, 7)}.`, month < 1 ? 1 : 12);
  }
  const days = daysIn(year, month);
  if (day < 1 || day > days) {
    return wrong(
      8,
      `Expected a day from 01 to ${days}, which ${text.slice(0, 7)} has; found ${text.slice(8, 10)}.`,
      day < 1 ? 1 : days,
    );
  }
  if (hour === 24 && minute === 0 && second === 0 && ms === 0) {
    const next = dayNumber(year, month, day) + 1;
    const message = "Expected an hour from 00 to 23; found 24, which is 00 of the next day.";
    return isWall(next * DAY_MS)
      ? slip(11, message, { start: 0, end: 13, text: printWall(wallOf(next, 0)).slice(0, 13) })
      : wrong(11, message, 23);
  }
  if (hour > 23) return wrong(11, `Expected an hour from 00 to 23; found ${text.slice(11, 13)}.`, 23);
  if (minute > 59) return wrong(14, `Expected a minute from 00 to 59; found ${text.slice(14, 16)}.`, 59);
  if (second > 59) return wrong(17, `Expected a second from 00 to 59; found ${text.slice(17, 19)}.`, 59);
  return wallOf(dayNumber(year, month, day), ((hour * 60 + minute) * 60 + second) * 1_000 + ms);
}

function inYears(text: string, moment: Moment): Moment | Slip {
  return moment.at >= INSTANT_MIN && moment.at <= INSTANT_MAX ? moment : outOfYears(text);
}

function outOfYears(text: string): Slip {
  return slip(0, `${text.slice(0, 10)} at this offset is not in the years 0000 to 9999 of UTC.`);
}

/** The stations of a date and time, in order: what each is, and what the text may end with there. */
const STATIONS: readonly (readonly [pattern: RegExp, expected: string])[] = [
  [/^\d{4}/, "a year of four digits"],
  [/^-/, "a hyphen"],
  [/^\d\d/, "a month of two digits"],
  [/^-/, "a hyphen"],
  [/^\d\d/, "a day of two digits"],
  [/^[Tt]/, "T and a time"],
  [/^\d\d/, "an hour of two digits"],
  [/^:/, "a colon"],
  [/^\d\d/, "a minute of two digits"],
  [/^(?::\d\d(?:\.\d{1,9})?)?/, "seconds"],
  [/^(?:[Zz]|[+-]\d\d:\d\d)?/, "Z or an offset such as +02:00"],
  [/^(?:\[[^\]]*\])?/, "a zone such as [Europe/Paris]"],
];

function malformed(text: string): Slip {
  const meant = looseDateTime(text);
  const edit = meant === undefined || meant === text ? undefined : { start: 0, end: text.length, text: meant };
  let position = 0;
  for (const [pattern, expected] of STATIONS) {
    const found = pattern.exec(text.slice(position));
    if (found === null) {
      return slip(position, `Expected ${expected}, as in ${EXAMPLE}; found ${rest(text, position)}.`, edit);
    }
    position += found[0].length;
  }
  const expected = position < 17
    ? "seconds, Z, an offset or a zone"
    : "Z, an offset such as +02:00, a zone such as [Europe/Paris], or the end";
  return slip(position, `Expected ${expected}; found ${rest(text, position)}.`, edit);
}

function rest(text: string, position: number): string {
  return position < text.length ? quoted(text.slice(position)) : "the end";
}

const LOOSE =
  /^\s*(\d{4})[-./]?(\d{1,2})[-./]?(\d{1,2})(?:(?:\s*[Tt]\s*|[\s_,]+)(\d{1,2})(?:[:.h]?(\d{1,2}))?(?:[:.]?(\d{1,2}))?(?:[.,](\d+))?)?\s*(Z|z|UTC|GMT|[+-]\d{1,2}(?::?\d\d)?)?\s*(?:\[([^\]]*)\]?)?\s*$/;

/** What was probably meant: blanks, missing zeros, other separators. Whether there is such a day is for the parser. */
function looseDateTime(text: string): string | undefined {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction, offset = "", zone] = LOOSE.exec(text) ??
    [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const two = (digits: string) => digits.padStart(2, "0");
  const time = `${two(hour)}:${two(minute)}:${two(second)}${fraction === undefined ? "" : `.${fraction.slice(0, 9)}`}`;
  const [, sign, hours = "", minutes = "00"] = /^([+-])(\d{1,2}):?(\d\d)?$/.exec(offset) ?? [];
  const shift = sign === undefined ? (offset === "" ? "" : "Z") : `${sign}${two(hours)}:${minutes}`;
  const where = shift === "" && zone === undefined ? "Z" : "";
  return `${year}-${two(month)}-${two(day)}T${time}${shift}${zone === undefined ? where : `[${zone}]`}`;
}

function printOffset(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  return `${ms < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}:${
    String(minutes % 60).padStart(2, "0")
  }`;
}
