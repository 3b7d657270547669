// The laws of schedules, on schedules made at random; a failure prints its seed. And any text at all, right or wrong,
// gets an answer, never an exception.

import assert from "node:assert/strict";
import { test } from "node:test";
import { notes } from "../../src/core/schedule/notes.ts";
import { parseSchedule, printSchedule } from "../../src/core/schedule/schedule-source.ts";
import { between, neverFires, next, nextAtOrAfter, previous, type Schedule } from "../../src/core/schedule/schedule.ts";
import { describe } from "../../src/core/schedule/sentence.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { formatInstant, type Instant, INSTANT_MAX, INSTANT_MIN } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";

const ZONES = [
  "Europe/Paris",
  "America/New_York",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Africa/Casablanca",
  "Asia/Kathmandu",
  "UTC",
  "-03:30",
];
const DATES = ["2024-01-31", "2024-02-29", "2025-12-31", "2026-03-29", "2026-10-25", "2011-12-29", "1950-06-15"];
const PERIODS = [
  "PT1S",
  "PT7M",
  "PT1H",
  "PT24H",
  "P1D",
  "P7D",
  "P2W",
  "P1M",
  "P3M",
  "P1Y",
  "P1Y5M",
  "P1M1D",
  "P1DT3H27M17S",
  "P1MT36H",
  "P4Y",
  "PT0.25S",
];
const CRONS = [
  "* * * * * *",
  "*/5 * * * *",
  "0 * * * *",
  "30 2 * * *",
  "10,50 0-3 * * *",
  "15 2 * * SUN",
  "0 0 L * *",
  "0 12 LW * *",
  "30 1 13 * FRI",
  "0 0 29 2 *",
  "0 6 15W JAN-JUN *",
  "45 23 * * 5#5",
];

type Chance = () => number;

function pick<Value>(chance: Chance, values: readonly Value[]): Value {
  return values[Math.floor(chance() * values.length)] as Value;
}

function someSource(chance: Chance): unknown {
  const zone = pick(chance, ZONES);
  const start = `${pick(chance, DATES)}T0${pick(chance, [0, 1, 2, 3])}:${pick(chance, ["00", "15", "30"])}:00`;
  const n = pick(chance, [0, 1, 3, 40]);
  const forms = [
    { interval: `R/${start}/${pick(chance, PERIODS)}` },
    { interval: `R${n}/${start}/${pick(chance, PERIODS)}/ET5S` },
    { interval: `R${n}/${pick(chance, PERIODS)}/${start}` },
    { at: start },
    { cron: pick(chance, CRONS) },
    { cron: pick(chance, CRONS) },
  ];
  return {
    ...pick(chance, forms),
    zone,
    gap: pick(chance, ["shift", "skip"]),
    fold: pick(chance, ["first", "last", "both"]),
    ...(chance() < 0.2 ? { from: "2024-03-01T00:00:00Z" } : {}),
    ...(chance() < 0.2 ? { until: "2027-03-01T00:00:00Z" } : {}),
    ...(chance() < 0.2 ? { spread: "PT30M" } : {}),
    ...(chance() < 0.1 ? { jitter: "PT0.25S" } : {}),
  };
}

/** A seed, its source, its schedule, and an instant near something that matters. */
function eachSchedule(seeds: number, law: (schedule: Schedule, at: Instant, told: string) => void): void {
  for (let seed = 1; seed <= seeds; seed++) {
    const chance = chanceOf(seed);
    const source = someSource(chance);
    const schedule = parseSchedule(source);
    assert.ok(!isFault(schedule), `seed ${seed}: ${JSON.stringify([source, schedule])}`);
    const day = Date.parse(`${pick(chance, DATES)}T00:00:00Z`);
    const at = day + Math.floor((chance() - 0.5) * 4 * 86_400_000) as Instant;
    law(schedule, at, `seed ${seed}: ${JSON.stringify(source)} at ${formatInstant(at)}`);
  }
}

test("the next occurrence is after, the previous before, and nothing lies between them and their neighbours", () => {
  eachSchedule(3_000, (schedule, at, told) => {
    const after = next(schedule, at);
    const before = previous(schedule, at);
    if (after !== undefined) {
      assert.ok(after > at, told);
      assert.equal(nextAtOrAfter(schedule, after), after, told);
      const back = previous(schedule, after);
      const isDue = nextAtOrAfter(schedule, at) === at;
      assert.equal(back, isDue ? at : before, told);
    }
    if (before !== undefined) {
      assert.ok(before < at, told);
      assert.equal(next(schedule, before), nextAtOrAfter(schedule, at), told);
    }
    assert.equal(neverFires(schedule, at), nextAtOrAfter(schedule, at) === undefined, told);
  });
});

test("what lies between is what next finds one by one, ascending, and previous in reverse", () => {
  eachSchedule(1_500, (schedule, at, told) => {
    const all = between(schedule, at, INSTANT_MAX, 12);
    const iterated: Instant[] = [];
    for (
      let found = nextAtOrAfter(schedule, at);
      found !== undefined && iterated.length < 12;
      found = next(schedule, found)
    ) iterated.push(found);
    assert.deepEqual(all, iterated, told);
    assert.ok(all.every((one, index) => index === 0 || one > (all[index - 1] ?? one)), told);
    const last = all.at(-1);
    if (last === undefined) return;
    const reverse: Instant[] = [last];
    while (reverse.length < all.length) {
      const found = previous(schedule, reverse[0] ?? last);
      assert.ok(found !== undefined, told);
      reverse.unshift(found);
    }
    assert.deepEqual(reverse, all, told);
    assert.deepEqual(between(schedule, at, last, 100), all.slice(0, -1), told);
  });
});

test("a schedule printed and parsed is the same schedule, in a sentence and notes that can always be said", () => {
  eachSchedule(1_500, (schedule, at, told) => {
    const printed = printSchedule(schedule);
    assert.deepEqual(parseSchedule(printed), schedule, told);
    assert.deepEqual(parseSchedule(JSON.parse(JSON.stringify(printed))), schedule, told);
    assert.match(describe(schedule), /^[A-Z]/, told);
    assert.ok(notes(schedule, at).length <= 12, told);
  });
});

test("Rn has n + 1 occurrences, which are the first of R, and counted back from the last they come to the same end", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const chance = chanceOf(seed);
    const [date, period, n] = [pick(chance, DATES), pick(chance, PERIODS), Math.floor(chance() * 30)];
    const told = `seed ${seed}: ${date} ${period} ${n}`;
    const occurrences = (text: string) => {
      const schedule = parseSchedule(text);
      assert.ok(!isFault(schedule), told);
      return between(schedule, INSTANT_MIN, INSTANT_MAX, n + 1);
    };
    const counted = occurrences(`R${n}/${date}T02:30:00Z/${period}`);
    assert.equal(counted.length, n + 1, told);
    assert.deepEqual(counted, occurrences(`R/${date}T02:30:00Z/${period}`), told);
    const back = occurrences(`R${n}/${period}/${date}T02:30:00Z`);
    assert.equal(back.length, n + 1, told);
    assert.equal(back.at(-1), Date.parse(`${date}T02:30:00Z`), told);
  }
});

const TEXTS = [
  "R/2026-01-01T00:00:00Z/PT5S/ET2S",
  "R4/2026-03-29T02:30:00.123+01:00/P1Y2M3W4DT5H6M7.5S/E1DT2H",
  "R9/P1W/2026-12-31T18:00:00[Europe/Paris]",
  "R/2026-12-01T09:00:00Z/2026-12-01T12:00:00Z",
  "2026-10-25T02:30:00+01:00[Europe/Paris]/ET5S",
  "TZ=Europe/Paris */5 8-18/2 L-3,15W,LW JAN,6-9 MON#2,FRIL",
  "0 30 8 ? * mon-fri [Asia/Kathmandu]",
  "@every 5m",
  "every other day at 9:30 pm",
];
const PIECES = [
  "",
  "R",
  "/",
  "P",
  "T",
  "E",
  "Z",
  "[",
  "]",
  "-",
  "+",
  ":",
  ".",
  ",",
  "*",
  "#",
  "L",
  "W",
  "?",
  " ",
  "0",
  "9",
  "1",
  "2",
  "3",
  "5",
  "12",
  "99",
  "60",
  "\u0000",
  "é",
  "😀",
  "٣",
  "\ud800",
  "@",
  "TZ=",
  "PT0S",
  "\n",
];

test("20,000 texts with something changed are answered, and each suggestion is accepted", () => {
  let accepted = 0;
  let suggested = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const chance = chanceOf(seed);
    let text = pick(chance, TEXTS);
    if (chance() < 0.3) {
      const index = Math.floor(chance() * text.length);
      text = text.slice(0, index) + Math.floor(chance() * 10) + text.slice(index + 1);
    }
    for (let edits = Math.floor(chance() * 3); edits > 0; edits--) {
      const start = Math.floor(chance() * (text.length + 1));
      const end = start + Math.floor(chance() * chance() * 5);
      text = text.slice(0, start) + (chance() < 0.8 ? pick(chance, PIECES) : pick(chance, TEXTS).slice(0, 9)) +
        text.slice(end);
    }
    const told = `seed ${seed}: ${JSON.stringify(text)}`;
    const parsed = parseSchedule(
      chance() < 0.8 ? text : { [pick(chance, ["interval", "cron", "at"])]: text, zone: "Europe/Paris" },
    );
    if (isFault(parsed)) {
      assert.ok(parsed.position === undefined || (parsed.position >= 0 && parsed.position <= text.length), told);
      assert.ok(parsed.message.endsWith(".") && parsed.message.length < 300, `${told}: ${parsed.message}`);
      if (parsed.suggestion === undefined || parsed.field !== "schedule") continue;
      suggested++;
      assert.ok(!isFault(parseSchedule(parsed.suggestion)), `${told}: ${parsed.suggestion}`);
    } else {
      accepted++;
      const found = nextAtOrAfter(parsed, 1_767_225_600_000 as Instant);
      assert.ok(found === undefined || (found >= INSTANT_MIN && found <= INSTANT_MAX), told);
      assert.deepEqual(parseSchedule(printSchedule(parsed)), parsed, told);
      assert.ok(describe(parsed).length > 0, told);
    }
  }
  assert.ok(accepted > 1_000 && suggested > 1_000, `${accepted} accepted, ${suggested} suggested`);
});
