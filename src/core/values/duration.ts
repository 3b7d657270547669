// A duration as ISO 8601 writes it: `P1Y2M3W4DT5H6M7.5S`. As a period it has a date part, which the calendar counts, and
// an exact part; as a tolerance, or wherever else the project waits, it is milliseconds, and a day is 24 hours.

import { DAY_MS, HOUR_MS, YEAR_MEAN_DAYS } from "./calendar.ts";
import { type Fault, fault } from "./fault.ts";
import { isSlip, mend, movedBy, quoted, type Slip, slip } from "./slip.ts";

export type Period = { readonly months: number; readonly days: number; readonly ms: number };

const EXAMPLE = "PT1H30M";
const LENGTH_MAX = 128;
/** As long as the years that we can write. */
const YEARS_MAX = 10_000;
const MS_MAX = YEARS_MAX * YEAR_MEAN_DAYS * DAY_MS;

/** An exact duration in ms, zero included; years and months, which are not exact, are refused. */
export function parseDuration(value: unknown, field: string): number | Fault {
  const expected = `expected an exact ISO 8601 duration such as ${EXAMPLE}`;
  if (typeof value !== "string") return fault(field, `This is no text: ${expected}.`, { suggestion: EXAMPLE });
  if (value.length > LENGTH_MAX) {
    return fault(field, `Longer than ${LENGTH_MAX} characters: ${expected}.`, { position: LENGTH_MAX });
  }
  const parsed = parseExact(value);
  if (!isSlip(parsed)) return parsed;
  const suggestion = mend(value, parseExact);
  const { position, message } = parsed;
  return fault(field, message, suggestion === undefined ? { position } : { position, suggestion });
}

/** The same of a text that was checked when it came in. */
export function exactDurationMs(text: string): number {
  const parsed = parseExact(text);
  if (isSlip(parsed)) throw new Error(`${quoted(text)} is no exact duration: ${parsed.message}`);
  return parsed;
}

/** How often: longer than nothing. */
export function parsePeriod(text: string): Period | Slip {
  const period = parseParts(text);
  if (isSlip(period) || period.months > 0 || period.days > 0 || period.ms > 0) return period;
  const whole = { start: 0, end: text.length, text: text.replace(/[\d.,]+/, "1") };
  return slip(0, `The period ${quoted(text)} is nothing: expected one of at least a millisecond.`, whole);
}

/** The fourth part of an interval, in ms: `ET1S`, `E1D`, also `EPT1S`; nothing at all is allowed. */
export function parseTolerance(text: string): number | Slip {
  if (text[0] !== "E") {
    const edit = /^[ep]/.test(text) || /^P?T?\d/.test(text)
      ? { start: 0, end: /^[eEpP]/.test(text) ? 1 : 0, text: /^\d+[HMS]/.test(text) ? "ET" : "E" }
      : undefined;
    return slip(0, `Expected the tolerance, E and a duration, such as ET5S; found ${quoted(text)}.`, edit);
  }
  const skipped = text[1] === "P" ? 2 : 1;
  const parsed = parseExact(`P${text.slice(skipped)}`);
  if (!isSlip(parsed)) return parsed;
  const { position, message, edit } = movedBy(skipped - 1, parsed);
  if (edit === undefined) return slip(Math.max(position, 1), message);
  return slip(Math.max(position, 1), message, { start: skipped, end: edit.end, text: edit.text.replace(/^P/, "") });
}

/** The shortest text for it: `P1Y5M`, `P1W`, `PT36H`. A day is never made of hours. */
export function printPeriod({ months, days, ms }: Period): string {
  const years = Math.floor(months / 12);
  const onlyWeeks = days > 0 && days % 7 === 0 && months === 0 && ms === 0;
  const date = unit(years, "Y") + unit(months - years * 12, "M") + (onlyWeeks ? unit(days / 7, "W") : unit(days, "D"));
  const { hours, minutes, seconds } = clockParts(ms);
  const time = unit(hours, "H") + unit(minutes, "M") + unit(seconds, "S");
  return time === "" ? `P${date}` : `P${date}T${time}`;
}

export function printTolerance(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return ms === 0 ? "ET0S" : `E${printPeriod({ months: 0, days, ms: ms - days * DAY_MS }).slice(1)}`;
}

function parseExact(text: string): number | Slip {
  const period = parseParts(text);
  if (isSlip(period)) return period;
  if (period.months === 0) return period.days * DAY_MS + period.ms;
  const position = text.search(/[YM]/);
  return slip(
    position,
    `A year or a month has no exact length: expected days, hours, minutes or seconds, such as P30D.`,
    {
      start: 0,
      end: text.length,
      text: `P${Math.max(1, Math.floor(period.months * YEAR_MEAN_DAYS / 12) + period.days)}D`,
    },
  );
}

type Unit = {
  readonly name: string;
  readonly rank: number;
  readonly months?: number;
  readonly days?: number;
  readonly ms?: number;
};
const DATE_UNITS: { readonly [letter: string]: Unit } = {
  Y: { name: "years", rank: 0, months: 12 },
  M: { name: "months", rank: 1, months: 1 },
  W: { name: "weeks", rank: 2, days: 7 },
  D: { name: "days", rank: 3, days: 1 },
};
const TIME_UNITS: { readonly [letter: string]: Unit } = {
  H: { name: "hours", rank: 4, ms: HOUR_MS },
  M: { name: "minutes", rank: 5, ms: 60_000 },
  S: { name: "seconds", rank: 6, ms: 1_000 },
};

function parseParts(text: string): Period | Slip {
  const wrong = (position: number, message: string): Slip => {
    const meant = looseDuration(text);
    return meant === undefined || meant === text
      ? slip(position, message)
      : slip(position, message, { start: 0, end: text.length, text: meant });
  };
  if (text[0] !== "P") {
    return wrong(0, `Expected a duration such as P1D or PT5S; found ${text === "" ? "nothing" : quoted(text)}.`);
  }
  let [months, days, ms, rank, position, isTime, isFraction] = [0, 0, 0, -1, 1, false, false];
  while (position < text.length) {
    // The seed writes `P1DT`: a T after which nothing comes is allowed, but not as all there is.
    if (text[position] === "T" && !isTime) {
      isTime = true;
      position++;
      continue;
    }
    const [number = ""] = /^\d+(?:[.,]\d+)?/.exec(text.slice(position)) ?? [];
    if (number === "") return wrong(position, `Expected a number; found ${quoted(text.slice(position))}.`);
    const [whole = "", fraction] = number.split(/[.,]/);
    const at = position + number.length;
    const letter = text[at] ?? "";
    const found = isTime ? TIME_UNITS[letter] : DATE_UNITS[letter];
    if (found === undefined) {
      return wrong(
        at,
        `Expected ${isTime ? "H, M or S" : "Y, M, W or D, or T before a time,"} after ${number.slice(0, 20)}.`,
      );
    }
    if (found.rank === rank) return wrong(position, `The ${found.name} stand twice.`);
    if (found.rank < rank) return wrong(position, `The ${found.name} stand too late: the order is Y M W D T H M S.`);
    if (isFraction) return wrong(position, `After a fraction nothing follows: only the last unit has one.`);
    if (whole.length > 15) return slip(position, `The number of ${found.name} is too long: at most 15 digits.`);
    const count = Number(whole);
    if (fraction !== undefined) {
      if (found.ms === undefined) {
        return wrong(position, `Only hours, minutes and seconds have a fraction, not ${found.name}.`);
      }
      const digits = fraction.replace(/0+$/, "");
      const part = Number(digits) * found.ms / 10 ** digits.length;
      if (digits.length > 9 || !Number.isInteger(part)) {
        return wrong(
          position + whole.length,
          `Finer than a millisecond: expected a fraction that is whole milliseconds.`,
        );
      }
      ms += part;
      isFraction = true;
    }
    months += count * (found.months ?? 0);
    days += count * (found.days ?? 0);
    ms += count * (found.ms ?? 0);
    rank = found.rank;
    position = at + 1;
  }
  if (rank === -1) {
    return slip(position, "Expected a number and a unit, such as PT5S.", { start: 0, end: text.length, text: "P1D" });
  }
  if ((months * YEAR_MEAN_DAYS / 12 + days) * DAY_MS + ms > MS_MAX) return slip(1, `Longer than ${YEARS_MAX} years.`);
  return { months, days, ms };
}

/** What was probably meant by a text that is no duration: numbers with units, in any order, with or without P and T. */
export function looseDuration(text: string): string | undefined {
  const sums = [0, 0, 0, 0, 0, 0, 0];
  let isTime = !/^\W*P/i.test(text);
  let count = 0;
  if (text.length > LENGTH_MAX) return undefined;
  // What is left beside the numbers and their units must say nothing.
  if (!/^[\s,+-]*P?(?:\s|,|and)*$/i.test(text.replace(LOOSE, ""))) return undefined;
  for (const [, mark, number = "", word = ""] of text.matchAll(LOOSE)) {
    if (mark !== undefined) {
      isTime = true;
      continue;
    }
    const rank = rankOf(word.toLowerCase(), isTime);
    if (rank === undefined) return undefined;
    const amount = Number(number.replace(",", "."));
    // Half a day is twelve hours; half a year, nobody knows.
    if (rank < 4 && !Number.isInteger(amount)) {
      if (rank < 2) return undefined;
      sums[4] = (sums[4] ?? 0) + Math.max(1, Math.round(amount * (rank === 2 ? 168 : 24)));
    } else sums[rank] = (sums[rank] ?? 0) + amount;
    count++;
  }
  if (count === 0) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = sums;
  const ms = Math.max(
    Math.round(hours * HOUR_MS + minutes * 60_000 + seconds * 1_000),
    hours + minutes + seconds > 0 ? 1 : 0,
  );
  const meant = { months: years * 12 + months, days: weeks * 7 + days, ms };
  if ((meant.months * YEAR_MEAN_DAYS / 12 + meant.days) * DAY_MS + ms > MS_MAX) return undefined;
  return meant.months + meant.days + ms === 0 ? "PT0S" : printPeriod(meant);
}

const LOOSE = /(T(?=[\d.,]|$))|(\d*[.,]?\d+)\s*([A-Za-z]+?)(?=T[\d.,]|T$|and|[^A-Za-z]|$)/gi;

function rankOf(word: string, isTime: boolean): number | undefined {
  if (word === "m") return isTime ? 5 : 1;
  if (/^(?:min|mins|minutes?)$/.test(word)) return 5;
  const found = /^(?:(y|years?|yrs?)|(mo|months?)|(w|weeks?)|(d|days?)|(h|hours?|hrs?)|()\b\B|(s|secs?|seconds?))$/
    .exec(word);
  return found === null ? undefined : found.slice(1).findIndex((part) => part !== undefined);
}

export function clockParts(ms: number): { readonly hours: number; readonly minutes: number; readonly seconds: number } {
  const hours = Math.floor(ms / HOUR_MS);
  const minutes = Math.floor((ms - hours * HOUR_MS) / 60_000);
  return { hours, minutes, seconds: (ms - hours * HOUR_MS - minutes * 60_000) / 1_000 };
}

export function unit(count: number, letter: string): string {
  return count === 0 ? "" : `${count}${letter}`;
}
