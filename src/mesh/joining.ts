// Joining a mesh: the two ends of the one channel that a stranger gets. The joiner shows the ticket's secret and who it
// is, in a line of JSON; the inviter answers with the list of members, or with why not.

import type { Ticket } from "../core/membership/ticket.ts";
import { parseEntity } from "../core/protocol/message-shape.ts";
import type { Stamps } from "../core/protocol/message.ts";
import type { Entity } from "../core/register/register.ts";
import { VersionVector } from "../core/register/vector.ts";
import type { Candidate } from "./admission.ts";
import { type Channel, type Mesh, MeshFailure } from "./mesh.ts";

export type JoinRequest = Candidate & { readonly secret: string };

export type JoinAnswer =
  /** All members, the joiner among them; and what of all writes the inviter holds. */
  | { readonly kind: "admitted"; readonly members: readonly Entity[]; readonly vector: Stamps }
  | { readonly kind: "refused"; readonly why: string };

/** How an attempt to join ends: as the inviter has answered, or without an answer. */
export type JoinEnd = JoinAnswer | { readonly kind: "unreachable"; readonly why: string };

/** 100 members of 600 bytes each, ten times over. */
const LINE_MAX_BYTES = 1024 * 1024;
const NAME_MAX = 256;
const ADDRESSES_MAX = 16;
const ADDRESS_MAX = 256;

/** How long each end waits for the other's line. */
export const JOIN_MS = 15_000;

/** Asks the inviter of the ticket; `why` says what to do. */
export async function askToJoin(
  mesh: Pick<Mesh, "openJoin">,
  ticket: Ticket,
  self: Candidate,
): Promise<JoinEnd> {
  const signal = AbortSignal.timeout(JOIN_MS);
  let channel: Channel;
  try {
    channel = await mesh.openJoin({ peer: ticket.inviter, addresses: ticket.addresses }, signal);
  } catch (error) {
    if (!(error instanceof MeshFailure)) throw error;
    return {
      kind: "unreachable",
      why: `the inviting peer can't be reached at ${ticket.addresses.join(" or ")} (${error.message}): ` +
        "is it running, is it reachable from here, and does its invitation still stand?",
    };
  }
  try {
    await writeLine(channel, { ...self, secret: ticket.secret });
    const answer = parseAnswer(await readLine(channel, signal));
    return answer ?? { kind: "refused", why: "the inviting peer answered something that is not understood here" };
  } catch {
    return { kind: "unreachable", why: "the inviting peer did not answer: the ticket may be used up or over" };
  } finally {
    channel.abort("the joining is over");
  }
}

/** Reads what a stranger asks; absent when it asks for nothing that can be understood. */
export async function readRequest(channel: Channel): Promise<JoinRequest | undefined> {
  try {
    return parseRequest(await readLine(channel, AbortSignal.timeout(JOIN_MS)));
  } catch {
    return undefined;
  }
}

export async function answerRequest(channel: Channel, answer: JoinAnswer): Promise<void> {
  await writeLine(channel, answer);
}

async function writeLine(channel: Channel, value: unknown): Promise<void> {
  const writer = channel.writable.getWriter();
  try {
    await writer.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  } finally {
    writer.releaseLock();
  }
}

async function readLine(channel: Channel, signal: AbortSignal): Promise<unknown> {
  const reader = channel.readable.getReader();
  const end = () => void reader.cancel("too late").catch(() => {});
  signal.addEventListener("abort", end);
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (value !== undefined) text += decoder.decode(value, { stream: true });
      const newline = text.indexOf("\n");
      if (newline >= 0) return JSON.parse(text.slice(0, newline));
      if (done || text.length > LINE_MAX_BYTES) throw new Error("the channel ended before the line did");
    }
  } finally {
    signal.removeEventListener("abort", end);
    reader.releaseLock();
  }
}

function parseRequest(value: unknown): JoinRequest | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { peer, name, origin, addresses, secret } = value as { readonly [field: string]: unknown };
  if (typeof peer !== "string" || typeof name !== "string" || name.length > NAME_MAX) return undefined;
  if (typeof origin !== "number" || !Number.isInteger(origin) || origin < 1 || origin > 0xffffff) return undefined;
  if (typeof secret !== "string" || secret.length > NAME_MAX) return undefined;
  if (!Array.isArray(addresses) || addresses.length > ADDRESSES_MAX) return undefined;
  const known = addresses.filter((address): address is string =>
    typeof address === "string" && address.length <= ADDRESS_MAX
  );
  return { peer, name, origin, addresses: known, secret };
}

function parseAnswer(value: unknown): JoinAnswer | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, members, vector, why } = value as { readonly [field: string]: unknown };
  if (kind === "refused" && typeof why === "string") return { kind, why };
  if (kind !== "admitted" || !Array.isArray(members)) return undefined;
  const parsed = members.map(parseEntity);
  if (!parsed.every((entity): entity is Entity => entity?.kind === "member")) return undefined;
  const known = VersionVector.parse(vector)?.stamps();
  return known === undefined ? undefined : { kind, members: parsed, vector: known };
}
