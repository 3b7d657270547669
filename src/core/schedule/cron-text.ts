// The text of a cron: five or six fields with lists, ranges, steps, names, `L W # ?`, or one of the @ words, and a zone
// before it (`TZ=Europe/Paris 0 9 * * *`) or behind it (`0 9 * * * [Europe/Paris]`).

import { isSlip, movedBy, quoted, type Slip, slip } from "../values/slip.ts";
import { HOUR, maskOf, MINUTE, MONTH, parseDays, parseNumbers, parseWeekdays, SECOND } from "./cron-field.ts";
import { type Cron, hasDay } from "./cron.ts";
import { ANCHOR, meantByPhrase } from "./phrase.ts";
import { parseZone } from "./zone-name.ts";

export type ZonedCron = { readonly cron: Cron; readonly zone: string };

const WORDS: ReadonlyMap<string, string> = new Map([
  ["@hourly", "0 * * * *"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
]);

/** Words of other schedulers. */
const SHORT_WORDS: ReadonlyMap<string, string> = new Map([
  ["@minutely", "* * * * *"],
  ["@secondly", "* * * * * *"],
]);

/** `zone` is the zone of a text that names none; UTC when absent. */
export function parseCronText(text: string, zone: string | undefined): ZonedCron | Slip {
  const blank = /^\s|\s$/.exec(text);
  if (blank !== null) {
    return slip(blank.index, "A cron has no blanks around it.", { start: 0, end: text.length, text: text.trim() });
  }
  const [prefix = "", mark = ""] = /^((?:CRON_)?TZ=)\S*\s*/i.exec(text) ?? [];
  const suffix = /\s*\[[^\]]*\]$/.exec(text.slice(prefix.length))?.[0] ?? "";
  const named = readZone(text, { prefix, mark, suffix, zone });
  if (isSlip(named)) return named;
  const body = text.slice(prefix.length, text.length - suffix.length);
  const cron = parseFields(body);
  if (!isSlip(cron)) return { cron, zone: named };
  const isWhole = cron.edit !== undefined && /^R/.test(cron.edit.text);
  const moved = movedBy(prefix.length, cron);
  // An interval in the place of the whole cron takes its place with the zone and all.
  return isWhole && moved.edit !== undefined
    ? { ...moved, edit: { start: 0, end: text.length, text: moved.edit.text } }
    : moved;
}

/** The same cron by `parseCronText`. */
export function printCron({ cron, zone }: ZonedCron): string {
  return zone === "UTC" ? cron.text : `${cron.text} [${zone}]`;
}

type Zoned = {
  readonly prefix: string;
  readonly mark: string;
  readonly suffix: string;
  readonly zone: string | undefined;
};

function readZone(text: string, { prefix, mark, suffix, zone }: Zoned): string | Slip {
  const behind = text.length - suffix.length;
  if (prefix !== "" && suffix !== "") {
    return slip(behind, "The zone is given twice, before the fields and behind them.", {
      start: behind,
      end: text.length,
      text: "",
    });
  }
  const name = prefix === "" ? suffix.trim().slice(1, -1) : prefix.trim().slice(mark.length);
  if (prefix === "" && suffix === "") return zone ?? "UTC";
  const at = prefix === "" ? text.length - 1 - name.length : mark.length;
  const parsed = parseZone(name);
  if (isSlip(parsed)) return movedBy(at, parsed);
  if (zone === undefined || zone === parsed) return parsed;
  const edit = prefix === ""
    ? { start: behind, end: text.length, text: "" }
    : { start: 0, end: prefix.length, text: "" };
  return slip(at, `The zone is given twice, here and as ${zone}.`, edit);
}

function parseFields(text: string): Cron | Slip {
  const word = WORDS.get(text.toLowerCase());
  if (word !== undefined) return parseFields(word);
  const wrong = foreign(text);
  if (wrong !== undefined) return wrong;
  // Only ASCII, so that no position moves.
  const upper = text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  const tokens = [...upper.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: match.index }));
  const seventh = tokens[6];
  const tail = tokens.find((token) => /^\/E/.test(token.text));
  if (tail !== undefined) {
    const edit = { start: text.slice(0, tail.at).trimEnd().length, end: text.length, text: "" };
    return slip(tail.at, "A cron has no tolerance part: expected it as the policy's tolerance.", edit);
  }
  if (tokens.length < 5) {
    const edit = { start: text.length, end: text.length, text: " *".repeat(5 - tokens.length) };
    return slip(
      text.length,
      `A cron has 5 or 6 fields; found ${tokens.length}.`,
      tokens.length === 0 ? undefined : edit,
    );
  }
  const last = tokens.at(-1);
  const zone = last === undefined ? "" : text.slice(last.at);
  if (last !== undefined && tokens.length > 5 && /^[A-Za-z_]+\/[A-Za-z_/+-]+\d*$/.test(zone)) {
    const edit = { start: last.at, end: text.length, text: `[${zone}]` };
    return slip(last.at, `The zone of a cron stands in brackets behind its fields; found ${quoted(zone)}.`, edit);
  }
  if (seventh === undefined && tokens.length === 6 && /^(?:19|20)\d\d/.test(last?.text ?? "")) {
    const edit = { start: text.slice(0, last?.at).trimEnd().length, end: text.length, text: "" };
    return slip(last?.at ?? 0, 'Years have no field: set "from" and "until".', edit);
  }
  if (seventh !== undefined) {
    const edit = { start: (tokens[5]?.at ?? 0) + (tokens[5]?.text.length ?? 0), end: text.length, text: "" };
    const message = `A cron has 5 or 6 fields; found ${tokens.length}. Years have no field: set "from" and "until".`;
    return slip(seventh.at, message, edit);
  }
  if (tokens.length === 5) tokens.unshift({ text: "0", at: 0 });
  return compile(tokens.map((token) => ({ at: token.at, text: token.text === "?" ? "*" : token.text })));
}

type Token = { readonly text: string; readonly at: number };

function compile(tokens: readonly Token[]): Cron | Slip {
  const [second, minute, hour, day, month, weekday] = tokens;
  if (!second || !minute || !hour || !day || !month || !weekday) {
    throw new Error(`a cron has six fields, not ${tokens.length}`);
  }
  const seconds = field(second, (text) => parseNumbers(text, SECOND));
  if (isSlip(seconds)) return seconds;
  const minutes = field(minute, (text) => parseNumbers(text, MINUTE));
  if (isSlip(minutes)) return minutes;
  const hours = field(hour, (text) => parseNumbers(text, HOUR));
  if (isSlip(hours)) return hours;
  const days = field(day, parseDays);
  if (isSlip(days)) return days;
  const months = field(month, (text) => parseNumbers(text, MONTH));
  if (isSlip(months)) return months;
  const weekdays = field(weekday, parseWeekdays);
  if (isSlip(weekdays)) return weekdays;
  const isMinutely = seconds.length === 1 && seconds[0] === 0;
  const text = tokens.slice(isMinutely ? 1 : 0).map((token) => token.text).join(" ");
  // crontab(5): a field that begins with a star does not restrict, even with a step.
  const isEitherDay = !day.text.startsWith("*") && !weekday.text.startsWith("*");
  const cron = { text, seconds, minutes, hours, months: maskOf(months, 1), days, weekdays, isEitherDay };
  if (hasDay(cron)) return cron;
  const edit = { start: day.at, end: day.at + day.text.length, text: /^\d+$/.test(day.text) ? "L" : "*" };
  const also = weekday.text.startsWith("*") ? "" : ` that is also ${quoted(weekday.text)}`;
  return slip(
    day.at,
    `This never fires: no month of ${quoted(month.text)} has a day ${quoted(day.text)}${also}.`,
    edit,
  );
}

function field<Value>({ text, at }: Token, parse: (text: string) => Value | Slip): Value | Slip {
  const parsed = parse(text);
  return isSlip(parsed) ? movedBy(at, parsed) : parsed;
}

/** Texts that only look like a cron, or are of another scheduler. */
function foreign(text: string): Slip | undefined {
  const all = (instead: string) => ({ start: 0, end: text.length, text: instead });
  const [, n, unit] = /^\*\/(\d{2,4}) \* \* \* \*( \*)?$/.exec(text) ?? [];
  if (n !== undefined && Number(n) > 59) {
    const interval = `R/${ANCHOR}/PT${Number(n)}${unit === undefined ? "M" : "S"}`;
    const message = `A step of ${n} begins anew each ${
      unit === undefined ? "hour" : "minute"
    }: expected at most 59, or the interval ${interval}.`;
    return slip(2, message, all(interval));
  }
  if (/^@reboot$/i.test(text)) {
    return slip(0, "A schedule knows no reboot: expected @hourly, @daily, @weekly, @monthly or @yearly.");
  }
  if (!/^[@A-Za-z]/.test(text)) return undefined;
  const meant = meantByPhrase(text);
  if (meant !== undefined) {
    return slip(0, `Expected a cron of 5 or 6 fields; found ${quoted(text)}, which is written ${meant}.`, all(meant));
  }
  if (!text.startsWith("@")) return undefined;
  const near = SHORT_WORDS.get(text.toLowerCase()) ??
    [...WORDS.keys()].find((word) => word.slice(1, 3) === text.slice(1, 3).toLowerCase());
  const message = `Expected @hourly, @daily, @weekly, @monthly or @yearly; found ${quoted(text)}.`;
  return slip(0, message, near === undefined ? undefined : all(near));
}
