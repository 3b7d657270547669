// A time zone, by the offset of its clocks from UTC, and our one rule for the wall times that do not exist (a gap, when
// clocks go forward) and those that come twice (a fold, when they go back). luxon gives the offset at an instant; which
// reading of a wall time is meant is decided here, because luxon makes no promise in a fold.

import { IANAZone } from "luxon";
import { DAY_MS, type Wall } from "../values/calendar.ts";

/**
 * What becomes of a wall time in a gap: `shift` reads it with the offset before the gap (02:30 becomes 03:30), as
 * RFC 5545 §3.3.5 and Temporal's `compatible` do; `skip` leaves it out. In a fold: the first, the last, or both.
 */
export type Rule = { readonly gap: Gap; readonly fold: Fold };
export type Gap = "shift" | "skip";
export type Fold = "first" | "last" | "both";

/** The offsets around an instant, in ms: `before` and `after` the `turn`. Without one, both are the same. */
export type Span = { readonly turn: number; readonly before: number; readonly after: number };

/** No clock stands further from UTC than this; RFC 3339 can't write more than 23:59. */
export const OFFSET_MAX_MS = DAY_MS;

/** The length of a page: a span is good for one page of time, and reaches two days beyond it on either side. */
export const PAGE_MS = 2 * DAY_MS;

/** The page's span: every turn from two days before the page of `at` until two days after it. */
export function spanAt(zone: string, at: number): Span {
  return offsetsOf(zone).span(Math.floor(at / PAGE_MS));
}

export function offsetAt(zone: string, at: number): number {
  const { turn, before, after } = spanAt(zone, at);
  return at < turn ? before : after;
}

/** The instants that the wall time means under the rule: none, one or two, the earlier first. */
export function readings(zone: string, wall: Wall, { gap, fold }: Rule): readonly number[] {
  const { turn, before, after } = spanAt(zone, wall);
  const first = wall - before;
  const last = wall - after;
  if (first < turn) {
    if (last < turn || before === after) return [first];
    return fold === "both" ? [first, last] : [fold === "first" ? first : last];
  }
  if (last >= turn) return [last];
  return gap === "shift" ? [first] : [];
}

/** Where the wall time stands in the order of time, whether it is skipped or not: non-decreasing from day to day. */
export function placeOf(zone: string, wall: Wall, fold: Fold): number {
  const { turn, before, after } = spanAt(zone, wall);
  const first = wall - before;
  const last = wall - after;
  if (first < turn) return fold === "last" && last >= turn ? last : first;
  return last >= turn ? last : first;
}

export type Offsets = { span(page: number): Span };

/** Offsets are remembered for all zones together in at most so many pages (about 3 MB), then all are forgotten. */
const PAGES_MAX = 16_384;
/** There are about 600 names in the IANA database. */
const ZONES_MAX = 1_024;

const known = new Map<string, Offsets>();
let pagesCount = 0;

/** The name is checked before, by `parseZone`. */
function offsetsOf(zone: string): Offsets {
  const found = known.get(zone);
  if (found !== undefined) return found;
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  let made: Offsets;
  if (zone === "UTC") made = fixedOffsets(0);
  else if (sign !== undefined) {
    made = fixedOffsets((sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000);
  } else made = new IanaOffsets(zone);
  if (known.size >= ZONES_MAX) known.clear();
  known.set(zone, made);
  return made;
}

function fixedOffsets(ms: number): Offsets {
  const span: Span = { turn: -Infinity, before: ms, after: ms };
  return { span: () => span };
}

/**
 * Asks luxon (5 to 9 µs each time) once for each page. A page with its two days on either side makes six days, in which
 * no zone of the IANA database turns twice: the shortest time between two turns is 6 days 23 hours (Gaza; Recife 2000).
 * No turn is longer than a day (Manila 1844, Apia 2011), so two days are enough to see each wall time's every reading.
 */
class IanaOffsets implements Offsets {
  readonly #zone: IANAZone;
  #spans = new Map<number, Span>();
  #offsets = new Map<number, number>();

  constructor(name: string) {
    this.#zone = IANAZone.create(name);
    if (!this.#zone.isValid) throw new Error(`${name} is no time zone here`);
  }

  span(page: number): Span {
    const found = this.#spans.get(page);
    if (found !== undefined) return found;
    if (++pagesCount > PAGES_MAX) {
      pagesCount = 0;
      known.clear();
      this.#spans = new Map();
      this.#offsets = new Map();
    }
    const before = this.#offsetOf(page - 1);
    const after = this.#offsetOf(page + 2);
    const turn = before === after ? -Infinity : this.#turn((page - 1) * PAGE_MS, (page + 2) * PAGE_MS, before);
    const span = { turn, before, after };
    this.#spans.set(page, span);
    return span;
  }

  /** At the page's beginning; neighbours share it. */
  #offsetOf(page: number): number {
    let offset = this.#offsets.get(page);
    if (offset === undefined) {
      offset = this.#ask(page * PAGE_MS);
      this.#offsets.set(page, offset);
    }
    return offset;
  }

  /** All turns are at whole seconds. */
  #turn(from: number, to: number, before: number): number {
    let low = from / 1_000;
    let high = to / 1_000;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#ask(middle * 1_000) === before) low = middle;
      else high = middle;
    }
    return high * 1_000;
  }

  #ask(at: number): number {
    return Math.round(this.#zone.offset(at) * 60_000);
  }
}
