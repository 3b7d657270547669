// What there is to know about a schedule beyond its sentence: what the clocks of its zone do to it in the coming year, the
// months that are too short for it, and what people often mean but did not write.

import { civil, DAY_MS, isWall, type Wall } from "../values/calendar.ts";
import { printPeriod } from "../values/duration.ts";
import type { Instant } from "../values/instant.ts";
import { type Cron, dayMask, nextWall, previousWall } from "./cron.ts";
import { momentWords, wallAt, wallWords, zoneWords } from "./date-time.ts";
import { isClamped, isExact, wallOfInterval } from "./interval.ts";
import {
  type CronSchedule,
  type IntervalSchedule,
  nextAtOrAfter,
  previous,
  type Schedule,
  toleranceMs,
  zoneOf,
} from "./schedule.ts";
import { PAGE_MS, type Span, spanAt } from "./zone.ts";

/** A year has two turns, in Morocco four; the rest is for what else there is to say. */
const NOTES_MAX = 12;
const YEAR_MS = 366 * DAY_MS;

/** At most twelve, the ones of the clocks in the order of time. `around` is now. */
export function notes(schedule: Schedule, around: Instant): readonly string[] {
  const said = [
    ...ended(schedule, around),
    ...turnsFrom(zoneOf(schedule), around).flatMap((turn) => turnNotes(schedule, turn)),
    ...(schedule.scatter?.of === ""
      ? ["Each task has parts of its own of what it is later by; these are an example."]
      : []),
    ...(toleranceMs(schedule) === 0 ? ["ET0S leaves no time at all: what starts a millisecond late has expired."] : []),
  ];
  switch (schedule.kind) {
    case "interval":
      said.push(...intervalNotes(schedule, around));
      break;
    case "instant":
      break;
    case "cron":
      said.push(...cronNotes(schedule));
  }
  return said.slice(0, NOTES_MAX);
}

function ended(schedule: Schedule, around: Instant): readonly string[] {
  if (nextAtOrAfter(schedule, around) !== undefined) return [];
  const last = previous(schedule, around);
  if (last === undefined) return ["It never fires."];
  const zone = zoneOf(schedule);
  return [`It is over: the last occurrence was at ${momentWords({ zone, wall: wallAt(zone, last), at: last })}.`];
}

/** The turns of the clocks in the coming year. */
function turnsFrom(zone: string, around: Instant): readonly Span[] {
  const found = new Map<number, Span>();
  for (let at: number = around; at < around + YEAR_MS; at += PAGE_MS) {
    const span = spanAt(zone, at);
    if (span.turn >= around && span.turn < around + YEAR_MS) found.set(span.turn, span);
  }
  return [...found.values()];
}

function turnNotes(schedule: Schedule, { turn, before, after }: Span): readonly string[] {
  const { from = -Infinity, until = Infinity, gap, fold } = schedule;
  if (turn < from || turn > until) return [];
  const isGap = after > before;
  const walls = wallsIn(schedule, turn + Math.min(before, after), turn + Math.max(before, after));
  if (walls === undefined) return [];
  const [first, last] = walls;
  const zone = zoneWords(zoneOf(schedule));
  const many = first !== last;
  const times = many
    ? `${wallWords(first).slice(0, 16)} to ${timeWords(last, last)}`
    : `${dayWords(first)} ${timeWords(first, first)}`;
  if (!isGap) {
    const runs = many ? "run" : "runs";
    const when =
      { first: `${runs} the first time only`, last: `${runs} the second time only`, both: `${runs} both times` }[fold];
    return [`On ${times} ${many ? "come" : "comes"} twice in ${zone}: ${when}.`];
  }
  const shifted = first + after - before;
  // An hourly cron runs at 03:00 anyway.
  if (schedule.kind === "cron" && nextWall(schedule.cron, shifted) === shifted) return [];
  const missing = `On ${times} ${many ? "do" : "does"} not exist in ${zone}`;
  if (gap === "skip" || !isWall(shifted)) return [`${missing}: skipped.`];
  return [`${missing}: ${many ? "run from" : "runs at"} ${timeWords(shifted, first)}${many ? " on" : ""}.`];
}

/** The first and the last wall time of the schedule that the turn touches. */
function wallsIn(schedule: Schedule, from: number, to: number): readonly [first: Wall, last: Wall] | undefined {
  switch (schedule.kind) {
    case "interval": {
      if (isExact(schedule.period) || schedule.period.ms > 0) return undefined;
      const wall = wallOfInterval(schedule, from, to);
      return wall === undefined ? undefined : [wall, wall];
    }
    case "instant": {
      const { wall, isPinned } = schedule.moment;
      return wall >= from && wall < to && !isPinned ? [wall, wall] : undefined;
    }
    case "cron": {
      const first = nextWall(schedule.cron, from);
      const last = previousWall(schedule.cron, to - 1);
      return first === undefined || last === undefined || first >= to ? undefined : [first, last];
    }
  }
}

function intervalNotes(schedule: IntervalSchedule, around: Instant): readonly string[] {
  const { moment, period } = schedule;
  const said: string[] = [];
  if (isClamped(schedule)) {
    const { month, day } = civil(Math.floor(moment.wall / DAY_MS));
    said.push(
      month === 2 && period.months % 12 === 0
        ? "In years without February 29 it runs on February 28."
        : `In months without a day ${day} it runs on their last day.`,
    );
  }
  const [turn] = turnsFrom(moment.zone, around);
  if (turn !== undefined && isExact(period) && period.ms % DAY_MS === 0) {
    const days = printPeriod({ months: 0, days: period.ms / DAY_MS, ms: 0 });
    const written = printPeriod(period);
    said.push(
      `${written} is exact: when the clocks turn on ${
        dayWords(wallAt(moment.zone, turn.turn))
      }, its local time moves; ${days} keeps the local time.`,
    );
  }
  return said;
}

function cronNotes({ cron }: CronSchedule): readonly string[] {
  const said: string[] = [];
  if (cron.isEitherDay) {
    said.push("Both day fields are set: it runs on each day that matches one of them, as in any crontab.");
  }
  const missing = MONTHS.filter((_, index) => cron.months >> index & 1 && dayMask(cron, 2023, index + 1) === 0);
  // Days of the month only: a fifth Friday is known to be rare.
  if (missing.length > 0 && cron.weekdays.mask === 0b111_1111) {
    const leap = missing.length === 1 && dayMask(cron, 2024, 2) !== 0 ? " but in a leap year" : "";
    said.push(`It does not run in ${missing.join(", ")}${leap}: there is no such day. L is the last day of any month.`);
  }
  return [...said, ...unevenSteps(cron)];
}

function unevenSteps(cron: Cron): readonly string[] {
  const fields = cron.text.split(" ");
  const units = [[60, "seconds", "minute"], [60, "minutes", "hour"], [24, "hours", "day"]] as const;
  return units.slice(fields.length === 5 ? 1 : 0).flatMap(([size, unit, whole], index) => {
    const step = Number(/^\*\/(\d+)$/.exec(fields[index] ?? "")?.[1] ?? 1);
    return size % step === 0 ? [] : [
      `A step of ${step} ${unit} begins anew each ${whole}: the last one of ${
        whole === "hour" ? "an" : "a"
      } ${whole} is shorter.`,
    ];
  });
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function dayWords(wall: Wall): string {
  return wallWords(wall).slice(0, 10);
}

/** `03:30`, with the day when it is another one than that of `beside`. */
function timeWords(wall: Wall, beside: Wall): string {
  const time = wallWords(wall).slice(11).replace(/^(\d\d:\d\d):00$/, "$1");
  return dayWords(wall) === dayWords(beside) ? time : `${dayWords(wall)} ${time}`;
}
