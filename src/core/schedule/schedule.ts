// A schedule is a pure description of instants: plain data, made by the one parser of what users write, and what can be
// asked of it. Every answer takes a bounded number of steps, however old the start or however far the next occurrence.

import type { TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../values/instant.ts";
import { nextOfCron, previousOfCron } from "./cron-instant.ts";
import type { Cron } from "./cron.ts";
import type { Moment } from "./date-time.ts";
import { type Interval, nextOfInterval, previousOfInterval } from "./interval.ts";
import { jitterOf, type Scatter, spreadOf } from "./scatter.ts";
import { type Fold, type Gap, readings, type Rule } from "./zone.ts";

/** What a user writes: a text in any of the forms, or an object of exactly one form and what goes with it. */
export type ScheduleSource = string | ScheduleObject;
export type ScheduleObject = {
  /** `R[n]/start/period[/E…]`, `R[n]/start/end[/E…]` or `Rn/period/end[/E…]`. */
  readonly interval?: string;
  /** 5 or 6 fields, or an @ word. */
  readonly cron?: string;
  /** One date and time, `[/E…]`. */
  readonly at?: string;
  /** The zone of what names none: IANA name, `UTC` or `±hh:mm`. */
  readonly zone?: string;
  /** Default `shift`. */
  readonly gap?: Gap;
  /** Default `first`. */
  readonly fold?: Fold;
  /** RFC 3339; occurrences before it do not count. Inclusive. */
  readonly from?: string;
  /** RFC 3339; occurrences after it do not count. Inclusive. */
  readonly until?: string;
  /** An exact duration, up to a day: all occurrences of a task come later by a part of it that is the task's own. */
  readonly spread?: string;
  /** The same, by another part each time; not longer than the shortest time between two occurrences. */
  readonly jitter?: string;
};

export type Schedule = IntervalSchedule | InstantSchedule | CronSchedule;
export type IntervalSchedule = Bounds & Rule & Interval & { readonly kind: "interval"; readonly toleranceMs?: number };
export type InstantSchedule = Bounds & Rule & {
  readonly kind: "instant";
  readonly moment: Moment;
  readonly toleranceMs?: number;
};
export type CronSchedule = Bounds & Rule & { readonly kind: "cron"; readonly cron: Cron; readonly zone: string };
/** Both inclusive, of what the schedule says before it is scattered. */
export type Bounds = { readonly from?: Instant; readonly until?: Instant; readonly scatter?: Scatter };

/** The first occurrence after that moment. */
export function next(schedule: Schedule, after: Instant): Instant | undefined {
  return firstFrom(schedule, after + 1);
}

/** The first occurrence at that moment or after it. */
export function nextAtOrAfter(schedule: Schedule, at: Instant): Instant | undefined {
  return firstFrom(schedule, at);
}

/** The last occurrence before that moment. */
export function previous(schedule: Schedule, before: Instant): Instant | undefined {
  return schedule.scatter === undefined
    ? saidTo(schedule, before - 1)
    : scatteredTo(schedule, schedule.scatter, before - 1);
}

/** Scattered as of this task, if it is. */
export function ofTask(schedule: Schedule, guid: TaskGuid): Schedule {
  return schedule.scatter === undefined ? schedule : { ...schedule, scatter: { ...schedule.scatter, of: guid } };
}

/** The occurrences from `from` on and before `to`, at most `limit`. */
export function between(schedule: Schedule, from: Instant, to: Instant, limit: number): readonly Instant[] {
  const found: Instant[] = [];
  for (let at: number = from; found.length < limit; at++) {
    const one = firstFrom(schedule, at);
    if (one === undefined || one >= to) break;
    found.push(one);
    at = one;
  }
  return found;
}

/** The /E part: how late an occurrence may still start; absent when the text says nothing of it. */
export function toleranceMs(schedule: Schedule): number | undefined {
  return schedule.kind === "cron" ? undefined : schedule.toleranceMs;
}

export function zoneOf(schedule: Schedule): string {
  return schedule.kind === "cron" ? schedule.zone : schedule.moment.zone;
}

/** Whether there is no occurrence at or after that moment. */
export function neverFires(schedule: Schedule, from: Instant): boolean {
  return firstFrom(schedule, from) === undefined;
}

function firstFrom(schedule: Schedule, at: number): Instant | undefined {
  return schedule.scatter === undefined ? saidFrom(schedule, at) : scatteredFrom(schedule, schedule.scatter, at);
}

/** One or two are looked at: nothing is moved beyond what comes next, but for where the clocks turn. */
function scatteredFrom(schedule: Schedule, scatter: Scatter, at: number): Instant | undefined {
  const spread = spreadOf(scatter);
  let best = Infinity;
  let said = saidFrom(schedule, Math.max(INSTANT_MIN, at - spread - scatter.jitterMs));
  while (said !== undefined && said + spread < best) {
    const moved = said + spread + jitterOf(scatter, said);
    if (moved >= at && moved < best) best = moved;
    said = saidFrom(schedule, said + 1);
  }
  return best > INSTANT_MAX ? undefined : best as Instant;
}

function scatteredTo(schedule: Schedule, scatter: Scatter, to: number): Instant | undefined {
  const spread = spreadOf(scatter);
  let best = -Infinity;
  let said = saidTo(schedule, to - spread);
  while (said !== undefined && said + spread + scatter.jitterMs > best) {
    const moved = said + spread + jitterOf(scatter, said);
    if (moved <= to && moved > best) best = moved;
    said = saidTo(schedule, said - 1);
  }
  return best < INSTANT_MIN ? undefined : best as Instant;
}

function saidTo(schedule: Schedule, at: number): Instant | undefined {
  const { from = INSTANT_MIN, until = INSTANT_MAX } = schedule;
  const found = lastOf(schedule, Math.min(at, until));
  return found === undefined || found < from ? undefined : found as Instant;
}

/** What the schedule says, not scattered. */
function saidFrom(schedule: Schedule, at: number): Instant | undefined {
  const { from = INSTANT_MIN, until = INSTANT_MAX } = schedule;
  const since = Math.max(at, from);
  if (since > until) return undefined;
  const found = firstOf(schedule, since);
  return found === undefined || found > until ? undefined : found as Instant;
}

function firstOf(schedule: Schedule, from: number): number | undefined {
  switch (schedule.kind) {
    case "interval":
      return nextOfInterval(schedule, schedule, from);
    case "instant":
      return readingsOf(schedule).find((at) => at >= from);
    case "cron":
      return nextOfCron(schedule.cron, schedule.zone, schedule, from);
  }
}

function lastOf(schedule: Schedule, to: number): number | undefined {
  switch (schedule.kind) {
    case "interval":
      return previousOfInterval(schedule, schedule, to);
    case "instant":
      return readingsOf(schedule).findLast((at) => at <= to);
    case "cron":
      return previousOfCron(schedule.cron, schedule.zone, schedule, to);
  }
}

function readingsOf({ moment, gap, fold }: InstantSchedule): readonly number[] {
  return moment.isPinned ? [moment.at] : readings(moment.zone, moment.wall, { gap, fold });
}
