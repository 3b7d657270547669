// The text of a repeating interval, `R[n]/start/period`, `R[n]/start/end` or `Rn/period/end`, and of one instant, each with
// an optional last part, `/E<duration>`: how late an occurrence may still start.

import { parsePeriod, parseTolerance, printPeriod, printTolerance } from "../values/duration.ts";
import { isSlip, movedBy, quoted, type Slip, slip } from "../values/slip.ts";
import { type Moment, parseMoment, printMoment } from "./date-time.ts";
import type { Interval } from "./interval.ts";
import type { Fold } from "./zone.ts";

export type Tolerant = { readonly toleranceMs?: number };
/** What the text itself does not say: the zone of local times, and which reading of them is meant in a fold. */
export type Around = { readonly zone?: string; readonly fold: Fold };

const EXAMPLE = "R/2026-01-01T00:00:00Z/PT1H";
/** More than milliseconds in the years 0000 to 9999. */
const REPEATS_DIGITS_MAX = 15;

export function parseIntervalText(text: string, around: Around): Interval & Tolerant | Slip {
  const [head, one, two, four, five] = partsOf(text);
  if (head === undefined) throw new Error("a text has at least one part");
  const repeats = parseRepeats(head.text);
  if (isSlip(repeats)) return repeats;
  const end = text.length;
  if (one === undefined || one.text === "") {
    return slip(
      Math.min(head.text.length + 1, end),
      `Expected a start and a period, as in ${EXAMPLE}; found nothing.`,
      {
        start: head.text.length,
        end: (one?.at ?? end) + (one?.text.length ?? 0),
        text: EXAMPLE.slice(1),
      },
    );
  }
  if (two === undefined || two.text === "" || /^[Ee][TtPp\d]/.test(two.text)) {
    const isPeriod = /^[Pp]/.test(one.text);
    const at = one.at + one.text.length;
    const missing = isPeriod ? "end" : "period or an end";
    const edit = isPeriod
      ? { start: one.at, end: at, text: `2024-01-01T00:00:00Z/${one.text}` }
      : { start: at, end: two?.text === "" ? two.at : at, text: "/P1D" };
    return slip(
      two?.at ?? end,
      `Expected ${isPeriod ? "an" : "a"} ${missing}, as in ${EXAMPLE}; found ${
        two === undefined || two.text === "" ? "nothing" : quoted(two.text)
      }.`,
      edit,
    );
  }
  const tolerance = readTolerance(text, four, five);
  if (isSlip(tolerance)) return tolerance;
  const interval = /^[Pp]/.test(one.text) ? backwards(one, two, repeats, around) : forwards(one, two, repeats, around);
  return isSlip(interval) ? interval : { ...interval, ...tolerance };
}

export function parseInstantText(text: string, around: Around): { readonly moment: Moment } & Tolerant | Slip {
  // A date with slashes is for the parser of dates to mend.
  const [first, second, third] = /^\d{4}\/\d/.test(text) ? [{ text, at: 0 }] : partsOf(text);
  if (first === undefined) throw new Error("a text has at least one part");
  if (second !== undefined && /^P?T?\d|^P/i.test(second.text) && !/^E/i.test(second.text)) {
    const message = "An instant has a tolerance only, such as /ET5S: what repeats begins with R/.";
    return slip(second.at, message, { start: 0, end: 0, text: "R/" });
  }
  const moment = part(first, (own) => parseMoment(own, around));
  if (isSlip(moment)) return moment;
  const tolerance = readTolerance(text, second, third);
  return isSlip(tolerance) ? tolerance : { moment, ...tolerance };
}

/** The same interval by `parseIntervalText`. */
export function printInterval({ anchor, moment, period, repeats, toleranceMs }: Interval & Tolerant): string {
  const head = `R${repeats ?? ""}`;
  const body = anchor === "start"
    ? `${printMoment(moment)}/${printPeriod(period)}`
    : `${printPeriod(period)}/${printMoment(moment)}`;
  return `${head}/${body}${printTail(toleranceMs)}`;
}

export function printTail(toleranceMs: number | undefined): string {
  return toleranceMs === undefined ? "" : `/${printTolerance(toleranceMs)}`;
}

type Part = { readonly text: string; readonly at: number };

/** Split at slashes, but not at those in the name of a zone. */
function partsOf(text: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  let isBracketed = false;
  for (let index = 0; index <= text.length; index++) {
    const unit = text[index];
    if (unit === "[") isBracketed = true;
    if (unit === "]") isBracketed = false;
    if (unit === undefined || (unit === "/" && !isBracketed)) {
      parts.push({ text: text.slice(at, index), at });
      at = index + 1;
    }
  }
  return parts;
}

function part<Value>({ text, at }: Part, parse: (text: string) => Value | Slip): Value | Slip {
  const parsed = parse(text);
  return isSlip(parsed) ? movedBy(at, parsed) : parsed;
}

function parseRepeats(head: string): number | undefined | Slip {
  const [, digits] = /^R(\d*)$/.exec(head) ?? [];
  if (digits === undefined) {
    const [number = ""] = /\d+/.exec(head) ?? [];
    const edit = { start: 0, end: head.length, text: /-/.test(head) ? "R" : `R${number}` };
    return slip(
      /^R/.test(head) ? 1 : 0,
      `Expected R, or R and the number of repetitions; found ${quoted(head)}.`,
      edit,
    );
  }
  if (digits.length > REPEATS_DIGITS_MAX) {
    const message = `Expected at most ${REPEATS_DIGITS_MAX} digits after R; found ${digits.length}.`;
    return slip(1, message, { start: 1, end: head.length, text: "" });
  }
  return digits === "" ? undefined : Number(digits);
}

function forwards(one: Part, two: Part, repeats: number | undefined, around: Around): Interval | Slip {
  const moment = part(one, (text) => parseMoment(text, around));
  if (isSlip(moment)) return moment;
  const counted = repeats === undefined ? {} : { repeats };
  if (!/^\d{4}/.test(two.text)) {
    const period = part(two, parsePeriod);
    return isSlip(period) ? period : { anchor: "start", moment, period, ...counted };
  }
  // An end without a zone is in the start's.
  const end = part(
    two,
    (text) => parseMoment(text, /[Zz\]]$|[+-]\d\d:\d\d$/.test(text) ? around : { ...around, zone: moment.zone }),
  );
  if (isSlip(end)) return end;
  const ms = end.at - moment.at;
  if (ms > 0) return { anchor: "start", moment, period: { months: 0, days: 0, ms }, ...counted };
  const after = two.at + two.text.length;
  if (ms === 0) {
    return slip(two.at, "The end is the start: expected a later one.", { start: two.at, end: after, text: "P1D" });
  }
  return slip(two.at, "The end is before the start: expected a later one.", {
    start: one.at,
    end: after,
    text: `${two.text}/${one.text}`,
  });
}

function backwards(one: Part, two: Part, repeats: number | undefined, around: Around): Interval | Slip {
  const period = part(one, parsePeriod);
  if (isSlip(period)) return period;
  if (/^[Pp]/.test(two.text)) {
    return slip(two.at, "Two periods: expected a start and a period, or a period and an end.", {
      start: one.at,
      end: one.at + one.text.length,
      text: "2024-01-01T00:00:00Z",
    });
  }
  const moment = part(two, (text) => parseMoment(text, around));
  if (isSlip(moment)) return moment;
  if (repeats !== undefined) return { anchor: "end", moment, period, repeats };
  const message =
    "What is counted back from its end needs a number: expected R and the number of repetitions, such as R9.";
  return slip(1, message, { start: 1, end: 1, text: "9" });
}

function readTolerance(text: string, tail: Part | undefined, more: Part | undefined): Tolerant | Slip {
  if (tail === undefined) return {};
  if (tail.text === "" && more === undefined) {
    return slip(tail.at, "Expected a tolerance such as ET5S after the slash; found nothing.", {
      start: tail.at - 1,
      end: text.length,
      text: "",
    });
  }
  if (more !== undefined) {
    return slip(more.at, `Expected the end; found ${quoted(text.slice(more.at - 1))}.`, {
      start: more.at - 1,
      end: text.length,
      text: "",
    });
  }
  const toleranceMs = part(tail, parseTolerance);
  return isSlip(toleranceMs) ? toleranceMs : { toleranceMs };
}
