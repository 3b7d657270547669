// Durations as people say them.

import { DAY_MS } from "../values/calendar.ts";
import { clockParts, type Period, unit } from "../values/duration.ts";

/** `1 year`, `5 seconds`, `1 day, 3 hours and 27 minutes`. */
export function periodWords({ months, days, ms }: Period): string {
  const years = Math.floor(months / 12);
  const weeks = days % 7 === 0 ? days / 7 : 0;
  const { hours, minutes, seconds } = clockParts(ms);
  return listed([
    counted(years, "year"),
    counted(months - years * 12, "month"),
    weeks > 0 ? counted(weeks, "week") : counted(days, "day"),
    counted(hours, "hour"),
    counted(minutes, "minute"),
    counted(seconds, "second"),
  ]);
}

/** `2 s`, `1 h 30 min`, `1 d`. */
export function toleranceWords(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const { hours, minutes, seconds } = clockParts(ms - days * DAY_MS);
  const parts = [unit(days, " d"), unit(hours, " h"), unit(minutes, " min"), unit(seconds, " s")];
  return ms === 0 ? "0 s" : parts.filter((part) => part !== "").join(" ");
}

function counted(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function listed(parts: readonly string[]): string {
  const said = parts.filter((part) => part !== "");
  const last = said.pop() ?? "";
  return said.length === 0 ? last : `${said.join(", ")} and ${last}`;
}
