import assert from "node:assert/strict";
import { test } from "node:test";
import { Departures } from "../../src/core/ownership/departures.ts";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { instant } from "../../src/core/values/instant.ts";

const NOW = instant(1_000);

test("what has been let go counts as fired there until its end, and is looked at again and again", () => {
  const departures = new Departures();
  assert.deepEqual([departures.wakeAt, departures.of("p")], [Infinity, undefined]);
  const released = { from: "p", shards: new ShardSet([1]), version: 2, seq: 7, until: instant(3_000) };
  const gone = { from: "p", shards: new ShardSet([5]), until: instant(3_000) };
  departures.add(released, NOW);
  departures.add(gone, NOW);
  assert.deepEqual([...departures.of("p") ?? []], [1, 5]);
  assert.deepEqual(departures.due(NOW), []);
  const at = departures.wakeAt;
  assert.ok(at > NOW && at < 1_100, "within a tenth of a second");
  assert.deepEqual(departures.due(instant(at)), [released, gone]);
  assert.deepEqual(departures.due(instant(at)), [], "not twice at one moment");
  assert.equal(departures.end(released), true);
  assert.equal(departures.end(released), false, "it has ended already");
  assert.deepEqual([...departures.of("p") ?? []], [5]);
  departures.end(gone);
  assert.deepEqual([departures.wakeAt, departures.of("p")], [Infinity, undefined]);
});
