// One field of a cron: lists, ranges and steps of numbers or names, and in the two day fields `L`, `W` and `#`.

import { isSlip, movedBy, quoted, type Slip, slip } from "../values/slip.ts";
import type { CronDays, CronWeekdays } from "./cron.ts";

export type Field = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of min, min + 1 and so on. */
  readonly names?: readonly string[];
};

export const SECOND: Field = { name: "second", min: 0, max: 59 };
export const MINUTE: Field = { name: "minute", min: 0, max: 59 };
export const HOUR: Field = { name: "hour", min: 0, max: 23 };
const DAY: Field = { name: "day of the month", min: 1, max: 31 };
export const MONTH: Field = {
  name: "month",
  min: 1,
  max: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const WEEKDAY: Field = {
  name: "day of the week",
  min: 0,
  max: 6,
  names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/** The numbers that the field chooses, ascending. The text is in upper case. */
export function parseNumbers(text: string, field: Field): readonly number[] | Slip {
  const chosen = new Set<number>();
  const wrong = eachItem(text, (item) => addNumbers(chosen, item, field));
  return wrong ?? [...chosen].sort((a, b) => a - b);
}

export function parseDays(text: string): CronDays | Slip {
  const chosen = new Set<number>();
  const fromEnd: number[] = [];
  const nearest: number[] = [];
  let isLastWorkday = false;
  const wrong = eachItem(text, (item) => {
    const [, back, near, last] = /^(?:L(?:-(\d{1,2}))?|(\d{1,2})W|(LW|WL))$/.exec(item) ?? [];
    if (last !== undefined) {
      isLastWorkday = true;
      return undefined;
    }
    if (near !== undefined) return outside(near, 0, DAY) ?? void nearest.push(Number(near));
    if (back === undefined && item !== "L") return addNumbers(chosen, item, DAY);
    if (Number(back ?? 0) > 30) {
      return slip(2, `No month has a day L-${back}: expected L-1 to L-30.`, replaced(2, item.length, "30"));
    }
    return void fromEnd.push(Number(back ?? 0));
  });
  return wrong ?? { mask: maskOf(chosen, 1), fromEnd, nearest, isLastWorkday };
}

export function parseWeekdays(text: string): CronWeekdays | Slip {
  const chosen = new Set<number>();
  const last = new Set<number>();
  const nth: (readonly [number, number])[] = [];
  const wrong = eachItem(text, (item) => {
    const [, day, mark, n = ""] = /^([A-Z]+|\d+)(?:(?<=[A-Z]{3}|\d)(L)$|#(.*))/.exec(item) ?? [];
    if (day === undefined || item === "L") {
      if (item !== "L") return addNumbers(chosen, item, WEEKDAY);
      return slip(
        0,
        "L in this field needs a day: expected FRIL for the last Friday of the month.",
        replaced(0, 1, "FRIL"),
      );
    }
    const on = parseValue(day, WEEKDAY, 7);
    if (isSlip(on)) return on;
    if (mark !== undefined) return void last.add(on % 7);
    if (/^[1-5]$/.test(n)) return void nth.push([on % 7, Number(n)]);
    const position = day.length + 1;
    const edit = replaced(position, item.length, /^\d/.test(n) && !/^0/.test(n) ? "5" : "1");
    return slip(
      position,
      `Expected a number from 1 to 5 after #, as in FRI#2 for the second Friday; found ${quoted(n)}.`,
      edit,
    );
  });
  return wrong ?? { mask: maskOf(chosen, 0), last: maskOf(last, 0), nth };
}

export function maskOf(numbers: Iterable<number>, first: number): number {
  let mask = 0;
  for (const number of numbers) mask |= 1 << (number - first);
  return mask;
}

/** Stops at the first item that is wrong. */
function eachItem(text: string, take: (item: string) => Slip | undefined): Slip | undefined {
  let position = 0;
  for (const item of text.split(",")) {
    if (item === "") {
      const edit = text === ","
        ? replaced(0, 1, "*")
        : position === 0
        ? replaced(0, 1, "")
        : replaced(position - 1, position, "");
      return slip(position, "Expected a number, a range or *; found nothing beside a comma.", edit);
    }
    const wrong = take(item);
    if (wrong !== undefined) return movedBy(position, wrong);
    position += item.length + 1;
  }
  return undefined;
}

/** `*`, `5`, `5-10`, each with `/step`. */
function addNumbers(chosen: Set<number>, item: string, field: Field): Slip | undefined {
  const slash = item.indexOf("/");
  const range = slash < 0 ? item : item.slice(0, slash);
  const bounds = parseRange(range, field);
  if (isSlip(bounds)) return bounds;
  const [from, to] = bounds;
  // `5/15` is from 5 on, as Quartz has it.
  const last = slash < 0 || /[-*]/.test(range) ? to : field.max;
  const step = slash < 0 ? 1 : parseStep(item.slice(slash + 1), field);
  if (isSlip(step)) {
    const slipped = movedBy(slash + 1, step);
    // A step beyond the field's end leaves the first value alone: of `*/24` that is hour 0.
    const isAlone = range === "*" && /\/\d+$/.test(item) && Number(item.slice(slash + 1)) > 0;
    return isAlone ? { ...slipped, edit: replaced(0, item.length, `${field.min}`) } : slipped;
  }
  for (let number = from; number <= last; number += step) chosen.add(field === WEEKDAY ? number % 7 : number);
  return undefined;
}

function parseRange(text: string, field: Field): readonly [from: number, to: number] | Slip {
  if (text === "*") return [field.min, field.max];
  const dash = text.indexOf("-");
  // Sunday is 7, too.
  const max = field === WEEKDAY ? 7 : field.max;
  if (dash < 1) {
    const one = parseValue(text, field, max);
    return isSlip(one) ? one : [one, one];
  }
  const from = parseValue(text.slice(0, dash), field, max);
  if (isSlip(from)) return from;
  const to = parseValue(text.slice(dash + 1), field, max);
  if (isSlip(to)) return movedBy(dash + 1, to);
  if (from <= to) return [from, to];
  if (field === WEEKDAY && to === 0) return [from, 7];
  const said = (number: number) => field.names?.[number - field.min] ?? `${number}`;
  const round = (low: number, high: number) => low === high ? said(low) : `${said(low)}-${said(high)}`;
  const edit = replaced(0, text.length, `${round(from, field.max)},${round(field.min, to)}`);
  return slip(0, `The range ${text} runs backwards: expected the lower ${field.name} first.`, edit);
}

function parseStep(text: string, field: Field): number | Slip {
  const largest = field.max - field.min;
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (step >= 1 && step <= largest) return step;
  const found = text === "" ? "nothing" : quoted(text);
  return slip(
    0,
    `Expected a step from 1 to ${largest} for the ${field.name}; found ${found}.`,
    replaced(0, text.length, step > 0 ? `${largest}` : "1"),
  );
}

function parseValue(text: string, field: Field, max: number): number | Slip {
  if (/^\d+$/.test(text)) return outside(text, max, field) ?? Number(text);
  const { name, min, names = [] } = field;
  const index = names.indexOf(text);
  if (index >= 0) return min + index;
  const meant = /^[A-Z]{3}/.test(text) ? names.find((known) => text.startsWith(known)) : undefined;
  const letters = names.length === 0 ? "" : ` or a name such as ${names[1]}`;
  const found = text === "" ? "nothing" : quoted(text);
  const message = `Expected ${article(name)} ${name} from ${min} to ${max}${letters}; found ${found}.`;
  const instead = meant ?? (text === "?" ? "*" : undefined);
  return slip(0, message, instead === undefined ? undefined : replaced(0, text.length, instead));
}

/** `max` is the field's own where it is 0. */
function outside(digits: string, max: number, field: Field): Slip | undefined {
  const highest = max === 0 ? field.max : max;
  const number = Number(digits);
  if (number >= field.min && number <= highest && digits.length <= 2) return undefined;
  // Minute 60 and hour 24 are the next ones' 0; there is no day 32.
  const instead = number <= highest ? Math.max(number, field.min) : field.min === 0 && field !== WEEKDAY ? 0 : highest;
  const message = `Expected ${article(field.name)} ${field.name} from ${field.min} to ${highest}; found ${
    quoted(digits)
  }.`;
  return slip(0, message, replaced(0, digits.length, `${instead}`));
}

function article(noun: string): string {
  return noun === "hour" ? "an" : "a";
}

function replaced(
  start: number,
  end: number,
  text: string,
): { readonly start: number; readonly end: number; readonly text: string } {
  return { start, end, text };
}
