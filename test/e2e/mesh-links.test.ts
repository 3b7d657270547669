// Links over ways that fail, that are roundabout, and that change.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { exchange, settle } from "../contract/mesh.suite.ts";
import { broadcastOf, meet, messageOf, type Peer } from "../contract/mesh-witness.ts";
import { meshWorld, portOf, proxyTo } from "./mesh-world.ts";

test("a cable that is cut is noticed without a word, and the link is back when it is whole", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  await using proxy = await proxyTo(portOf(a.mesh.addresses()[0]));
  // Only b can dial, and only through the proxy.
  a.mesh.admit([{ peer: b.mesh.self, addresses: [] }]);
  b.mesh.admit([{ peer: a.mesh.self, addresses: [`/ip4/127.0.0.1/tcp/${proxy.port}`] }]);
  await linked(a, b);
  await exchange(a, b);
  proxy.freeze();
  const frozenAt = performance.now();
  await Promise.all([a, b].map(({ witness }) => witness.until("it is noticed", () => witness.linkedNow.size === 0)));
  const noticedMs = performance.now() - frozenAt;
  assert.ok(noticedMs < 25_000, `noticed after ${noticedMs} ms`);
  proxy.thaw();
  const thawedAt = performance.now();
  await linked(a, b);
  assert.ok(performance.now() - thawedAt < 20_000);
  await exchange(a, b);
});

test("two that do not reach each other are linked through a third", async () => {
  await using world = meshWorld();
  const relay = await world.peer({ relay: true });
  const b = await world.peer({ relay: true });
  const way = `${relay.mesh.addresses()[0]}/p2p-circuit`;
  const hidden = await world.peer({ listen: [] });
  // It reaches the relay, is a member there, and then asks to be reached through it.
  await meet([relay, hidden]);
  await hidden.mesh.listen([way]);
  await hidden.witness.until(
    "the relay has room",
    () => hidden.mesh.addresses().some((each) => each.includes("/p2p-circuit")),
  );
  const members = [relay, b].map(({ mesh }) => ({ peer: mesh.self, addresses: mesh.addresses() }));
  const all = [...members, { peer: hidden.mesh.self, addresses: hidden.mesh.addresses() }];
  relay.mesh.admit(all);
  b.mesh.admit(all);
  // It is told no address of b: it can't dial it.
  hidden.mesh.admit([...members.slice(0, 1), { peer: b.mesh.self, addresses: [] }]);
  await linked(b, hidden);
  await exchange(b, hidden);
  b.mesh.publish(broadcastOf("through the relay"));
});

test("two that do not reach each other find a way through a third by themselves", async () => {
  await using world = meshWorld();
  const relay = await world.peer({ relay: true });
  const [a, b] = [await world.peer(), await world.peer()];
  const placeOf = ({ mesh }: Peer) => ({ peer: mesh.self, addresses: mesh.addresses() });
  const hidden = ({ mesh }: Peer) => ({ peer: mesh.self, addresses: ["/ip4/127.0.0.1/tcp/1"] });
  relay.mesh.admit([placeOf(a), placeOf(b)]);
  a.mesh.admit([placeOf(relay), hidden(b)]);
  b.mesh.admit([placeOf(relay), hidden(a)]);
  const isFound = ({ mesh }: Peer) => mesh.addresses().some((address) => address.includes("/p2p-circuit"));
  await a.witness.until("there is a way through the relay", () => isFound(a));
  // As others are told of any address.
  b.mesh.admit([placeOf(relay), placeOf(a)]);
  await linked(a, b);
  await exchange(a, b);
});

test("a relay serves members, and not who is one no more", async () => {
  await using world = meshWorld();
  const relay = await world.peer({ relay: true });
  const hidden = await world.peer({ listen: [] });
  await meet([relay, hidden]);
  relay.mesh.admit([]);
  await hidden.witness.until("it is cut", () => hidden.witness.linkedNow.size === 0);
  await assert.rejects(hidden.mesh.listen([`${relay.mesh.addresses()[0]}/p2p-circuit`]));
});

test("a peer listens elsewhere, its links come again, and it stays where it is when it can't", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  await meet([a, b]);
  const port = portOf(a.mesh.addresses()[0]);
  await a.mesh.listen([`/ip4/0.0.0.0/tcp/${port}`]);
  assert.ok(a.mesh.addresses().every((address) => portOf(address) === port));
  await b.witness.until("linked again", () => b.witness.links.length === 3 || b.witness.linkedNow.size === 1);
  await linked(a, b);
  await exchange(a, b);
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const takenPort = typeof address === "object" ? address?.port : undefined;
  await assert.rejects(a.mesh.listen([`/ip4/127.0.0.1/tcp/${takenPort}`]));
  assert.equal(portOf(a.mesh.addresses()[0]), port);
  await linked(a, b);
  taken.close();
});

test("five peers that talk fast and long lose nothing, and take no more memory for it", async () => {
  await using world = meshWorld();
  const peers = [await world.peer(), await world.peer(), await world.peer(), await world.peer(), await world.peer()];
  await meet(peers);
  const before = process.memoryUsage().rss;
  // First so much at once that it waits before every cipher: that is what the one of @libp2p/pnet dies of, some messages
  // later.
  const bursts = [{ rounds: 1, size: 4, text: "x".repeat(900_000) }, { rounds: 60, size: 25, text: "x".repeat(900) }];
  let heard = 0;
  for (const { rounds, size, text } of bursts) {
    for (let round = 0; round < rounds; round++) {
      for (const a of peers) {
        for (const b of peers) {
          for (let each = 0; a !== b && each < size; each++) {
            assert.ok(a.mesh.send(b.mesh.self, messageOf(round, text)));
          }
        }
      }
      heard += size * (peers.length - 1);
      for (const { witness } of peers) await witness.until("all have come", () => witness.heardOf.length === heard);
    }
  }
  // 100 MB of text went through one process, and the witnesses keep it.
  assert.ok(process.memoryUsage().rss - before < 600e6);
  for (const { witness } of peers) assert.equal(witness.links.length, peers.length - 1);
});

test("a burst of broadcasts that is more than the links carry costs none of them, and gossip goes on", async () => {
  await using world = meshWorld();
  const peers = [await world.peer(), await world.peer(), await world.peer(), await world.peer(), await world.peer()];
  await meet(peers);
  await settle(peers);
  // Six times what waits in a stream at the most, from each at once.
  for (const { mesh } of peers) {
    for (let n = 0; n < 150; n++) mesh.publish(broadcastOf("x".repeat(40_000)));
  }
  await settle(peers, "and now?");
  for (const { witness } of peers) assert.equal(witness.links.length, peers.length - 1);
  assert.ok(peers.some(({ mesh }) => (mesh.counts()["broadcast not passed on"] ?? 0) > 0));
});

async function linked(a: Peer, b: Peer): Promise<void> {
  await a.witness.until("linked", () => a.witness.linkedNow.has(b.mesh.self));
  await b.witness.until("linked", () => b.witness.linkedNow.has(a.mesh.self));
}
