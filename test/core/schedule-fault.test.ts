import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import type { Schedule } from "../../src/core/schedule/schedule.ts";
import { type Fault, isFault } from "../../src/core/values/fault.ts";

function refused(source: unknown): Fault {
  const parsed: Schedule | Fault = parseSchedule(source);
  assert.ok(isFault(parsed), typeof source === "object" ? JSON.stringify(source) : String(source));
  return parsed;
}

/** Text, where it goes wrong, what was probably meant. */
const TEXTS: readonly (readonly [string, number, string | undefined])[] = [
  // No schedule at all, or that of another scheduler.
  ["", 0, "R/2026-01-01T00:00:00Z/PT1H"],
  ["x", 0, undefined],
  ["hello world", 0, undefined],
  ["5 minutes", 0, "R/2024-01-01T00:00:00Z/PT5M"],
  ["every 5 minutes", 0, "R/2024-01-01T00:00:00Z/PT5M"],
  ["every other week", 0, "R/2024-01-01T00:00:00Z/P2W"],
  ["Every day at 9:30 pm", 0, "30 21 * * *"],
  ["every weekday at 9 am", 0, "0 9 * * MON-FRI"],
  ["every Monday", 0, "0 0 * * MON"],
  ["hourly", 0, "@hourly"],
  ["PT5S", 0, "R/2024-01-01T00:00:00Z/PT5S"],
  ["@every 5m", 0, "R/2024-01-01T00:00:00Z/PT5M"],
  ["@every 1h30m10s", 0, "R/2024-01-01T00:00:00Z/PT1H30M10S"],
  ["@reboot", 0, undefined],
  ["@dayly", 0, "@daily"],
  [" 0 9 * * *", 0, "0 9 * * *"],
  // Repetitions and parts.
  ["r/2026-01-01T00:00:00Z/PT5S", 0, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R-1/2026-01-01T00:00:00Z/PT5S", 1, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R1.5/2026-01-01T00:00:00Z/PT5S", 1, "R1/2026-01-01T00:00:00Z/PT5S"],
  ["R1000000000000000/2026-01-01T00:00:00Z/PT5S", 1, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R", 1, "R/2026-01-01T00:00:00Z/PT1H"],
  ["R5/", 3, "R5/2026-01-01T00:00:00Z/PT1H"],
  ["R/2026-01-01T00:00:00Z", 22, "R/2026-01-01T00:00:00Z/P1D"],
  ["R/2026-01-01T00:00:00Z/", 23, "R/2026-01-01T00:00:00Z/P1D"],
  ["R/2026-01-01T00:00:00Z/ET5S", 23, "R/2026-01-01T00:00:00Z/P1D/ET5S"],
  ["R/2026-01-01T00:00:00Z/PT5S/", 28, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-01T00:00:00Z/PT5S/ET1S/ET1S", 33, "R/2026-01-01T00:00:00Z/PT5S/ET1S"],
  ["R/PT5S/2026-01-01T00:00:00Z", 1, "R9/PT5S/2026-01-01T00:00:00Z"],
  ["R9/PT5S/PT5S", 8, "R9/2024-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", 23, "R/2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"],
  ["R/2026-01-01T00:00:00Z/2026-01-01T01:00:00+01:00", 23, "R/2026-01-01T00:00:00Z/P1D"],
  ["2026-01-01T00:00:00Z/PT1H", 21, "R/2026-01-01T00:00:00Z/PT1H"],
  // Dates and times.
  ["R/2026-1-1T0:0:0Z/PT5S", 7, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/20260101T000000Z/PT5S", 6, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-02-30T00:00:00Z/PT5S", 10, "R/2026-02-28T00:00:00Z/PT5S"],
  ["R/2017-02-29T00:00:00Z/P1Y", 10, "R/2017-02-28T00:00:00Z/P1Y"],
  ["R/2026-13-01T00:00:00Z/PT5S", 7, "R/2026-12-01T00:00:00Z/PT5S"],
  ["R/2026-00-00T00:00:00Z/PT5S", 7, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-12-31T24:00:00Z/PT5S", 13, "R/2027-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-01T25:61:61Z/PT5S", 13, "R/2026-01-01T23:59:59Z/PT5S"],
  ["R/2016-12-31T23:59:60Z/PT5S", 19, "R/2016-12-31T23:59:59Z/PT5S"],
  ["R/2026-01-01T00:00:00/PT5S", 21, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-01/PT5S", 12, "R/2026-01-01T00:00:00Z/PT5S"],
  ["2026-01-01 09:00:00Z", 10, "2026-01-01T09:00:00Z"],
  ["2026/01/01 09:00", 4, "2026-01-01T09:00:00Z"],
  ["2026-01-01T09:00:00,5Z", 19, "2026-01-01T09:00:00.5Z"],
  ["2026-01-01T09:00:00.1234567890Z", 29, "2026-01-01T09:00:00.123456789Z"],
  ["2026-01-01T09:00:00+2", 19, "2026-01-01T09:00:00+02:00"],
  ["2026-01-01T09:00:00+0200", 19, "2026-01-01T09:00:00+02:00"],
  ["2026-01-01T09:00:00+24:00", 19, "2026-01-01T09:00:00Z"],
  ["0000-01-01T00:00:00+01:00", 0, undefined],
  ["+12026-01-01T00:00:00Z", 0, undefined],
  // Zones.
  ["R/2026-01-01T00:00:00[Europe/Pari]/PT5S", 22, "R/2026-01-01T00:00:00[Europe/Paris]/PT5S"],
  ["2026-01-01T00:00:00[europe/paris]", 20, "2026-01-01T00:00:00[Europe/Paris]"],
  ["2026-01-01T00:00:00[New York]", 20, "2026-01-01T00:00:00[America/New_York]"],
  ["2026-01-01T00:00:00[UTC+2]", 20, "2026-01-01T00:00:00[+02:00]"],
  ["2026-01-01T00:00:00[PST]", 20, "2026-01-01T00:00:00[America/Los_Angeles]"],
  ["2026-01-01T00:00:00[]", 20, undefined],
  ["2026-01-01T00:00:00[Europe/Paris", 19, "2026-01-01T00:00:00[Europe/Paris]"],
  ["2026-01-01T00:00:00+05:00[Europe/Paris]", 19, "2026-01-01T00:00:00+01:00[Europe/Paris]"],
  ["2026-03-29T02:30:00+01:00[Europe/Paris]", 19, "2026-03-29T02:30:00[Europe/Paris]"],
  ["0 9 * * * [Mars/Olympus]", 11, undefined],
  ["TZ=Europe/Pari 0 9 * * *", 3, "TZ=Europe/Paris 0 9 * * *"],
  ["TZ=Europe/Paris 0 9 * * * [Europe/Paris]", 25, "TZ=Europe/Paris 0 9 * * *"],
  // Durations.
  ["R/2026-01-01T00:00:00Z/P", 24, "R/2026-01-01T00:00:00Z/P1D"],
  ["R/2026-01-01T00:00:00Z/PT", 25, "R/2026-01-01T00:00:00Z/P1D"],
  ["R/2026-01-01T00:00:00Z/PT0S", 23, "R/2026-01-01T00:00:00Z/PT1S"],
  ["R/2026-01-01T00:00:00Z/P0M", 23, "R/2026-01-01T00:00:00Z/P1M"],
  ["R/2026-01-01T00:00:00Z/P0Y0M0D", 23, "R/2026-01-01T00:00:00Z/P1Y0M0D"],
  ["R/2026-01-01T00:00:00Z/P5S", 25, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-01T00:00:00Z/PT1D", 26, "R/2026-01-01T00:00:00Z/P1D"],
  ["R/2026-01-01T00:00:00Z/PT5M1H", 27, "R/2026-01-01T00:00:00Z/PT1H5M"],
  ["R/2026-01-01T00:00:00Z/PT5M5M", 27, "R/2026-01-01T00:00:00Z/PT10M"],
  ["R/2026-01-01T00:00:00Z/PT1.5H30M", 29, "R/2026-01-01T00:00:00Z/PT2H"],
  ["R/2026-01-01T00:00:00Z/P0.5D", 24, "R/2026-01-01T00:00:00Z/PT12H"],
  ["R/2026-01-01T00:00:00Z/P1.5M", 24, undefined],
  ["R/2026-01-01T00:00:00Z/PT0.0001S", 26, "R/2026-01-01T00:00:00Z/PT0.001S"],
  ["R/2026-01-01T00:00:00Z/PT.5S", 25, "R/2026-01-01T00:00:00Z/PT0.5S"],
  ["R/2026-01-01T00:00:00Z/PT5H6:7S", 28, undefined],
  ["R/2026-01-01T00:00:00Z/-PT5S", 23, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-01T00:00:00Z/pt5s", 23, "R/2026-01-01T00:00:00Z/PT5S"],
  ["R/2026-01-01T00:00:00Z/5m", 23, "R/2026-01-01T00:00:00Z/PT5M"],
  ["R/2026-01-01T00:00:00Z/P10001Y", 24, undefined],
  ["R/2026-01-01T00:00:00Z/PT1234567890123456S", 25, undefined],
  // Tolerances.
  ["R/2026-01-01T00:00:00Z/PT5S/PT2S", 28, "R/2026-01-01T00:00:00Z/PT5S/ET2S"],
  ["R/2026-01-01T00:00:00Z/PT5S/T2S", 28, "R/2026-01-01T00:00:00Z/PT5S/ET2S"],
  ["R/2026-01-01T00:00:00Z/PT5S/2S", 28, "R/2026-01-01T00:00:00Z/PT5S/ET2S"],
  ["R/2026-01-01T00:00:00Z/PT5S/et2s", 28, "R/2026-01-01T00:00:00Z/PT5S/ET2S"],
  ["R/2026-01-01T00:00:00Z/PT5S/E", 29, "R/2026-01-01T00:00:00Z/PT5S/E1D"],
  ["R/2026-01-01T00:00:00Z/PT5S/E1M", 30, "R/2026-01-01T00:00:00Z/PT5S/E30D"],
  ["R/2026-01-01T00:00:00Z/PT5S/E1Y", 30, "R/2026-01-01T00:00:00Z/PT5S/E365D"],
  ["R/2026-01-01T00:00:00Z/PT5S/E2S", 30, "R/2026-01-01T00:00:00Z/PT5S/ET2S"],
  // Several things wrong at once.
  ["r5/2026-2-31 9:00/5 min/2s", 0, "R5/2026-02-28T09:00:00Z/PT5M/ET2S"],
  // Crons.
  ["* * * *", 7, "* * * * *"],
  ["0 0 9 ? * MON-FRI 2026", 18, "0 0 9 ? * MON-FRI"],
  ["0 9 * * * /ET5S", 10, "0 9 * * *"],
  ["60 * * * *", 0, "0 * * * *"],
  ["* 24 * * *", 2, "* 0 * * *"],
  ["0 0 32 * *", 4, "0 0 31 * *"],
  ["0 0 0 * *", 4, "0 0 1 * *"],
  ["0 0 * 13 *", 6, "0 0 * 12 *"],
  ["0 0 * * 8", 8, "0 0 * * 7"],
  ["0 0 * * MONDAY", 8, "0 0 * * MON"],
  ["0 0 * january *", 6, "0 0 * JAN *"],
  ["0 0 * * FRI-MON", 8, "0 0 * * FRI-SAT,SUN-MON"],
  ["0 22-2 * * *", 2, "0 22-23,0-2 * * *"],
  ["*/0 * * * *", 2, "*/1 * * * *"],
  ["*/60 * * * *", 2, "R/2024-01-01T00:00:00Z/PT60M"],
  ["*/90 * * * *", 2, "R/2024-01-01T00:00:00Z/PT90M"],
  ["0 */24 * * *", 4, "0 0 * * *"],
  ["1,,2 * * * *", 2, "1,2 * * * *"],
  ["1, * * * *", 2, "1 * * * *"],
  ["1-  * * * *", 2, undefined],
  ["0 0 L-31 * *", 6, "0 0 L-30 * *"],
  ["0 0 32W * *", 4, "0 0 31W * *"],
  ["0 0 * * L", 8, "0 0 * * FRIL"],
  ["0 0 * * 5#6", 10, "0 0 * * 5#5"],
  ["0 0 * * FRI#", 12, "0 0 * * FRI#1"],
  ["0 0 30 2 *", 4, "0 0 L 2 *"],
  ["0 0 1 1 ? 2026", 10, "0 0 1 1 ?"],
  ["0 9 * * * Europe/Paris", 10, "0 9 * * * [Europe/Paris]"],
  ["0 9 * * MON europe/paris", 12, "0 9 * * MON [Europe/Paris]"],
  ["-5 * * * *", 0, undefined],
  [",5 * * * *", 0, "5 * * * *"],
  ["H 9 * * *", 0, undefined],
  ["@minutely", 0, "* * * * *"],
  ["@at 2026", 0, undefined],
  ["0 0 31 4,6,9,11 *", 4, "0 0 L 4,6,9,11 *"],
  ["0 0 L-30 2 *", 4, "0 0 * 2 *"],
  ["0 0 */31 * *", 6, "0 0 1 * *"],
  ["0 0 1-9/31 * *", 8, "0 0 1-9/30 * *"],
  ["0 0 */30 * MON#2", 4, "0 0 * * MON#2"],
];

test("a text that is refused is met with its position, and with a text that is accepted and was probably meant", () => {
  for (const [text, position, suggestion] of TEXTS) {
    const { field, message, ...rest } = refused(text);
    assert.equal(field, "schedule");
    assert.match(message, /^[A-Z0-9@].*\.$/);
    assert.deepEqual(rest, { kind: "fault", position, ...(suggestion === undefined ? {} : { suggestion }) }, text);
  }
});

test("every suggestion is accepted", () => {
  for (const [text] of TEXTS) {
    const { suggestion } = refused(text);
    if (suggestion !== undefined) assert.ok(!isFault(parseSchedule(suggestion)), suggestion);
  }
});

/** Object, the field at fault, what would be accepted there. */
const OBJECTS: readonly (readonly [unknown, string, string | undefined])[] = [
  [{}, "schedule", undefined],
  [{ cron: "0 9 * * *", at: "2026-01-01T00:00:00Z" }, "schedule", undefined],
  [{ cron: undefined }, "schedule", undefined],
  [{ cron: "0 9 * * *", timezone: "Europe/Paris" }, "schedule.timezone", "zone"],
  [{ cron: "0 9 * * *", Zone: "Europe/Paris" }, "schedule.Zone", "zone"],
  [{ cron: "60 9 * * *" }, "schedule.cron", "0 9 * * *"],
  [{ cron: "@every 5m" }, "schedule.cron", undefined],
  [{ cron: "R/2026-01-01T00:00:00Z/PT1H" }, "schedule.cron", undefined],
  [{ cron: 5 }, "schedule.cron", "0 9 * * MON-FRI"],
  [{ cron: "0 9 * * * [Europe/Rome]", zone: "Europe/Paris" }, "schedule.cron", "0 9 * * *"],
  [{ cron: "TZ=Europe/Rome 0 9 * * *", zone: "Europe/Paris" }, "schedule.cron", "0 9 * * *"],
  [{ interval: "R/2026-01-01T00:00:00/PT1H" }, "schedule.interval", "R/2026-01-01T00:00:00Z/PT1H"],
  [
    { interval: "R/2026-01-01T00:00:00[Europe/Rome]/PT1H", zone: "UTC" },
    "schedule.interval",
    "R/2026-01-01T00:00:00/PT1H",
  ],
  [
    { interval: "R/2026-01-01T00:00:00+05:00/PT1H", zone: "Europe/Paris" },
    "schedule.interval",
    "R/2026-01-01T00:00:00+01:00/PT1H",
  ],
  [{ interval: null }, "schedule.interval", "R/2026-01-01T00:00:00Z/PT1H"],
  [{ at: "2026-01-01" }, "schedule.at", "2026-01-01T00:00:00Z"],
  [{ cron: "0 9 * * *", zone: "Europe/Pari" }, "schedule.zone", "Europe/Paris"],
  [{ cron: "0 9 * * *", zone: "" }, "schedule.zone", undefined],
  [{ cron: "0 9 * * *", zone: 2 }, "schedule.zone", "Europe/Paris"],
  [{ cron: "0 9 * * *", gap: "shfit" }, "schedule.gap", "shift"],
  [{ cron: "0 9 * * *", fold: "second" }, "schedule.fold", "first"],
  [{ cron: "0 9 * * *", fold: null }, "schedule.fold", "first"],
  [{ cron: "0 9 * * *", from: "2026-01-01" }, "schedule.from", "2026-01-01T00:00:00Z"],
  [{ cron: "0 9 * * *", until: "2026-01-01T00:00" }, "schedule.until", "2026-01-01T00:00Z"],
  [
    { cron: "0 9 * * *", from: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z" },
    "schedule.until",
    "2026-01-02T00:00:00Z",
  ],
  [{ cron: "0 9 * * *", from: 5 }, "schedule.from", "2024-01-01T00:00:00Z"],
  [{ cron: "0 9 * * *", spread: "PT25H" }, "schedule.spread", "P1D"],
  [{ cron: "0 9 * * *", spread: "P1M" }, "schedule.spread", "P1D"],
  [{ cron: "*/5 * * * *", jitter: "PT1H" }, "schedule.jitter", "PT5M"],
  [{ at: "2026-01-01T00:00:00Z", jitter: "P2D" }, "schedule.jitter", "P1D"],
  [{ interval: "R/2026-01-01T00:00:00Z/PT5S", jitter: 5 }, "schedule.jitter", "PT5S"],
];

test("an object that is refused names the property, and a value of it that is accepted", () => {
  for (const [source, field, suggestion] of OBJECTS) {
    const found = refused(source);
    assert.deepEqual([found.field, found.suggestion], [field, suggestion], JSON.stringify(source));
    const name = field.split(".")[1];
    if (suggestion !== undefined && name !== undefined && suggestion !== "zone") {
      assert.ok(!isFault(parseSchedule({ ...(source as object), [name]: suggestion })), suggestion);
    }
  }
});

test("the fault carries the name of the field that the schedule was in", () => {
  assert.equal((parseSchedule({ cron: "x" }, "tasks.0.schedule") as Fault).field, "tasks.0.schedule.cron");
});

test("whatever is not a text or an object is refused, without an exception", () => {
  for (
    const value of [
      undefined,
      null,
      true,
      0,
      NaN,
      5n,
      Symbol("x"),
      () => 0,
      [],
      ["R/2026-01-01T00:00:00Z/PT1H"],
      new Date(0),
      new Map(),
      Object.create(null),
    ]
  ) {
    assert.equal(refused(value).field, "schedule");
  }
});

test("the names that every object has are no cron, no zone and no property", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"]) {
    for (
      const source of [name, { cron: name }, { interval: name }, { at: name }, { cron: "@daily", zone: name }, {
        cron: "@daily",
        gap: name,
      }]
    ) refused(source);
    refused(JSON.parse(`{"cron":"@daily","${name}":1}`));
  }
});

test("a text longer than 1,024 characters is refused", () => {
  const list = Array.from({ length: 341 }, () => "10").join(",");
  assert.ok(!isFault(parseSchedule(`${list.slice(0, 1_016)} * * * *`)));
  assert.equal(refused(`${list},10 * * * *`).position, 1_024);
  assert.equal(refused({ cron: "0 9 * * *", zone: "E".repeat(2_000) }).field, "schedule.zone");
});
