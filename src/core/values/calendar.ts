// The calendar: days, months and years of the proleptic Gregorian calendar, as ISO 8601 counts them, on plain numbers.
// A wall time is what a clock on the wall shows, in no zone: milliseconds as if the clock stood in UTC.

import { INSTANT_MAX, INSTANT_MIN } from "./instant.ts";

declare const wallBrand: unique symbol;
export type Wall = number & { readonly [wallBrand]: true };

export type Civil = { readonly year: number; readonly month: number; readonly day: number };

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
/** 400 years have 146,097 days. */
export const YEAR_MEAN_DAYS = 365.2425;

const WALL_MIN: number = INSTANT_MIN;
const WALL_MAX: number = INSTANT_MAX;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the wall time is of the years 0000 to 9999. */
export function isWall(ms: number): ms is Wall {
  return ms >= WALL_MIN && ms <= WALL_MAX;
}

export function wallOf(day: number, msOfDay: number): Wall {
  return day * DAY_MS + msOfDay as Wall;
}

/** Days since 1970-01-01; month 1 to 12. Howard Hinnant, "chrono-compatible low-level date algorithms". */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear -
    719_468;
}

/** The inverse of `dayNumber`. */
export function civil(day: number): Civil {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return {
    year: yearOfEra + era * 400 + (month >= 10 ? 1 : 0),
    month: month < 10 ? month + 3 : month - 9,
    day: dayOfYear - Math.floor((153 * month + 2) / 5) + 1,
  };
}

export function daysIn(year: number, month: number): number {
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return isLeap ? 29 : MONTH_DAYS[month - 1] ?? 31;
}

/** 0 is Sunday. */
export function weekday(day: number): number {
  return ((day + 4) % 7 + 7) % 7;
}

/** The same day so many months on, or the last of that month when it has no such day. */
export function addMonths(wall: Wall, months: number): number {
  if (months === 0) return wall;
  const day = Math.floor(wall / DAY_MS);
  const date = civil(day);
  const count = date.year * 12 + date.month - 1 + months;
  const year = Math.floor(count / 12);
  const month = count - year * 12 + 1;
  return wall + (dayNumber(year, month, Math.min(date.day, daysIn(year, month))) - day) * DAY_MS;
}

/** `2026-01-01T09:00:00`, with the fraction only when there is one. */
export function printWall(wall: Wall): string {
  return new Date(wall).toISOString().replace(/(?:\.000)?Z$/, "");
}
