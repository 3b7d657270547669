// Peers of one mesh in one process, on the real clock: production nodes and APIs over a network in memory, wired as the
// composition root does it. Targets obey the test.

import { type Api, createApi } from "../../src/api/app.ts";
import { systemClock } from "../../src/clock.ts";
import type { Delivery, DeliveryResult } from "../../src/core/delivery/delivery.ts";
import { parseBroadcast, parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import type { Entity } from "../../src/core/register/register.ts";
import { instant } from "../../src/core/values/instant.ts";
import { PERIODS } from "../../src/core/values/periods.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";
import { createExchanges, type Exchanges } from "../../src/exchanges.ts";
import { HTTP_PROTOCOL, serveOver } from "../../src/mesh/http-channel.ts";
import { httpForward } from "../../src/mesh/http-forward.ts";
import { type MemoryNetwork, memoryNetwork } from "../../src/mesh/memory.ts";
import { type Mesh, MeshFailure } from "../../src/mesh/mesh.ts";
import { type Node, startNode } from "../../src/node/node.ts";
import { ForwardFailure, type MeshAccess } from "../../src/peer.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { STRANGER } from "../introduction.ts";
import {
  ADMIN_TOKEN,
  type Call,
  JWT_KEY,
  memoryAudit,
  PORT,
  type Reply,
  replyOf,
  request,
  targetAccess,
} from "./world.ts";

/** Two cores that others use too. */
const PATIENCE_MS = 20_000;

export type MeshedPeer = {
  readonly node: Node;
  readonly api: Api;
  readonly sent: readonly Delivery[];
  readonly exchanges: Exchanges;
  call(line: string, more?: Call): Promise<Reply>;
  fetch(line: string, more?: Call): Promise<Response>;
  /** Opens no way back: what it is asked over the mesh from now on is never answered. */
  fallSilent(): void;
};

export type Meshed = AsyncDisposable & {
  readonly network: MemoryNetwork;
  readonly peers: readonly [MeshedPeer, MeshedPeer];
  readonly logged: readonly string[];
  /** What the targets answer from now on. */
  answer(result: DeliveryResult | "nothing"): void;
};

/** `peer-1` and `peer-2`, each with a part of the shards. */
export async function meshed(): Promise<Meshed> {
  const network = memoryNetwork();
  const logged: string[] = [];
  let result: DeliveryResult | "nothing" = { kind: "delivered", status: 200 };
  const closing: (() => Promise<void>)[] = [];

  const peerOf = async (number: number): Promise<MeshedPeer> => {
    const id = `peer-${number}`;
    const clock = systemClock();
    const sent: Delivery[] = [];
    const store = recordStore(memoryKeyValue());
    for (const each of [1, 2]) {
      const entity = memberEntity(each);
      await store.commit([{ kind: "entity", entity, dropped: [], added: [stampOf(each)], isOwn: false }]);
    }
    const log = (_level: string, message: string, facts: object) =>
      void logged.push(`${id} ${message} ${JSON.stringify(facts)}`);
    const ready = Promise.withResolvers<Api>();
    let isSilent = false;
    let made: Mesh | undefined;
    const trigger: Trigger = {
      schemes: ["http", "https"],
      async send(delivery, signal) {
        sent.push(delivery);
        if (result !== "nothing") return result;
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        return { kind: "failed", error: "aborted", retryable: true };
      },
      close: () => Promise.resolve(),
    };
    const node = await startNode({
      ...STRANGER,
      introduction: { ...STRANGER.introduction, name: `name-${number}` },
      periods: PERIODS.fast,
      ...{ id, name: `name-${number}`, origin: number, clock, store, log },
      trigger,
      chance: Math.random,
      keep: { runs: 10_000, ageMs: 86_400_000 },
      openMesh: (listener) => {
        made = network.join({
          self: id,
          listener: { ...listener, heard: (from, message) => isSilent || listener.heard(from, message) },
          parseMessage: parsePeerMessage,
          parseBroadcast,
        });
        return Promise.resolve(made);
      },
      opened: (_from, protocol, channel) => {
        if (protocol !== HTTP_PROTOCOL || isSilent) return;
        void serveOver(channel, async (request) => (await ready.promise).fetch(request, { isTrusted: true }));
      },
    });
    if (made === undefined) throw new Error("the node has opened no mesh");
    const mesh = made;
    const forward = httpForward(mesh);
    const access: MeshAccess = {
      invite: () => Promise.reject(new Error("nobody is invited in this test")),
      forward: async (to, request, signal) => {
        try {
          return await forward(to, request, signal);
        } catch (error) {
          if (!(error instanceof MeshFailure)) throw error;
          throw new ForwardFailure(error.kind === "timeout" ? "timeout" : "unreachable", error.message);
        }
      },
      refusals: () => mesh.counts(),
    };
    const exchanges = createExchanges(store);
    closing.push(() => exchanges.close());
    const api = createApi({
      ...{ peer: node, mesh: access, targets: targetAccess(trigger, clock), log },
      auth: { adminToken: ADMIN_TOKEN, redeemCode: () => false },
      hosts: [],
      origins: [],
      audit: memoryAudit(),
      exchanges,
      jwtKey: JWT_KEY,
      assets: new Map(),
      version: "0.0.0-test",
      port: () => PORT,
    });
    ready.resolve(api);
    closing.push(async () => {
      api.close();
      await node.drain(0);
      await mesh.close();
      await store.close();
    });
    const fetch = (line: string, call: Call = {}) => api.fetch(request(line, call), { remote: "127.0.0.1" });
    return {
      node,
      api,
      sent,
      exchanges,
      fetch,
      call: async (line, call) => await replyOf(await fetch(line, call)),
      fallSilent: () => void (isSilent = true),
    };
  };

  const peers = [await peerOf(1), await peerOf(2)] as const;
  await until("both own shards", () =>
    peers.every(({ node }) => {
      const seen = node.mesh();
      return !seen.fenced && seen.peers.length === 2 && seen.peers.every(({ shards }) => shards > 0) &&
        seen.peers.reduce((sum, { shards }) => sum + shards, 0) === 4_096;
    }));
  return {
    network,
    peers,
    logged,
    answer: (next) => void (result = next),
    async [Symbol.asyncDispose]() {
      for (const close of closing) await close();
    },
  };
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !await isSo();) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const FOUNDED_MS = Date.UTC(2026, 0, 1);

function stampOf(number: number) {
  return makeStamp(FOUNDED_MS, 0, number);
}

function memberEntity(number: number): Entity {
  const peer = `peer-${number}`;
  const value = {
    ...{ peer, name: `name-${number}`, origin: number, addresses: [`/memory/${peer}`] },
    ...{ admittedBy: "peer-1", admittedAt: instant(FOUNDED_MS), signature: "" },
  };
  const stamp = stampOf(number);
  return { kind: "member", key: peer, registers: { member: { value, stamp }, life: { value: 1, stamp } } };
}
