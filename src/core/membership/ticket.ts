// A ticket lets one machine into a mesh: who invites it, where that peer is reached, the key of the mesh, and a secret
// that is good for a few uses and a short time. It is a text that people copy, so each part has a check of its own, and
// a mistyped one is told apart.
//
//   mtr1.<inviter><check>.<mesh key><check>.<secret><check>.<end><check>.<addresses><check>

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { type Fault, fault } from "../values/fault.ts";
import type { PeerId } from "../values/ids.ts";
import { type Instant, INSTANT_MAX } from "../values/instant.ts";

export type Ticket = {
  readonly inviter: PeerId;
  /** The pre-shared key of the mesh's connections, 32 bytes in base64url. */
  readonly meshKey: string;
  /** 16 bytes in base64url; the inviter keeps its digest. */
  readonly secret: string;
  readonly expiresAt: Instant;
  /** Multiaddrs of the inviter. */
  readonly addresses: readonly string[];
};

const TICKET_MAX_LENGTH = 4_096;
const ADDRESSES_MAX = 16;
const START = "mtr1";
const CHECK_LENGTH = 4;
const PARTS = [
  ["the inviter's peer id", /^[1-9A-HJ-NP-Za-km-z]{30,128}$/],
  ["the key of the mesh", /^[A-Za-z0-9_-]{43}$/],
  ["the secret", /^[A-Za-z0-9_-]{22}$/],
  ["the end of its time", /^[0-9a-z]{1,11}$/],
  ["the addresses", /^[A-Za-z0-9_-]{1,3000}$/],
] as const;

export function printTicket(ticket: Ticket): string {
  const { inviter, meshKey, secret, expiresAt, addresses } = ticket;
  const list = addresses.slice(0, ADDRESSES_MAX).join(" ");
  const parts = [inviter, meshKey, secret, expiresAt.toString(36), Buffer.from(list, "utf8").toString("base64url")];
  return [START, ...parts.map((part) => part + checkOf(part))].join(".");
}

/** White space around and within is passed over: it comes from lines that were broken. */
export function parseTicket(text: string): Ticket | Fault {
  const plain = text.replace(/\s+/g, "");
  if (plain.length > TICKET_MAX_LENGTH) return wrong(`A ticket has at most ${TICKET_MAX_LENGTH} characters.`, 0);
  const [start, ...parts] = plain.split(".");
  if (start !== START) return wrong(`A ticket starts with "${START}."; this is none, or of a newer version.`, 0);
  if (parts.length !== PARTS.length) {
    return wrong(
      `A ticket has ${PARTS.length + 1} parts between dots, and this has ${parts.length + 1}: ` +
        `${parts.length < PARTS.length ? "its end is missing" : "something was added"}.`,
      plain.length,
    );
  }
  const values: string[] = [];
  let position = START.length + 1;
  for (const [at, [name, pattern]] of PARTS.entries()) {
    const part = parts[at] ?? "";
    const value = part.slice(0, -CHECK_LENGTH);
    if (!pattern.test(value) || checkOf(value) !== part.slice(-CHECK_LENGTH)) {
      return wrong(`Part ${at + 2} of the ticket, ${name}, is mistyped. Copy the ticket again.`, position);
    }
    values.push(value);
    position += part.length + 1;
  }
  const [inviter = "", meshKey = "", secret = "", end = "", list = ""] = values;
  const expiresAt = Number.parseInt(end, 36);
  if (expiresAt > INSTANT_MAX) return wrong("Part 5 of the ticket, the end of its time, is no moment.", 0);
  const addresses = Buffer.from(list, "base64url").toString("utf8").split(" ");
  return { inviter, meshKey, secret, expiresAt: expiresAt as Instant, addresses: addresses.slice(0, ADDRESSES_MAX) };
}

function wrong(message: string, position: number): Fault {
  return fault("ticket", message, { position });
}

/** 20 bits in letters and digits that the pattern of no part ends: one mistyped part in a million goes unseen. */
function checkOf(part: string): string {
  return hash("sha256", part, "base64url").replace(/[-_]/g, "a").slice(0, CHECK_LENGTH);
}
