// An instant is a point of time, in whole milliseconds since 1970-01-01T00:00:00Z. It prints as RFC 3339 UTC with
// milliseconds, the one form in which the project writes time.

declare const instantBrand: unique symbol;
export type Instant = number & { readonly [instantBrand]: true };

/** The span of years that four digits can write: 0000-01-01T00:00:00.000Z … 9999-12-31T23:59:59.999Z. */
export const INSTANT_MIN = -62_167_219_200_000 as Instant;
export const INSTANT_MAX = 253_402_300_799_999 as Instant;

/** Makes an instant of a number of milliseconds; throws when it is not a whole number of the span. */
export function instant(ms: number): Instant {
  if (!Number.isInteger(ms) || ms < INSTANT_MIN || ms > INSTANT_MAX) {
    throw new RangeError(`${ms} is not an instant: whole milliseconds of the years 0000 to 9999`);
  }
  return ms as Instant;
}

/** `2026-12-01T09:00:00.000Z` */
export function formatInstant(at: Instant): string {
  if (at === latest.at) return latest.text;
  latest = { at, text: written(at) };
  return latest.text;
}

/** What was written last: of one instant the id of each occurrence is made, and each event tells it. */
let latest: { readonly at: number; readonly text: string } = { at: NaN, text: "" };

function written(at: Instant): string {
  const day = Math.floor(at / DAY_MS);
  if (day !== lastDay.day) lastDay = { day, text: new Date(day * DAY_MS).toISOString().slice(0, "2026-12-01T".length) };
  const ms = at - day * DAY_MS;
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return `${lastDay.text}${digits(Math.floor(minutes / 60), 2)}:${digits(minutes % 60, 2)}:${digits(seconds % 60, 2)}.${
    digits(ms % 1_000, 3)
  }Z`;
}

const DAY_MS = 86_400_000;

/** The day that was asked for last, and how it is written: many ask for the same, and `toISOString` takes 2 to 12 µs. */
let lastDay = { day: 0, text: "1970-01-01T" };

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}
