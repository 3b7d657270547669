// Who may fire a shard of which at most one peer may.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GRANT_MS, Holder, LEASE_MS, Voter } from "../../src/core/ownership/lease.ts";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import { chanceOf } from "../chance.ts";

const at = (ms: number) => ms as Instant;
const SEVEN = new ShardSet([7]);
const NONE = new ShardSet();
const LATER = GRANT_MS + 1;

test("a voter grants a shard to one peer, and to another when the first has let go or its time is over", () => {
  const voter = new Voter(at(0));
  const asked = (peer: string, fired: ShardSet, ms: number) => voter.grant(peer, fired, at(LATER + ms)).size === 0;
  assert.deepEqual(
    [
      asked("a", SEVEN, 0),
      asked("b", SEVEN, GRANT_MS - 1),
      asked("b", SEVEN, GRANT_MS),
      asked("a", SEVEN, GRANT_MS + 1),
      asked("b", NONE, GRANT_MS + 2),
      asked("a", SEVEN, GRANT_MS + 3),
    ],
    [true, false, true, false, true, true],
  );
});

test("a voter that has just started grants nothing: it may have given its word before", () => {
  const voter = new Voter(at(0));
  assert.equal(voter.grant("a", SEVEN, at(GRANT_MS - 1)).has(7), true);
  assert.equal(voter.grant("a", SEVEN, at(GRANT_MS)).has(7), false);
});

test("who says that it goes keeps nothing from the next one, and believes in no grant any more", () => {
  const voter = new Voter(at(0));
  voter.grant("a", SEVEN, at(LATER));
  assert.equal(voter.grant("b", SEVEN, at(LATER + 1)).has(7), true);
  voter.left("a");
  assert.equal(voter.grant("b", SEVEN, at(LATER + 2)).has(7), false);

  const holder = new Holder();
  const voters = { voters: 1, granters: ["c"] };
  holder.sent("c", 0, SEVEN, at(LATER));
  holder.acked("c", 0, undefined);
  assert.equal(holder.holds(7, voters, at(LATER)), true);
  holder.leave();
  assert.equal(holder.holds(7, voters, at(LATER)), false);
});

test("of a probe that was sent twice the answer may be to the first", () => {
  const holder = new Holder();
  holder.sent("c", 0, SEVEN, at(1_000));
  holder.sent("c", 0, SEVEN, at(1_500));
  holder.acked("c", 0, undefined);
  const voters = { voters: 1, granters: ["c"] };
  assert.equal(holder.holds(7, voters, at(1_000 + LEASE_MS)), true);
  assert.equal(holder.holds(7, voters, at(1_001 + LEASE_MS)), false);
});

test("a holder needs more than half of all voters, and believes a grant from the moment of its own probe", () => {
  const holder = new Holder();
  const granters = ["a", "b", "c", "d"];
  const voters = { voters: granters.length, granters };
  for (const [n, voter] of ["a", "b", "c"].entries()) holder.sent(voter, n, SEVEN, at(1_000));
  holder.acked("a", 0, undefined);
  holder.acked("b", 1, NONE);
  assert.equal(holder.holds(7, voters, at(1_000)), false, "half is not enough");
  holder.acked("c", 2, SEVEN);
  assert.equal(holder.holds(7, voters, at(1_000)), false, "a refusal is no grant");
  holder.sent("c", 3, SEVEN, at(1_500));
  holder.acked("c", 3, undefined);
  assert.equal(holder.holds(7, voters, at(1_000 + LEASE_MS)), true);
  assert.equal(holder.holds(7, voters, at(1_001 + LEASE_MS)), false);
  assert.equal(holder.holds(8, voters, at(1_500)), false, "it never said that it fires this one");
});

test("never two hold one shard, whatever is lost or late, with clocks that run 10 % apart", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const chance = chanceOf(seed);
    const peers = Array.from({ length: 5 }, (_, n) => ({
      name: `p${n}`,
      rate: 0.95 + 0.1 * chance(),
      offset: Math.floor(1e6 * chance()),
      voter: undefined as Voter | undefined,
      holder: new Holder(),
    }));
    const clock = (peer: (typeof peers)[number], ms: number) => at(Math.floor(peer.offset + ms * peer.rate));
    for (const peer of peers) peer.voter = new Voter(clock(peer, 0));
    const granters = peers.map(({ name }) => name);
    const voters = { voters: granters.length, granters };
    const events: { readonly at: number; readonly act: (ms: number) => void }[] = [];
    const push = (ms: number, act: (ms: number) => void) => void events.push({ at: ms, act });
    let seq = 0;
    // Two of them believe that they own the shard all the time: a cut that nobody has noticed.
    for (const owner of peers.slice(0, 2)) {
      for (let ms = 0; ms < 60_000; ms += 1_000) {
        for (const voter of peers) {
          push(ms + Math.floor(200 * chance()), (sentMs) => {
            const number = seq++;
            owner.holder.sent(voter.name, number, SEVEN, clock(owner, sentMs));
            if (chance() < 0.3) return;
            push(sentMs + Math.floor(2_500 * chance() ** 3), (heardMs) => {
              const refused = voter.voter?.grant(owner.name, SEVEN, clock(voter, heardMs));
              if (chance() < 0.3) return;
              push(heardMs + Math.floor(2_500 * chance() ** 3), () => owner.holder.acked(voter.name, number, refused));
            });
          });
        }
      }
    }
    let held = 0;
    for (let ms = 0; ms < 62_000; ms += 50) {
      for (const event of events.filter((each) => each.at <= ms).sort((a, b) => a.at - b.at)) {
        events.splice(events.indexOf(event), 1);
        event.act(event.at);
      }
      const holders = peers.slice(0, 2).filter((peer) => peer.holder.holds(7, voters, clock(peer, ms)));
      held += holders.length;
      assert.ok(holders.length <= 1, `seed ${seed}: both hold it at ${ms} ms`);
    }
    assert.ok(held > 0, `seed ${seed}: nobody ever held it`);
  }
});
