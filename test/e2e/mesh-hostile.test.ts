// A mesh among those who wish it ill: noise from the network, strangers who have the key, members who have gone mad.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { test } from "node:test";
import { privateKeyOf } from "../../src/core/values/ed25519.ts";
import { sealEnvelope } from "../../src/mesh/envelope.ts";
import { OFFENCES_MAX } from "../../src/mesh/gate.ts";
import type { Stream } from "../../src/mesh/libp2p-types.ts";
import { encodeValue, frameOf } from "../../src/mesh/wire.ts";
import { chanceOf } from "../chance.ts";
import { broadcastOf, meet, messageOf, type Peer } from "../contract/mesh-witness.ts";
import { exchange, settle } from "../contract/mesh.suite.ts";
import { meshWorld, portOf, type Rogue, TOPIC } from "./mesh-world.ts";

const SEED = Number(process.env["METRONOME_TEST_SEED"] ?? Date.now() % 1_000_000);

test("a member that sends noise on every protocol does no harm, and is shut out", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  const rogue = await world.rogue([a.mesh.self]);
  admit([a, b], [rogue]);
  await linked(a, b);
  const chance = chanceOf(SEED);
  const protocols = [
    ...["/metronome/messages/1", "/metronome/channel/1", "/metronome/join/1", "/metronome/none/1"],
    ...["/meshsub/1.0.0", "/meshsub/1.1.0", "/meshsub/1.2.0", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"],
  ];
  let frames = 0;
  let refused = 0;
  for (let round = 0; frames < 3_000; round++) {
    const protocol = protocols[round % protocols.length] ?? "";
    const stream = await streamTo(rogue, a, protocol).catch(() => undefined);
    if (stream === undefined) {
      refused++;
      // It is shut out: a minute is long for a test, so it comes again under another name.
      if ((a.mesh.counts()["shut out"] ?? 0) > 0 || round > 2_000) break;
      continue;
    }
    for (let each = 0; each < 20 && stream.writeStatus === "writable"; each++, frames++) stream.send(noise(chance));
    if (chance() < 0.5) stream.abort(new Error("enough"));
    else await stream.close().catch(() => undefined);
    if (round % 20 === 0) await exchange(a, b);
  }
  await a.witness.until("it is shut out", () => a.witness.said.some((line) => line.includes("shut a member out")));
  await exchange(a, b);
  assert.deepEqual([...a.witness.linkedNow], [b.mesh.self], `seed ${SEED}`);
  assert.deepEqual(a.witness.heardOf.filter(({ from }) => from === rogue.peer), []);
  assert.ok(
    refused > 0 && (a.mesh.counts()["message malformed"] ?? 0) + (a.mesh.counts()["channel malformed"] ?? 0) > 0,
  );
});

test("thousands of mutated messages of a member are counted one by one, and honest traffic goes on", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  await meet([a, b]);
  const chance = chanceOf(SEED);
  let sent = 0;
  // Many members, since each is shut out after a few.
  for (let member = 0; member < 20; member++) {
    const rogue = await world.rogue([a.mesh.self]);
    admit([a, b], [rogue]);
    const stream = await streamTo(rogue, a, "/metronome/messages/1");
    for (let each = 0; each < 150 && stream.writeStatus === "writable"; each++, sent++) {
      stream.send(frameOf(mutated(chance)));
    }
    await a.witness.until(
      "it is shut out",
      () => (a.mesh.counts()["message malformed"] ?? 0) >= (member + 1) * (OFFENCES_MAX + 1),
    );
    await exchange(a, b);
    await rogue.node.stop();
  }
  assert.ok(sent >= 20 * OFFENCES_MAX, `${sent} were sent`);
  assert.ok(a.witness.linkedNow.has(b.mesh.self));
});

test("a broadcast that its sender has not signed reaches nobody, and is not passed on", async () => {
  await using world = meshWorld();
  const peers = [await world.peer(), await world.peer()] as const;
  const [a, b] = peers;
  const rogue = await world.rogue([a.mesh.self, b.mesh.self]);
  admit(peers, [rogue]);
  await linked(a, b);
  await settle(peers);
  for (const { mesh } of peers) await rogue.node.dial(rogue.addressesOf(mesh.addresses(), mesh.self));
  for (const connection of rogue.node.getConnections()) await rogue.node.services.identify.identify(connection);
  const { gossip } = rogue.node.services;
  gossip.subscribe(TOPIC);
  await a.witness.until("gossip knows it", () => gossip.getSubscribers(TOPIC).length === 2);
  const say = (from: string, seed: Uint8Array, number: number, text: string) =>
    gossip.publish(
      TOPIC,
      sealEnvelope({ from, number, topic: TOPIC, body: encodeValue(broadcastOf(text)) }, privateKeyOf(seed)),
    );
  const now = Date.now();
  const before = peers.map(({ witness }) => witness.publishedOf.length);
  await say(rogue.peer, rogue.seed, now, "one");
  for (const [at, { witness }] of peers.entries()) {
    await witness.until("its own is heard", () => witness.publishedOf.length === (before[at] ?? 0) + 1);
  }
  await say(rogue.peer, rogue.seed, now, "two under the number of one");
  await say(b.mesh.self, rogue.seed, now + 1, "forged in the name of b");
  await say("12D3KooWA4Xop1JaT3MHxwYMkCepYsv4iPVopMXwCz5iHYdBfeSB", rogue.seed, now + 2, "of a stranger");
  await gossip.publish(
    TOPIC,
    sealEnvelope({ from: rogue.peer, number: now + 3, topic: TOPIC, body: randomBytes(99) }, privateKeyOf(rogue.seed)),
  );
  await gossip.publish(TOPIC, randomBytes(500));
  await a.witness.until("all are counted", () => {
    const counts = a.mesh.counts();
    return counts["broadcast forged"] === 1 && counts["broadcast repeated"] === 1 &&
      counts["broadcast of a stranger"] === 1 && counts["broadcast malformed"] === 2;
  });
  await say(rogue.peer, rogue.seed, now + 4, "three");
  for (const [at, { mesh, witness }] of peers.entries()) {
    await witness.until("its own is heard", () => witness.publishedOf.length >= (before[at] ?? 0) + 2);
    assert.deepEqual(
      witness.publishedOf.slice(before[at]).map((
        { from, broadcast },
      ) => [from, (broadcast as { readonly text?: string }).text]),
      [[rogue.peer, "one"], [rogue.peer, "three"]],
      mesh.self,
    );
  }
});

test("a flood of subscriptions leaves nothing behind", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  const rogue = await world.rogue([a.mesh.self]);
  admit([a, b], [rogue]);
  await linked(a, b);
  const stream = await streamTo(rogue, a, "/meshsub/1.1.0");
  const before = process.memoryUsage().heapUsed;
  for (let frame = 0; frame < 100; frame++) {
    // Protobuf of gossipsub: RPC { 1: { 1: subscribe, 2: topic } }.
    const topics = Array.from({ length: 500 }, () => {
      const topic = randomBytes(10).toString("hex");
      return Buffer.concat([
        Buffer.from([0x0a, 2 + 2 + topic.length, 0x08, 1, 0x12, topic.length]),
        Buffer.from(topic),
      ]);
    });
    const rpc = Buffer.concat(topics);
    stream.send(Buffer.concat([varint(rpc.length), rpc]));
    if (frame % 20 === 0) await exchange(a, b);
  }
  await exchange(a, b);
  assert.ok(process.memoryUsage().heapUsed - before < 60e6);
});

test("a stranger that has the key and an invitation gets an answer to it alone", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  await meet([a, b]);
  const stranger = await world.rogue([a.mesh.self]);
  await assert.rejects(streamTo(stranger, a, "/metronome/join/1"));
  assert.ok((a.mesh.counts()["stranger"] ?? 0) > 0);
  const let_in: string[] = [];
  a.mesh.acceptJoin((from, channel) => {
    let_in.push(from);
    channel.writable.close().catch(() => undefined);
  });
  for (const protocol of ["/metronome/messages/1", "/metronome/channel/1", "/meshsub/1.1.0", "/ipfs/id/1.0.0"]) {
    const stream = await streamTo(stranger, a, protocol);
    assert.equal(await endOf(stream), "nothing", protocol);
  }
  const stream = await streamTo(stranger, a, "/metronome/join/1");
  assert.equal(await endOf(stream), "nothing");
  assert.deepEqual(let_in, [stranger.peer]);
  a.mesh.publish(broadcastOf("a secret of the mesh"));
  a.mesh.acceptJoin(undefined);
  await exchange(a, b);
  assert.deepEqual(stranger.node.services.gossip.getPeers(), []);
  assert.deepEqual([...a.witness.linkedNow], [b.mesh.self]);
});

test("noise and silence on the port keep no member out", async () => {
  await using world = meshWorld();
  const [a, b] = [await world.peer(), await world.peer()];
  const port = portOf(a.mesh.addresses()[0]);
  const sockets = Array.from({ length: 40 }, (_, at) => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    if (at % 2 === 0) socket.write(randomBytes(100 + at * 997));
    return socket;
  });
  await meet([a, b]);
  await exchange(a, b);
  for (const socket of sockets) socket.destroy();
});

function admit(peers: readonly Peer[], rogues: readonly Rogue[]): void {
  const members = [
    ...peers.map(({ mesh }) => ({ peer: mesh.self, addresses: mesh.addresses() })),
    // Nowhere to be reached: it is the one that comes.
    ...rogues.map(({ peer }) => ({ peer, addresses: [] })),
  ];
  for (const { mesh } of peers) mesh.admit(members);
}

async function linked(a: Peer, b: Peer): Promise<void> {
  await a.witness.until("linked", () => a.witness.linkedNow.has(b.mesh.self));
  await b.witness.until("linked", () => b.witness.linkedNow.has(a.mesh.self));
}

async function streamTo(rogue: Rogue, { mesh }: Peer, protocol: string): Promise<Stream> {
  const signal = AbortSignal.timeout(10_000);
  const connection = await rogue.node.dial(rogue.addressesOf(mesh.addresses(), mesh.self), { signal });
  try {
    return await connection.newStream(protocol, { signal });
  } catch (error) {
    // It may be one of those that libp2p takes for open when its inside is closed.
    if (connection.streams.length === 0) connection.abort(new Error("of no use"));
    throw error;
  }
}

/** What came before the stream ended. */
function endOf(stream: Stream): Promise<string> {
  return new Promise((resolve) => {
    let got = 0;
    stream.addEventListener("message", ({ data }) => {
      got += data.byteLength;
    });
    const end = () => resolve(got === 0 ? "nothing" : `${got} bytes`);
    stream.addEventListener("close", end);
    stream.addEventListener("remoteCloseWrite", end);
    if (stream.status !== "open" || stream.remoteWriteStatus === "closed") end();
  });
}

function noise(chance: () => number): Uint8Array {
  const bytes = randomBytes(Math.floor(chance() ** 3 * 3_000) + 1);
  // Often a good frame with a bad message, or a bad message with a good beginning: plain noise ends at the first length.
  if (chance() < 0.4) return frameOf(bytes.subarray(0, 200));
  if (chance() < 0.4) return frameOf(mutated(chance));
  return chance() < 0.5 ? bytes : Buffer.concat([varint(bytes.length), bytes]);
}

function mutated(chance: () => number): Uint8Array {
  const bytes = encodeValue(messageOf(Math.floor(chance() * 1e6), "some text"));
  for (let times = 0; times < 3; times++) bytes[Math.floor(chance() * bytes.length)] = Math.floor(chance() * 256);
  return Buffer.concat([bytes, Buffer.from("]")]);
}

function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return Uint8Array.from([...bytes, number]);
}
