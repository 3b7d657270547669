// The peer's own texts of local times, `2026-03-29T03:30:00.000+02:00[Europe/Paris]`, as they are read.

import { partsOf } from "./time.ts";

/** Of the peer's own texts of local times: their one offset from UTC; undefined when they have several. */
export function offsetOf(locals: readonly string[]): string | undefined {
  const offsets = new Set(locals.map((local) => /(Z|[+-]\d\d:\d\d)(\[|$)/.exec(local)?.[1] ?? ""));
  return offsets.size === 1 ? [...offsets][0] : undefined;
}

/**
 * The peer's own text of a local time, `2026-03-29T03:30:00.000+02:00[Europe/Paris]`, as it is read; without its offset
 * when that stands elsewhere, and without the year when it is now's.
 */
export function localText(local: string, { hasOffset = true } = {}): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{3}))?(Z|[+-]\d\d:\d\d)/.exec(local);
  if (parts === null) return local;
  const [, year, month, day, time, ms = "000", offset] = parts;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const { weekday, month: name } = partsOf(date, "UTC");
  const fraction = ms === "000" ? "" : `.${ms}`;
  const shownYear = Number(year) === new Date().getFullYear() ? "" : ` ${year}`;
  return `${weekday} ${Number(day)} ${name}${shownYear} ${time}${fraction}${
    !hasOffset || offset === "Z" || offset === "+00:00" ? "" : ` ${offset}`
  }`;
}
