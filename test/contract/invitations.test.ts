// What a stranger with a ticket is told: a real node that invites, over a network in memory, on a clock that is moved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MembershipList } from "../../src/core/membership/membership-list.ts";
import type { Ticket } from "../../src/core/membership/ticket.ts";
import { parseBroadcast, parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import { isSigned } from "../../src/mesh/admission.ts";
import { Invitations } from "../../src/mesh/invitations.ts";
import { askToJoin, type JoinEnd } from "../../src/mesh/joining.ts";
import { memoryNetwork } from "../../src/mesh/memory.ts";
import type { Mesh, MeshListener } from "../../src/mesh/mesh.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { startNode } from "../../src/node.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import { rest, START, TestClock } from "../api/world.ts";
import { STRANGER } from "../introduction.ts";

const seedOf = (number: number) => new Uint8Array(32).fill(number);
const SEED = seedOf(1);
const SELF = peerIdOf(SEED);

test("a ticket lets in as many as it says, each under a signature that anybody can check", () =>
  withInviter(async ({ invitations, ask, members }) => {
    const ticket = await invitations.invite({ uses: 2, ttlMs: 60_000 });
    assert.equal(ticket.inviter, SELF);
    const ends = await Promise.all([2, 3, 4].map((number) => ask(number, ticket)));
    assert.deepEqual(ends.map(({ kind }) => kind).sort(), ["admitted", "admitted", "refused"]);
    const admitted = ends.flatMap((end) => end.kind === "admitted" ? [end.members] : []);
    assert.deepEqual(admitted.map((entities) => new MembershipList(entities, isSigned).size).sort(), [2, 3]);
    assert.equal(await members(), 3);
    assert.equal((await ask(5, ticket)).kind, "unreachable", "nobody is listening any more");
  }));

test("a ticket that is over lets nobody in", () =>
  withInviter(async ({ invitations, ask, members, clock }) => {
    const ticket = await invitations.invite({ uses: 1, ttlMs: 60_000 });
    await clock.pass(60_000);
    assert.deepEqual(await ask(2, ticket), { kind: "refused", why: "the ticket is over: ask for a new one" });
    assert.equal(await members(), 1);
  }));

test("who guesses is sent away after five tries, and so is all the world for a minute", () =>
  withInviter(async ({ invitations, ask, clock }) => {
    const ticket = await invitations.invite({ uses: 1, ttlMs: 600_000 });
    for (let n = 0; n < 5; n++) {
      const end = await ask(2, { ...ticket, secret: `${n}`.repeat(22) });
      assert.ok(end.kind === "refused" && end.why.startsWith("nobody here has given out this ticket"), end.kind);
    }
    const end = await ask(3, ticket);
    assert.deepEqual(end, { kind: "refused", why: "too many wrong tickets were shown; try again in a minute" });
    await clock.pass(60_000);
    assert.equal((await ask(3, ticket)).kind, "admitted");
  }));

test("a copy of another member's data, or another's name, is not let in", () =>
  withInviter(async ({ invitations, ask }) => {
    const ticket = await invitations.invite({ uses: 5, ttlMs: 60_000 });
    assert.equal((await ask(2, ticket, { origin: 7 })).kind, "admitted");
    const copy = await ask(3, ticket, { origin: 7 });
    assert.ok(copy.kind === "refused" && copy.why.startsWith("another member writes with the same origin"));
    assert.deepEqual(await ask(4, ticket, { peer: peerIdOf(seedOf(5)) }), {
      kind: "refused",
      why: "the peer is not the one that it says",
    });
  }));

type Inviter = {
  readonly invitations: Invitations;
  readonly clock: TestClock;
  ask(number: number, ticket: Ticket, said?: { readonly peer?: string; readonly origin?: number }): Promise<JoinEnd>;
  members(): Promise<number>;
};

async function withInviter(run: (inviter: Inviter) => Promise<void>): Promise<void> {
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

const SILENT: MeshListener = {
  linked: () => {},
  unlinked: () => {},
  heard: () => {},
  published: () => {},
  opened: (_from, _protocol, channel) => channel.abort("a stranger"),
};
