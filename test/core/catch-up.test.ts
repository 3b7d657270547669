import assert from "node:assert/strict";
import { test } from "node:test";
import { CatchUp } from "../../src/core/protocol/catch-up.ts";
import { instant } from "../../src/core/values/instant.ts";

const START = Date.UTC(2026, 10, 28);

function told() {
  const lines: string[] = [];
  const catchUp = new CatchUp((message, facts) => lines.push(`${message} ${JSON.stringify(facts)}`));
  return { lines, catchUp, at: (seconds: number) => instant(START + seconds * 1_000) };
}

test("a long sync says how far it is, every two seconds, and its end", () => {
  const { lines, catchUp, at } = told();
  for (let second = 0; second <= 5; second++) catchUp.goesOn(second * 20_000, 100_000, at(second));
  catchUp.ended(100_000, true, at(5.5));
  assert.deepEqual(lines, [
    'takes in what the mesh holds {"held":0,"of":100000,"percent":0}',
    'takes in what the mesh holds {"held":40000,"of":100000,"percent":40}',
    'takes in what the mesh holds {"held":80000,"of":100000,"percent":80}',
    'has taken in what the mesh holds {"held":100000,"seconds":5.5}',
  ]);
});

test("a sync that brings little says nothing, and one that breaks says so", () => {
  const { lines, catchUp, at } = told();
  catchUp.goesOn(99_000, 100_000, at(0));
  catchUp.ended(100_000, true, at(1));
  assert.deepEqual(lines, []);
  catchUp.goesOn(0, 100_000, at(2));
  catchUp.ended(500, false, at(3));
  assert.equal(lines.at(-1), 'was held up; it goes on with the next sync {"held":500,"seconds":1}');
});
