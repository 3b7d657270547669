// A ticket as people copy it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTicket, printTicket, type Ticket } from "../../src/core/membership/ticket.ts";
import { isFault } from "../../src/core/values/fault.ts";
import type { Instant } from "../../src/core/values/instant.ts";

const TICKET: Ticket = {
  inviter: "12D3KooWQhBfgXJY7u3bWAhHnjkKX7xLrjHyDhCZbfVZkQ9bM2Hq",
  meshKey: "a".repeat(42) + "A",
  secret: "s3cr3t_-s3cr3t_-s3cr3w",
  expiresAt: Date.parse("2026-12-01T09:00:00Z") as Instant,
  addresses: ["/ip4/192.168.1.5/tcp/8091", "/ip6/::1/tcp/8091"],
};

test("a ticket says again what it was made of, also broken over lines", () => {
  const text = printTicket(TICKET);
  assert.deepEqual(parseTicket(text), TICKET);
  assert.deepEqual(parseTicket(`  ${text.slice(0, 70)}\n  ${text.slice(70)}\n`), TICKET);
});

test("a mistyped ticket says which part is wrong", () => {
  const parts = printTicket(TICKET).split(".");
  const told = parts.map((part, at) => {
    const wrong = parts.with(at, part.slice(0, 2) + (part[2] === "x" ? "y" : "x") + part.slice(3)).join(".");
    const found = parseTicket(wrong);
    return isFault(found) ? found.message : "taken";
  });
  assert.deepEqual(told, [
    'A ticket starts with "mtr1."; this is none, or of a newer version.',
    "Part 2 of the ticket, the inviter's peer id, is mistyped. Copy the ticket again.",
    "Part 3 of the ticket, the key of the mesh, is mistyped. Copy the ticket again.",
    "Part 4 of the ticket, the secret, is mistyped. Copy the ticket again.",
    "Part 5 of the ticket, the end of its time, is mistyped. Copy the ticket again.",
    "Part 6 of the ticket, the addresses, is mistyped. Copy the ticket again.",
  ]);
});

test("every single wrong character of a ticket is found", () => {
  const text = printTicket(TICKET);
  const missed = Array.from(
    text,
    (character, at) => text.slice(0, at) + (character === "q" ? "r" : "q") + text.slice(at + 1),
  )
    .filter((wrong) => !isFault(parseTicket(wrong)));
  assert.deepEqual(missed, []);
});

test("a ticket that was cut says that its end is missing", () => {
  const cut = parseTicket(printTicket(TICKET).split(".").slice(0, 4).join("."));
  assert.ok(isFault(cut));
  assert.equal(cut.message, "A ticket has 6 parts between dots, and this has 4: its end is missing.");
});
