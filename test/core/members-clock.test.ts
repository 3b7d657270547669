import assert from "node:assert/strict";
import { test } from "node:test";
import { median, offMedianMs, SkewSamples } from "../../src/core/membership/skew.ts";
import { MembersWorld } from "./members-world.ts";

test("measures another clock to within half of the round trip, even when one direction takes all of it", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new MembersWorld({ peers: 3, seed });
    world.offsets.set("p1", 700);
    world.slow.set("p0>p1", 80);
    world.startAll().run(20_000);
    const { skewMs = NaN, rttMs = NaN } = world.members("p0").peer("p1") ?? {};
    assert.ok(rttMs >= 82 && rttMs <= 90, `seed ${seed}: round trip ${rttMs} ms`);
    assert.ok(Math.abs(skewMs - 700) <= rttMs / 2, `seed ${seed}: ${skewMs} ms`);
    const { skewMs: straight = NaN } = world.members("p2").peer("p1") ?? {};
    assert.ok(Math.abs(straight - 700) <= 5, `seed ${seed}: ${straight} ms`);
  }
});

test("a clock more than two seconds off the others is off, and only that one", () => {
  const world = new MembersWorld({ peers: 5, seed: 1 });
  world.offsets.set("p1", 2_100);
  world.offsets.set("p2", -1_900);
  world.startAll().run(20_000);
  assert.deepEqual(world.names.map((name) => world.members(name).clock().isOff), [false, true, false, false, false]);
  const { offMs, medianMs = NaN } = world.members("p1").clock();
  assert.ok(Math.abs(offMs - 2_100) <= 5 && Math.abs(medianMs + 2_100) <= 5, `${offMs} ms off, median ${medianMs} ms`);
});

test("without a majority no clock is called wrong: somebody must fire", () => {
  for (const wrong of [["p1"], ["p2", "p3"]]) {
    const world = new MembersWorld({ peers: wrong.length * 2, seed: 1 });
    for (const name of wrong) world.offsets.set(name, 60_000);
    world.startAll().run(20_000);
    assert.ok(world.names.every((name) => !world.members(name).clock().isOff));
  }
});

test("forgets what it measured when the own clock is set, and measures anew", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new MembersWorld({ peers: 3, seed }).startAll().run(20_000);
    world.offsets.set("p0", -5_000);
    // Two of five samples are new at most: what was measured before would still be the median.
    world.run(2_200);
    const { skewMs = NaN } = world.members("p0").peer("p1") ?? {};
    assert.ok(Math.abs(skewMs - 5_000) <= 5, `seed ${seed}: ${skewMs} ms`);
    assert.equal(world.members("p0").clock().isOff, true, `seed ${seed}`);
  }
});

test("of two halves that differ, that one is wrong whose clocks were set", () => {
  for (let seed = 1; seed <= 20; seed++) {
    for (const [byMs, wrong] of [[70_000, ["p0"]], [-70_000, ["p0"]], [70_000, ["p0", "p1"]]] as const) {
      const world = new MembersWorld({ peers: wrong.length * 2, seed }).startAll().run(20_000);
      const off = () => world.names.filter((name) => world.members(name).clock().isOff);
      for (const name of wrong) world.offsets.set(name, byMs);
      world.run(10_000);
      assert.deepEqual(off(), wrong, `seed ${seed}, by ${byMs} ms`);
      for (const name of wrong) world.offsets.delete(name);
      world.run(10_000);
      assert.deepEqual(off(), [], `seed ${seed}, set right again`);
    }
  }
});

test("who stood still is not taken for one whose clock was set, also when another's is", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new MembersWorld({ peers: 2, seed }).startAll().run(20_000);
    world.freeze("p0", 30_000);
    world.run(45_000);
    assert.equal(world.members("p0").clock().isOff, false, `seed ${seed}`);
    world.offsets.set("p1", -30_000);
    world.run(10_000);
    assert.deepEqual(world.names.map((name) => world.members(name).clock().isOff), [false, true], `seed ${seed}`);
  }
});

test("one bad sample of five does not move the skew", () => {
  const samples = new SkewSamples();
  samples.add(1_000, 5, 990);
  assert.equal(samples.skewMs, undefined, "an answer before its question says nothing");
  for (const [theirs, now] of [[1_105, 1_010], [9_999, 1_010], [1_105, 1_010], [1_105, 1_010]] as const) {
    samples.add(1_000, theirs, now);
  }
  assert.deepEqual([samples.skewMs, samples.rttMs], [100, 10]);
});

test("the distance from the median is told to the nearest median", () => {
  assert.deepEqual([[], [3], [1, 2], [9, 1, 2]].map(median), [undefined, 3, 1.5, 2]);
  const cases = [[0, [], 0], [0, [5], 0], [0, [5, 7], -5], [10, [5, 7], 3], [0, [5, 6, -9], 0], [
    0,
    [5, 6, 7],
    -5,
  ]] as const;
  for (const [own, others, off] of cases) assert.equal(offMedianMs(own, others), off, `${own} among ${others}`);
});
