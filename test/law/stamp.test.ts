import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../src/core/values/instant.ts";
import { HybridClock, isStamp, type Stamp, stampBelow, stampMs, stampOrigin } from "../../src/core/values/stamp.ts";
import { chanceOf } from "../chance.ts";

test("stamps only grow, whatever the wall clock does and however often the peer restarts", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const chance = chanceOf(seed);
    let stored = 0;
    let clock = new HybridClock(7, stored);
    let last = "" as Stamp;
    for (let step = 0; step < 300; step++) {
      if (chance() < 0.02) clock = new HybridClock(7, stored);
      const stamp = clock.tick((1_000_000 + Math.floor(chance() * 100_000)) as Instant);
      stored = clock.highWater() ?? stored;
      assert.ok(stamp > last, `seed ${seed}, step ${step}: ${stamp} after ${last}`);
      last = stamp;
    }
  }
});

test("what was stamped is below the mark of a restart, and what comes then is above it: a vector that says so covers no write to come", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const chance = chanceOf(seed);
    const clock = new HybridClock(7, 0);
    let [stored, last] = [0, "" as Stamp];
    for (let step = chance() * 100; step > 0; step--) {
      last = clock.tick((1_000_000 + Math.floor(chance() * 40_000)) as Instant);
      stored = clock.highWater() ?? stored;
    }
    const next = new HybridClock(7, stored).tick(1_000_000 as Instant);
    assert.ok(last <= stampBelow(stored, 7) && stampBelow(stored, 7) < next, `seed ${seed}`);
  }
});

test("a thousand stamps of one millisecond are all different, and past the counter's end too", () => {
  const clock = new HybridClock(1, 0);
  const stamps = new Set<Stamp>();
  for (let n = 0; n < 70_000; n++) stamps.add(clock.tick(5 as Instant));
  assert.equal(stamps.size, 70_000);
});

test("a stamp says its time and its writer", () => {
  const stamp = new HybridClock(0xabcdef, 0).tick(1_764_000_000_123 as Instant);
  assert.ok(isStamp(stamp));
  assert.equal(stampMs(stamp), 1_764_000_000_123);
  assert.equal(stampOrigin(stamp), 0xabcdef);
});

test("a stamp is above what was seen, and one from a minute ahead is not believed", () => {
  const clock = new HybridClock(1, 0);
  const theirs = new HybridClock(2, 0);
  assert.equal(clock.observe(theirs.tick(30_000 as Instant), 1_000 as Instant), true);
  assert.ok(stampMs(clock.tick(1_001 as Instant)) >= 30_000);
  assert.equal(clock.observe(theirs.tick(200_000 as Instant), 1_000 as Instant), false);
  assert.ok(stampMs(clock.tick(1_002 as Instant)) < 200_000);
});
