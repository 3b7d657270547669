// What people write where a schedule should stand, in the words of other schedulers or in plain English: `@every 5m`,
// `every day at 9 am`, `PT5S`. None of it is accepted; it is turned into the text that was probably meant.

import { looseDuration } from "../values/duration.ts";

/** A Monday, the first of a year: intervals that are counted from here begin where people expect them to. */
export const ANCHOR = "2024-01-01T00:00:00Z";

/** A text of a schedule; absent when we can't guess. It may still need mending. */
export function meantByPhrase(text: string): string | undefined {
  if (text.length > PHRASE_MAX) return undefined;
  const words = text.trim().toLowerCase().replace(/\s+/g, " ");
  const word = /^@?(hourly|daily|midnight|weekly|monthly|yearly|annually)$/.exec(words)?.[1];
  if (word !== undefined) return word === "midnight" ? "@daily" : word === "annually" ? "@yearly" : `@${word}`;
  if (/^p[\dt]/.test(words)) return interval(text.trim());
  const [, what, time] = /^@?(?:every |each )?(.+?)(?: at ([\d: apm.]+|noon|midnight))?$/.exec(words) ?? [];
  if (what === undefined) return undefined;
  const days = daysOf(what, words);
  if (days !== undefined) return `${timeOf(time ?? "0") ?? "0 0"} * * ${days}`;
  if (time !== undefined || !/^@?(?:every|each) |^\d+(?:[.,]\d+)? ?[a-z]+$/.test(words)) return undefined;
  const other = /^other (.+)$/.exec(what)?.[1];
  return interval(other !== undefined ? `2 ${other}` : /^\d/.test(what) ? what : `1 ${what}`);
}

const PHRASE_MAX = 100;
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function interval(duration: string): string | undefined {
  const period = looseDuration(duration);
  return period === undefined ? undefined : `R/${ANCHOR}/${period}`;
}

function daysOf(what: string, words: string): string | undefined {
  if (/^(?:daily|day)$/.test(what)) return words.includes(" at ") ? "*" : undefined;
  if (/^(?:weekdays?|workdays?)$/.test(what)) return "MON-FRI";
  if (/^weekends?$/.test(what)) return "SAT,SUN";
  const found = /^(?:on )?(sun|mon|tue|wed|thu|fri|sat)(?:day|sday|nesday|rsday|urday)?s?$/.exec(what)?.[1];
  return WEEKDAYS.find((day) => day === found)?.toUpperCase();
}

/** Minute and hour. */
function timeOf(time: string): string | undefined {
  if (time === "noon") return "0 12";
  const [, hour = "0", minute = "0", half] = /^(\d{1,2})(?:[:.](\d\d))? ?(am|pm|a\.m\.|p\.m\.)?$/.exec(time) ?? [];
  const hours = half?.startsWith("p") && Number(hour) < 12
    ? Number(hour) + 12
    : half !== undefined && hour === "12"
    ? 0
    : Number(hour);
  return Number(hours) < 24 && Number(minute) < 60 ? `${Number(minute)} ${hours}` : undefined;
}
