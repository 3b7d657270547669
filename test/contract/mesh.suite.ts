// What every mesh promises, in memory and over sockets.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { Channel } from "../../src/mesh/mesh.ts";
import { broadcastOf, meet, messageOf, type Peer } from "./mesh-witness.ts";

export type World = AsyncDisposable & {
  /** A peer of its own; of the same mesh unless it has another key. */
  peer(more?: { readonly key?: string }): Promise<Peer>;
  /** The same peer again, after it has closed. */
  again(peer: Peer): Promise<Peer>;
};

const MESSAGE_MAX_BYTES = 1024 * 1024;
const BROADCAST_MAX_BYTES = 64 * 1024;
const QUEUE_MAX_BYTES = 4 * 1024 * 1024;

export function meshContract(name: string, make: () => World): void {
  test(`${name}: members are linked, each is told once, and told when one goes`, async () => {
    await using world = make();
    const [a, b, c] = [await world.peer(), await world.peer(), await world.peer()];
    await meet([a, b, c]);
    assert.deepEqual(a.witness.links.toSorted(), [`+${b.mesh.self}`, `+${c.mesh.self}`].toSorted());
    await b.mesh.close();
    await a.witness.until("b is gone", () => !a.witness.linkedNow.has(b.mesh.self));
    assert.deepEqual([...a.witness.linkedNow], [c.mesh.self]);
    assert.equal(a.mesh.send(b.mesh.self, messageOf(1)), false);
    assert.equal(a.mesh.send("12D3KooWnobody", messageOf(1)), false);
  });

  test(`${name}: messages arrive in the order in which they were sent`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const sent = Array.from({ length: 500 }, (_, number) => messageOf(number, "x".repeat(number % 7 * 300)));
    for (const message of sent) assert.ok(a.mesh.send(b.mesh.self, message));
    b.mesh.send(a.mesh.self, messageOf(-1));
    await b.witness.until("all have come", () => b.witness.heardOf.length === sent.length);
    assert.deepEqual(b.witness.heardOf, sent.map((message) => ({ from: a.mesh.self, message })));
    await a.witness.until("the answer has come", () => a.witness.heardOf.length === 1);
  });

  test(`${name}: a message of 1 MiB arrives, and one of a byte more is refused and counted`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const text = "x".repeat(MESSAGE_MAX_BYTES - JSON.stringify(messageOf(1)).length);
    assert.equal(a.mesh.send(b.mesh.self, messageOf(1, `${text}y`)), false);
    assert.equal(a.mesh.send(b.mesh.self, messageOf(1, text)), true);
    await b.witness.until("it has come", () => b.witness.heardOf.length === 1);
    assert.deepEqual(b.witness.heardOf[0]?.message, messageOf(1, text));
    assert.deepEqual(a.mesh.counts(), { "message too long": 1 });
  });

  test(`${name}: what waits for a peer is bounded, and what is too much is refused and counted`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const message = messageOf(1, "x".repeat(900_000));
    const taken = Array.from({ length: 10 }, () => a.mesh.send(b.mesh.self, message));
    const fit = taken.indexOf(false);
    assert.equal(fit, Math.floor(QUEUE_MAX_BYTES / 900_100));
    assert.deepEqual(taken, taken.map((_, at) => at < fit));
    assert.equal(a.mesh.counts()["message queue full"], 10 - fit);
    await b.witness.until("those that were taken have come", () => b.witness.heardOf.length === fit);
    assert.ok(a.mesh.send(b.mesh.self, message));
  });

  test(`${name}: what can't travel is refused where it is sent`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const wrong: readonly unknown[] = [NaN, Infinity, 1n, new Date(0), new Map(), [undefined], () => 1];
    for (const value of wrong) {
      assert.throws(() => a.mesh.send(b.mesh.self, messageOf(1, value as string)), TypeError);
    }
    a.mesh.send(b.mesh.self, messageOf(2));
    await b.witness.until("the next comes", () => b.witness.heardOf.length === 1);
  });

  test(`${name}: a broadcast reaches each of five peers once, from who said it`, async () => {
    await using world = make();
    const peers = [await world.peer(), await world.peer(), await world.peer(), await world.peer(), await world.peer()];
    await meet(peers);
    // Gossip subscribes after the link is there; until all have, a broadcast may pass one by.
    await settle(peers);
    const before = peers.map(({ witness }) => witness.publishedOf.length);
    const said = peers.flatMap((peer) =>
      Array.from({ length: 20 }, (_, number) => ({ peer, text: `${number} of ${peer.mesh.self}` }))
    );
    for (const { peer, text } of said) peer.mesh.publish(broadcastOf(text));
    for (const [at, { mesh, witness }] of peers.entries()) {
      const meant = said.filter(({ peer }) => peer.mesh !== mesh).map(({ peer, text }) => `${peer.mesh.self} ${text}`);
      const got = () =>
        witness.publishedOf.slice(before[at]).map(({ from, broadcast }) => `${from} ${textOf(broadcast)}`);
      await witness.until("all are published", () => got().length >= meant.length);
      assert.deepEqual(got().toSorted(), meant.toSorted());
    }
  });

  test(`${name}: a broadcast of 64 KiB arrives, and one of a byte more is counted and sent to nobody`, async () => {
    await using world = make();
    const peers = [await world.peer(), await world.peer()] as const;
    const [a, b] = peers;
    await meet(peers);
    await settle(peers);
    const before = b.witness.publishedOf.length;
    const text = "x".repeat(BROADCAST_MAX_BYTES - JSON.stringify(broadcastOf("")).length);
    a.mesh.publish(broadcastOf(`${text}y`));
    a.mesh.publish(broadcastOf(text));
    await b.witness.until("it has come", () => b.witness.publishedOf.length > before);
    assert.equal(textOf(b.witness.publishedOf[before]?.broadcast), text);
    assert.equal(a.mesh.counts()["broadcast too long"], 1);
  });

  test(`${name}: what is no message is counted and not heard, and honest traffic goes on`, async () => {
    await using world = make();
    const peers = [await world.peer(), await world.peer()] as const;
    const [a, b] = peers;
    await meet(peers);
    a.mesh.send(b.mesh.self, { ...messageOf(1), kind: "bad" } as never);
    a.mesh.send(b.mesh.self, messageOf(2));
    await b.witness.until("the good one has come", () => b.witness.heardOf.length === 1);
    assert.deepEqual(b.witness.heardOf[0]?.message, messageOf(2));
    assert.equal(b.mesh.counts()["message malformed"], 1);
    assert.deepEqual([...b.witness.linkedNow], [a.mesh.self]);
  });

  test(`${name}: a stranger gets no link, and both sides can tell`, async () => {
    await using world = make();
    const [a, b, stranger] = [await world.peer(), await world.peer(), await world.peer()];
    await meet([a, b]);
    stranger.mesh.admit([{ peer: a.mesh.self, addresses: a.mesh.addresses() }]);
    await a.witness.until("it is refused", () => (a.mesh.counts()["stranger"] ?? 0) > 0);
    assert.ok(a.witness.said.includes(`warning: refused a stranger ${stranger.mesh.self}`));
    assert.deepEqual(stranger.witness.links, []);
    assert.equal(stranger.mesh.send(a.mesh.self, messageOf(1)), false);
    stranger.mesh.publish(broadcastOf("of a stranger"));
    await assert.rejects(stranger.mesh.open(a.mesh.self, "any", AbortSignal.timeout(5_000)), { kind: "unreachable" });
    // It is a member from now on, and needs no restart for it.
    await meet([a, b, stranger]);
    assert.deepEqual(a.witness.publishedOf, []);
  });

  test(`${name}: who is admitted no more is cut, with all that is under way`, async () => {
    await using world = make();
    const [a, b, c] = [await world.peer(), await world.peer(), await world.peer()];
    await meet([a, b, c]);
    const channel = await a.mesh.open(b.mesh.self, "long", AbortSignal.timeout(5_000));
    const members = [a, c].map(({ mesh }) => ({ peer: mesh.self, addresses: mesh.addresses() }));
    a.mesh.admit(members);
    c.mesh.admit(members);
    await b.witness.until("it is alone", () => b.witness.linkedNow.size === 0);
    await a.witness.until("it is gone", () => !a.witness.linkedNow.has(b.mesh.self));
    await assert.rejects(readAll(channel));
    assert.equal(a.mesh.send(b.mesh.self, messageOf(1)), false);
    assert.equal(b.mesh.send(a.mesh.self, messageOf(1)), false);
    assert.deepEqual([...a.witness.linkedNow], [c.mesh.self]);
  });

  test(`${name}: who has another key gets nowhere`, async () => {
    await using world = make();
    const [a, other] = [await world.peer(), await world.peer({ key: "of another mesh" })];
    const members = [a, other].map(({ mesh }) => ({ peer: mesh.self, addresses: mesh.addresses() }));
    a.mesh.acceptJoin(() => assert.fail("it was let in"));
    a.mesh.admit(members);
    other.mesh.admit(members);
    await assert.rejects(
      other.mesh.openJoin({ peer: a.mesh.self, addresses: a.mesh.addresses() }, AbortSignal.timeout(3_000)),
      { name: "MeshFailure" },
    );
    assert.deepEqual([a.witness.links, other.witness.links], [[], []]);
  });

  test(`${name}: a channel carries 5 MiB each way at once`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const here = await a.mesh.open(b.mesh.self, "bulk/1", AbortSignal.timeout(5_000));
    const [one, two] = [randomBytes(5 * 1024 * 1024), randomBytes(5 * 1024 * 1024)];
    const sent = writeAll(here, one);
    await b.witness.until("it is opened", () => b.witness.channels.length === 1);
    const [opened] = b.witness.channels;
    assert.deepEqual([opened?.from, opened?.protocol], [a.mesh.self, "bulk/1"]);
    const there = opened?.channel ?? assert.fail();
    const [, , gotThere, gotHere] = await Promise.all([sent, writeAll(there, two), readAll(there), readAll(here)]);
    assert.ok(gotThere.equals(one));
    assert.ok(gotHere.equals(two));
  });

  test(`${name}: who does not read stops who writes, and messages pass by`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const here = await a.mesh.open(b.mesh.self, "slow", AbortSignal.timeout(5_000));
    const writer = here.writable.getWriter();
    const piece = new Uint8Array(64 * 1024);
    let written = 0;
    const writing = (async () => {
      for (; written < 40 * 1024 * 1024; written += piece.length) await writer.write(piece);
      await writer.close();
    })();
    await b.witness.until("it is opened", () => b.witness.channels.length === 1);
    // It has stopped when it has not written for some messages to and fro.
    for (let last = -1; last !== written;) {
      last = written;
      for (let round = 0; round < 20; round++) await exchange(a, b);
    }
    assert.ok(written < 6 * 1024 * 1024, `${written} bytes were taken of one who does not read`);
    const got = await readAll(b.witness.channels[0]?.channel ?? assert.fail());
    await writing;
    assert.equal(got.length, 40 * 1024 * 1024);
  });

  test(`${name}: a channel that is aborted fails at both ends`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const here = await a.mesh.open(b.mesh.self, "short", AbortSignal.timeout(5_000));
    await b.witness.until("it is opened", () => b.witness.channels.length === 1);
    const there = b.witness.channels[0]?.channel ?? assert.fail();
    const reading = [readAll(here), readAll(there)];
    there.abort("enough");
    const ends = await Promise.allSettled(reading);
    assert.deepEqual(ends.map(({ status }) => status), ["rejected", "rejected"]);
    await assert.rejects(writeAll(here, new Uint8Array(1)));
    await exchange(a, b);
  });

  test(`${name}: a channel ends at one side first, and the other goes on`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const here = await a.mesh.open(b.mesh.self, "ask", AbortSignal.timeout(5_000));
    await writeAll(here, Buffer.from("question"));
    await b.witness.until("it is opened", () => b.witness.channels.length === 1);
    const there = b.witness.channels[0]?.channel ?? assert.fail();
    assert.equal((await readAll(there)).toString(), "question");
    await writeAll(there, Buffer.from("answer"));
    assert.equal((await readAll(here)).toString(), "answer");
  });

  test(`${name}: a channel breaks when the peer at its other end closes, in peace too`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const { writable } = await a.mesh.open(b.mesh.self, "idle", AbortSignal.timeout(5_000));
    await b.witness.until("it is opened", () => b.witness.channels.length === 1);
    let end = "open";
    writable.getWriter().closed.then(() => end = "whole", () => end = "broken");
    await b.mesh.close();
    await a.witness.until("it has ended", () => end !== "open");
    assert.equal(end, "broken");
  });

  test(`${name}: a channel to nobody, or in no time, is a failure that says which`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    const never = new AbortController().signal;
    await assert.rejects(a.mesh.open("12D3KooWnobody", "any", never), { name: "MeshFailure", kind: "unreachable" });
    await assert.rejects(a.mesh.open(b.mesh.self, "any", AbortSignal.abort()), {
      name: "MeshFailure",
      kind: "timeout",
    });
  });

  test(`${name}: a stranger that is invited gets one channel, and a link when it is a member`, async () => {
    await using world = make();
    const [a, joiner] = [await world.peer(), await world.peer()];
    const inviter = { peer: a.mesh.self, addresses: a.mesh.addresses() };
    await assert.rejects(joiner.mesh.openJoin(inviter, AbortSignal.timeout(5_000)), { name: "MeshFailure" });
    const joined = Promise.withResolvers<void>();
    a.mesh.acceptJoin((from, channel) => {
      joined.resolve((async () => {
        assert.equal(from, joiner.mesh.self);
        assert.equal((await readAll(channel)).toString(), "let me in");
        a.mesh.admit([inviter, { peer: from, addresses: joiner.mesh.addresses() }]);
        await writeAll(channel, Buffer.from("welcome"));
      })());
    });
    const channel = await joiner.mesh.openJoin(inviter, AbortSignal.timeout(5_000));
    assert.deepEqual(a.witness.links, []);
    await writeAll(channel, Buffer.from("let me in"));
    assert.equal((await readAll(channel)).toString(), "welcome");
    await joined.promise;
    joiner.mesh.admit([inviter]);
    a.mesh.acceptJoin(undefined);
    await a.witness.until("linked", () => a.witness.linkedNow.has(joiner.mesh.self));
    await joiner.witness.until("linked", () => joiner.witness.linkedNow.has(a.mesh.self));
    await exchange(a, joiner);
  });

  test(`${name}: a peer that comes back is linked again, by itself`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    await b.mesh.close();
    await a.witness.until("it is gone", () => a.witness.linkedNow.size === 0);
    const back = await world.again(b);
    back.mesh.admit([{ peer: a.mesh.self, addresses: a.mesh.addresses() }]);
    await a.witness.until("it is back", () => a.witness.linkedNow.has(b.mesh.self));
    await back.witness.until("linked", () => back.witness.linkedNow.size === 1);
    await exchange(a, back);
  });

  test(`${name}: a mesh closes once, and takes nothing after`, async () => {
    await using world = make();
    const [a, b] = [await world.peer(), await world.peer()];
    await meet([a, b]);
    await Promise.all([a.mesh.close(), a.mesh.close()]);
    await a.mesh.close();
    assert.equal(a.mesh.send(b.mesh.self, messageOf(1)), false);
    a.mesh.publish(broadcastOf("late"));
    a.mesh.admit([]);
    await assert.rejects(a.mesh.open(b.mesh.self, "any", AbortSignal.timeout(1_000)), { name: "MeshFailure" });
  });
}

export async function readAll({ readable }: Channel): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readable) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function writeAll({ writable }: Channel, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  const PIECE = 100_000;
  for (let at = 0; at < bytes.length; at += PIECE) await writer.write(bytes.subarray(at, at + PIECE));
  await writer.close();
}

let number = 1_000_000;

/** A message there, and one back. */
export async function exchange(a: Peer, b: Peer): Promise<void> {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    const message = messageOf(number++);
    assert.ok(from.mesh.send(to.mesh.self, message));
    const sent = JSON.stringify(message);
    await to.witness.until(
      "it has come",
      () => to.witness.heardOf.some(({ message: heard }) => JSON.stringify(heard) === sent),
    );
  }
}

/** Until a broadcast of each that says this has come to all others. */
export async function settle(peers: readonly Peer[], question = "is anybody there?"): Promise<void> {
  for (const { mesh } of peers) {
    const others = peers.filter((peer) => peer.mesh !== mesh);
    const isHeard = ({ witness }: Peer) =>
      witness.publishedOf.some(({ from, broadcast }) => from === mesh.self && textOf(broadcast).startsWith(question));
    for (let tries = 0; !others.every(isHeard); tries++) {
      assert.ok(tries < 200, "broadcasts do not get through");
      mesh.publish(broadcastOf(`${question} ${tries}`));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  // The last of them may still be on their way.
  await new Promise((resolve) => setTimeout(resolve, 500));
}

function textOf(broadcast: unknown): string {
  return typeof broadcast === "object" && broadcast !== null && "text" in broadcast ? String(broadcast.text) : "";
}
