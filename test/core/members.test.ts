import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { chanceOf } from "../chance.ts";
import { MembersWorld } from "./members-world.ts";

/** The start is over: each has answered each. */
const SETTLED_MS = 3_000;

function calm(peers: number, seed: number, loss = 0): MembersWorld {
  const world = new MembersWorld({ peers, seed, loss }).startAll().run(SETTLED_MS);
  assert.deepEqual(world.doubts(), [], `seed ${seed}: ${peers} peers know each other`);
  // So that what happens next happens anywhere in a probe period.
  return world.run(Math.floor(chanceOf(seed)() * 1_000));
}

/** Printed when METRONOME_FIGURES is set: what was measured, beside what is asserted. */
function figures(label: string, values: readonly number[]): void {
  if (process.env.METRONOME_FIGURES === undefined) return;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  console.log(`${label}: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${sorted.at(-1)}, of ${sorted.length}`);
}

test("a killed peer is dead for all within half a second, and nobody else is", () => {
  for (const [peers, seeds] of [[2, 40], [3, 40], [5, 40], [9, 10], [20, 5], [50, 2]] as const) {
    const times: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const world = calm(peers, seed);
      const since = world.now;
      world.kill("p0");
      world.run(10_000);
      const found = world.sightings("p0", "dead", since);
      assert.equal(found.length, peers - 1, `seed ${seed}`);
      assert.deepEqual(world.deaths(since).filter(({ peer }) => peer !== "p0"), [], `seed ${seed}`);
      times.push(...found);
    }
    assert.ok(Math.max(...times) <= 500, `${peers} peers: ${Math.max(...times)} ms`);
    figures(`kill to dead, ${peers} peers, ms`, times);
  }
});

test("two peers killed at once are dead for the others within half a second", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const world = calm(5, seed);
    const since = world.now;
    world.kill("p0");
    world.kill("p1");
    world.run(10_000);
    const found = [...world.sightings("p0", "dead", since), ...world.sightings("p1", "dead", since)];
    assert.equal(found.length, 6, `seed ${seed}`);
    assert.ok(Math.max(...found) <= 500, `seed ${seed}: ${Math.max(...found)} ms`);
    assert.equal(world.deaths(since).length, 6, `seed ${seed}`);
  }
});

test("a peer that falls silent without breaking a link is dead within five seconds, and never before it could refute", () => {
  for (
    const [peers, seeds, mostMs] of [[2, 40, 5_000], [3, 40, 5_000], [5, 40, 5_000], [9, 10, 5_000], [
      50,
      2,
      8_000,
    ]] as const
  ) {
    const times: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const world = calm(peers, seed);
      const since = world.now;
      world.kill("p0", { isSilent: true });
      world.run(15_000);
      const found = world.sightings("p0", "dead", since);
      assert.equal(found.length, peers - 1, `seed ${seed}`);
      assert.equal(world.deaths(since).length, peers - 1, `seed ${seed}`);
      assert.ok(Math.min(...found) >= 2_000, `seed ${seed}: ${Math.min(...found)} ms`);
      times.push(...found);
    }
    assert.ok(Math.max(...times) <= mostMs, `${peers} peers: ${Math.max(...times)} ms`);
    figures(`silence to dead, ${peers} peers, ms`, times);
  }
});

test("a silent peer whose link comes and goes is dead as soon", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = calm(3, seed);
    const since = world.now;
    world.partition(["p0"]);
    for (let flap = 0; flap < 60; flap++) {
      world.unlink("p0", "p1");
      world.run(60);
      world.relink("p0", "p1");
      world.run(40);
    }
    const found = world.sightings("p0", "dead", since);
    assert.ok(found.length >= 2 && Math.max(...found) <= 5_000, `seed ${seed}: ${found}`);
  }
});

test("gives nobody up in thirty minutes in which one message of a hundred is lost", () => {
  for (const [peers, seeds] of [[2, 10], [3, 10], [5, 4], [9, 1], [20, 1], [50, 1]] as const) {
    for (let seed = 1; seed <= seeds; seed++) {
      const world = calm(peers, seed, 0.01);
      const since = world.now;
      world.run(30 * 60_000);
      assert.deepEqual(world.deaths(since), [], `${peers} peers, seed ${seed}`);
      assert.deepEqual(world.fences, [], `${peers} peers, seed ${seed}`);
    }
  }
});

test("a cable that is cut one way or both costs nobody's life while a third peer reaches both ends", () => {
  for (let seed = 1; seed <= 20; seed++) {
    for (const isBoth of [false, true]) {
      const world = calm(3, seed);
      const since = world.now;
      world.cut("p0", "p1");
      if (isBoth) {
        world.cut("p1", "p0");
        world.unlink("p0", "p1");
      }
      world.run(120_000);
      assert.deepEqual(world.deaths(since), [], `seed ${seed}, both ways ${isBoth}`);
    }
  }
});

test("who loses all links at once doubts itself before it gives all others up", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = calm(4, seed);
    const since = world.now;
    world.partition(["p0"]);
    for (const other of ["p1", "p2", "p3"]) world.unlink("p0", other);
    world.run(10_000);
    const own = world.deaths(since).filter(({ by }) => by === "p0").map(({ at }) => at - since);
    assert.equal(own.length, 3, `seed ${seed}`);
    assert.ok(Math.min(...own) >= 1_500 && Math.max(...own) <= 5_000, `seed ${seed}: ${own}`);
    assert.ok(Math.max(...world.sightings("p0", "dead", since)) <= 500, `seed ${seed}`);
  }
});

test("who hears nobody any more is slower to give them up than they are to give it up", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = calm(4, seed);
    const since = world.now;
    world.partition(["p0"]);
    world.run(10_000);
    const own = world.deaths(since).filter(({ by }) => by === "p0").map(({ at }) => at - since);
    assert.ok(own.length === 3 && Math.min(...own) >= 3_900 && Math.max(...own) <= 5_100, `seed ${seed}: ${own}`);
    assert.ok(Math.max(...world.sightings("p0", "dead", since)) <= 3_600, `seed ${seed}`);
  }
});

test("two that never reach each other learn from the others that both live, and what they say", () => {
  for (const peers of [3, 12]) {
    const world = new MembersWorld({ peers, seed: 1 });
    world.cutBoth("p0", "p1");
    for (const name of world.names) if (name !== "p1") world.start(name);
    // What went round of p0 has long been said.
    world.run(60_000).start("p1");
    world.run(10_000);
    assert.deepEqual(world.doubts(), [], `${peers} peers`);
    const { news, answered, rttMs } = world.members("p1").peer("p0") ?? {};
    assert.deepEqual([news?.name, answered, rttMs], ["p0", 0, undefined], `${peers} peers`);
  }
});

test("whose probes never arrive one way is informed by the others' probes", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new MembersWorld({ peers: 3, seed });
    world.cut("p0", "p1");
    world.startAll().run(1_500);
    assert.deepEqual([world.doubts(), world.members("p0").isInformed], [[], true], `seed ${seed}`);
  }
});

test("who is wrongly suspected or called dead refutes it, and loses nothing by it", () => {
  for (const state of ["suspect", "dead"] as const) {
    const world = calm(5, 1);
    const since = world.now;
    const before = world.members("p2").incarnation;
    world.whisper("p0", "p1", { peer: "p2", state, incarnation: before });
    world.run(3_000);
    assert.deepEqual(world.doubts(), []);
    assert.equal(world.members("p2").incarnation, before + 1);
    assert.equal(world.members("p4").peer("p2")?.incarnation, before + 1);
    assert.deepEqual(world.deaths(since), []);
  }
});

test("a wrong leave is refuted too", () => {
  const world = calm(3, 1);
  world.whisper("p0", "p1", { peer: "p2", state: "left", incarnation: world.members("p2").incarnation });
  world.run(3_000);
  assert.deepEqual(world.doubts(), []);
});

test("each side of a partition gives up the other and only the other, and they meet again when it heals", () => {
  for (const [peers, some, meetMs] of [[2, 1, 3_000], [5, 2, 3_000], [9, 4, 3_000], [20, 8, 10_000]] as const) {
    for (let seed = 1; seed <= 5; seed++) {
      const world = calm(peers, seed);
      const side = world.names.slice(0, some);
      world.partition(side);
      world.run(30_000);
      const across = world.names.flatMap((by) =>
        world.names.filter((peer) => side.includes(by) !== side.includes(peer)).map((peer) => `${by}: ${peer} dead`)
      );
      assert.deepEqual(world.doubts(), across, `seed ${seed}, ${peers} peers`);
      world.heal();
      const since = world.now;
      world.run(meetMs);
      assert.deepEqual(world.doubts(), [], `seed ${seed}, ${peers} peers`);
      // What the others say of one's own side was true there alone.
      assert.deepEqual(world.deaths(since), [], `seed ${seed}, ${peers} peers`);
    }
  }
});

test("a peer that leaves is left for all, dead for nobody, and alive again when it starts", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = calm(5, seed);
    const since = world.now;
    world.loss = 0.2;
    world.leave("p3");
    world.run(3_000);
    world.loss = 0;
    // With so much lost somebody else may be suspected for a moment.
    const known = world.doubts().filter((doubt) => doubt.includes(": p3 "));
    assert.deepEqual(known, ["p0: p3 left", "p1: p3 left", "p2: p3 left", "p4: p3 left"], `seed ${seed}`);
    assert.ok(world.deaths(since).length <= 2, `seed ${seed}: only who missed the word may take it for dead first`);
    world.run(10_000).start("p3");
    world.run(2_000);
    assert.deepEqual(world.doubts(), [], `seed ${seed}`);
  }
});

test("in a calm mesh a leave is known at once and never taken for a death", () => {
  const world = calm(9, 1);
  const since = world.now;
  world.leave("p3");
  world.run(10_000);
  assert.deepEqual(world.deaths(since), []);
  assert.ok(Math.max(...world.sightings("p3", "left", since)) <= 10);
});

test("a restart quicker than its discovery is a new incarnation and no death", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = calm(3, seed);
    const since = world.now;
    const before = world.members("p0").peer("p1")?.incarnation ?? 0;
    world.kill("p1");
    world.run(100).start("p1");
    world.run(5_000);
    assert.deepEqual(world.deaths(since).filter(({ by }) => by !== "p1"), [], `seed ${seed}`);
    assert.ok((world.members("p0").peer("p1")?.incarnation ?? 0) > before);
    assert.deepEqual(world.doubts(), []);
  }
});

test("a peer whose clock went back before it started again outgrows its former life", () => {
  for (const deadMs of [100, 20_000]) {
    const world = calm(3, 1);
    const before = world.members("p1").incarnation;
    world.kill("p1");
    world.offsets.set("p1", -86_400_000);
    world.run(deadMs).start("p1");
    world.run(3_000);
    assert.deepEqual(world.doubts(), []);
    assert.ok(world.members("p1").incarnation > before);
  }
});

test("a peer that was frozen for ten seconds fences itself, gives nobody up, and is alive again within three", () => {
  for (const peers of [2, 3, 5, 9, 20]) {
    for (let seed = 1; seed <= 20; seed++) {
      const world = calm(peers, seed);
      const since = world.now;
      world.freeze("p0", 10_000);
      world.run(9_999);
      assert.equal(world.sightings("p0", "dead", since).length, peers - 1, `seed ${seed}, ${peers} peers`);
      world.run(2);
      assert.deepEqual(world.fences, [{ at: since + 10_000, by: "p0" }], `seed ${seed}, ${peers} peers`);
      assert.equal(world.members("p0").isInformed, false, `seed ${seed}, ${peers} peers`);
      world.run(3_000);
      assert.deepEqual(world.deaths(since).filter(({ by }) => by === "p0"), [], `seed ${seed}, ${peers} peers`);
      assert.deepEqual(world.doubts(), [], `seed ${seed}, ${peers} peers`);
      assert.equal(world.members("p0").isInformed, true, `seed ${seed}, ${peers} peers`);
    }
  }
});

test("a loop that is late by up to a second takes nobody for dead, and nobody takes it for dead", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const world = calm(5, seed);
    const chance = chanceOf(seed + 1_000);
    const since = world.now;
    for (let pause = 0; pause < 100; pause++) {
      world.freeze("p0", 100 + Math.floor(chance() * 900));
      world.run(1_500 + Math.floor(chance() * 1_000));
    }
    assert.deepEqual(world.deaths(since), [], `seed ${seed}`);
    assert.deepEqual(world.fences, [], `seed ${seed}`);
  }
});

test("a wall clock that is set back or forward kills nobody, and the dead are found all the same", () => {
  for (const byMs of [-3_600_000, 3_600_000]) {
    const world = calm(3, 1);
    const since = world.now;
    world.offsets.set("p0", byMs);
    world.run(10_000);
    assert.deepEqual(world.deaths(since), []);
    assert.equal(world.fences.length, byMs > 0 ? 1 : 0);
    const killed = world.now;
    world.kill("p1", { isSilent: true });
    world.run(6_000);
    assert.equal(world.deaths(killed).length, 2);
  }
});

test("an admitted peer that never answers is dead from the start, and the start knows soon who lives", () => {
  for (const peers of [3, 20]) {
    const world = new MembersWorld({ peers, seed: 1 });
    for (const name of world.names.slice(1)) world.start(name);
    world.run(2_000);
    assert.deepEqual(world.doubts(), world.names.slice(1).map((name) => `${name}: p0 dead`));
    assert.deepEqual(world.seen.filter(({ peer }) => peer === "p0"), []);
    assert.ok(world.names.slice(1).every((name) => world.members(name).isInformed));
  }
});

test("all of a small mesh come to talk at one moment, each pair once a second, and both ask in turns", () => {
  for (const peers of [2, 3, 5, 9]) {
    for (let seed = 1; seed <= 10; seed++) {
      const world = calm(peers, seed).run(20_000);
      const [before, askedBefore] = [world.bursts.length, asked(world)];
      world.sent.clear();
      world.run(20_000);
      const bursts = world.bursts.length - before;
      assert.ok(bursts >= 20 && bursts <= 23, `seed ${seed}, ${peers} peers: ${bursts} bursts in 20 s`);
      const each = [...world.sent.values()].reduce((sum, count) => sum + count, 0) / 20 / peers;
      assert.ok(each <= 1.15 * (peers - 1), `seed ${seed}, ${peers} peers: ${each} messages/s`);
      // Each has heard each other's answer to a probe of its own, about every two seconds.
      const answers = asked(world).map((count, at) => count - (askedBefore[at] ?? 0));
      assert.ok(Math.min(...answers) >= 8 && Math.max(...answers) <= 13, `seed ${seed}, ${peers} peers: ${answers}`);
    }
  }
});

/** How often each was answered by each other. */
function asked(world: MembersWorld): number[] {
  return world.names.flatMap((name) =>
    world.names.filter((other) => other !== name).map((other) => world.answers(name, other))
  );
}

test("each peer sends at most what its probes and answers are", () => {
  for (const [peers, most] of [[2, 2], [5, 5], [9, 10], [20, 5], [50, 5]] as const) {
    const world = calm(peers, 1);
    world.sent.clear();
    world.run(60_000);
    const perSecond = [...world.sent.values()].map((count) => count / 60);
    assert.ok(Math.max(...perSecond) <= most, `${peers} peers: ${Math.max(...perSecond)} messages/s`);
    figures(`messages a second, ${peers} peers`, perSecond);
    // Half of the mesh is gone: those that are left do not shout.
    world.partition(world.names.slice(0, peers >> 1));
    world.run(20_000);
    world.sent.clear();
    world.run(60_000);
    assert.ok(Math.max(...world.sent.values()) / 60 <= most, `${peers} peers, half of them gone`);
  }
});
