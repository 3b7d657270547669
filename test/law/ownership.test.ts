import assert from "node:assert/strict";
import { test } from "node:test";
import { groupOf } from "../../src/core/task/peer-group.ts";
import { OwnershipWorld, type Report, type WorldInit } from "./ownership-world.ts";

const PEERS_MAX = 7;

const SITES = ["lyon", "nice"];

/** Who is at one site; who is at the other, and nobody else; and anybody, the one site three times as much. */
const GROUPS = [
  groupOf({ placement: { match: { site: "lyon" } } }),
  groupOf({ placement: { weights: [{ match: { site: "nice" }, weight: 1 }] }, partition: "home" }),
  groupOf({ placement: { weights: [{ match: { site: "lyon" }, weight: 3 }] } }),
].flatMap((group) => group ?? []);

/** A peer learns of a group within a second of its start: until then it is waited for. */
const LEARN_MAX_MS = 1_000;

/** Links as the mesh promises them, nothing lost, nothing in flight when a shard is to be released. */
const CALM = { isOrdered: true, delayMaxMs: 300, loss: 0, flightMaxMs: 0 };

/** Late, lost and overtaking messages, and attempts that stay in flight past the bound. */
const BAD = { isOrdered: false, delayMaxMs: 300, loss: 0.05, flightMaxMs: 4_000 };

/** A release and the news of it, or one question and its answer, with the news before it: a few ways of 300 ms. */
const CALM_GAP_MAX_MS = 2_000;

/** A release that waits for what is in flight, and then one that is lost: the two bounds of 3 s and a probe. */
const BAD_GAP_MAX_MS = 7_500;

/** Twice in a row the owner dies: silence is noticed within 3.5 s, and the next may have to wait 3 s for an answer. */
const ROUGH_GAP_MAX_MS = 14_000;

test("planned changes never give a shard two owners, and hand each over within two exchanges of messages", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { doubles, gapMaxMs, astray } = planned({ ...CALM, seed });
    assert.deepEqual({ doubles, astray }, { doubles: 0, astray: 0 }, `seed ${seed}`);
    assert.ok(gapMaxMs <= CALM_GAP_MAX_MS, `seed ${seed}: a shard had no owner for ${gapMaxMs} ms`);
  }
});

test("nor do they when messages are lost and late and attempts don't end", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { doubles, gapMaxMs, astray } = planned({ ...BAD, seed });
    assert.deepEqual({ doubles, astray }, { doubles: 0, astray: 0 }, `seed ${seed}`);
    assert.ok(gapMaxMs <= BAD_GAP_MAX_MS, `seed ${seed}: a shard had no owner for ${gapMaxMs} ms`);
  }
});

test("a dead, restarted or frozen owner's shards are taken over in time, and end with one owner each", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { gapMaxMs, astray } = rough({ ...CALM, loss: 0.02, flightMaxMs: 1_000, seed });
    assert.equal(astray, 0, `seed ${seed}`);
    assert.ok(gapMaxMs <= ROUGH_GAP_MAX_MS, `seed ${seed}: a shard had no owner for ${gapMaxMs} ms`);
  }
});

test("to trust old news instead of asking gives two owners, and the checker sees them", () => {
  const seeds = [1, 2, 3, 4, 5];
  assert.ok(seeds.some((seed) => planned({ ...CALM, seed, trustsOldNews: true }).doubles > 0));
});

test("the tasks of each placement are shared out, handed over and taken over in the same way, among those that match", () => {
  for (let seed = 1; seed <= 4; seed++) {
    const calm = planned({ ...CALM, seed, groups: GROUPS });
    assert.deepEqual({ doubles: calm.doubles, astray: calm.astray }, { doubles: 0, astray: 0 }, `seed ${seed}`);
    assert.ok(calm.gapMaxMs <= CALM_GAP_MAX_MS + LEARN_MAX_MS, `seed ${seed}: no owner for ${calm.gapMaxMs} ms`);
    const bad = planned({ ...BAD, seed, groups: GROUPS });
    assert.deepEqual({ doubles: bad.doubles, astray: bad.astray }, { doubles: 0, astray: 0 }, `seed ${seed}, bad`);
    assert.ok(bad.gapMaxMs <= BAD_GAP_MAX_MS + LEARN_MAX_MS, `seed ${seed}, bad: no owner for ${bad.gapMaxMs} ms`);
    const harsh = rough({ ...CALM, loss: 0.02, flightMaxMs: 1_000, seed, groups: GROUPS });
    assert.equal(harsh.astray, 0, `seed ${seed}, rough`);
    assert.ok(
      harsh.gapMaxMs <= ROUGH_GAP_MAX_MS + LEARN_MAX_MS,
      `seed ${seed}, rough: no owner for ${harsh.gapMaxMs} ms`,
    );
  }
});

/** Starts 2 to 5 peers within half a second, then changes the mesh as planned: joins, drains, new weights. */
function planned(init: WorldInit): Report {
  const world = new OwnershipWorld(init);
  const members = startSome(world);
  world.run(4_000);
  for (let step = 0; step < 6; step++) {
    change(world, members);
    world.run(world.chance() < 0.4 ? 600 * world.chance() : 6_000 * world.chance());
  }
  world.run(10_000);
  return world.report();
}

/** The same with crashes, restarts and peers that stand still. */
function rough(init: WorldInit): Report {
  const world = new OwnershipWorld(init);
  const members = startSome(world);
  world.run(4_000);
  for (let step = 0; step < 6; step++) {
    const { peers } = world;
    const id = peers[Math.floor(world.chance() * peers.length)];
    const kind = world.chance();
    if (kind < 0.5 || id === undefined || peers.length < 2) change(world, members);
    else if (kind < 0.65) world.crash(id);
    else if (kind < 0.8) world.freeze(id, 500 + 6_000 * world.chance());
    else {
      world.crash(id);
      world.run(300 * world.chance());
      world.start(id, 1, members, siteOf(id));
    }
    world.run(8_000 * world.chance());
  }
  world.run(20_000);
  return world.report();
}

function startSome(world: OwnershipWorld): string[] {
  const members = Array.from({ length: 2 + Math.floor(world.chance() * 4) }, (_, n) => `peer-${n}`);
  for (const id of members) {
    world.start(id, 1 + Math.floor(world.chance() * 3), members, siteOf(id));
    world.run(world.chance() * 200);
  }
  return members;
}

function change(world: OwnershipWorld, members: string[]): void {
  const { peers } = world;
  const id = peers[Math.floor(world.chance() * peers.length)];
  const kind = world.chance();
  if ((kind < 0.45 && peers.length < PEERS_MAX) || id === undefined || peers.length < 2) {
    const id = `peer-${members.length}`;
    members.push(id);
    world.start(id, 1 + Math.floor(world.chance() * 3), members, siteOf(id));
  } else if (kind < 0.8) world.drain(id);
  else world.weigh(id, 1 + Math.floor(world.chance() * 3));
}

/** Every other peer is at the other site. */
function siteOf(id: string): { readonly site: string } {
  return { site: SITES[Number(id.slice("peer-".length)) % SITES.length] ?? "" };
}
