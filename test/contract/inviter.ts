// A real node that invites, over a network in memory, on a clock that is moved.

import assert from "node:assert/strict";
import { MembershipList } from "../../src/core/membership/membership-list.ts";
import type { Ticket } from "../../src/core/membership/ticket.ts";
import { parseBroadcast, parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import { isSigned } from "../../src/mesh/admission.ts";
import { Invitations } from "../../src/mesh/invitations.ts";
import { askToJoin, type JoinEnd } from "../../src/mesh/joining.ts";
import { type MemoryNetwork, memoryNetwork } from "../../src/mesh/memory.ts";
import type { Mesh, MeshListener } from "../../src/mesh/mesh.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { startNode } from "../../src/node/node.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { rest, START, TestClock } from "../api/world.ts";
import { STRANGER } from "../introduction.ts";

export const seedOf = (number: number) => new Uint8Array(32).fill(number);
const SEED = seedOf(1);
export const SELF = peerIdOf(SEED);

export type Inviter = {
  readonly network: MemoryNetwork;
  readonly invitations: Invitations;
  readonly clock: TestClock;
  ask(number: number, ticket: Ticket, said?: { readonly peer?: string; readonly origin?: number }): Promise<JoinEnd>;
  members(): Promise<number>;
};

export async function withInviter(run: (inviter: Inviter) => Promise<void>): Promise<void> {
  const network = memoryNetwork();
  const clock = new TestClock(START);
  const store = recordStore(memoryKeyValue());
  let mesh: Mesh | undefined;
  const join = (self: string, listener: MeshListener) =>
    network.join({ self, listener, parseMessage: parsePeerMessage, parseBroadcast });
  const node = await startNode({
    ...STRANGER,
    isSigned,
    ...{ id: SELF, name: "inviter", origin: 1, clock, store },
    trigger: {
      schemes: [],
      send: () => Promise.resolve({ kind: "failed", error: "nothing is sent here", retryable: false }),
      close: () => Promise.resolve(),
    },
    chance: () => 0.5,
    keep: { runs: 1_000, ageMs: 86_400_000 },
    openMesh: (listener) => {
      mesh = join(SELF, listener);
      return Promise.resolve(mesh);
    },
    log: () => {},
  });
  await rest();
  assert.ok(mesh !== undefined);
  const invitations = new Invitations({
    ...{ mesh, peer: node, seed: SEED, meshKey: seedOf(9), name: "inviter", origin: 1 },
    listen: () => Promise.resolve(),
    log: () => {},
  });
  await invitations.start();
  try {
    await run({
      network,
      invitations,
      clock,
      async ask(number, ticket, { peer = peerIdOf(seedOf(number)), origin = number } = {}) {
        const stranger = join(peerIdOf(seedOf(number)), SILENT);
        try {
          return await askToJoin(stranger, ticket, { peer, name: `n${number}`, origin, addresses: [] });
        } finally {
          await stranger.close();
        }
      },
      members: async () => new MembershipList(await store.entities("member", 100), isSigned).size,
    });
  } finally {
    invitations.close();
    await node.drain(0);
    await mesh.close();
    await store.close();
  }
}

export const SILENT: MeshListener = {
  linked: () => {},
  unlinked: () => {},
  heard: () => {},
  published: () => {},
  opened: (_from, _protocol, channel) => channel.abort("a stranger"),
};
