// What of a schedule a few choices can say: every so often, on days of the week, on a day of the month, or once. A form
// begins with them; what says more than they do is `other`, and a form that wrote it anew would lose something.

import { printWall, type Wall, wallOf } from "../values/calendar.ts";
import { formatInstant } from "../values/instant.ts";
import type { Cron } from "./cron.ts";
import { printMoment, wallAt } from "./date-time.ts";
import type { Interval } from "./interval.ts";
import type { Schedule } from "./schedule.ts";

export const WEEK = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;
export const UNITS = ["seconds", "minutes", "hours", "days", "weeks"] as const;

export type Choices = Way & {
  /** As the schedule names it: IANA name, `UTC` or `±hh:mm`. */
  readonly zone: string;
  /** Of the day, `hh:mm` in that zone: the first, where there are several. */
  readonly time: string;
};

type Way =
  /** `start`: a date and time, as an interval is written. */
  | { readonly kind: "every"; readonly count: number; readonly unit: typeof UNITS[number]; readonly start: string }
  /** In the order of the week; all seven for each day. */
  | { readonly kind: "week"; readonly days: readonly typeof WEEK[number][] }
  /** `1` to `31`, `L` for the last day, `LW` for the last of Monday to Friday. */
  | { readonly kind: "month"; readonly day: string }
  /** `at`: RFC 3339 in UTC. */
  | { readonly kind: "once"; readonly at: string }
  | { readonly kind: "other" };

export function choicesOf(schedule: Schedule): Choices {
  const { gap, fold, from, until, scatter } = schedule;
  const isWhole = from === undefined && until === undefined && scatter === undefined;
  const isPlain = gap === "shift" && fold === "first" && isWhole;
  const way = isPlain ? wayOf(schedule) : undefined;
  return { ...way ?? { kind: "other" }, ...placeOf(schedule) };
}

function placeOf(schedule: Schedule): Pick<Choices, "zone" | "time"> {
  if (schedule.kind !== "cron") return { zone: schedule.moment.zone, time: timeOf(schedule.moment.wall) };
  const { hours: [hour = 0], minutes: [minute = 0] } = schedule.cron;
  return { zone: schedule.zone, time: timeOf(wallOf(0, (hour * 60 + minute) * 60_000)) };
}

function timeOf(wall: Wall): string {
  return printWall(wall).slice(11, 16);
}

function wayOf(schedule: Schedule): Way | undefined {
  switch (schedule.kind) {
    case "interval":
      return schedule.toleranceMs === undefined ? everyOf(schedule) : undefined;
    case "instant": {
      const { moment: { zone, wall, at }, toleranceMs } = schedule;
      // A local time that is not there, or twice, is more than its instant.
      return toleranceMs === undefined && at % 1_000 === 0 && wallAt(zone, at) === wall
        ? { kind: "once", at: formatInstant(at) }
        : undefined;
    }
    case "cron":
      return daysOf(schedule.cron);
  }
}

function everyOf({ anchor, moment, period: { months, days, ms }, repeats }: Interval): Way | undefined {
  if (anchor !== "start" || repeats !== undefined || months > 0 || (days > 0 && ms > 0) || ms % 1_000 !== 0) {
    return undefined;
  }
  const start = printMoment(moment);
  if (days > 0) {
    return days % 7 === 0
      ? { kind: "every", count: days / 7, unit: "weeks", start }
      : { kind: "every", count: days, unit: "days", start };
  }
  const seconds = ms / 1_000;
  // As many hours as one likes; a day of 24 hours is no day of the calendar.
  const [size, unit] = seconds % 3_600 === 0
    ? [3_600, "hours"] as const
    : seconds % 60 === 0
    ? [60, "minutes"] as const
    : [1, "seconds"] as const;
  return { kind: "every", count: seconds / size, unit, start };
}

const EACH_MONTH = 2 ** 12 - 1;
const EACH_DAY = 2 ** 31 - 1;
const EACH_WEEKDAY = 2 ** 7 - 1;

/** Once a day, at a whole minute, on days of the week or on one of each month. */
function daysOf({ seconds, minutes, hours, months, days, weekdays, isEitherDay }: Cron): Way | undefined {
  const isOnceADay = hours.length === 1 && minutes.length === 1 && seconds.length === 1 && seconds[0] === 0;
  if (!isOnceADay || months !== EACH_MONTH || isEitherDay) return undefined;
  const { mask, fromEnd, nearest, isLastWorkday } = days;
  const isByNumber = fromEnd.length === 0 && nearest.length === 0 && !isLastWorkday;
  if (isByNumber && mask === EACH_DAY) {
    return weekdays.last === 0 && weekdays.nth.length === 0
      ? { kind: "week", days: WEEK.filter((_, n) => weekdays.mask >> ((n + 1) % 7) & 1) }
      : undefined;
  }
  if (weekdays.mask !== EACH_WEEKDAY) return undefined;
  const isOne = mask !== 0 && (mask & (mask - 1)) === 0;
  if (isByNumber) return isOne ? { kind: "month", day: String(32 - Math.clz32(mask)) } : undefined;
  if (mask !== 0 || nearest.length > 0) return undefined;
  if (isLastWorkday) return fromEnd.length === 0 ? { kind: "month", day: "LW" } : undefined;
  return fromEnd.length === 1 && fromEnd[0] === 0 ? { kind: "month", day: "L" } : undefined;
}
