// Two whole peers, linked over real sockets, and members of the same mesh that say what they like.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { systemClock } from "../../src/clock.ts";
import { parseBroadcast, parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import type { Broadcast, PeerMessage } from "../../src/core/protocol/message.ts";
import { instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { isSigned, signAdmission } from "../../src/mesh/admission.ts";
import { Gate } from "../../src/mesh/gate.ts";
import { HTTP_PROTOCOL, serveOver } from "../../src/mesh/http-channel.ts";
import { readRequest } from "../../src/mesh/joining.ts";
import { type Made, makeNode } from "../../src/mesh/libp2p-node.ts";
import { libp2pMesh } from "../../src/mesh/libp2p.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { type Node, startNode } from "../../src/node/node.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { collectGarbage } from "../garbage.ts";
import { STRANGER } from "../introduction.ts";

export const TOPICS = ["/metronome/entities/1", "/metronome/carries/1"] as const;
export const MESSAGES = "/metronome/messages/1";

const PATIENCE_MS = 30_000;

export type Honest = { readonly node: Node; readonly mesh: Mesh; readonly said: string[] };
export type Liar = Made & { readonly peer: string; readonly seed: Uint8Array; stop(): Promise<void> };

/** `liars` of them are members from the start. Everything goes when it is disposed of. */
export async function floodWorld(liars: number) {
  const meshKey = randomBytes(32);
  const closing: (() => Promise<void>)[] = [];
  const seeds = Array.from({ length: 2 + liars }, () => randomBytes(32));
  const ports = [await freePort(), await freePort()];
  const addressesOf = (n: number) => n < 2 ? [`/ip4/127.0.0.1/tcp/${ports[n]}`] : [];
  const now = instant(Date.now());
  const members = seeds.map((seed, n) => {
    const candidate = { peer: peerIdOf(seed), name: `m${n}`, origin: n + 1, addresses: addressesOf(n) };
    const stamp = makeStamp(now, n, 1);
    const member = { value: signAdmission(candidate, seeds[0] ?? seed, now), stamp };
    const entity = {
      kind: "member" as const,
      key: candidate.peer,
      registers: { life: { value: 1, stamp }, member },
    };
    return { kind: "entity" as const, entity, dropped: [], added: [stamp], isOwn: false };
  });
  /** What honest peers have said to each other. */
  const messages: PeerMessage[] = [];
  const broadcasts: Broadcast[] = [];

  const honest = async (n: number): Promise<Honest> => {
    const seed = seeds[n] ?? new Uint8Array(32);
    const store = recordStore(memoryKeyValue());
    await store.commit(members);
    const said: string[] = [];
    const log = (level: string, message: string, facts: object) =>
      void said.push(`${level}: ${message} ${JSON.stringify(facts)}`);
    let mesh: Mesh | undefined;
    const node = await startNode({
      ...STRANGER,
      id: peerIdOf(seed),
      name: `m${n}`,
      origin: n + 1,
      clock: systemClock(),
      store,
      trigger: {
        schemes: ["http"],
        send: () => Promise.resolve({ kind: "delivered", status: 204 }),
        close: () => Promise.resolve(),
      },
      chance: Math.random,
      keep: { runs: 100_000, ageMs: 86_400_000 },
      isSigned,
      opened: (_from, protocol, channel) => {
        if (protocol !== HTTP_PROTOCOL) return channel.abort("nobody here knows this protocol");
        void serveOver(channel, (request) => Promise.resolve(new Response(request.url)));
      },
      openMesh: async (listener) => {
        mesh = await libp2pMesh({
          seed,
          meshKey,
          listen: addressesOf(n),
          parseMessage: (value) => {
            const message = parsePeerMessage(value);
            if (message !== undefined && isRecording) messages.push(message);
            return message;
          },
          parseBroadcast: (value) => {
            const broadcast = parseBroadcast(value);
            if (broadcast !== undefined && isRecording) broadcasts.push(broadcast);
            return broadcast;
          },
          listener,
          log,
        });
        return mesh;
      },
      log,
    });
    if (mesh === undefined) throw new Error("no mesh was opened");
    mesh.acceptJoin((_from, channel) => {
      void readRequest(channel).then(() => channel.abort("not today"));
    });
    closing.push(async () => {
      await node.drain(0);
      await mesh?.close();
    });
    return { node, mesh, said };
  };

  let isRecording = true;
  const [a, b] = [await honest(0), await honest(1)];
  const gate = (seed: Uint8Array) => {
    const made = new Gate({ self: peerIdOf(seed), now: () => performance.now() });
    made.setMembers([a.mesh.self, b.mesh.self]);
    return made;
  };
  const liar = async (seed: Uint8Array): Promise<Liar> => {
    const made = await makeNode({
      ...{ seed, meshKey, gate: gate(seed), listen: [], announce: [], mdns: false, relay: false },
      topics: TOPICS,
      onFound: () => {},
    });
    // It takes the streams that it is opened, and reads nothing that comes on them.
    for (const protocol of [MESSAGES, "/metronome/channel/1"]) {
      await made.node.handle(protocol, (stream) => stream.pause());
    }
    let stopped: Promise<void> | undefined;
    const stop = () => stopped ??= Promise.resolve(made.node.stop());
    closing.push(stop);
    return { ...made, peer: peerIdOf(seed), seed, stop };
  };
  let written = 0;
  return {
    a,
    b,
    messages,
    broadcasts,
    /** From here on nothing more is kept of what is said. */
    stopRecording: () => void (isRecording = false),
    /** The n-th of the members that lie. */
    liar: (n: number) => liar(seeds[2 + n] ?? randomBytes(32)),
    stranger: () => liar(randomBytes(32)),
    /** What is written at either comes to the other. */
    async exchange(): Promise<void> {
      for (const [from, to] of [[a, b], [b, a]] as const) {
        const entity = { kind: "setting" as const, key: `honest-${written++}`, registers: {} };
        const result = await from.node.submit({ kind: "entity", entity, values: { life: 1, setting: "it is so" } });
        assert.deepEqual(result, { kind: "written" });
        await until(`${entity.key} has come`, async () => await to.node.entity("setting", entity.key) !== undefined);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    assert.ok(performance.now() < end, `not within ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Bytes of the heap that are in use once what can be collected is. */
export async function heapUsed(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => typeof address === "object" && address !== null ? resolve(address.port) : reject());
    });
  });
}
