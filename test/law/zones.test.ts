// Our rule for gaps and folds against Temporal's, around every turn of the clocks of twelve zones from 2000 to 2040:
// `compatible` is our default, `earlier` and `later` are what it is made of, and `reject` tells what `skip` leaves out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Temporal as Polyfill } from "temporal-polyfill";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import { between, previous, type Schedule } from "../../src/core/schedule/schedule.ts";
import type { Rule } from "../../src/core/schedule/zone.ts";
import { isFault } from "../../src/core/values/fault.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";

const Temporal = (globalThis as { readonly Temporal?: typeof Polyfill }).Temporal ?? Polyfill;

const ZONES = [
  "Europe/Paris",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Africa/Casablanca",
  "Asia/Tehran",
  "Pacific/Apia",
  "Asia/Kathmandu",
  "Africa/Cairo",
  "America/Havana",
  "Antarctica/Troll",
  "UTC",
];
const FROM = "2000-01-01T00:00:00Z";
const TO = "2040-12-31T00:00:00Z";
const DAY_MS = 86_400_000;

const RULES: readonly Rule[] = [
  { gap: "shift", fold: "first" },
  { gap: "skip", fold: "last" },
  { gap: "shift", fold: "both" },
  { gap: "skip", fold: "first" },
];

type PlainDateTime = InstanceType<typeof Polyfill.PlainDateTime>;
type Readings = {
  readonly earlier: number;
  readonly later: number;
  readonly compatible: number;
  readonly isRejected: boolean;
  readonly isGap: boolean;
};

function parsed(source: unknown): Schedule {
  const schedule = parseSchedule(source);
  assert.ok(!isFault(schedule), JSON.stringify([source, schedule]));
  return schedule;
}

/** What Temporal says of the wall time. */
function readingsOf(wall: PlainDateTime, zone: string): Readings {
  const at = (disambiguation: "earlier" | "later" | "compatible") =>
    wall.toZonedDateTime(zone, { disambiguation }).epochMilliseconds;
  const [earlier, later] = [at("earlier"), at("later")];
  if (earlier === later) return { earlier, later, compatible: earlier, isRejected: false, isGap: false };
  let isRejected = false;
  try {
    wall.toZonedDateTime(zone, { disambiguation: "reject" });
  } catch {
    isRejected = true;
  }
  const isGap = !Temporal.Instant.fromEpochMilliseconds(earlier).toZonedDateTimeISO(zone).toPlainDateTime().equals(
    wall,
  );
  return { earlier, later, compatible: at("compatible"), isRejected, isGap };
}

function ruled({ earlier, later, compatible, isRejected, isGap }: Readings, { gap, fold }: Rule): readonly number[] {
  if (!isRejected) return [compatible];
  if (isGap) return gap === "skip" ? [] : [compatible];
  return fold === "both" ? [earlier, later] : [fold === "first" ? compatible : later];
}

function turnsOf(zone: string): number[] {
  const turns: number[] = [];
  let at = Temporal.Instant.from(FROM).toZonedDateTimeISO(zone);
  for (;;) {
    const next = at.getTimeZoneTransition("next");
    if (next === null || next.epochMilliseconds > Date.parse(TO)) return turns;
    turns.push(next.epochMilliseconds);
    at = next;
  }
}

/** Crons, with the hours and minutes of their times on each day. */
const CRONS: readonly (readonly [text: string, hours: readonly number[], minutes: readonly number[]])[] = [
  ["0,30 0-3 * * *", [0, 1, 2, 3], [0, 30]],
  ["15,45 2 * * *", [2], [15, 45]],
  ["30 2 * * *", [2], [30]],
  ["10 0,1,4,22-23 * * *", [0, 1, 4, 22, 23], [10]],
  ["59 23 * * *", [23], [59]],
];

test("around every turn of the clocks a cron runs when Temporal says, in each rule, forwards and backwards", () => {
  let compared = 0;
  for (const zone of ZONES) {
    for (const turn of turnsOf(zone)) {
      const known = new Map<string, Readings>();
      const [from, to] = [turn - 1.5 * DAY_MS as Instant, turn + 1.5 * DAY_MS as Instant];
      const today = Temporal.Instant.fromEpochMilliseconds(turn).toZonedDateTimeISO("UTC").toPlainDate();
      const days = [-3, -2, -1, 0, 1, 2, 3].map((offset) => today.add({ days: offset }));
      const all = (hours: readonly number[], minutes: readonly number[]) =>
        days.flatMap((day) => hours.flatMap((hour) => minutes.map((minute) => day.toPlainDateTime({ hour, minute }))))
          .map((wall) => {
            const key = wall.toString();
            const readings = known.get(key) ?? readingsOf(wall, zone);
            known.set(key, readings);
            return readings;
          });
      for (const [text, hours, minutes] of CRONS) {
        const readings = all(hours, minutes);
        for (const rule of RULES) {
          const schedule = parsed({ cron: text, zone, ...rule });
          const found = between(schedule, from, to, 1_000);
          const expected = new Set(
            readings.flatMap((reading) => ruled(reading, rule)).filter((at) => at >= from && at < to),
          );
          const told = `${text} in ${zone} around ${new Date(turn).toISOString()}, ${JSON.stringify(rule)}`;
          assert.deepEqual(found, [...expected].sort((a, b) => a - b), told);
          const backwards: number[] = [];
          for (let at = previous(schedule, to); at !== undefined && at >= from; at = previous(schedule, at)) {
            backwards.push(at);
          }
          assert.deepEqual(backwards.reverse(), found, told);
          compared += found.length;
        }
      }
    }
  }
  assert.ok(compared > 50_000, `${compared}`);
});

test("from 2000 to 2040 a monthly and a weekly interval run when Temporal says, in each rule", () => {
  for (const zone of ZONES) {
    for (
      const [start, step] of [["2000-01-31T02:30", { months: 1 }], ["2000-01-02T00:00", { days: 7 }], [
        "2000-01-02T03:15",
        { days: 7 },
      ]] as const
    ) {
      const first = Temporal.PlainDateTime.from(start);
      const count = "months" in step ? 480 : 2_080;
      const readings = Array.from({ length: count }, (_, k) => {
        const date = "months" in step ? first.add({ months: k }) : first.add({ days: 7 * k });
        return readingsOf(date, zone);
      });
      for (const rule of RULES) {
        const schedule = parsed({
          interval: `R${count - 1}/${start}/${"months" in step ? "P1M" : "P1W"}`,
          zone,
          ...rule,
        });
        const expected = [...new Set(readings.flatMap((reading) => ruled(reading, rule)))];
        assert.deepEqual(
          between(schedule, 0 as Instant, Date.parse("2100-01-01") as Instant, 5_000),
          expected,
          `${start} in ${zone}`,
        );
      }
    }
  }
});

test("occurrence k is the start and k periods, by Temporal's calendar, whatever the parts of the period", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const chance = chanceOf(seed);
    const upTo = (max: number) => Math.floor(chance() * (max + 1));
    const some = (max: number) => chance() < 0.4 ? upTo(max) : 0;
    const zone = ZONES[upTo(ZONES.length - 1)] ?? "UTC";
    const date = { years: some(3), months: some(20), weeks: some(3), days: some(40) };
    const time = { hours: some(50), minutes: some(90), seconds: some(90) };
    const ms = ((time.hours * 60 + time.minutes) * 60 + time.seconds) * 1_000;
    if (date.years + date.months + date.weeks + date.days === 0) continue;
    const start = Temporal.PlainDateTime.from({
      year: 1990 + upTo(45),
      month: 1 + upTo(11),
      day: 1 + upTo(30),
      hour: upTo(23),
      minute: upTo(59),
    });
    const period =
      `P${date.years}Y${date.months}M${date.weeks}W${date.days}DT${time.hours}H${time.minutes}M${time.seconds}S`;
    const isBack = chance() < 0.3;
    const at = (k: number) => {
      const part = { years: date.years * k, months: date.months * k, weeks: date.weeks * k, days: date.days * k };
      return start.add(part).toZonedDateTime(zone).epochMilliseconds + k * ms;
    };
    const expected = Array.from({ length: 25 }, (_, k) => at(isBack ? k - 24 : k));
    const text = isBack ? `R24/${period}/${start.toString()}` : `R/${start.toString()}/${period}`;
    const schedule = parsed({ interval: text, zone });
    const told = `seed ${seed}: ${text} in ${zone}`;
    assert.deepEqual(between(schedule, expected[0] as Instant, (expected[24] ?? 0) + 1 as Instant, 30), [
      ...new Set(expected),
    ], told);
    const index = 1 + upTo(23);
    assert.equal(previous(schedule, expected[index] as Instant), expected[index - 1], told);
  }
});
