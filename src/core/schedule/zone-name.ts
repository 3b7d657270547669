// The name of a zone as a user writes it: `Europe/Paris` or any other IANA name, `UTC`, `Z`, or an offset like `+02:00`.

import { IANAZone } from "luxon";
import { type Slip, slip } from "../values/slip.ts";

const NAME_MAX = 64;
/** Names found to be good, so that luxon need not make a formatter for each question. More than there are. */
const KNOWN_MAX = 1_024;
const known = new Set<string>();

/** `UTC` for all that has no offset; other names as they are written. */
export function parseZone(text: string): string | Slip {
  if (/^(?:UTC|[Zz]|[+-]00:00)$/.test(text)) return "UTC";
  if (known.has(text)) return text;
  const wrong = slip(
    0,
    `There is no time zone ${
      shown(text)
    }: expected an IANA name such as Europe/Paris, UTC, or an offset such as +02:00.`,
  );
  if (/^[+-](?:[01]\d|2[0-3]):[0-5]\d$/.test(text)) return text;
  if (!isName(text)) {
    const meant = nearestZone(text);
    return meant === undefined ? wrong : { ...wrong, edit: { start: 0, end: text.length, text: meant } };
  }
  if (known.size >= KNOWN_MAX) known.clear();
  known.add(text);
  return text;
}

/**
 * `Intl` also takes abbreviations that IANA does not know (IST is India to it, Israel or Ireland to others) and any case.
 * luxon remembers every name that it is asked for, bad ones too, but for this question.
 */
function isName(text: string): boolean {
  if (text.length > NAME_MAX || !/^[A-Z][A-Za-z0-9+_-]*(?:\/[A-Z][A-Za-z0-9+_-]*)*$/.test(text)) return false;
  if (!text.includes("/") && !WITHOUT_PLACE.has(text)) return false;
  return !CASES.has(text.toLowerCase()) || CASES.get(text.toLowerCase()) === text ? IANAZone.isValidZone(text) : false;
}

/** The zone that was probably meant. */
function nearestZone(text: string): string | undefined {
  const word = text.trim().replace(/\s+/g, "_").toLowerCase();
  if (word.length > NAME_MAX) return undefined;
  const abbreviated = ABBREVIATIONS.get(word) ?? CASES.get(word);
  if (abbreviated !== undefined) return abbreviated;
  const [, sign, hours, minutes = "00"] = /^(?:utc|gmt)?([+-])(\d{1,2}):?(\d\d)?$/.exec(word) ?? [];
  if (sign !== undefined && hours !== undefined) return `${sign}${hours.padStart(2, "0")}:${minutes}`;
  const names = [...CASES.values()];
  const city = names.find((name) => name.toLowerCase().endsWith(`/${word}`));
  if (city !== undefined) return city;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(word, name.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Levenshtein's; anything from `enough` on is as good as `enough`. Rows are reused: there are 450 names to compare with. */
function editDistance(one: string, other: string, enough: number): number {
  if (Math.abs(one.length - other.length) >= enough) return enough;
  let [above, row] = ROWS;
  for (let j = 0; j <= other.length; j++) above[j] = j;
  for (let i = 1; i <= one.length; i++) {
    const unit = one.charCodeAt(i - 1);
    let least = i;
    row[0] = i;
    for (let j = 1; j <= other.length; j++) {
      const change = (above[j - 1] ?? 0) + (unit === other.charCodeAt(j - 1) ? 0 : 1);
      const distance = Math.min(change, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      row[j] = distance;
      if (distance < least) least = distance;
    }
    if (least >= enough) return enough;
    [above, row] = [row, above];
  }
  return above[other.length] ?? enough;
}

const ROWS: [Uint8Array, Uint8Array] = [new Uint8Array(NAME_MAX + 1), new Uint8Array(NAME_MAX + 1)];

function shown(text: string): string {
  return JSON.stringify(text.length > NAME_MAX ? `${text.slice(0, NAME_MAX)}…` : text);
}

/** The IANA names without a slash. */
const WITHOUT_PLACE = new Set(
  ("CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran " +
    "Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK " +
    "Singapore Turkey UCT Universal W-SU WET Zulu").split(" "),
);

/** How people call zones that have no such name. */
const ABBREVIATIONS = new Map([
  ["bst", "Europe/London"],
  ["cest", "CET"],
  ["cst", "America/Chicago"],
  ["cdt", "America/Chicago"],
  ["eest", "EET"],
  ["edt", "America/New_York"],
  ["jst", "Asia/Tokyo"],
  ["ist", "Asia/Kolkata"],
  ["mdt", "America/Denver"],
  ["pst", "America/Los_Angeles"],
  ["pdt", "America/Los_Angeles"],
]);

/** Newer names of places that `Intl` lists by an older one only. */
const NEWER = [
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Ho_Chi_Minh",
  "Asia/Yangon",
  "Europe/Kyiv",
  "Pacific/Kanton",
  "America/Nuuk",
];

/** Every well-known name, by its lower case. */
const CASES = new Map(
  ["UTC", ...WITHOUT_PLACE, ...NEWER, ...Intl.supportedValuesOf("timeZone")].map((name) => [name.toLowerCase(), name]),
);
