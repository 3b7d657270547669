import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { notes } from "../../src/core/schedule/notes.ts";
import { parseSchedule, printSchedule } from "../../src/core/schedule/schedule-source.ts";
import {
  between,
  neverFires,
  next,
  nextAtOrAfter,
  ofTask,
  previous,
  type Schedule,
  toleranceMs,
  zoneOf,
} from "../../src/core/schedule/schedule.ts";
import { describe } from "../../src/core/schedule/sentence.ts";
import { isFault } from "../../src/core/values/fault.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import { formatInstant, type Instant, INSTANT_MAX, INSTANT_MIN } from "../../src/core/values/instant.ts";

type Case = { readonly case: string; readonly schedule: string; readonly now: string; readonly next: string | null };
const SEED: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("schedules.json", import.meta.url), "utf8"),
);

function parsed(source: unknown): Schedule {
  const schedule = parseSchedule(source);
  assert.ok(!isFault(schedule), `${JSON.stringify(source)}: ${JSON.stringify(schedule)}`);
  return schedule;
}

function at(text: string): Instant {
  return Date.parse(text) as Instant;
}

/** Without the milliseconds that are zero. */
function said(found: Instant | undefined): string | null {
  return found === undefined ? null : formatInstant(found).replace(".000Z", "Z");
}

function first(source: unknown, from: string, count: number): (string | null)[] {
  return between(parsed(source), at(from), INSTANT_MAX, count).map(said);
}

test("the first occurrence at or after now is what the seed's clients expect", () => {
  const found = SEED.cases.map(({ schedule, now, ...rest }) => ({
    ...rest,
    next: said(nextAtOrAfter(parsed(schedule), at(now))),
  }));
  assert.deepEqual(found, SEED.cases.map(({ schedule: _, now: __, ...rest }) => rest));
  assert.equal(found.length, 36);
});

/** Schedule, now, the first occurrence at or after now. */
const NEXT: readonly (readonly [string, string, string | null])[] = [
  // Seconds, minutes, hours; on time, just after, just before, far-old and future starts.
  ["R/2017-01-01T00:00:00Z/PT1S/ET1S", "2017-01-01T00:00:00.001Z", "2017-01-01T00:00:01Z"],
  ["R/1970-01-01T00:00:00Z/PT7S/ET1S", "2026-01-01T00:00:01Z", "2026-01-01T00:00:07Z"],
  ["R/0000-01-01T00:00:00Z/PT0.001S", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ["R/2017-01-01T00:00:00Z/PT90S", "2017-01-01T00:01:29Z", "2017-01-01T00:01:30Z"],
  ["R/2017-01-01T00:00:00Z/PT5M", "2017-01-01T00:05:00Z", "2017-01-01T00:05:00Z"],
  ["R/2017-01-01T00:00:00Z/PT5M", "2017-01-01T00:05:01Z", "2017-01-01T00:10:00Z"],
  ["R/2017-01-01T00:00:30Z/PT1H", "2016-12-31T23:00:00Z", "2017-01-01T00:00:30Z"],
  ["R/2017-01-01T00:00:00Z/PT36H", "2017-01-02T00:00:00Z", "2017-01-02T12:00:00Z"],
  ["R/2099-01-01T00:00:00Z/PT1S/ET1S", "2017-01-01T00:00:00Z", "2099-01-01T00:00:00Z"],
  ["R/2017-01-01T00:00:00.250Z/PT1.5S", "2017-01-01T00:00:01Z", "2017-01-01T00:00:01.750Z"],
  // Days and weeks, with the seed's T and without.
  ["R/2017-01-01T00:00:00Z/P1D/ET1S", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z"],
  ["R/2017-01-01T00:00:00Z/P1DT/ET1S", "2018-01-01T00:00:00Z", "2018-01-01T00:00:00Z"],
  ["R/2017-01-01T12:00:00Z/P2DT12H", "2017-01-04T00:00:01Z", "2017-01-06T12:00:00Z"],
  ["R/2017-01-01T00:00:00Z/P1W", "2017-01-02T00:00:00Z", "2017-01-08T00:00:00Z"],
  ["R/2016-02-28T00:00:00Z/P1DT", "2016-02-28T00:00:01Z", "2016-02-29T00:00:00Z"],
  ["R/1900-01-01T00:00:00Z/P10D", "2017-01-01T00:00:00Z", "2017-01-07T00:00:00Z"],
  // Months: clamped to the month's end, and back again; over the year; by more than one.
  ["R/2017-01-31T00:00:00Z/P1M", "2017-03-01T00:00:00Z", "2017-03-31T00:00:00Z"],
  ["R/2017-01-30T00:00:00Z/P1M", "2017-02-01T00:00:00Z", "2017-02-28T00:00:00Z"],
  ["R/2016-01-30T00:00:00Z/P1M", "2016-02-01T00:00:00Z", "2016-02-29T00:00:00Z"],
  ["R/2016-12-31T00:00:00Z/P2M", "2017-01-01T00:00:00Z", "2017-02-28T00:00:00Z"],
  ["R/2016-08-31T00:00:00Z/P6M", "2017-01-01T00:00:00Z", "2017-02-28T00:00:00Z"],
  ["R/2015-08-31T00:00:00Z/P6M", "2016-01-01T00:00:00Z", "2016-02-29T00:00:00Z"],
  ["R/2016-05-31T10:00:00Z/P13M", "2017-06-30T10:00:00Z", "2017-06-30T10:00:00Z"],
  ["R/1600-01-31T00:00:00Z/P1M", "2100-02-02T00:00:00Z", "2100-02-28T00:00:00Z"],
  ["R/2017-01-15T00:00:00Z/P1M1D", "2017-02-01T00:00:00Z", "2017-02-16T00:00:00Z"],
  ["R/2017-01-31T00:00:00Z/P1M1D", "2017-02-01T00:00:00Z", "2017-03-01T00:00:00Z"],
  ["R/2017-01-31T00:00:00Z/P1M1D", "2017-03-02T00:00:00Z", "2017-04-02T00:00:00Z"],
  ["R/2017-01-31T00:00:00Z/P1MT12H", "2017-02-01T00:00:00Z", "2017-02-28T12:00:00Z"],
  ["R/2017-01-31T00:00:00Z/P1MT12H", "2017-03-01T00:00:00Z", "2017-04-01T00:00:00Z"],
  // Years, and years with months: leap days come back, also over 2100, which is no leap year.
  ["R/2016-02-29T00:00:00Z/P1Y", "2017-03-01T00:00:00Z", "2018-02-28T00:00:00Z"],
  ["R/2016-02-29T00:00:00Z/P1Y", "2019-03-01T00:00:00Z", "2020-02-29T00:00:00Z"],
  ["R/2016-02-29T00:00:00Z/P4Y", "2097-01-01T00:00:00Z", "2100-02-28T00:00:00Z"],
  ["R/2016-02-29T00:00:00Z/P4Y", "2100-03-01T00:00:00Z", "2104-02-29T00:00:00Z"],
  ["R/2015-03-31T00:00:00Z/P1Y11M", "2016-01-01T00:00:00Z", "2017-02-28T00:00:00Z"],
  ["R/2015-03-31T00:00:00Z/P1Y11M", "2017-03-01T00:00:00Z", "2019-01-31T00:00:00Z"],
  ["R/1000-01-01T00:00:00Z/P1Y", "2017-06-01T00:00:00Z", "2018-01-01T00:00:00Z"],
  ["R/2017-01-01T00:00:00Z/P9999Y", "2017-01-02T00:00:00Z", null],
  // Repetitions: none, one, n; over, at and under the last one.
  ["R0/2017-01-01T00:00:00Z/PT10S", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00Z"],
  ["R0/2017-01-01T00:00:00Z/P1M", "2017-01-01T00:00:00.001Z", null],
  ["R1/2017-01-01T00:00:00Z/PT10S", "2017-01-01T00:00:10Z", "2017-01-01T00:00:10Z"],
  ["R1/2017-01-01T00:00:00Z/PT10S", "2017-01-01T00:00:11Z", null],
  ["R3/2017-01-01T00:00:00Z/PT10S", "2017-01-01T00:00:31Z", null],
  ["R4/2017-01-31T00:00:00Z/P1M", "2017-05-31T00:00:00Z", "2017-05-31T00:00:00Z"],
  ["R4/2017-01-31T00:00:00Z/P1M", "2017-05-31T00:00:01Z", null],
  ["R2/2016-02-29T00:00:00Z/P1Y", "2018-02-28T00:00:00Z", "2018-02-28T00:00:00Z"],
  ["R2/2016-02-29T00:00:00Z/P1Y", "2018-03-01T00:00:00Z", null],
  ["R999999999999999/2017-01-01T00:00:00Z/PT1S", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  ["R00/2017-01-01T00:00:00Z/PT10S", "2017-01-01T00:00:01Z", null],
  // A start and an end: the period is what lies between.
  ["R/2016-12-01T09:00:00Z/2016-12-01T12:00:00Z", "2016-12-01T12:00:01Z", "2016-12-01T15:00:00Z"],
  ["R1/2016-12-01T09:00:00Z/2016-12-01T12:00:00Z/ET1S", "2016-12-01T12:00:01Z", null],
  ["R/2016-02-28T00:00:00Z/2016-02-29T00:00:00Z", "2017-03-01T00:00:00Z", "2017-03-01T00:00:00Z"],
  // Counted back from the end: never chained, so the 31st is not lost on the way.
  ["R3/P1M/2017-05-31T00:00:00Z", "2017-01-01T00:00:00Z", "2017-02-28T00:00:00Z"],
  ["R3/P1M/2017-05-31T00:00:00Z", "2017-03-01T00:00:00Z", "2017-03-31T00:00:00Z"],
  ["R3/P1M/2017-05-31T00:00:00Z", "2017-05-31T00:00:01Z", null],
  ["R0/P1M/2017-05-31T00:00:00Z", "2000-01-01T00:00:00Z", "2017-05-31T00:00:00Z"],
  ["R9/PT10S/2017-01-01T00:00:00Z/ET1S", "2016-01-01T00:00:00Z", "2016-12-31T23:58:30Z"],
  ["R999999999999999/P1M/2017-05-31T00:00:00Z", "2016-01-31T00:00:01Z", "2016-02-29T00:00:00Z"],
  ["R1/P1M1D/2017-03-31T00:00:00Z", "2017-01-01T00:00:00Z", "2017-02-27T00:00:00Z"],
  // Offsets and zones: the calendar is that of the start.
  ["R/2017-01-31T23:30:00-05:00/P1M", "2017-02-02T00:00:00Z", "2017-03-01T04:30:00Z"],
  ["R/2017-01-01T00:00:00+05:45/P1D", "2017-01-01T00:00:00Z", "2017-01-01T18:15:00Z"],
  ["R/2017-01-31T02:30:00[Europe/Paris]/P1M", "2017-03-01T00:00:00Z", "2017-03-31T00:30:00Z"],
  ["R/2017-03-25T02:30:00[Europe/Paris]/P1D", "2017-03-26T00:00:00Z", "2017-03-26T01:30:00Z"],
  ["R/2017-03-25T02:30:00[Europe/Paris]/PT24H", "2017-03-26T00:00:00Z", "2017-03-26T01:30:00Z"],
  ["R/2017-03-25T12:00:00[Europe/Paris]/P1D", "2017-03-26T00:00:00Z", "2017-03-26T10:00:00Z"],
  ["R/2017-03-25T12:00:00[Europe/Paris]/PT24H", "2017-03-26T00:00:00Z", "2017-03-26T11:00:00Z"],
  // One instant.
  ["2016-12-01T09:00:00Z", "2016-12-01T09:00:00Z", "2016-12-01T09:00:00Z"],
  ["2016-12-01T09:00:00Z/ET5S", "2016-12-01T09:00:00.001Z", null],
  ["2016-12-01T09:00[America/New_York]", "2016-01-01T00:00:00Z", "2016-12-01T14:00:00Z"],
];

test("an interval's next occurrence is counted from its start, whatever the unit, the count and the age", () => {
  for (const [schedule, now, expected] of NEXT) {
    assert.equal(said(nextAtOrAfter(parsed(schedule), at(now))), expected, `${schedule} at ${now}`);
  }
});

test("a repeat count of n gives n + 1 occurrences, from the start or up to the end", () => {
  for (const n of [0, 1, 2, 9, 50]) {
    for (
      const text of [
        "/2026-01-31T02:30:00[Europe/Paris]/P1D",
        "/2026-01-31T00:00:00Z/PT1S",
        "/P1M/2026-01-31T00:00:00Z",
      ]
    ) {
      assert.equal(between(parsed(`R${n}${text}`), INSTANT_MIN, INSTANT_MAX, 1_000).length, n + 1, `R${n}${text}`);
    }
  }
});

test("what is counted back from the end ends there, each month's end kept", () => {
  assert.deepEqual(first("R4/P1M/2026-05-31T12:00:00Z", "2000-01-01T00:00:00Z", 9), [
    "2026-01-31T12:00:00Z",
    "2026-02-28T12:00:00Z",
    "2026-03-31T12:00:00Z",
    "2026-04-30T12:00:00Z",
    "2026-05-31T12:00:00Z",
  ]);
});

test("a local time in a gap runs shifted or is skipped; in a fold it runs first, last, or both times", () => {
  const zone = "Europe/Paris";
  for (const form of [{ interval: "R/2026-01-01T02:30:00/P1D" }, { cron: "30 2 * * *" }]) {
    const march = (more: object) => first({ ...form, zone, ...more }, "2026-03-28T00:00:00Z", 3);
    assert.deepEqual(march({}), ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]);
    assert.deepEqual(march({ gap: "skip" }), ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]);
    const october = (more: object) => first({ ...form, zone, ...more }, "2026-10-24T12:00:00Z", 3);
    assert.deepEqual(october({}), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]);
    assert.deepEqual(october({ fold: "last" }), [
      "2026-10-25T01:30:00Z",
      "2026-10-26T01:30:00Z",
      "2026-10-27T01:30:00Z",
    ]);
    assert.deepEqual(october({ fold: "both" }), [
      "2026-10-25T00:30:00Z",
      "2026-10-25T01:30:00Z",
      "2026-10-26T01:30:00Z",
    ]);
  }
});

test("an instant obeys the same rule, and one that is skipped never fires", () => {
  assert.deepEqual(first("2026-03-29T02:30:00[Europe/Paris]", "2026-01-01T00:00:00Z", 3), ["2026-03-29T01:30:00Z"]);
  assert.ok(neverFires(parsed({ at: "2026-03-29T02:30:00", zone: "Europe/Paris", gap: "skip" }), INSTANT_MIN));
  assert.deepEqual(first({ at: "2026-10-25T02:30:00[Europe/Paris]", fold: "both" }, "2026-01-01T00:00:00Z", 3), [
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
  ]);
});

test("an offset beside a zone says which of the two readings of a fold is meant", () => {
  for (const [offset, expected] of [["+02:00", "2026-10-25T00:30:00Z"], ["+01:00", "2026-10-25T01:30:00Z"]] as const) {
    const text = `2026-10-25T02:30:00${offset}[Europe/Paris]`;
    assert.deepEqual(first(text, "2026-01-01T00:00:00Z", 3), [expected]);
    assert.equal(printSchedule(parsed(text)), text);
    assert.deepEqual(first({ interval: `R1/${text}/P1D`, fold: "both" }, "2026-01-01T00:00:00Z", 3), [
      expected,
      "2026-10-26T01:30:00Z",
    ]);
  }
  assert.deepEqual(first("2026-10-25T01:30:00Z[Europe/Paris]", "2026-01-01T00:00:00Z", 3), ["2026-10-25T01:30:00Z"]);
});

test("two days that fall on one instant, because one was left out of the calendar, are one occurrence", () => {
  // Samoa went from 2011-12-29 to 2011-12-31.
  for (const source of ["R/2011-12-28T10:00:00[Pacific/Apia]/P1D", "0 10 * * * [Pacific/Apia]"]) {
    assert.deepEqual(first(source, "2011-12-28T20:00:00Z", 4), [
      "2011-12-28T20:00:00Z",
      "2011-12-29T20:00:00Z",
      "2011-12-30T20:00:00Z",
      "2011-12-31T20:00:00Z",
    ]);
  }
  assert.deepEqual(first("*/30 1-3 29 3 * [Europe/Paris]", "2026-03-28T23:00:00Z", 4), [
    "2026-03-29T00:00:00Z",
    "2026-03-29T00:30:00Z",
    "2026-03-29T01:00:00Z",
    "2026-03-29T01:30:00Z",
  ]);
});

test("a day that comes twice, because Alaska was sold, shifts all that follow by a day", () => {
  const schedule = parsed("R/1867-10-10T12:00:00[America/Juneau]/P1D");
  const found = between(schedule, at("1867-10-01T00:00:00Z"), INSTANT_MAX, 20);
  assert.deepEqual(found.map((one) => nextAtOrAfter(schedule, one)), found);
  assert.deepEqual(found.slice(1).map((one) => previous(schedule, one)), found.slice(0, -1));
  assert.equal((found[19] ?? 0) - (found[0] ?? 0), 20 * 86_400_000);
});

test("in a half-hour gap shifted times and real ones keep the order of time", () => {
  // Lord Howe leaves 02:00 to 02:30 out, so that 02:15 is 02:45, after 02:40.
  assert.deepEqual(first("15,40 2 4 10 * [Australia/Lord_Howe]", "2026-10-03T12:00:00Z", 2), [
    "2026-10-03T15:40:00Z",
    "2026-10-03T15:45:00Z",
  ]);
});

test("from and until bound the occurrences, both inclusive, and do not change the count", () => {
  const source = {
    interval: "R4/2026-01-01T00:00:00Z/P1D",
    from: "2026-01-02T00:00:00Z",
    until: "2026-01-04T00:00:00+00:00",
  };
  assert.deepEqual(first(source, "2000-01-01T00:00:00Z", 9), [
    "2026-01-02T00:00:00Z",
    "2026-01-03T00:00:00Z",
    "2026-01-04T00:00:00Z",
  ]);
  assert.equal(said(previous(parsed(source), INSTANT_MAX)), "2026-01-04T00:00:00Z");
  assert.equal(previous(parsed(source), at("2026-01-02T00:00:00Z")), undefined);
  assert.ok(
    neverFires(parsed({ cron: "0 0 1 1 *", from: "2026-01-02T00:00:00Z", until: "2026-12-31T00:00:00Z" }), INSTANT_MIN),
  );
  assert.equal(
    said(next(parsed({ cron: "0 0 1 1 *", zone: "Europe/Paris", from: "2026-06-01T00:00:00" }), INSTANT_MIN)),
    "2026-12-31T23:00:00Z",
  );
});

test("the tolerance is the E part alone", () => {
  for (
    const [text, ms] of [
      ["R/2026-01-01T00:00:00Z/PT5S/ET2S", 2_000],
      ["R/2026-01-01T00:00:00Z/PT5S/ET0S", 0],
      ["R/2026-01-01T00:00:00Z/PT5S/E1D", 86_400_000],
      ["R/2026-01-01T00:00:00Z/PT5S/E1DT2H", 93_600_000],
      ["R/2026-01-01T00:00:00Z/PT5S/EPT1S", 1_000],
      ["R/2026-01-01T00:00:00Z/PT5S/ET1H", 3_600_000],
      ["R/2026-01-01T00:00:00Z/PT5S/ET0.25S", 250],
      ["R/2026-01-01T00:00:00Z/PT5S", undefined],
      ["2026-01-01T00:00:00Z/ET5S", 5_000],
      ["0 9 * * *", undefined],
    ] as const
  ) assert.equal(toleranceMs(parsed(text)), ms, text);
});

test("a schedule prints as the shortest text that parses to it", () => {
  for (
    const [source, printed] of [
      ["R/2026-01-01t00:00z/P12M7DT60S/EPT60S", "R/2026-01-01T00:00:00Z/P1Y7DT1M/ET1M"],
      ["R/2026-01-01T00:00:00.1239999Z/P14D", "R/2026-01-01T00:00:00.123Z/P2W"],
      ["R01/2026-01-01T00:00:00+00:00/PT36H", "R1/2026-01-01T00:00:00Z/PT36H"],
      ["R/2026-01-01T00:00:00+02:00/PT1,5H", "R/2026-01-01T00:00:00+02:00/PT1H30M"],
      ["R/2026-01-01T00:00:00+01:00[Europe/Paris]/P1D", "R/2026-01-01T00:00:00[Europe/Paris]/P1D"],
      ["R/2026-01-01T00:00:00Z[Europe/Paris]/P1D", "R/2026-01-01T01:00:00[Europe/Paris]/P1D"],
      ["R/2026-01-01T00:00:00Z/2026-01-01T03:00:00+01:00", "R/2026-01-01T00:00:00Z/PT2H"],
      ["R2/P1W/2026-01-01T00:00:00Z", "R2/P1W/2026-01-01T00:00:00Z"],
      ["CRON_TZ=Europe/Paris  0  9 ? * mon-fri", "0 9 * * MON-FRI [Europe/Paris]"],
      ["0 30 8 LW * ?", "30 8 LW * *"],
      ["@weekly", "0 0 * * 0"],
      [{ cron: "@daily", zone: "Z", gap: "shift", fold: "first" }, "0 0 * * *"],
      [{ at: "2026-01-01T00:00:00", zone: "+02:00", until: "2027-01-01T00:00:00.5Z" }, {
        at: "2026-01-01T00:00:00+02:00",
        until: "2027-01-01T00:00:00.500Z",
      }],
    ] as const
  ) {
    const schedule = parsed(source);
    assert.deepEqual(printSchedule(schedule), printed);
    assert.deepEqual(parsed(printed), schedule);
    assert.deepEqual(JSON.parse(JSON.stringify(schedule)), schedule);
  }
});

test("the zone of a schedule is the one that its calendar is in", () => {
  assert.equal(zoneOf(parsed("R/2026-01-01T00:00:00Z/P1D")), "UTC");
  assert.equal(zoneOf(parsed("R/2026-01-01T00:00:00-00:00/P1D")), "UTC");
  assert.equal(zoneOf(parsed("R/2026-01-01T00:00:00+05:45/P1D")), "+05:45");
  assert.equal(zoneOf(parsed("2026-01-01T00:00:00[!Asia/Kathmandu]")), "Asia/Kathmandu");
  assert.equal(zoneOf(parsed("0 9 * * *")), "UTC");
  assert.equal(zoneOf(parsed({ cron: "0 9 * * *", zone: "Europe/Paris" })), "Europe/Paris");
});

test("a sentence says all that the schedule does", () => {
  for (
    const [source, sentence] of [
      ["R/2026-01-01T00:00:00Z/PT5S/ET2S", "Every 5 seconds from 2026-01-01 00:00:00 UTC, for ever; up to 2 s late"],
      [
        "R4/2026-01-31T09:00:00[Europe/Paris]/P1M",
        "Every month from 2026-01-31 09:00:00 Europe/Paris, on the last day of shorter months, 5 times",
      ],
      [
        "R/2026-01-01T00:00:00+02:00/P1DT3H27M17S",
        "Every 1 day, 3 hours, 27 minutes and 17 seconds from 2026-01-01 00:00:00 UTC+02:00, for ever",
      ],
      ["R9/P1W/2026-12-31T18:00:00Z", "Every week, 10 times, the last at 2026-12-31 18:00:00 UTC"],
      ["R0/2026-01-01T00:00:00Z/P1D", "Once, at 2026-01-01 00:00:00 UTC"],
      ["2026-12-01T09:00:00Z/E1DT30M", "Once, at 2026-12-01 09:00:00 UTC; up to 1 d 30 min late"],
      ["2026-10-25T02:30:00+01:00[Europe/Paris]", "Once, at 2026-10-25 02:30:00 +01:00 Europe/Paris"],
      ["0 9 * * MON-FRI [Europe/Paris]", "At 09:00, Monday through Friday, Europe/Paris time"],
      ["0 0 L * *", "At 00:00, on the last day of the month, UTC"],
      ["0 30 8 LW * ?", "At 08:30, on the last weekday of the month, UTC"],
      ["0 0 1W,15W * *", "At the times of the cron 0 0 1W,15W * *, UTC"],
      ["0 0 1 * MON", "At 00:00, on day 1 of the month, and on Monday (a day that is either of these), UTC"],
      [
        {
          cron: "30 14 * * *",
          gap: "skip",
          fold: "both",
          zone: "Europe/Paris",
          from: "2026-01-01T00:00:00Z",
          until: "2026-07-01T00:00:00Z",
        },
        "At 14:30, Europe/Paris time, not before 2026-01-01 01:00:00 Europe/Paris, not after 2026-07-01 02:00:00 Europe/Paris; " +
        "a local time that does not exist is skipped; a local time that comes twice runs both times",
      ],
    ] as const
  ) assert.equal(describe(parsed(source)), sentence);
});

test("notes say what the clocks, short months and common mistakes do to a schedule", () => {
  const around = at("2026-09-01T00:00:00Z");
  const fold = "On 2026-10-25 02:30 comes twice in Europe/Paris: runs the first time only.";
  for (
    const [source, expected] of [
      ["30 2 * * * [Europe/Paris]", [fold, "On 2027-03-28 02:30 does not exist in Europe/Paris: runs at 03:30."]],
      ["R/2026-01-01T02:30:00[Europe/Paris]/P1D", [
        fold,
        "On 2027-03-28 02:30 does not exist in Europe/Paris: runs at 03:30.",
      ]],
      [{ cron: "30 2 * * *", zone: "Europe/Paris", gap: "skip", fold: "both" }, [
        "On 2026-10-25 02:30 comes twice in Europe/Paris: runs both times.",
        "On 2027-03-28 02:30 does not exist in Europe/Paris: skipped.",
      ]],
      [{ cron: "30 2 * * *", zone: "Europe/Paris", until: "2026-12-31T00:00:00Z" }, [fold]],
      ["0 * * * * [Europe/Paris]", ["On 2026-10-25 02:00 comes twice in Europe/Paris: runs the first time only."]],
      ["*/20 2 * * SUN [Europe/Paris]", [
        "On 2026-10-25 02:00 to 02:40 come twice in Europe/Paris: run the first time only.",
        "On 2027-03-28 02:00 to 02:40 do not exist in Europe/Paris: run from 03:00 on.",
      ]],
      ["30 2 * * *", []],
      ["R/2026-01-31T00:00:00Z/P1M", ["In months without a day 31 it runs on their last day."]],
      ["R/2024-02-29T00:00:00Z/P1Y", ["In years without February 29 it runs on February 28."]],
      ["R/2026-01-31T00:00:00Z/P1Y", []],
      ["R/2026-01-01T00:00:00[Europe/Paris]/PT24H", [
        "PT24H is exact: when the clocks turn on 2026-10-25, its local time moves; P1D keeps the local time.",
      ]],
      ["R/2026-01-01T00:00:00Z/PT5S/ET0S", ["ET0S leaves no time at all: what starts a millisecond late has expired."]],
      ["R0/2020-01-01T00:00:00Z/PT5S", ["It is over: the last occurrence was at 2020-01-01 00:00:00 UTC."]],
      ["0 0 31 * *", [
        "It does not run in February, April, June, September, November: there is no such day. L is the last day of any month.",
      ]],
      ["0 0 13 * FRI", ["Both day fields are set: it runs on each day that matches one of them, as in any crontab."]],
      ["*/7 * * * *", ["A step of 7 minutes begins anew each hour: the last one of an hour is shorter."]],
    ] as const
  ) assert.deepEqual(notes(parsed(source), around), expected, JSON.stringify(source));
});

test("what never fires is found at once", () => {
  // 02:30 of the last Sunday of March has not been in Paris since 1996, and will not be.
  const skipped = parsed({ cron: "30 2 * 3 SUNL", zone: "Europe/Paris", gap: "skip" });
  assert.ok(neverFires(skipped, at("2026-01-01T00:00:00Z")));
  assert.ok(!neverFires(parsed("0 0 29 2 *"), at("9990-01-01T00:00:00Z")));
  assert.ok(neverFires(parsed("0 0 29 2 *"), at("9997-01-01T00:00:00Z")));
  assert.ok(neverFires(parsed("R3/2026-01-01T00:00:00Z/PT1S"), at("2026-01-01T00:00:03.001Z")));
});

test("nothing is before the year 0000 or after the year 9999", () => {
  for (
    const source of [
      "R/9999-12-31T00:00:00Z/P1D",
      "R9/P1D/0000-01-01T00:00:00Z",
      "* * * * *",
      "* * * * * [Asia/Kathmandu]",
      "0 0 * * * [-23:59]",
    ]
  ) {
    const schedule = parsed(source);
    const last = previous(schedule, INSTANT_MAX);
    const firstOfAll = nextAtOrAfter(schedule, INSTANT_MIN);
    assert.ok(last !== undefined && firstOfAll !== undefined && firstOfAll >= INSTANT_MIN);
    assert.equal(next(schedule, INSTANT_MAX), undefined);
    assert.equal(previous(schedule, INSTANT_MIN), undefined);
    assert.equal(next(schedule, last), undefined);
  }
});

test("a spread moves all occurrences of a task by the same part, a jitter each by another, and both less than they are", () => {
  const hour = 3_600_000;
  const plain = parsed({ cron: "0 0 * * *", zone: "Europe/Paris" });
  const [from, to] = [at("2026-03-20T00:00:00Z"), at("2026-11-01T00:00:00Z")];
  const said = between(plain, from, to, 1_000);
  const delays = (more: object, guid: string) => {
    const schedule = ofTask(parsed({ cron: "0 0 * * *", zone: "Europe/Paris", ...more }), guid as TaskGuid);
    const found = between(schedule, said[0] ?? from, INSTANT_MAX, said.length);
    assert.deepEqual(found.slice(1).map((one) => previous(schedule, one)), found.slice(0, -1));
    return found.map((one, k) => one - (said[k] ?? 0));
  };
  const spreads = ["a", "b", "c"].map((guid) => new Set(delays({ spread: "PT1H" }, guid)));
  assert.deepEqual(spreads.map(({ size }) => size), [1, 1, 1]);
  assert.equal(new Set(spreads.flatMap((each) => [...each])).size, 3, "each task has its own");
  const jitters = delays({ jitter: "PT1H" }, "a");
  assert.ok(new Set(jitters).size > 200);
  assert.deepEqual(delays({ jitter: "PT1H" }, "a"), jitters, "and always has");
  const both = delays({ spread: "PT1H", jitter: "PT1H" }, "a");
  assert.deepEqual(both, jitters.map((one) => one + ([...spreads[0] ?? []][0] ?? 0)));
  for (const delay of [...jitters, ...[...spreads[0] ?? []]]) assert.ok(delay >= 0 && delay < hour);
  const source = { interval: "R2/2026-01-01T00:00:00Z/PT5M/ET2S", spread: "PT1H30M", jitter: "PT5M" };
  assert.deepEqual(printSchedule(parsed(source)), source);
  assert.equal(
    describe(parsed(source)),
    "Every 5 minutes from 2026-01-01 00:00:00 UTC, 3 times; later by a fixed part of 1 h 30 min; " +
      "later by up to 5 min, each time by another part; up to 2 s late",
  );
});
