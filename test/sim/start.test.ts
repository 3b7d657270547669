// What a peer does at its start besides its work, by the clock that it is given: in a simulated mesh no other.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CoreEvent } from "../../src/core/protocol/event.ts";
import { tellOfDots } from "../../src/node/dots.ts";
import { LocalClock } from "../../src/sim/local-clock.ts";
import { Timeline } from "../../src/sim/timeline.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import type { Dot, DotWalk } from "../../src/store/store.ts";

const DOTS = 1_200;
const START = Date.parse("2026-06-01T00:00:00Z");

test("what is stored is told page by page, and between pages time passes on the peer's own clock alone", async () => {
  const timeline = new Timeline(START);
  const { later } = new LocalClock(timeline, 0, 1).door((deed) => deed());
  const told: CoreEvent[] = [];
  const all = tellOfDots(walkOver(DOTS), {
    tell: (event) => void told.push(event),
    isClosed: () => false,
    later,
    log: () => assert.fail("nothing is to be told of"),
  });
  const counts: number[] = [];
  for (let isMore = true; isMore; isMore = timeline.step(START + 60_000)) {
    // Longer than the pause, by the clock of this machine: nothing comes of that.
    await new Promise((resolve) => setTimeout(resolve, 20));
    counts.push(told.length);
  }
  await all;
  assert.deepEqual(counts, [1, 2, 4], "a page each time, and that it was the last with the last");
  assert.deepEqual(told.map((event) => event.kind === "dots" ? event.dots.length : event.kind), [
    500,
    500,
    200,
    "digested",
  ]);
});

function walkOver(count: number): DotWalk {
  const dots: readonly Dot[] = Array.from({ length: count }, (_, n) => ({
    kind: "task",
    key: `t-${n}`,
    stamp: makeStamp(START + n, 0, 1),
  }));
  let at = 0;
  return {
    take: (wanted) => Promise.resolve(dots.slice(at, at += wanted)),
    close: () => Promise.resolve(),
  };
}
