import assert from "node:assert/strict";
import { test } from "node:test";
import { RunVector, VersionVector } from "../../src/core/register/vector.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { chanceOf } from "../chance.ts";

function versions(chance: () => number): VersionVector {
  const origins = [1, 2, 3, 4].filter(() => chance() < 0.7);
  const vector = VersionVector.parse(
    origins.map((origin) => makeStamp(Math.floor(chance() * 3), Math.floor(chance() * 3), origin)),
  );
  assert.ok(vector);
  return vector;
}

function runs(chance: () => number): RunVector {
  const authors = ["a", "b", "c", "d"].filter(() => chance() < 0.7);
  const vector = RunVector.parse(authors.map((author) => [author, 1 + Math.floor(chance() * 5)]));
  assert.ok(vector);
  return vector;
}

const REVERSED = { equal: "equal", below: "above", above: "below", concurrent: "concurrent" };

test("adopting version vectors is commutative, associative and idempotent, and is the least upper bound", () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const chance = chanceOf(seed);
    const [a, b, c] = [versions(chance), versions(chance), versions(chance)];
    const join = (...vectors: readonly VersionVector[]) => {
      const sum = new VersionVector();
      for (const vector of vectors) assert.ok(sum.adopt(vector));
      return sum;
    };
    const ab = join(a, b);
    assert.deepEqual(ab.stamps(), join(b, a).stamps(), `seed ${seed}`);
    assert.deepEqual(join(ab, c).stamps(), join(a, join(b, c)).stamps(), `seed ${seed}`);
    assert.deepEqual(join(a, a).stamps(), a.stamps(), `seed ${seed}`);
    assert.ok(["equal", "below"].includes(a.compare(ab)), `seed ${seed}`);
    assert.equal(REVERSED[a.compare(b)], b.compare(a), `seed ${seed}`);
    assert.equal(a.compare(b) === "equal", a.digest() === b.digest(), `seed ${seed}`);
    for (const stamp of ab.stamps()) assert.ok(a.covers(stamp) || b.covers(stamp), `seed ${seed}`);
  }
});

test("adopting run vectors is commutative, associative and idempotent, and leaves nothing missing", () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const chance = chanceOf(seed);
    const [a, b, c] = [runs(chance), runs(chance), runs(chance)];
    const join = (...vectors: readonly RunVector[]) => {
      const sum = new RunVector();
      for (const vector of vectors) assert.ok(sum.adopt(vector));
      return sum;
    };
    const ab = join(a, b);
    assert.deepEqual(ab.entries(), join(b, a).entries(), `seed ${seed}`);
    assert.deepEqual(join(ab, c).entries(), join(a, join(b, c)).entries(), `seed ${seed}`);
    assert.deepEqual(join(a, a).entries(), a.entries(), `seed ${seed}`);
    assert.deepEqual([ab.missing(a), ab.missing(b)], [[], []], `seed ${seed}`);
    assert.equal(REVERSED[a.compare(b)], b.compare(a), `seed ${seed}`);
    assert.equal(a.compare(b) === "equal", a.digest() === b.digest(), `seed ${seed}`);
  }
});
