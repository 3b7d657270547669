import assert from "node:assert/strict";
import { test } from "node:test";
import { dotKey, dotStamp, RunVector, VECTOR_ENTRIES_MAX, VersionVector } from "../../src/core/register/vector.ts";
import { makeStamp, type Stamp } from "../../src/core/values/stamp.ts";

function versions(...stamps: readonly Stamp[]): VersionVector {
  const vector = VersionVector.parse(stamps);
  assert.ok(vector);
  return vector;
}

test("a version vector covers what each origin wrote up to its stamp, and nothing of others", () => {
  const vector = versions(makeStamp(1_000, 3, 7));
  const asked = [makeStamp(1_000, 3, 7), makeStamp(999, 9, 7), makeStamp(1_000, 4, 7), makeStamp(1, 0, 8)];
  assert.deepEqual(asked.map((stamp) => vector.covers(stamp)), [true, true, false, false]);
  assert.deepEqual([vector.upTo(7), vector.upTo(8)], [makeStamp(1_000, 3, 7), undefined]);
});

test("version vectors compare", () => {
  const none = versions();
  const a = versions(makeStamp(5, 0, 1));
  const b = versions(makeStamp(5, 1, 1), makeStamp(2, 0, 2));
  const c = versions(makeStamp(9, 0, 2));
  assert.deepEqual(
    [none.compare(none), none.compare(a), b.compare(a), a.compare(b), b.compare(c), c.compare(b), a.compare(a.copy())],
    ["equal", "below", "above", "below", "concurrent", "concurrent", "equal"],
  );
});

test("the digest of a vector follows its changes, and its copy's not", () => {
  const vector = versions(makeStamp(5, 0, 1));
  const copy = vector.copy();
  const before = vector.digest();
  assert.match(before, /^[0-9a-f]{16}$/);
  vector.advance(makeStamp(6, 0, 1));
  assert.notEqual(vector.digest(), before);
  assert.equal(copy.digest(), before);
  copy.advance(makeStamp(6, 0, 1));
  assert.equal(copy.digest(), vector.digest());
});

test("the digest of a run vector is the same whatever came first, and can be had for another end of one log", () => {
  const [one, other] = [new RunVector(), new RunVector()];
  one.take({ author: "a", from: 1, to: 3 });
  one.take({ author: "b", from: 1, to: 7 });
  for (const span of [{ author: "b", from: 1, to: 2 }, { author: "a", from: 1, to: 3 }]) other.take(span);
  assert.notEqual(one.digest(), other.digest());
  assert.deepEqual([one.digestWith("b", 2), other.digestWith("b", 7)], [other.digest(), one.digest()]);
  assert.equal(one.digestWith("c", 0), one.digest());
  other.take({ author: "b", from: 3, to: 7 });
  assert.equal(other.digest(), one.digest());
  assert.equal(RunVector.parse(one.entries())?.digest(), one.digest());
  assert.match(one.digest(), /^[0-9a-f]{16}$/);
  assert.equal(new RunVector().digest(), "0".repeat(16));
});

test("what is no version vector is refused, and so is one that is too long", () => {
  const long = Array.from({ length: VECTOR_ENTRIES_MAX + 1 }, (_, n) => makeStamp(1, 0, n + 1));
  const stamp = makeStamp(1, 0, 1);
  const wrong = [
    undefined,
    {},
    "x",
    [7],
    ["00"],
    [stamp, stamp],
    [makeStamp(1, 0, 0)],
    [stamp.toUpperCase() + "G"],
    long,
  ];
  assert.deepEqual(wrong.map((value) => VersionVector.parse(value)), wrong.map(() => undefined));
  const full = versions(...long.slice(1));
  assert.equal(full.adopt(versions(stamp)), false);
  assert.equal(full.covers(stamp), false);
  assert.equal(full.adopt(versions(makeStamp(2, 0, 2))), true);
});

test("a run vector grows by what follows on, and names what is missing", () => {
  const mine = new RunVector();
  assert.deepEqual([
    mine.take({ author: "a", from: 1, to: 4 }),
    mine.take({ author: "a", from: 3, to: 6 }),
    mine.take({ author: "a", from: 8, to: 9 }),
    mine.take({ author: "a", from: 2, to: 3 }),
    mine.take({ author: "b", from: 2, to: 2 }),
  ], [true, true, false, true, false]);
  assert.deepEqual(mine.entries(), [["a", 6]]);
  const theirs = RunVector.parse([["a", 9], ["b", 2], ["c", 1]]);
  assert.ok(theirs);
  theirs.take({ author: "a", from: 1, to: 3 });
  assert.deepEqual(mine.missing(theirs), [
    { author: "a", from: 7, to: 9 },
    { author: "b", from: 1, to: 2 },
    { author: "c", from: 1, to: 1 },
  ]);
  assert.equal(mine.compare(theirs), "below");
  assert.equal(mine.adopt(theirs), true);
  assert.deepEqual([mine.compare(theirs), mine.digest()], ["equal", theirs.digest()]);
});

test("what is no run vector is refused, and so is one that is too long", () => {
  const long = Array.from({ length: VECTOR_ENTRIES_MAX + 1 }, (_, n) => [`peer-${n}`, 1]);
  const wrong = [
    undefined,
    {},
    ["a"],
    [["a"]],
    [["a", 1, 2]],
    [["a", 0]],
    [["a", 1.5]],
    [["a", "1"]],
    [["", 1]],
    [["a b", 1]],
    [["a", 1], ["a", 2]],
    long,
  ];
  assert.deepEqual(wrong.map((value) => RunVector.parse(value)), wrong.map(() => undefined));
  const full = RunVector.parse(long.slice(1));
  assert.ok(full);
  assert.equal(full.take({ author: "one more", from: 1, to: 1 }), false);
});

test("dot keys of one origin sort by its clock, and give the stamp back", () => {
  const stamps = [
    makeStamp(9, 0, 1),
    makeStamp(9, 1, 1),
    makeStamp(10, 0, 1),
    makeStamp(1, 0, 2),
    makeStamp(8, 0, 0xabc),
  ];
  const keys = stamps.map(dotKey);
  assert.deepEqual([...keys].sort(), keys);
  assert.deepEqual(keys.map(dotStamp), stamps);
});
