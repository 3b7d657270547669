// Times in words, exact: `Tue 24 Nov 10:07:05 CET`, `in 2 min 10 s`.

import { browserZone, type ZoneChoice } from "./settings.ts";
import type { Task } from "./views.ts";

/** The zone in which times are shown: of a task, or of what belongs to none, which is shown in the browser's. */
export function shownZone(choice: ZoneChoice, schedule?: Task["schedule"]): string {
  switch (choice) {
    case "task":
      return schedule === undefined ? browserZone : zoneOf(schedule);
    case "browser":
      return browserZone;
    case "UTC":
      return "UTC";
  }
}

/** `Tue 24 Nov 10:07:05 CET`; with the year when it is another than now's, with milliseconds when there are any. */
export function momentText(instant: string, zone: string, now: number): string {
  const at = new Date(instant);
  const part = partsOf(at, zone);
  const year = part.year === partsOf(new Date(now), zone).year ? "" : ` ${part.year}`;
  const ms = at.getUTCMilliseconds();
  const fraction = ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`;
  return `${part.weekday} ${part.day} ${part.month}${year} ${part.hour}:${part.minute}:${part.second}${fraction} ${part.timeZoneName}`;
}

/** `in 5 s`, `12 s ago`, `now`: two units at most, never rounded up. */
export function relativeText(ms: number): string {
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `in ${spanText(ms)}` : `${spanText(-ms)} ago`;
}

/** `2 min 10 s`, `3 d 4 h`; below a second in ms. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const found = UNITS.findIndex(([, size]) => ms >= size);
  const [name, size] = UNITS[found] ?? ["s", 1_000];
  const [nextName, nextSize] = UNITS[found + 1] ?? ["", 0];
  const whole = Math.floor(ms / size);
  const rest = nextSize === 0 ? 0 : Math.floor((ms - whole * size) / nextSize);
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${nextName}`;
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["y", 31_557_600_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** Of what is written: `[Europe/Paris]`, the offset of an interval's start, a schedule's `zone`; else UTC. */
function zoneOf(schedule: Task["schedule"]): string {
  const text = typeof schedule === "string"
    ? schedule
    : String(schedule.zone ?? schedule.interval ?? schedule.at ?? schedule.cron ?? "");
  const zone = typeof schedule === "object" && typeof schedule.zone === "string"
    ? schedule.zone
    : /\[([^\]]+)\]/.exec(text)?.[1] ?? /T\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?([+-]\d\d:\d\d)/.exec(text)?.[1] ?? "UTC";
  return isZone(zone) ? zone : "UTC";
}

function isZone(zone: string): boolean {
  try {
    return formatOf(zone) !== undefined;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  formats.set(zone, made);
  return made;
}

export function partsOf(at: Date, zone: string): { readonly [type: string]: string } {
  return Object.fromEntries(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, value]));
}
