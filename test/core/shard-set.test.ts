import assert from "node:assert/strict";
import { test } from "node:test";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { GROUP_SHARDS, SHARDS, SHARDS_MAX } from "../../src/core/ownership/shard.ts";
import { chanceOf } from "../chance.ts";

test("a set of shards and its text say the same", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const chance = chanceOf(seed);
    const shards = new Set(Array.from({ length: 200 * chance() }, () => Math.floor(chance() * SHARDS)));
    const set = new ShardSet(shards);
    const ascending = [...shards].sort((a, b) => a - b);
    assert.equal(set.text().length, 684);
    assert.deepEqual([...ShardSet.parse(set.text()) ?? []], ascending, `seed ${seed}`);
    assert.equal(set.size, ascending.length);
  }
});

test("shard n is bit n & 7 of byte n >> 3, so that any program reads it", () => {
  const bytes = Uint8Array.from(atob(new ShardSet([0, 9, 4095]).text()), (character) => character.charCodeAt(0));
  assert.deepEqual([bytes.length, bytes[0], bytes[1], bytes[511]], [512, 1, 2, 128]);
});

test("what is no text of a set is refused", () => {
  const full = new ShardSet(Array.from({ length: SHARDS }, (_, n) => n));
  assert.equal(full.size, SHARDS);
  const text = full.text();
  const wrong = [
    "",
    text.slice(1),
    `${text}A`,
    text.replace("=", "A"),
    text.replace("8=", "9="),
    ` ${text.slice(1)}`,
    7,
  ];
  assert.deepEqual(wrong.map((value) => ShardSet.parse(value)), wrong.map(() => undefined));
});

test("a set is added to, taken from, copied and compared", () => {
  const set = new ShardSet([1, 2, 3]);
  const copy = set.copy();
  copy.delete(2);
  copy.addAll(new ShardSet([8, 4000]));
  assert.deepEqual([[...set], [...copy]], [[1, 2, 3], [1, 3, 8, 4000]]);
  assert.deepEqual([[...set.minus(copy)], [...copy.minus(set)]], [[2], [8, 4000]]);
  assert.deepEqual([set.has(2), copy.has(2), set.equals(copy), set.equals(new ShardSet([3, 2, 1]))], [
    true,
    false,
    false,
    true,
  ]);
  assert.throws(() => set.add(SHARDS_MAX), /69632 is not a shard/);
});

test("shards of groups are kept behind the 4,096, and told one group at a time", () => {
  const [from, beyond] = [SHARDS + 3 * GROUP_SHARDS, SHARDS + 4 * GROUP_SHARDS];
  const set = new ShardSet([7, from, from + 255]);
  const text = set.groupText(from);
  assert.deepEqual([text?.length, set.groupText(SHARDS), set.groupText(beyond)], [44, undefined, undefined]);
  assert.deepEqual([...ShardSet.parse(set.text()) ?? []], [7]);
  const other = new ShardSet([7]);
  other.addGroup(SHARDS, text ?? "");
  assert.deepEqual([...other], [7, SHARDS, SHARDS + 255]);
  assert.deepEqual([other.equals(set), [...set.minus(other)], set.size], [false, [from, from + 255], 3]);
  set.clear(from, beyond);
  assert.ok(set.equals(new ShardSet([7])));
});
