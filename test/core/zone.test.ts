import assert from "node:assert/strict";
import { test } from "node:test";
import { parseZone } from "../../src/core/schedule/zone-name.ts";
import { offsetAt, readings, spanAt } from "../../src/core/schedule/zone.ts";
import type { Wall } from "../../src/core/values/calendar.ts";
import { isSlip } from "../../src/core/values/slip.ts";

const HOUR = 3_600_000;

function wall(text: string): Wall {
  return Date.parse(`${text}Z`) as Wall;
}

test("an offset is known to the second on both sides of a turn, in the far past and in the far future", () => {
  for (
    const [zone, at, hours] of [
      ["Europe/Paris", "2026-03-29T00:59:59.999Z", 1],
      ["Europe/Paris", "2026-03-29T01:00:00Z", 2],
      ["Europe/Paris", "0000-01-01T00:00:00Z", 561 / 3_600],
      ["Europe/Paris", "9999-07-01T00:00:00Z", 2],
      ["Asia/Kathmandu", "2026-01-01T00:00:00Z", 5.75],
      ["Australia/Lord_Howe", "2026-01-01T00:00:00Z", 11],
      ["Australia/Lord_Howe", "2026-07-01T00:00:00Z", 10.5],
      ["Pacific/Apia", "2011-12-30T09:59:59Z", -10],
      ["Pacific/Apia", "2011-12-30T10:00:00Z", 14],
      ["Antarctica/Troll", "2026-07-01T00:00:00Z", 2],
      ["UTC", "2026-01-01T00:00:00Z", 0],
      ["-03:30", "2026-01-01T00:00:00Z", -3.5],
    ] as const
  ) assert.equal(offsetAt(zone, Date.parse(at)), hours * HOUR, `${zone} ${at}`);
});

test("a span holds every turn of its page and of two days on either side", () => {
  const turn = Date.parse("2026-03-29T01:00:00Z");
  for (let hours = -48; hours <= 48; hours++) {
    assert.deepEqual(spanAt("Europe/Paris", turn + hours * HOUR), { turn, before: HOUR, after: 2 * HOUR });
  }
  // Gaza turns twice within seven days in the autumn of 2040: never in one span.
  for (let at = Date.parse("2040-10-01T00:00:00Z"); at < Date.parse("2040-11-15T00:00:00Z"); at += HOUR) {
    const { before, after } = spanAt("Asia/Gaza", at);
    assert.ok(Math.abs(after - before) <= HOUR);
  }
});

test("a wall time has one reading, none in a gap that is skipped, and two in a fold", () => {
  const shift = { gap: "shift", fold: "both" } as const;
  const skip = { gap: "skip", fold: "first" } as const;
  const iso = (found: readonly number[]) => found.map((at) => new Date(at).toISOString().slice(0, 16));
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-03-29T02:00"), shift)), ["2026-03-29T01:00"]);
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-03-29T02:59"), shift)), ["2026-03-29T01:59"]);
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-03-29T02:00"), skip)), []);
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-03-29T03:00"), skip)), ["2026-03-29T01:00"]);
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-10-25T02:00"), shift)), [
    "2026-10-25T00:00",
    "2026-10-25T01:00",
  ]);
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-10-25T03:00"), shift)), ["2026-10-25T02:00"]);
  assert.deepEqual(iso(readings("Europe/Paris", wall("2026-10-25T01:59"), shift)), ["2026-10-24T23:59"]);
  assert.deepEqual(iso(readings("Pacific/Apia", wall("2011-12-30T12:00"), shift)), ["2011-12-30T22:00"]);
  assert.deepEqual(iso(readings("Pacific/Apia", wall("2011-12-30T12:00"), skip)), []);
  assert.deepEqual(iso(readings("+02:00", wall("2026-03-29T02:30"), shift)), ["2026-03-29T00:30"]);
});

test("a zone is an IANA name in its own case, UTC, or an offset; abbreviations that could be two places are none", () => {
  for (
    const name of [
      "Europe/Paris",
      "America/Argentina/Buenos_Aires",
      "US/Eastern",
      "Etc/GMT-14",
      "CET",
      "GB-Eire",
      "Asia/Kolkata",
      "Asia/Calcutta",
    ]
  ) {
    assert.equal(parseZone(name), name);
  }
  for (const name of ["UTC", "Z", "z", "+00:00", "-00:00"]) assert.equal(parseZone(name), "UTC");
  for (const name of ["+05:45", "-23:59"]) assert.equal(parseZone(name), name);
  for (
    const [name, meant] of [
      ["europe/paris", "Europe/Paris"],
      ["Europe/Pari", "Europe/Paris"],
      ["Paris", "Europe/Paris"],
      ["new york", "America/New_York"],
      ["America/NewYork", "America/New_York"],
      ["IST", "Asia/Kolkata"],
      ["PST", "America/Los_Angeles"],
      ["utc", "UTC"],
      ["GMT+2", "+02:00"],
      ["+2", "+02:00"],
      ["+0530", "+05:30"],
      ["Mars/Olympus_Mons", undefined],
      ["", undefined],
      ["../../etc/passwd", undefined],
      ["E".repeat(1_000), undefined],
    ] as const
  ) {
    const parsed = parseZone(name);
    assert.ok(isSlip(parsed), name);
    assert.equal(parsed.edit?.text, meant, name);
  }
});
