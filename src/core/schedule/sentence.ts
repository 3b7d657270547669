// A schedule in a sentence of plain English, with its zone, its bounds, its count and its tolerance: what it says must be
// all that it does, so that whoever reads it can be sure of what was understood.

import cronstrue from "cronstrue";
import type { Instant } from "../values/instant.ts";
import type { Cron } from "./cron.ts";
import { momentWords, wallAt, wallWords, zoneWords } from "./date-time.ts";
import { periodWords, toleranceWords } from "./duration-words.ts";
import { isClamped } from "./interval.ts";
import type { IntervalSchedule, Schedule } from "./schedule.ts";

/** `Every 5 seconds from 2026-01-01 00:00:00 UTC, for ever; up to 2 s late` */
export function describe(schedule: Schedule): string {
  return `${body(schedule)}${bounds(schedule)}${scatter(schedule)}${tolerance(schedule)}${rule(schedule)}`;
}

function body(schedule: Schedule): string {
  switch (schedule.kind) {
    case "interval":
      return intervalWords(schedule);
    case "instant":
      return `Once, at ${momentWords(schedule.moment)}`;
    case "cron":
      return `${cronWords(schedule.cron)}, ${schedule.zone === "UTC" ? "UTC" : `${zoneWords(schedule.zone)} time`}`;
  }
}

function intervalWords(interval: IntervalSchedule): string {
  const { anchor, moment, period, repeats } = interval;
  if (repeats === 0) return `Once, at ${momentWords(moment)}`;
  const words = periodWords(period);
  // Every day, but every 1 day and 2 hours.
  const every = `Every ${/^1 [a-z]+$/.test(words) ? words.slice(2) : words}`;
  const clamped = isClamped(interval) ? ", on the last day of shorter months" : "";
  if (anchor === "end") return `${every}${clamped}, ${times(repeats)}, the last at ${momentWords(moment)}`;
  return `${every} from ${momentWords(moment)}${clamped}, ${times(repeats)}`;
}

function times(repeats: number | undefined): string {
  if (repeats === undefined) return "for ever";
  return repeats === 0 ? "once" : `${repeats + 1} times`;
}

function cronWords(cron: Cron): string {
  let words: string;
  try {
    words = cronstrue.toString(cron.text, { use24HourTimeFormat: true });
  } catch {
    // It knows no `1W,15W`.
    return `At the times of the cron ${cron.text}`;
  }
  return cron.isEitherDay ? `${words} (a day that is either of these)` : words;
}

function bounds(schedule: Schedule): string {
  const { from, until } = schedule;
  const zone = schedule.kind === "cron" ? schedule.zone : schedule.moment.zone;
  const said = (at: Instant) => `${wallWords(wallAt(zone, at))} ${zoneWords(zone)}`;
  return `${from === undefined ? "" : `, not before ${said(from)}`}${
    until === undefined ? "" : `, not after ${said(until)}`
  }`;
}

function scatter({ scatter }: Schedule): string {
  if (scatter === undefined) return "";
  const { spreadMs, jitterMs } = scatter;
  const spread = spreadMs === 0 ? "" : `; later by a fixed part of ${toleranceWords(spreadMs)}`;
  return jitterMs === 0 ? spread : `${spread}; later by up to ${toleranceWords(jitterMs)}, each time by another part`;
}

function tolerance(schedule: Schedule): string {
  if (schedule.kind === "cron" || schedule.toleranceMs === undefined) return "";
  return `; up to ${toleranceWords(schedule.toleranceMs)} late`;
}

function rule({ gap, fold }: Schedule): string {
  const missing = gap === "skip" ? "; a local time that does not exist is skipped" : "";
  if (fold === "first") return missing;
  return `${missing}; a local time that comes twice runs ${fold === "last" ? "the second time" : "both times"}`;
}
