import assert from "node:assert/strict";
import { test } from "node:test";
import { ownersOf, rank, score } from "../../src/core/ownership/rendezvous.ts";
import { groupOf } from "../../src/core/task/peer-group.ts";

const PEER_A = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";
const PEER_B = "12D3KooWHCJbJKGDfCgHSoCuK9q4STyRnVveqLoXAPBbXHTZx9Cv";

/** The published vectors: [shard, peer, weight, score]. They never change, for peers of two versions must agree. */
const VECTORS: readonly (readonly [number, string, number, number])[] = [
  [0, PEER_A, 1, 2.2436761978714914],
  [0, PEER_B, 1, 1.1049831926381846],
  [1, PEER_A, 1, 2.3595912085170956],
  [1, PEER_B, 1, 0.7668836080572344],
  [2048, PEER_A, 2, 5.681668409381019],
  [2048, PEER_B, 0.5, 0.9197052916632653],
  [4095, PEER_A, 1, 2.0335113815248835],
  [4095, PEER_B, 1, 0.6185020546635622],
  [7, "peer-1", 1, 37.79777133405681],
  [7, "péer ☂", 1, 0.5727601635780438],
];

/** The same hash, written a second time and slowly, out of its definition. */
const MASK = (1n << 64n) - 1n;

function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK;
  return hash;
}

function splitmix(seed: bigint, n: number): bigint {
  let z = (seed + BigInt(n) * 0x9e3779b97f4a7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

function slowScore(shard: number, peer: string, weight: number): number {
  const u = (Number(splitmix(fnv1a(peer), shard + 1) >> 12n) + 0.5) / 2 ** 52;
  return -weight / Math.log(u);
}

test("the second writing of the hash is FNV-1a and splitmix64 as others publish them", () => {
  assert.deepEqual([fnv1a(""), fnv1a("a"), fnv1a("foobar")], [
    0xcbf29ce484222325n,
    0xaf63dc4c8601ec8cn,
    0x85944171f73967e8n,
  ]);
  assert.deepEqual([1, 2, 3].map((n) => splitmix(1234567n, n)), [
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
});

test("scores are the published vectors", () => {
  assert.deepEqual(VECTORS.map(([shard, peer, weight]) => [shard, peer, weight, score(shard, peer, weight)]), VECTORS);
});

test("in a group a peer goes by its id, a line feed and the group's id: vectors of the peers at one site", () => {
  const group = groupOf({ placement: { match: { site: "lyon" } } });
  assert.deepEqual([group?.id, group?.text], ["b4744999b61e", '{"match":{"site":"lyon"}}']);
  const vectors: readonly (readonly [number, string, number])[] = [
    [0, PEER_A, 0.7026348100498261],
    [0, "peer-1", 1.9028832511574436],
    [255, PEER_A, 0.7850583166171344],
    [255, "peer-1", 0.6570920139666344],
  ];
  assert.deepEqual(vectors.map(([shard, peer]) => [shard, peer, score(shard, peer, 1, group?.id)]), vectors);
  assert.equal(score(7, PEER_A, 1, group?.id), score(7, `${PEER_A}\nb4744999b61e`, 1));
  const candidates = [{ peer: PEER_A, weight: 1 }, { peer: "peer-1", weight: 1 }];
  const owners = ownersOf(candidates, group?.id);
  assert.deepEqual([owners.length, owners[0], owners[255]], [256, "peer-1", PEER_A]);
});

// Math.log has another last bit on Deno 2.9.5 than on Node 24: the first writing does without it, this one need not.
test("scores are those of the second writing but for the last bits, for any shard and any text", () => {
  for (const peer of [PEER_A, PEER_B, "", "a", "péer ☂", "x".repeat(300)]) {
    for (let shard = 0; shard < 4096; shard += 7) {
      const ratio = score(shard, peer, 3) / slowScore(shard, peer, 3);
      assert.ok(Math.abs(ratio - 1) < 1e-15, `${peer} ${shard}: ${ratio}`);
    }
  }
});

test("the first of a shard's ranking is its owner, whatever the order of the candidates", () => {
  const candidates = Array.from({ length: 9 }, (_, n) => ({ peer: `peer-${n}`, weight: 1 + (n % 3) }));
  const owners = ownersOf(candidates);
  assert.deepEqual(ownersOf([...candidates].reverse()), owners);
  for (let shard = 0; shard < 4096; shard += 13) {
    const ranking = rank(shard, candidates);
    assert.equal(ranking[0], owners[shard]);
    assert.deepEqual([...ranking].sort(), candidates.map(({ peer }) => peer));
  }
});

test("without weight there is no candidate, and without candidates no owner", () => {
  assert.deepEqual(ownersOf([]), []);
  const none = [0, -1, NaN, Infinity].map((weight, n) => ({ peer: `peer-${n}`, weight }));
  assert.deepEqual([ownersOf(none), rank(7, none)], [[], []]);
  assert.deepEqual(new Set(ownersOf([...none, { peer: "one", weight: 0.001 }])), new Set(["one"]));
});
