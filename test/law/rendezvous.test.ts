import assert from "node:assert/strict";
import { test } from "node:test";
import { type Candidate, Firsts, ownersOf } from "../../src/core/ownership/rendezvous.ts";
import { SHARDS } from "../../src/core/ownership/shard.ts";
import { chanceOf } from "../chance.ts";

function group(chance: () => number): Candidate[] {
  const size = 2 + Math.floor(chance() * 30);
  return Array.from({ length: size }, () => ({
    peer: `12D3KooW${Math.floor(chance() * 1e15).toString(36)}`,
    weight: [0.5, 1, 1, 1, 2, 4][Math.floor(chance() * 6)] ?? 1,
  }));
}

test("who comes takes shards and who goes leaves them, and no other shard moves", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const [comer = { peer: "", weight: 1 }, ...rest] = group(chanceOf(seed));
    const without = ownersOf(rest);
    const withComer = ownersOf([...rest, comer]);
    const moved = withComer.filter((owner, shard) => owner !== without[shard]);
    assert.ok(moved.every((owner) => owner === comer.peer), `seed ${seed}`);
    assert.ok(moved.length > 0, `seed ${seed}`);
  }
});

test("whoever came, went or changed its weight before, the first are those of a fresh look", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const chance = chanceOf(seed);
    const firsts = new Firsts();
    let candidates = group(chance);
    for (let step = 0; step < 12; step++) {
      const [comer] = group(chance);
      candidates = candidates.filter(() => chance() < 0.9)
        .map((each) => chance() < 0.1 ? { ...each, weight: each.weight * 2 } : each);
      if (comer !== undefined && chance() < 0.7) candidates.unshift(comer);
      if (chance() < 0.05) candidates = [];
      assert.deepEqual(firsts.among(candidates), ownersOf(candidates), `seed ${seed}, step ${step}`);
    }
  }
});

test("more weight only takes shards, and less only leaves them", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const [heavier = { peer: "", weight: 1 }, ...rest] = group(chanceOf(seed));
    const before = ownersOf([heavier, ...rest]);
    const after = ownersOf([{ ...heavier, weight: heavier.weight * 2 }, ...rest]);
    const wrong = after.filter((owner, shard) => owner !== before[shard] && owner !== heavier.peer);
    assert.deepEqual(wrong, [], `seed ${seed}`);
  }
});

test("shards spread by weight within three standard deviations", () => {
  let peers = 0;
  let outside = 0;
  let squares = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const candidates = group(chanceOf(seed));
    const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
    const owners = ownersOf(candidates);
    for (const { peer, weight } of candidates) {
      const share = weight / total;
      const count = owners.filter((owner) => owner === peer).length;
      const z = (count - SHARDS * share) / Math.sqrt(SHARDS * share * (1 - share));
      assert.ok(Math.abs(z) < 4.5, `seed ${seed}: ${peer} has ${count} shards, ${z} deviations off`);
      peers++;
      squares += z * z;
      if (Math.abs(z) > 3) outside++;
    }
  }
  assert.ok(outside / peers < 0.01, `${outside} of ${peers} are outside: 0.27 % is what chance gives`);
  assert.ok(Math.abs(squares / peers - 1) < 0.1, `the spread is ${squares / peers} of what chance gives`);
});
