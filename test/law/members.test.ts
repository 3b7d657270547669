import assert from "node:assert/strict";
import { test } from "node:test";
import { Members } from "../../src/core/membership/members.ts";
import { Rotation } from "../../src/core/membership/rotation.ts";
import { outweighs, Rumors, RUMORS_PER_MESSAGE } from "../../src/core/membership/rumors.ts";
import type { Rumor, SwimMessage } from "../../src/core/ownership/presence.ts";
import { instant } from "../../src/core/values/instant.ts";
import { LoopTime } from "../../src/core/values/loop-time.ts";
import { PERIODS } from "../../src/core/values/periods.ts";
import { chanceOf } from "../chance.ts";
import { newsOf } from "../core/members-world.ts";

const STATES = ["alive", "suspect", "dead", "left"] as const;
const NOW = instant(1_700_000_000_000);

function anyRumor(chance: () => number, peer: string): Rumor {
  return { peer, state: STATES[Math.floor(chance() * 4)] ?? "alive", incarnation: 1 + Math.floor(chance() * 3) };
}

function membersOf(self: string, peers: readonly string[], seed: number): Members {
  const news = newsOf(self, NOW);
  const members = new Members({ self, incarnation: 2, news, chance: chanceOf(seed), periods: PERIODS.normal });
  members.admit(peers, NOW);
  return members;
}

/** What is believed after both, in this order. */
function joinRumors(a: Rumor, b: Rumor): Rumor {
  return outweighs(b, a) ? b : a;
}

test("the join of rumors is commutative, associative and idempotent", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const chance = chanceOf(seed);
    const [a, b, c] = [anyRumor(chance, "p"), anyRumor(chance, "p"), anyRumor(chance, "p")];
    assert.deepEqual(joinRumors(a, a), a, `seed ${seed}`);
    assert.deepEqual(joinRumors(a, b), joinRumors(b, a), `seed ${seed}`);
    assert.deepEqual(joinRumors(joinRumors(a, b), c), joinRumors(a, joinRumors(b, c)), `seed ${seed}`);
  }
});

test("two peers that heard the same rumors in any order, some twice, believe the same, but for deaths, which each finds itself", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const chance = chanceOf(seed);
    const names = ["b", "c", "d", "e"];
    const heard = Array.from({ length: 20 }, () => anyRumor(chance, names[Math.floor(chance() * 4)] ?? "b"))
      .filter(({ state }) => state !== "dead");
    const shuffled = [...heard, ...heard.slice(5)].map((rumor) => ({ rumor, place: chance() }))
      .sort((x, y) => x.place - y.place).map(({ rumor }) => rumor);
    const beliefs = [heard, shuffled].map((rumors) => {
      const members = membersOf("a", names, seed);
      for (const rumor of rumors) members.heard("b", { kind: "rumors", rumors: [rumor] }, NOW);
      return members.peers().map(({ peer, state, incarnation }) => ({ peer, state, incarnation }));
    });
    assert.deepEqual(beliefs[0], beliefs[1], `seed ${seed}`);
  }
});

test("each rumor is sent so many times and no more, and no message carries more than its share", () => {
  const rumors = new Rumors();
  for (let n = 0; n < 100; n++) rumors.put({ peer: `p${n}`, state: "dead", incarnation: 1 });
  const sent = new Map<string, number>();
  for (let taken = rumors.take(100); taken.length > 0; taken = rumors.take(100)) {
    assert.ok(taken.length <= RUMORS_PER_MESSAGE);
    for (const { peer } of taken) sent.set(peer, (sent.get(peer) ?? 0) + 1);
  }
  assert.deepEqual([sent.size, new Set(sent.values()), rumors.size], [100, new Set([21]), 0]);
});

test("nothing that members may say, in any order and at any time, breaks a peer or makes it shout", () => {
  const names = Array.from({ length: 12 }, (_, n) => `p${n}`);
  for (let seed = 1; seed <= 200; seed++) {
    const chance = chanceOf(seed);
    const pick = (count: number) => Math.floor(chance() * count);
    const name = () => names[pick(13)] ?? "stranger";
    const members = membersOf("p0", names, seed);
    let now = NOW;
    for (let step = 0; step < 300; step++) {
      now = instant(now + pick(400) - (chance() < 0.02 ? 5_000 : 0) + (chance() < 0.02 ? 5_000 : 0));
      const rumors = Array.from({ length: pick(4) }, () => anyRumor(chance, name()));
      const seq = pick(30);
      const spoken: readonly SwimMessage[] = [
        { kind: "probe", seq, incarnation: 1 + pick(3), news: newsOf("x", now), rumors },
        { kind: "ack", seq, incarnation: 1 + pick(3), news: newsOf("x", now), rumors },
        { kind: "probe-for-me", seq, target: name(), rumors },
        { kind: "probed", seq, target: name(), reached: chance() < 0.5, incarnation: pick(3), rumors },
        { kind: "rumors", rumors },
      ];
      const message = spoken[pick(5)];
      const deeds = [
        () => members.wake(now),
        () => members.linked(name(), now),
        () => members.unlinked(name(), now),
        () => members.admit(names.filter(() => chance() < 0.9), now),
      ];
      const deed = chance() < 0.7 ? undefined : deeds[pick(4)];
      const output = deed !== undefined || message === undefined ? deed?.() : members.heard(name(), message, now);
      assert.ok(output !== undefined && output.sends.length <= 60, `seed ${seed}, step ${step}`);
      const waitMs = (output.wakeAt ?? now) - now;
      assert.ok(waitMs >= 0 && waitMs <= 1_500, `seed ${seed}, step ${step}: alarm in ${waitMs} ms`);
      for (const { to } of output.sends) {
        assert.ok(to !== "p0" && names.includes(to), `seed ${seed}, step ${step}: to ${to}`);
      }
    }
  }
});

test("a rotation comes to each peer once a turn", () => {
  const peers = new Map(Array.from({ length: 30 }, (_, n) => [`p${n}`, undefined]));
  const rotation = new Rotation(chanceOf(1));
  const turns = [1, 2, 3].map(() => Array.from({ length: 30 }, () => rotation.next(peers, () => true)));
  for (const turn of turns) assert.equal(new Set(turn).size, 30);
  assert.notDeepEqual(turns[0], turns[1]);
  assert.equal(rotation.next(peers, () => false), undefined);
  assert.equal(rotation.next(peers, (peer) => peer === "p7"), "p7");
});

test("loop time never goes back, counts no standstill, and comes to every deadline however late each alarm is", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const chance = chanceOf(seed);
    const time = new LoopTime(100);
    let now = NOW;
    let deadlineMs = 500;
    let reached = 0;
    time.advance(now);
    for (let step = 0; step < 200; step++) {
      const wakeAt = time.wakeAt(deadlineMs, now) ?? now;
      const before = time.ms;
      const lateness = chance() < 0.5 ? 0 : Math.floor(chance() * 20_000);
      now = instant(chance() < 0.05 ? now - 10_000 : wakeAt + lateness);
      const { lateMs } = time.advance(now);
      assert.ok(time.ms >= before && time.ms - before <= 600, `seed ${seed}, step ${step}`);
      assert.ok(lateMs <= lateness + 100, `seed ${seed}, step ${step}`);
      if (!time.isHeld && time.ms >= deadlineMs) {
        reached++;
        deadlineMs = time.ms + 500;
      }
    }
    assert.ok(reached >= 50, `seed ${seed}: ${reached}`);
  }
});
