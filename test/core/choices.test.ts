// What a form begins with: of each schedule the few choices that say it, or that they do not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf } from "../../src/core/schedule/choices.ts";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import { isFault } from "../../src/core/values/fault.ts";

const WORKDAYS = ["MON", "TUE", "WED", "THU", "FRI"];
const nine = { zone: "UTC", time: "09:00" };
const start = "2026-12-01T09:00:00Z";

const SAID: readonly (readonly [schedule: unknown, choices: object])[] = [
  ["R/2026-12-01T09:00:00Z/PT90S", { ...nine, kind: "every", count: 90, unit: "seconds", start }],
  ["R/2026-12-01T09:00:00Z/PT2M", { ...nine, kind: "every", count: 2, unit: "minutes", start }],
  ["R/2026-12-01T09:00:00Z/PT1H30M", { ...nine, kind: "every", count: 90, unit: "minutes", start }],
  ["R/2026-12-01T09:00:00Z/PT24H", { ...nine, kind: "every", count: 24, unit: "hours", start }],
  ["R/2026-12-01T09:00:00Z/P3D", { ...nine, kind: "every", count: 3, unit: "days", start }],
  ["R/2026-12-01T18:30:00[Europe/Paris]/P2W", {
    ...{ kind: "every", count: 2, unit: "weeks", start: "2026-12-01T18:30:00[Europe/Paris]" },
    ...{ zone: "Europe/Paris", time: "18:30" },
  }],
  ["30 7 * * FRI,MON [Asia/Tokyo]", { kind: "week", days: ["MON", "FRI"], zone: "Asia/Tokyo", time: "07:30" }],
  ["0 9 * * SUN", { ...nine, kind: "week", days: ["SUN"] }],
  ["0 9 * * MON-FRI", { ...nine, kind: "week", days: WORKDAYS }],
  ["@daily", { kind: "week", days: [...WORKDAYS, "SAT", "SUN"], zone: "UTC", time: "00:00" }],
  ["0 9 1 * *", { ...nine, kind: "month", day: "1" }],
  ["0 9 31 * *", { ...nine, kind: "month", day: "31" }],
  ["0 9 L * *", { ...nine, kind: "month", day: "L" }],
  ["0 9 LW * * [+02:00]", { kind: "month", day: "LW", zone: "+02:00", time: "09:00" }],
  ["2026-12-01T09:00:00Z", { ...nine, kind: "once", at: "2026-12-01T09:00:00.000Z" }],
  ["2026-12-01T09:00:00[Europe/Paris]", {
    ...{ kind: "once", at: "2026-12-01T08:00:00.000Z", zone: "Europe/Paris", time: "09:00" },
  }],
];

/** More than a few choices say; where and when it begins is told all the same. */
const OTHER: readonly unknown[] = [
  ...["R3/2026-12-01T09:00:00Z/PT1H", "R/2026-12-01T09:00:00Z/PT1H/ET2S", "R/2026-12-01T09:00:00Z/P1M"],
  ...["R/2026-12-01T09:00:00Z/P1DT1H", "R/2026-12-01T09:00:00Z/PT0.5S", "R2/PT1H/2026-12-01T09:00:00Z"],
  ...["0 9,17 * * *", "0,30 9 * * *", "30 0 9 * * *", "0 9 1 1 *", "0 9 1,15 * *", "0 9 15W * *", "0 9 L-1 * *"],
  ...["0 9 * * 5L", "0 9 * * 5#2", "0 9 1 * MON", "0 9 1,L * *", "2026-12-01T09:00:00Z/ET1S", "2026-12-01T09:00:00.5Z"],
  ...[{ cron: "0 9 * * *", gap: "skip" }, { cron: "0 9 * * *", until: "2030-01-01T00:00:00Z" }],
];

test("a few choices say all of what a form writes, and of nothing else", () => {
  const choicesIn = (source: unknown) => {
    const schedule = parseSchedule(source);
    assert.ok(!isFault(schedule), JSON.stringify(source));
    return choicesOf(schedule);
  };
  for (const [source, choices] of SAID) assert.deepEqual(choicesIn(source), choices, JSON.stringify(source));
  for (const source of OTHER) assert.deepEqual(choicesIn(source), { ...nine, kind: "other" }, JSON.stringify(source));
  // A local time that the clocks skip is told by more than its instant.
  assert.equal(choicesIn("2026-03-29T02:30:00[Europe/Paris]").kind, "other");
});
