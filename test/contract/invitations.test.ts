// What a stranger with a ticket is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MembershipList } from "../../src/core/membership/membership-list.ts";
import { isSigned } from "../../src/mesh/admission.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { seedOf, SELF, withInviter } from "./inviter.ts";

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
