// A cron is a set of wall times: seconds, minutes and hours of the day, on days that its day fields choose. This file
// walks over that set, in no zone; which instants its wall times are, the rule of the zone says (`cron-instant.ts`).

import { civil, DAY_MS, dayNumber, daysIn, isWall, type Wall, weekday } from "../values/calendar.ts";

export type Cron = {
  /** Five fields, or six when the seconds are not just zero; upper case, one blank between. */
  readonly text: string;
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Bit m - 1 is month m. */
  readonly months: number;
  readonly days: CronDays;
  readonly weekdays: CronWeekdays;
  /** Both day fields are set: a day that matches one of them is enough, as in every crontab since 1979. */
  readonly isEitherDay: boolean;
};

export type CronDays = {
  /** Bit d - 1 is day d. */
  readonly mask: number;
  /** `L` is 0, `L-3` is 3. */
  readonly fromEnd: readonly number[];
  /** `15W`: the day of Monday to Friday that is nearest to it in its month. */
  readonly nearest: readonly number[];
  /** `LW`: the month's last day of Monday to Friday. */
  readonly isLastWorkday: boolean;
};

export type CronWeekdays = {
  /** Bit 0 is Sunday. */
  readonly mask: number;
  /** `5L`: the month's last Friday; the same bits. */
  readonly last: number;
  /** `5#2`: the month's second Friday. */
  readonly nth: readonly (readonly [weekday: number, n: number])[];
};

/** The first wall time of the cron at or after `from`; absent when there is none up to the year 9999. */
export function nextWall(cron: Cron, from: number): Wall | undefined {
  const seconds = Math.ceil(from / 1_000);
  const day = Math.floor(seconds / 86_400);
  if (isDay(cron, day)) {
    const time = timeAtOrAfter(cron, seconds - day * 86_400);
    if (time !== undefined) return wallIn(day, time);
  }
  const next = nextDay(cron, day + 1);
  return next === undefined ? undefined : wallIn(next, timeAtOrAfter(cron, 0) ?? 0);
}

/** The last wall time of the cron at or before `to`. */
export function previousWall(cron: Cron, to: number): Wall | undefined {
  const seconds = Math.floor(to / 1_000);
  const day = Math.floor(seconds / 86_400);
  if (isDay(cron, day)) {
    const time = timeAtOrBefore(cron, seconds - day * 86_400);
    if (time !== undefined) return wallIn(day, time);
  }
  const previous = previousDay(cron, day - 1);
  return previous === undefined ? undefined : wallIn(previous, timeAtOrBefore(cron, 86_399) ?? 0);
}

/** Whether there is a day for it at all: in 400 years the calendar begins anew, weekdays included. */
export function hasDay(cron: Cron): boolean {
  for (let year = 2000; year < 2400; year++) {
    for (let month = 1; month <= 12; month++) {
      if (dayMask(cron, year, month) !== 0) return true;
    }
  }
  return false;
}

/** The days of the month that the cron chooses; bit d - 1 is day d. */
export function dayMask(cron: Cron, year: number, month: number): number {
  if ((cron.months >> (month - 1) & 1) === 0) return 0;
  const length = daysIn(year, month);
  const first = weekday(dayNumber(year, month, 1));
  const days = daysMask(cron.days, length, first);
  const weekdays = weekdaysMask(cron.weekdays, length, first);
  return (cron.isEitherDay ? days | weekdays : days & weekdays) & (2 ** length - 1);
}

function daysMask({ mask, fromEnd, nearest, isLastWorkday }: CronDays, length: number, first: number): number {
  let chosen = mask;
  for (const back of fromEnd) {
    if (back < length) chosen |= 1 << (length - back - 1);
  }
  for (const day of nearest) {
    if (day <= length) chosen |= 1 << (workdayNear(day, length, first) - 1);
  }
  if (isLastWorkday) {
    const last = (first + length - 1) % 7;
    chosen |= 1 << (length - (last === 6 ? 1 : last === 0 ? 2 : 0) - 1);
  }
  return chosen;
}

/** It stays in its month: of a Saturday the 1st it is Monday the 3rd. */
function workdayNear(day: number, length: number, first: number): number {
  const on = (first + day - 1) % 7;
  if (on === 6) return day === 1 ? 3 : day - 1;
  if (on === 0) return day === length ? day - 2 : day + 1;
  return day;
}

function weekdaysMask({ mask, last, nth }: CronWeekdays, length: number, first: number): number {
  if (mask === 0b111_1111) return 2 ** 31 - 1;
  let chosen = 0;
  for (let on = 0; on < 7; on++) {
    const day = (on - first + 7) % 7;
    if (mask >> on & 1) chosen |= EACH_WEEK << day;
    if (last >> on & 1) chosen |= 1 << (day + 7 * Math.floor((length - 1 - day) / 7));
  }
  for (const [on, n] of nth) {
    const day = (on - first + 7) % 7 + 7 * (n - 1);
    if (day < length) chosen |= 1 << day;
  }
  return chosen;
}

/** Days 1, 8, 15, 22 and 29. */
const EACH_WEEK = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;

function isDay(cron: Cron, day: number): boolean {
  const { year, month, day: ofMonth } = civil(day);
  return year >= 0 && year <= 9999 && (dayMask(cron, year, month) >> (ofMonth - 1) & 1) === 1;
}

/** A month at a time. The parser has seen that there is a day within any 400 years; mostly it is within eight. */
function nextDay(cron: Cron, from: number): number | undefined {
  let { year, month, day } = civil(Math.max(from, FIRST_DAY));
  while (year <= 9999) {
    const left = dayMask(cron, year, month) & ~(2 ** (day - 1) - 1);
    if (left !== 0) return dayNumber(year, month, 32 - Math.clz32(left & -left));
    [year, month, day] = month === 12 ? [year + 1, 1, 1] : [year, month + 1, 1];
  }
  return undefined;
}

function previousDay(cron: Cron, to: number): number | undefined {
  let { year, month, day } = civil(Math.min(to, LAST_DAY));
  while (year >= 0) {
    const left = dayMask(cron, year, month) & (2 ** day - 1);
    if (left !== 0) return dayNumber(year, month, 32 - Math.clz32(left));
    [year, month, day] = month === 1 ? [year - 1, 12, 31] : [year, month - 1, 31];
  }
  return undefined;
}

const FIRST_DAY = dayNumber(0, 1, 1);
const LAST_DAY = dayNumber(9999, 12, 31);

function timeAtOrAfter({ hours, minutes, seconds }: Cron, from: number): number | undefined {
  const hour = Math.floor(from / 3_600);
  const minute = Math.floor(from / 60) % 60;
  const second = from % 60;
  const firstSecond = seconds[0] ?? 0;
  for (const h of hours) {
    if (h < hour) continue;
    if (h > hour) return h * 3_600 + (minutes[0] ?? 0) * 60 + firstSecond;
    for (const m of minutes) {
      if (m < minute) continue;
      const found = m > minute ? firstSecond : seconds.find((s) => s >= second);
      if (found !== undefined) return h * 3_600 + m * 60 + found;
    }
  }
  return undefined;
}

function timeAtOrBefore({ hours, minutes, seconds }: Cron, to: number): number | undefined {
  const hour = Math.floor(to / 3_600);
  const minute = Math.floor(to / 60) % 60;
  const second = to % 60;
  const lastSecond = seconds.at(-1) ?? 0;
  for (const h of hours.toReversed()) {
    if (h > hour) continue;
    if (h < hour) return h * 3_600 + (minutes.at(-1) ?? 0) * 60 + lastSecond;
    for (const m of minutes.toReversed()) {
      if (m > minute) continue;
      const found = m < minute ? lastSecond : seconds.findLast((s) => s <= second);
      if (found !== undefined) return h * 3_600 + m * 60 + found;
    }
  }
  return undefined;
}

function wallIn(day: number, second: number): Wall | undefined {
  const wall = day * DAY_MS + second * 1_000;
  return isWall(wall) ? wall : undefined;
}
