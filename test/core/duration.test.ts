import assert from "node:assert/strict";
import { test } from "node:test";
import { periodWords, toleranceWords } from "../../src/core/schedule/duration-words.ts";
import {
  exactDurationMs,
  parseDuration,
  parsePeriod,
  parseTolerance,
  printPeriod,
  printTolerance,
} from "../../src/core/values/duration.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { isSlip } from "../../src/core/values/slip.ts";

const DAY = 86_400_000;

test("a period has months, days and an exact part, and prints as its shortest text", () => {
  for (
    const [text, months, days, ms, printed] of [
      ["P1Y", 12, 0, 0, "P1Y"],
      ["P18M", 18, 0, 0, "P1Y6M"],
      ["P1Y2M3W4DT5H6M7.5S", 14, 25, 18_367_500, "P1Y2M25DT5H6M7.5S"],
      ["P2W", 0, 14, 0, "P2W"],
      ["P1W1D", 0, 8, 0, "P8D"],
      ["P1DT", 0, 1, 0, "P1D"],
      ["P1DT3H27M17S", 0, 1, 12_437_000, "P1DT3H27M17S"],
      ["PT24H", 0, 0, DAY, "PT24H"],
      ["PT0.001S", 0, 0, 1, "PT0.001S"],
      ["PT0,5H", 0, 0, 1_800_000, "PT30M"],
      ["PT0.0001H", 0, 0, 360, "PT0.36S"],
      ["PT1.500000000S", 0, 0, 1_500, "PT1.5S"],
      ["P0Y0M1D", 0, 1, 0, "P1D"],
      ["P007D", 0, 7, 0, "P1W"],
    ] as const
  ) {
    const period = parsePeriod(text);
    assert.deepEqual(period, { months, days, ms }, text);
    assert.equal(isSlip(period) || printPeriod(period), printed);
    assert.deepEqual(parsePeriod(printed), period);
  }
});

test("what is no duration is refused at its first wrong character", () => {
  for (
    const [text, position] of [
      ["", 0],
      ["P", 1],
      ["PT", 2],
      ["1D", 0],
      ["p1d", 0],
      ["P1", 2],
      ["P1S", 2],
      ["PT1D", 3],
      ["P1H", 2],
      ["P1D1Y", 3],
      ["P1D1D", 3],
      ["PT1S1M", 4],
      ["P1DTT1S", 4],
      ["P-1D", 1],
      ["P+1D", 1],
      ["P 1D", 1],
      ["P1.5D", 1],
      ["PT1.5H1M", 6],
      ["PT0.0005S", 3],
      ["PT1.S", 3],
      ["P1٣D", 2],
      ["P0D", 0],
      ["PT0.000S", 0],
      ["P10001Y", 1],
      ["PT1e3S", 3],
    ] as const
  ) {
    const parsed = parsePeriod(text);
    assert.ok(isSlip(parsed), text);
    assert.equal(parsed.position, position, text);
  }
});

test("a tolerance is E and an exact duration, zero included", () => {
  for (
    const [text, ms, printed] of [
      ["ET1S", 1_000, "ET1S"],
      ["ET1H", 3_600_000, "ET1H"],
      ["E1D", DAY, "E1D"],
      ["E1DT", DAY, "E1D"],
      ["E1DT2H", DAY + 7_200_000, "E1DT2H"],
      ["E1W", 7 * DAY, "E1W"],
      ["EPT1S", 1_000, "ET1S"],
      ["EP1D", DAY, "E1D"],
      ["ET0S", 0, "ET0S"],
      ["ET0.5S", 500, "ET0.5S"],
    ] as const
  ) {
    assert.equal(parseTolerance(text), ms, text);
    assert.equal(printTolerance(ms), printed);
    assert.equal(parseTolerance(printed), ms);
  }
  for (const text of ["", "E", "ET", "EPT", "T1S", "PT1S", "E1M", "E1Y", "E-T1S", "et1s", "ET1S ", "EE1D"]) {
    assert.ok(isSlip(parseTolerance(text)), text);
  }
});

test("an exact duration is in milliseconds, and a day has 24 hours; what is not exact is refused with one that is", () => {
  assert.equal(parseDuration("P1DT0.5S", "policy.tolerance"), DAY + 500);
  assert.equal(parseDuration("PT0S", "policy.tolerance"), 0);
  assert.equal(exactDurationMs("PT1M"), 60_000);
  assert.throws(() => exactDurationMs("P1M"), /no exact duration/);
  for (
    const [value, suggestion] of [
      ["P1M", "P30D"],
      ["P1Y", "P365D"],
      ["1m", "PT1M"],
      ["5 s", "PT5S"],
      ["1h30m", "PT1H30M"],
      ["90", undefined],
      [60, "PT1H30M"],
      [null, "PT1H30M"],
      [
        "P1D".repeat(100),
        undefined,
      ],
    ] as const
  ) {
    const found = parseDuration(value, "policy.tolerance");
    assert.ok(isFault(found));
    assert.deepEqual([found.field, found.suggestion], ["policy.tolerance", suggestion]);
    if (suggestion !== undefined) assert.ok(!isFault(parseDuration(suggestion, "")));
  }
});

test("durations are said in plain words", () => {
  assert.equal(periodWords({ months: 14, days: 1, ms: 0 }), "1 year, 2 months and 1 day");
  assert.equal(periodWords({ months: 0, days: 14, ms: 90_000 }), "2 weeks, 1 minute and 30 seconds");
  assert.equal(toleranceWords(0), "0 s");
  assert.equal(toleranceWords(DAY + 5_400_500), "1 d 1 h 30 min 0.5 s");
});
