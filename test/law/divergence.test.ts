import assert from "node:assert/strict";
import { test } from "node:test";
import { converges, type Rule } from "../../src/sim/pull-model.ts";

const HISTORIES = 1_000;

function diverging(rule: Rule): readonly number[] {
  return Array.from({ length: HISTORIES }, (_, seed) => seed).filter((seed) => !converges(seed, rule));
}

test("a vector that is adopted whole, when the stream has ended, lets no history diverge", () => {
  assert.deepEqual(diverging("whole"), []);
});

test("a vector that goes up with each record loses writes, and the model sees it", () => {
  assert.ok(diverging("record").length > HISTORIES / 20);
});

test("a vector that is adopted from a stream that broke loses writes, and the model sees it", () => {
  assert.ok(diverging("cut").length > HISTORIES / 20);
});
