// How leases ride on probes and acks: who is asked when, and what a voter takes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Groups } from "../../src/core/ownership/groups.ts";
import { GRANT_MS, LEASE_MS } from "../../src/core/ownership/lease.ts";
import { Leases } from "../../src/core/ownership/leases.ts";
import type { SwimMessage } from "../../src/core/ownership/presence.ts";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { newsOf } from "./members-world.ts";

const SEVEN = new ShardSet([7]);
const NONE = new ShardSet();

type Said = { readonly fires: ShardSet; readonly version?: number; readonly refused?: ShardSet };

function said(kind: "probe" | "ack", seq: number, { fires, version = 0, refused }: Said): SwimMessage {
  const news = { ...newsOf("other", instant(0)), shards: fires.text(), shardsVersion: version };
  return { kind, seq, incarnation: 1, news, rumors: [], ...(refused === undefined ? {} : { refused: refused.text() }) };
}

class Owner {
  readonly leases: Leases;
  readonly others: readonly string[];
  fires = SEVEN;
  #seq = 0;

  constructor(others: number) {
    this.others = Array.from({ length: others }, (_, n) => `v${n}`);
    this.leases = new Leases("a", () => this.fires, new Groups(), instant(0));
  }

  holds(now: number): boolean {
    const granters = ["a", ...this.others];
    return this.leases.holds(7, { voters: granters.length, granters }, instant(now));
  }

  /** Probes one, which answers at once. */
  probe(peer: string, now: number, refused?: ShardSet): void {
    const seq = this.#seq++;
    this.leases.sending(peer, said("probe", seq, { fires: this.fires }), instant(now));
    this.leases.heard(
      peer,
      said("ack", seq, { fires: NONE, ...(refused === undefined ? {} : { refused }) }),
      instant(now),
    );
  }

  /** Rings its alarm up to `to`; returns whom it asked and when. */
  until(to: number, refused?: ShardSet): readonly (readonly [number, string])[] {
    const asked: (readonly [number, string])[] = [];
    for (let at: number = this.leases.wakeAt; at < to; at = Math.max(at + 1, this.leases.wakeAt)) {
      for (const peer of this.leases.wake(() => this.others, instant(at))) {
        asked.push([at, peer]);
        this.probe(peer, at, refused);
      }
    }
    return asked;
  }
}

test("who sends nothing under a lease asks nobody for one", () => {
  assert.deepEqual(new Owner(4).until(20_000), []);
});

test("who sends under a lease asks each voter once a second, whoever's turn it is, and has it for two more", () => {
  const owner = new Owner(4);
  owner.until(GRANT_MS);
  assert.equal(owner.holds(GRANT_MS), false);
  const asked = owner.until(GRANT_MS + 5_500);
  for (const peer of owner.others) {
    assert.deepEqual(asked.filter(([, each]) => each === peer).map(([at]) => at - GRANT_MS), [
      ...[0, 1_000, 2_000, 3_000, 4_000],
      5_000,
    ]);
  }
  assert.equal(owner.holds(GRANT_MS + 5_000 + LEASE_MS), true);
  assert.equal(owner.holds(GRANT_MS + 5_001 + LEASE_MS), false);
});

test("who was asked in a round is asked again a second after that, and nobody when nothing was sent for ten", () => {
  const owner = new Owner(1);
  owner.holds(5_000);
  owner.until(5_001);
  owner.probe("v0", 5_700);
  assert.deepEqual(owner.until(7_000).map(([at]) => at), [6_700]);
  assert.deepEqual(owner.until(60_000).filter(([at]) => at > 15_000), []);
});

test("who refuses is asked again soon: the one of before may have let it go", () => {
  const owner = new Owner(4);
  owner.holds(5_000);
  const times = new Set(owner.until(6_000, SEVEN).map(([at]) => at));
  assert.deepEqual([...times], [5_000, 5_200, 5_400, 5_600, 5_800]);
  owner.fires = NONE;
  owner.leases.moved(instant(6_000));
  assert.deepEqual(new Set(owner.until(7_500, SEVEN).map(([at]) => at)), new Set([6_000, 7_000]));
});

test("in a large mesh no more than a majority and some to spare are asked again and again", () => {
  const owner = new Owner(20);
  owner.holds(5_000);
  const asked = new Set(owner.until(9_000).map(([, peer]) => peer));
  assert.equal(asked.size, 12);
  assert.equal(owner.holds(9_000), true);
});

test("what a peer says that it fires no more the next one has at once, by a probe or an answer, and not by old news", () => {
  const at = (ms: number): Instant => instant(GRANT_MS + ms);
  const voter = new Leases("v", () => NONE, new Groups(), instant(0));
  const isGranted = (peer: string, seq: number, ms: number) => {
    voter.heard(peer, said("probe", seq, { fires: SEVEN, version: seq }), at(ms));
    const ack = voter.sending(peer, said("ack", seq, { fires: NONE }), at(ms));
    return ack.kind === "ack" && ack.refused === undefined;
  };
  assert.equal(isGranted("a", 5, 0), true);
  voter.heard("a", said("ack", 1, { fires: NONE, version: 4 }), at(10));
  assert.equal(isGranted("b", 1, 20), false, "an answer of before it fired the shard");
  voter.heard("a", said("ack", 2, { fires: NONE, version: 6 }), at(30));
  assert.equal(isGranted("b", 2, 40), true);
});

test("what was let go is held by no grant of before, though it come back within the lease", () => {
  const owner = new Owner(2);
  owner.holds(5_000);
  owner.until(5_001);
  assert.equal(owner.holds(5_100), true);
  owner.fires = NONE;
  owner.leases.moved(instant(5_200));
  owner.fires = SEVEN;
  assert.equal(owner.holds(5_300), false);
  owner.leases.moved(instant(5_300));
  owner.until(5_301);
  assert.equal(owner.holds(5_400), true);
});
