import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCronText } from "../../src/core/schedule/cron-text.ts";
import { type Cron, dayMask, nextWall, previousWall } from "../../src/core/schedule/cron.ts";
import { isSlip } from "../../src/core/values/slip.ts";

function parsed(text: string): Cron {
  const cron = parseCronText(text, undefined);
  assert.ok(!isSlip(cron), `${text}: ${JSON.stringify(cron)}`);
  return cron.cron;
}

/** The days of the month that it chooses. */
function days(text: string, year: number, month: number): number[] {
  const mask = dayMask(parsed(text), year, month);
  return Array.from({ length: 31 }, (_, index) => index + 1).filter((day) => mask >> (day - 1) & 1);
}

/** The wall times from then on. */
function walls(text: string, from: string, count: number): string[] {
  const cron = parsed(text);
  const found: string[] = [];
  let at: number = Date.parse(`${from}Z`);
  while (found.length < count) {
    const wall = nextWall(cron, at);
    if (wall === undefined) break;
    found.push(new Date(wall).toISOString().slice(0, 19));
    at = wall + 1;
  }
  return found;
}

test("a cron's day fields choose days as their letters say", () => {
  // February 2026 begins on a Sunday and ends on Saturday the 28th; August 2026 begins on a Saturday, ends on a Monday.
  for (
    const [text, year, month, expected] of [
      ["0 0 L * *", 2026, 2, [28]],
      ["0 0 L * *", 2028, 2, [29]],
      ["0 0 L-3 * *", 2026, 2, [25]],
      ["0 0 L,L-1,1 * *", 2026, 4, [1, 29, 30]],
      ["0 0 L-30 * *", 2026, 4, []],
      ["0 0 L-30 * *", 2026, 5, [1]],
      ["0 0 15W * *", 2026, 8, [14]],
      ["0 0 15W * *", 2026, 2, [16]],
      ["0 0 1W * *", 2026, 8, [3]],
      ["0 0 1W * *", 2026, 2, [2]],
      ["0 0 28W * *", 2026, 2, [27]],
      ["0 0 31W * *", 2026, 5, [29]],
      ["0 0 31W * *", 2026, 4, []],
      ["0 0 LW * *", 2026, 2, [27]],
      ["0 0 LW * *", 2026, 5, [29]],
      ["0 0 LW * *", 2026, 8, [31]],
      ["0 0 lw * *", 2026, 8, [31]],
      ["0 0 * * 5L", 2026, 8, [28]],
      ["0 0 * * FRIL", 2026, 7, [31]],
      ["0 0 * * 0L,1#1", 2026, 8, [3, 30]],
      ["0 0 * * 7L", 2026, 8, [30]],
      ["0 0 * * 5#2", 2026, 8, [14]],
      ["0 0 * * FRI#5", 2026, 8, []],
      ["0 0 * * FRI#5", 2026, 7, [31]],
      ["0 0 * * 6-7", 2026, 8, [1, 2, 8, 9, 15, 16, 22, 23, 29, 30]],
      ["0 0 * * sat-sun", 2026, 8, [1, 2, 8, 9, 15, 16, 22, 23, 29, 30]],
      ["0 0 * * 0,7", 2026, 8, [2, 9, 16, 23, 30]],
      ["0 0 * * */3", 2026, 8, [1, 2, 5, 8, 9, 12, 15, 16, 19, 22, 23, 26, 29, 30]],
      ["0 0 1-31/10 * *", 2026, 4, [1, 11, 21]],
      ["0 0 20/5 * *", 2026, 4, [20, 25, 30]],
      ["0 0 ? * ?", 2026, 2, Array.from({ length: 28 }, (_, index) => index + 1)],
      ["0 0 * 3 *", 2026, 2, []],
      ["0 0 1 JAN-MAR/2,dec *", 2026, 3, [1]],
      // Both day fields are set: either is enough. A star, even with a step, sets nothing.
      ["0 0 13 * FRI", 2026, 8, [7, 13, 14, 21, 28]],
      ["0 0 L * MON#1", 2026, 8, [3, 31]],
      ["0 0 1-7 * ?", 2026, 8, [1, 2, 3, 4, 5, 6, 7]],
      ["0 0 */2 * MON", 2026, 8, [3, 17, 31]],
      ["0 0 */10 * 1-5", 2026, 8, [11, 21, 31]],
    ] as const
  ) assert.deepEqual(days(text, year, month), expected, `${text} in ${year}-${month}`);
});

test("a cron walks over seconds, minutes, hours, months and years in order", () => {
  assert.deepEqual(walls("*/20 59 23 31 12 *", "2026-12-31T23:59:30", 3), [
    "2026-12-31T23:59:40",
    "2027-12-31T23:59:00",
    "2027-12-31T23:59:20",
  ]);
  assert.deepEqual(walls("5,10 8-9 * * *", "2026-01-01T08:10:01", 3), [
    "2026-01-01T09:05:00",
    "2026-01-01T09:10:00",
    "2026-01-02T08:05:00",
  ]);
  assert.deepEqual(walls("50/5 * * * *", "2026-01-01T08:51:00", 3), [
    "2026-01-01T08:55:00",
    "2026-01-01T09:50:00",
    "2026-01-01T09:55:00",
  ]);
  assert.deepEqual(walls("0 0 29 2 *", "2096-03-01T00:00:00", 2), ["2104-02-29T00:00:00", "2108-02-29T00:00:00"]);
  assert.deepEqual(walls("0 0 */28 2 7#5", "2026-01-01T00:00:00", 1), ["2032-02-29T00:00:00"]);
  assert.deepEqual(walls("@hourly", "2026-01-01T00:00:01", 1), ["2026-01-01T01:00:00"]);
  assert.deepEqual(walls("@daily", "2026-01-01T00:00:01", 1), ["2026-01-02T00:00:00"]);
  assert.deepEqual(walls("@midnight", "2026-01-01T00:00:01", 1), ["2026-01-02T00:00:00"]);
  assert.deepEqual(walls("@weekly", "2026-01-01T00:00:01", 1), ["2026-01-04T00:00:00"]);
  assert.deepEqual(walls("@monthly", "2026-01-01T00:00:01", 1), ["2026-02-01T00:00:00"]);
  assert.deepEqual(walls("@Yearly", "2026-01-01T00:00:01", 1), ["2027-01-01T00:00:00"]);
  assert.deepEqual(walls("@annually", "9999-01-01T00:00:01", 1), []);
});

test("backwards a cron finds what it finds forwards", () => {
  for (
    const text of [
      "*/7 3-5 * * * *",
      "*/13 */5 L * *",
      "0 0 29 2 *",
      "0 9 15W * *",
      "0 0 * * 5#5",
      "59 23 31 * *",
      "0 12 1 1 MON",
    ]
  ) {
    const cron = parsed(text);
    const forwards: number[] = [];
    for (let at: number | undefined = Date.parse("2026-01-01T00:00:00Z"); at !== undefined && forwards.length < 300;) {
      at = nextWall(cron, forwards.length === 0 ? at : at + 1);
      if (at !== undefined) forwards.push(at);
    }
    const backwards: number[] = [];
    for (let at = forwards.at(-1); at !== undefined && backwards.length < forwards.length;) {
      at = previousWall(cron, backwards.length === 0 ? at : at - 1);
      if (at !== undefined) backwards.push(at);
    }
    assert.deepEqual(backwards.reverse(), forwards, text);
  }
});
