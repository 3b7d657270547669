// Local time, for people to read: `2026-03-29T03:30:00.000+02:00[Europe/Paris]`, as RFC 9557 writes it.

import { formatInstant, type Instant, INSTANT_MAX, INSTANT_MIN } from "../../core/values/instant.ts";

/** A writer of instants in a zone (`Europe/Paris`, `UTC`, `+02:00`); absent when this machine does not know the zone. */
export function localTimes(zone: string): ((at: Instant) => string) | undefined {
  const format = formatOf(zone === "Z" ? "UTC" : zone);
  return format === undefined ? undefined : (at) => {
    const part = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
    const [, sign = "+", hours = "00", minutes = "00", seconds = "00"] = OFFSET_PATTERN.exec(part) ?? [];
    const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
    const local = Math.min(Math.max(at + offsetMs, INSTANT_MIN), INSTANT_MAX) as Instant;
    return `${formatInstant(local).slice(0, -1)}${sign}${hours}:${minutes}[${zone}]`;
  };
}

/** `GMT`, `GMT+02:00`, and before there was standard time `GMT+00:09:21`. */
const OFFSET_PATTERN = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/;

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
}
