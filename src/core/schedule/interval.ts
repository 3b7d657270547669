// An ISO 8601 repeating interval. Occurrence k is `start ⊕ k × period`, always counted from the start (or back from the
// end) and never chained, so any of them is found at once, however old the start is.

import { addMonths, civil, DAY_MS, isWall, type Wall, YEAR_MEAN_DAYS } from "../values/calendar.ts";
import type { Period } from "../values/duration.ts";
import type { Moment } from "./date-time.ts";
import { placeOf, readings, type Rule } from "./zone.ts";

export type Interval = {
  /** Where it is counted from: the first occurrence, or the last. */
  readonly anchor: "start" | "end";
  readonly moment: Moment;
  readonly period: Period;
  /** There is one occurrence more than this; absent: for ever. Known when counted from the end. */
  readonly repeats?: number;
};

export function nextOfInterval(interval: Interval, rule: Rule, from: number): number | undefined {
  const { low, high } = indexes(interval);
  const { moment: { at }, period } = interval;
  if (isExact(period)) {
    const k = Math.max(low, Math.ceil((from - at) / period.ms));
    return k <= high ? at + k * period.ms : undefined;
  }
  // The estimate is at most a few occurrences off: a month differs from its mean by days, and a day by its offset.
  let k = Math.min(Math.max(low, Math.floor((from - at) / meanMs(period))), high);
  while (k > low && place(interval, rule, k - 1, "last") >= from) k--;
  for (; k <= high && place(interval, rule, k, "first") < Infinity; k++) {
    for (const found of occurrences(interval, rule, k)) {
      if (found >= from) return found;
    }
  }
  return undefined;
}

export function previousOfInterval(interval: Interval, rule: Rule, to: number): number | undefined {
  const { low, high } = indexes(interval);
  const { moment: { at }, period } = interval;
  if (isExact(period)) {
    const k = Math.min(high, Math.floor((to - at) / period.ms));
    return k >= low ? at + k * period.ms : undefined;
  }
  let k = Math.min(Math.max(low, Math.ceil((to - at) / meanMs(period))), high);
  while (k < high && place(interval, rule, k + 1, "first") <= to) k++;
  for (; k >= low && place(interval, rule, k, "last") > -Infinity; k--) {
    const found = occurrences(interval, rule, k);
    for (let index = found.length - 1; index >= 0; index--) {
      const one = found[index];
      if (one !== undefined && one <= to) return one;
    }
  }
  return undefined;
}

/** No calendar in it: the same length each time. */
export function isExact({ months, days }: Period): boolean {
  return months === 0 && days === 0;
}

/** The wall time of occurrence k before its exact part is added; outside of the years 0000 to 9999 too. */
function wallOfIndex({ moment, period }: Interval, k: number): number {
  return addMonths(moment.wall, k * period.months) + k * period.days * DAY_MS;
}

/** The range of k. What is counted from the end has the end at 0. */
export function indexes({ anchor, repeats = Infinity }: Interval): { readonly low: number; readonly high: number } {
  return anchor === "start" ? { low: 0, high: repeats } : { low: -repeats, high: 0 };
}

function meanMs({ months, days, ms }: Period): number {
  return (months * YEAR_MEAN_DAYS / 12 + days) * DAY_MS + ms;
}

function occurrences(interval: Interval, rule: Rule, k: number): readonly number[] {
  const { moment, period } = interval;
  if (k === 0 && moment.isPinned) return [moment.at];
  const wall = wallOfIndex(interval, k);
  if (!isWall(wall)) return [];
  const found = readings(moment.zone, wall, rule);
  return period.ms === 0 ? found : found.map((at) => at + k * period.ms);
}

/** Non-decreasing in k, and there for skipped occurrences too; infinite outside of the years 0000 to 9999. */
function place(interval: Interval, { fold }: Rule, k: number, end: "first" | "last"): number {
  const { moment, period } = interval;
  if (k === 0 && moment.isPinned) return moment.at;
  const wall = wallOfIndex(interval, k);
  if (!isWall(wall)) return wall < 0 ? -Infinity : Infinity;
  return placeOf(moment.zone, wall, fold === "both" ? end : fold) + k * period.ms;
}

/** The first wall time of the interval from `from` on and before `to`. Of one that has a calendar. */
export function wallOfInterval(interval: Interval, from: number, to: number): Wall | undefined {
  const { low, high } = indexes(interval);
  const { moment, period } = interval;
  let k = Math.max(low, Math.floor((from - moment.wall) / meanMs({ ...period, ms: 0 })) - 1);
  for (; k <= high; k++) {
    const wall = wallOfIndex(interval, k);
    if (wall >= to || !isWall(wall)) return undefined;
    if (wall >= from) return wall;
  }
  return undefined;
}

/** Whether there is a month, among the first four years' worth or more, that is too short for the day of the month. */
export function isClamped({ moment, period, anchor, repeats = Infinity }: Interval): boolean {
  const { day } = civil(Math.floor(moment.wall / DAY_MS));
  if (period.months === 0 || day <= 28) return false;
  for (let k = 1; k <= Math.min(repeats, MONTHS_TRIED); k++) {
    const wall = addMonths(moment.wall, (anchor === "start" ? k : -k) * period.months);
    if (!isWall(wall)) return false;
    if (civil(Math.floor(wall / DAY_MS)).day < day) return true;
  }
  return false;
}

const MONTHS_TRIED = 48;
