// How an instant is written into a template: a fixed set of forms, in UTC or in a zone.

import { wallAt } from "../schedule/date-time.ts";
import { DAY_MS, weekday } from "../values/calendar.ts";
import { formatInstant, type Instant } from "../values/instant.ts";

type Form = (at: Instant, zone: string | undefined) => string | number;

const part = (from: number, to: number): Form => (at, zone) => Number(wallText(at, zone).slice(from, to));

/** By name; what needs no zone takes none. */
export const FORMS: { readonly [form: string]: { readonly write: Form; readonly isZoned: boolean } } = {
  /** `2026-12-01T09:00:00.000Z`, `2026-12-01T10:00:00.000+01:00` */
  iso: { write: isoOf, isZoned: true },
  /** `2026-12-01` */
  date: { write: (at, zone) => wallText(at, zone).slice(0, 10), isZoned: true },
  /** `09:00:00` */
  time: { write: (at, zone) => wallText(at, zone).slice(11, 19), isZoned: true },
  /** `20261201T090000` */
  compact: { write: (at, zone) => wallText(at, zone).slice(0, 19).replace(/[-:]/g, ""), isZoned: true },
  year: { write: part(0, 4), isZoned: true },
  month: { write: part(5, 7), isZoned: true },
  day: { write: part(8, 10), isZoned: true },
  hour: { write: part(11, 13), isZoned: true },
  minute: { write: part(14, 16), isZoned: true },
  second: { write: part(17, 19), isZoned: true },
  /** 1 is Monday, 7 Sunday: ISO 8601. */
  weekday: { write: (at, zone) => weekday(Math.floor(wallOf(at, zone) / DAY_MS)) || 7, isZoned: true },
  /** Whole seconds since 1970. */
  unix: { write: (at) => Math.floor(at / 1_000), isZoned: false },
  /** Milliseconds since 1970. */
  ms: { write: (at) => at, isZoned: false },
};

function isoOf(at: Instant, zone: string | undefined): string {
  if (zone === undefined) return formatInstant(at);
  const wall = wallOf(at, zone);
  const offsetS = Math.round((wall - at) / 1_000);
  const digits = [Math.floor(Math.abs(offsetS) / 3_600), Math.floor(Math.abs(offsetS) / 60) % 60].map((each) =>
    String(each).padStart(2, "0")
  );
  return `${wallText(at, zone).slice(0, 23)}${offsetS < 0 ? "-" : "+"}${digits.join(":")}`;
}

function wallOf(at: Instant, zone: string | undefined): number {
  return zone === undefined ? at : wallAt(zone, at);
}

/** `2026-12-01T09:00:00.000` */
function wallText(at: Instant, zone: string | undefined): string {
  return new Date(wallOf(at, zone)).toISOString().slice(0, -1);
}
