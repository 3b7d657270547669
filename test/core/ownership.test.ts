import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AWAIT_MAX_MS,
  type MeshView,
  type Other,
  Ownership,
  RELEASE_MAX_MS,
} from "../../src/core/ownership/ownership.ts";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { SHARDS } from "../../src/core/ownership/shard.ts";
import type { Instant } from "../../src/core/values/instant.ts";

const START = 1_000_000 as Instant;
const after = (ms: number) => START + ms as Instant;

/** All shards are the first peer's, but for those that are said. */
function owners(first: string, others: { readonly [shard: number]: string } = {}): readonly string[] {
  return Array.from({ length: SHARDS }, (_, shard) => others[shard] ?? first);
}

function alive(peer: string, shards: readonly number[], version: number, answered = 0, fenced = false): Other {
  return { kind: "alive", peer, listing: { shards: new ShardSet(shards), version, fenced, answered } };
}

function view(told: Partial<MeshView>): MeshView {
  return { owners: owners("other"), fenced: false, probed: 0, others: [], ...told };
}

/** Peer `me` that ranks first for shard 5, which `other` lists and `third` does not. */
function waiting(): Ownership {
  const me = new Ownership("me", START);
  const others = [alive("other", [5, 6], 10), alive("third", [], 10)];
  const change = me.see(view({ owners: owners("other", { 5: "me" }), probed: 7, others }), START);
  assert.deepEqual([me.state(5), change.gained, change.ask, change.wakeAt], [
    "awaiting",
    [],
    ["other", "third"],
    after(AWAIT_MAX_MS),
  ]);
  return me;
}

/** Peer `me` that owns shard 5, and then ranks behind `other`. */
function leaving(): Ownership {
  const me = new Ownership("me", START);
  assert.deepEqual(me.see(view({ owners: owners("", { 5: "me" }) }), START).gained, [5]);
  const change = me.see(view({ others: [alive("other", [], 1)] }), START);
  assert.deepEqual([me.state(5), change.stopped, change.released, change.wakeAt, [...me.shards()]], [
    "releasing",
    [5],
    [],
    after(RELEASE_MAX_MS),
    [5],
  ]);
  return me;
}

test("a peer alone owns all shards the moment its fence is lifted, and none before", () => {
  const me = new Ownership("me", START);
  assert.deepEqual(me.see(view({ owners: owners("me"), fenced: true }), START).gained, []);
  const { gained, wakeAt } = me.see(view({ owners: owners("me") }), after(1));
  assert.deepEqual([gained.length, me.shards().size, wakeAt], [SHARDS, SHARDS, undefined]);
  assert.deepEqual(me.see(view({ owners: owners("me") }), after(2)).gained, []);
});

test("a shard is owned when its owner releases it, even before its news says so", () => {
  const me = waiting();
  const version = me.version;
  assert.deepEqual(me.released("other", new ShardSet([5]), 11, after(100)).gained, [5]);
  assert.ok(me.version > version);
  assert.deepEqual([...me.shards()], [5]);
});

test("a release that comes before this peer ranks first counts when it does", () => {
  const me = new Ownership("me", START);
  const others = [alive("other", [5, 6], 10), alive("third", [], 10)];
  me.see(view({ probed: 7, others }), START);
  assert.deepEqual(me.released("other", new ShardSet([5]), 11, after(100)).gained, []);
  const ranked = view({ owners: owners("other", { 5: "me" }), probed: 7, others });
  assert.deepEqual(me.see(ranked, after(200)).gained, [5]);
});

test("a release does not count for later when another ranks first, or the giver still does by newer news", () => {
  const third = alive("third", [], 10);
  const cases: readonly (readonly [string, Other])[] = [
    ["third", alive("other", [5, 6], 10)],
    ["other", alive("other", [6], 11)],
  ];
  for (const [first, giver] of cases) {
    const me = new Ownership("me", START);
    me.see(view({ probed: 7, others: [alive("other", [5, 6], 10), third] }), START);
    me.released("other", new ShardSet([5]), 11, after(100));
    const others = [giver, third];
    me.see(view({ owners: owners("other", { 5: first }), probed: 7, others }), after(150));
    const ranked = view({ owners: owners("other", { 5: "me" }), probed: 7, others });
    assert.deepEqual(me.see(ranked, after(200)).gained, [], first);
  }
});

test("a shard is owned at once when its owner is dead, but not when it only left", () => {
  const ranked = { owners: owners("", { 5: "me" }), probed: 7 };
  const third = alive("third", [], 10);
  assert.deepEqual(
    waiting().see(view({ ...ranked, others: [{ kind: "dead", peer: "other" }, third] }), after(9)).gained,
    [5],
  );
  assert.deepEqual(waiting().see(view({ ...ranked, others: [third] }), after(9)).gained, []);
});

test("that nobody lists a shard counts when all have answered what was asked later", () => {
  const ranked = { owners: owners("", { 5: "me" }), probed: 9 };
  const see = (...others: readonly Other[]) => {
    const { gained, ask } = waiting().see(view({ ...ranked, others }), after(50));
    return { gained, ask };
  };
  assert.deepEqual(see(alive("other", [6], 11, 8), alive("third", [], 10, 7)), { gained: [], ask: ["third"] });
  assert.deepEqual(see(alive("other", [6], 11, 8), { kind: "alive", peer: "third" }), { gained: [], ask: ["third"] });
  assert.deepEqual(see(alive("other", [6], 11, 8), alive("third", [5], 12, 8)), { gained: [], ask: [] });
  assert.deepEqual(see(alive("other", [6], 11, 8), alive("third", [], 10, 8)), { gained: [5], ask: [] });
});

test("an answer from before the shard was let go does not count: it may have gone to who answered", () => {
  const me = waiting();
  const see = (probed: number, version: number, shards: readonly number[], answered: number) => {
    const others = [alive("other", shards, version, answered), alive("third", [], 10, answered)];
    const { gained, ask } = me.see(view({ owners: owners("", { 5: "me" }), probed, others }), after(50));
    return { gained, ask };
  };
  assert.deepEqual(see(9, 10, [5, 6], 9), { gained: [], ask: [] });
  assert.deepEqual(see(9, 11, [6], 9), { gained: [], ask: ["other", "third"] });
  assert.deepEqual(see(11, 11, [6], 10), { gained: [5], ask: [] });
});

test("a fenced peer fires nothing, whatever it lists", () => {
  const others = [alive("other", [5, 6], 11, 8, true), alive("third", [], 10, 8)];
  const ranked = view({ owners: owners("", { 5: "me" }), probed: 9, others });
  assert.deepEqual(waiting().see(ranked, after(50)).gained, [5]);
});

test("nobody is waited for longer than three seconds", () => {
  const me = waiting();
  assert.deepEqual(me.wake(after(AWAIT_MAX_MS - 1)).gained, []);
  assert.deepEqual(me.wake(after(AWAIT_MAX_MS)).gained, [5]);
});

test("a shard is released to who ranks first once nothing is in flight", () => {
  const me = leaving();
  const { released, wakeAt } = me.drained([5, 6], after(400));
  assert.deepEqual(released.map(({ to, shards }) => [to, [...shards]]), [["other", [5]]]);
  assert.deepEqual([wakeAt, me.state(5), me.shards().size], [undefined, "foreign", 0]);
  me.see(view({ owners: owners("", { 5: "me" }) }), after(500));
  assert.deepEqual(me.see(view({}), after(600)).released, [], "what was drained once is not drained for ever");
});

test("nothing in flight holds a shard back for longer than three seconds", () => {
  const me = leaving();
  assert.deepEqual(me.wake(after(RELEASE_MAX_MS - 1)).released, []);
  assert.deepEqual(me.wake(after(RELEASE_MAX_MS)).released.map(({ to }) => to), ["other"]);
});

test("a shard that is mine again before it was released is just kept", () => {
  const me = leaving();
  const { gained, released } = me.see(
    view({ owners: owners("", { 5: "me" }), others: [alive("other", [], 1)] }),
    after(9),
  );
  assert.deepEqual([gained, released, me.state(5)], [[5], [], "owned"]);
  const again = me.see(view({ others: [alive("other", [], 1)] }), after(20));
  assert.deepEqual([again.stopped, again.released], [[5], []]);
});

test("who fences itself lets all go at once, tells nobody, and asks before it owns again", () => {
  for (const me of [leaving(), waiting()]) {
    me.wake(after(AWAIT_MAX_MS));
    const others = [alive("other", [], 20)];
    const fenced = me.see(view({ owners: owners("other"), fenced: true, probed: 9, others }), after(4_000));
    assert.deepEqual([fenced.released, fenced.gained, me.shards().size, me.state(5)], [[], [], 0, "foreign"]);
    const lifted = me.see(view({ owners: owners("other", { 5: "me" }), probed: 9, others }), after(5_000));
    assert.deepEqual([lifted.gained, lifted.ask], [[], ["other"]]);
  }
});
