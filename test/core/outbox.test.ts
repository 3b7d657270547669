import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entity } from "../../src/core/register/register.ts";
import { Outbox } from "../../src/core/replication/outbox.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

const START = 1_700_000_000_000;

/** For five peers the window is 250 ms. */
const PEERS = 5;

const edit = (n: number): Entity => ({
  kind: "task",
  key: `t${n}`,
  registers: { meta: { value: n, stamp: makeStamp(START + n, 0, 1) } },
});

/** When batches go, in ms from the start, while an edit comes every so often for so long; and how many edits each holds. */
function batches(everyMs: number, forMs: number): readonly { readonly at: number; readonly edits: number }[] {
  const outbox = new Outbox("self", 0);
  const found: { at: number; edits: number }[] = [];
  let n = 0;
  for (let ms = 0; ms < forMs + 1_000; ms++) {
    const now = instant(START + ms) as Instant;
    if (ms < forMs && ms % everyMs === 0) outbox.addEntity(edit(n++));
    if ((outbox.wakeAt(now) ?? Infinity) > now) continue;
    for (const broadcast of outbox.take(PEERS, now)) {
      found.push({ at: ms, edits: broadcast.kind === "entities" ? broadcast.entities.length : 0 });
    }
  }
  assert.equal(found.reduce((sum, { edits }) => sum + edits, 0), n, "none is left out");
  return found;
}

test("an edit now and then goes at once, also within the window of the one before", () => {
  const found = batches(260, 10_000);
  assert.deepEqual(found.map(({ at }) => at), Array.from({ length: 39 }, (_, n) => n * 260));
  assert.deepEqual(batches(100, 300), [{ at: 0, edits: 1 }, { at: 100, edits: 1 }, { at: 200, edits: 1 }]);
});

test("of edits that come without end the first few batches go at once, and then one in each window", () => {
  const at = batches(1, 3_000).map(({ at }) => at);
  assert.deepEqual(at.slice(0, 6), [0, 25, 50, 75, 250, 500]);
  assert.ok(at.length <= 3_000 / 250 + 5);
});
