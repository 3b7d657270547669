import assert from "node:assert/strict";
import { test } from "node:test";
import { Had } from "../../src/core/replication/had.ts";
import { Wishes } from "../../src/core/replication/wishes.ts";
import { instant } from "../../src/core/values/instant.ts";

const START = 1_700_000_000_000;
const at = (ms: number) => instant(START + ms);
const everybody = () => true;

function world() {
  const had = new Had();
  return { had, wishes: new Wishes(had, (peer) => peer !== "unlinked") };
}

test("news of what is not here wait for the broadcast that may bring it, and are not synced for when it came", () => {
  const { had, wishes } = world();
  had.note("v");
  wishes.hear("a", { vector: "v", runs: "new" }, at(0));
  wishes.hear("b", { vector: "v", runs: "newer" }, at(0));
  assert.equal(wishes.wakeAt, at(300));
  assert.equal(wishes.take(everybody, at(299)), undefined);
  had.note("new");
  had.note("later");
  assert.deepEqual(wishes.take(everybody, at(300)), { peer: "b", isWhole: false });
  assert.deepEqual([wishes.take(everybody, at(300)), wishes.wakeAt], [undefined, Infinity]);
});

test("entities are pulled with the run logs when the version vector is another, or somebody waits for all", () => {
  const { had, wishes } = world();
  had.note("runs");
  wishes.hear("a", { vector: "new", runs: "runs" }, at(0));
  wishes.hear("b", { vector: "new", runs: "runs" }, at(0));
  wishes.urge("b", at(10));
  assert.deepEqual(wishes.take(everybody, at(10)), { peer: "b", isWhole: true });
  assert.deepEqual(wishes.take(everybody, at(300)), { peer: "a", isWhole: true });
});

test("who was just synced with is left alone for a second, who is not linked for five, and who is gone is named at once", () => {
  const { wishes } = world();
  wishes.synced("a", at(0));
  for (const peer of ["a", "unlinked"]) wishes.hear(peer, { vector: "new", runs: "new" }, at(100));
  assert.equal(wishes.take(everybody, at(999)), undefined);
  assert.deepEqual(wishes.take(everybody, at(1_000)), { peer: "a", isWhole: true });
  assert.equal(wishes.take(everybody, at(5_099)), undefined);
  assert.deepEqual(wishes.take(() => false, at(1_000)), { peer: "unlinked", isWhole: true });
});

test("only so many digests are remembered, and the oldest go", () => {
  const had = new Had();
  for (let n = 0; n < 1_000; n++) had.note(String(n));
  assert.deepEqual([had.has("0"), had.has("743"), had.has("744"), had.has("999")], [false, false, true, true]);
});
