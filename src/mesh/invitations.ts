// Invitations: tickets that this peer has given out, and the strangers that come with one. While no ticket is good for
// anything a stranger gets no channel at all.

import { hash, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { admissionOf, MembershipList } from "../core/membership/membership-list.ts";
import type { Ticket } from "../core/membership/ticket.ts";
import type { Command } from "../core/protocol/command.ts";
import { type Entity, isAlive } from "../core/register/register.ts";
import type { PeerId } from "../core/values/ids.ts";
import { instant } from "../core/values/instant.ts";
import type { Json } from "../core/values/json.ts";
import type { Origin } from "../core/values/stamp.ts";
import type { Peer } from "../peer.ts";
import { type Candidate, isSigned, signAdmission } from "./admission.ts";
import { answerRequest, type JoinAnswer, type JoinRequest, readRequest } from "./joining.ts";
import type { Channel, Mesh, MeshLog } from "./mesh.ts";

export type InvitationParts = {
  readonly mesh: Mesh;
  readonly peer: Peer;
  readonly seed: Uint8Array;
  readonly meshKey: Uint8Array;
  readonly name: string;
  readonly origin: Origin;
  /** Opens the port to other machines, when it is not open yet. */
  readonly listen: () => Promise<void>;
  readonly log: MeshLog;
};

const SECRET_BYTES = 16;
/** Members and tickets that are looked through. */
const LIST_MAX = 4_096;
/** Wrong secrets in a minute before strangers are sent away unheard: nobody guesses 128 bits, but all that ask cost. */
const TRIES_MAX = 5;
const TRIES_MS = 60_000;
/** A timer's longest wait. */
const WAIT_MAX_MS = 2 ** 31 - 1;
/** A machine gets other addresses when it moves to another network: others hear of it so late at most. */
const RENEW_MS = 10_000;

type StoredTicket = { readonly inviter: PeerId; readonly usesLeft: number; readonly expiresAt: number };

export class Invitations {
  readonly #parts: InvitationParts;
  #tries: number[] = [];
  #closing: ReturnType<typeof setTimeout> | undefined;
  #renewing: ReturnType<typeof setInterval> | undefined;
  /** One stranger after the other: a ticket for one use admits one. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: InvitationParts) {
    this.#parts = parts;
  }

  /** Takes up the tickets that were given out before a restart. */
  async start(): Promise<void> {
    await this.#renewAddresses();
    await this.#open();
    this.#renewing = setInterval(() => {
      this.#renewAddresses().catch((error: unknown) => {
        this.#parts.log("warning", "others were not told of new addresses; it is tried again", {
          error: String(error),
        });
      });
    }, RENEW_MS);
    this.#renewing.unref?.();
  }

  close(): void {
    clearTimeout(this.#closing);
    clearInterval(this.#renewing);
    this.#parts.mesh.acceptJoin(undefined);
  }

  /** A ticket for `uses` peers, good for `ttlMs`. Rejects when the peer's disk takes no writes. */
  async invite({ uses, ttlMs }: { readonly uses: number; readonly ttlMs: number }): Promise<Ticket> {
    const { mesh, peer, meshKey, listen } = this.#parts;
    await this.#foundMesh();
    await listen();
    await this.#renewAddresses();
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const expiresAt = instant(peer.now() + ttlMs);
    await this.#write("ticket", hash("sha256", secret, "hex"), {
      ticket: { inviter: mesh.self, usesLeft: uses, expiresAt },
      life: 1,
    });
    await this.#open();
    return {
      inviter: mesh.self,
      meshKey: Buffer.from(meshKey).toString("base64url"),
      secret,
      expiresAt,
      addresses: mesh.addresses().filter((address) => !address.includes("/p2p-circuit")).map(withoutPeer),
    };
  }

  /** The first peer of a mesh is its first member, on its own word. */
  async #foundMesh(): Promise<void> {
    const { peer, mesh, seed } = this.#parts;
    const own = await peer.entity("member", mesh.self);
    if (own !== undefined && isAlive(own)) return;
    await this.#admit(this.#self(), seed);
  }

  /** Others find this peer where it listens now. The signature does not cover the addresses: they change. */
  async #renewAddresses(): Promise<void> {
    const { peer, mesh } = this.#parts;
    const own = await peer.entity("member", mesh.self);
    const admission = own === undefined ? undefined : admissionOf(own);
    const { addresses } = this.#self();
    if (own === undefined || admission === undefined || addresses.length === 0) return;
    if (JSON.stringify(admission.addresses) === JSON.stringify(addresses)) return;
    await this.#write("member", mesh.self, { member: { ...admission, addresses } });
  }

  #self(): Candidate {
    const { mesh, name, origin } = this.#parts;
    return { peer: mesh.self, name, origin, addresses: mesh.addresses().map(withoutPeer) };
  }

  async #admit(candidate: Candidate, seed: Uint8Array): Promise<void> {
    const { peer } = this.#parts;
    const known = await peer.entity("member", candidate.peer);
    const life = known?.registers.life?.value;
    const admission = signAdmission(candidate, seed, peer.now());
    await this.#write("member", candidate.peer, {
      member: admission,
      life: typeof life === "number" ? life + (life % 2 === 1 ? 0 : 1) : 1,
    });
  }

  async #write(kind: "ticket" | "member", key: string, values: { readonly [register: string]: Json }): Promise<void> {
    const command: Command = { kind: "entity", entity: { kind, key, registers: {} }, values };
    const result = await this.#parts.peer.submit(command);
    if (result.kind === "refused") throw new Error(result.message);
  }

  // ── strangers ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets strangers speak for as long as some ticket is good. */
  async #open(): Promise<void> {
    const { mesh, peer } = this.#parts;
    clearTimeout(this.#closing);
    const now = peer.now();
    const good = (await peer.entities("ticket", LIST_MAX)).flatMap((entity) => {
      const ticket = ticketOf(entity);
      return ticket !== undefined && ticket.inviter === mesh.self && ticket.expiresAt > now ? [ticket] : [];
    });
    if (good.length === 0) return mesh.acceptJoin(undefined);
    mesh.acceptJoin((from, channel) => {
      this.#queue = this.#queue.then(() => this.#hear(from, channel));
    });
    const last = Math.max(...good.map(({ expiresAt }) => expiresAt));
    this.#closing = setTimeout(() => void this.#open(), Math.min(last - now, WAIT_MAX_MS));
    this.#closing.unref?.();
  }

  async #hear(from: PeerId, channel: Channel): Promise<void> {
    const { log } = this.#parts;
    try {
      const request = await readRequest(channel);
      const answer = request === undefined
        ? refused("what was asked is not understood here")
        : await this.#judge(from, request);
      await answerRequest(channel, answer);
      if (answer.kind === "refused") log("warning", "a stranger was not admitted", { peer: from, why: answer.why });
      else log("info", "a peer was admitted", { peer: from, name: request?.name ?? "" });
    } catch (error) {
      channel.abort("the joining failed");
      log("warning", "a stranger's joining failed", { peer: from, error: String(error) });
    }
  }

  async #judge(from: PeerId, request: JoinRequest): Promise<JoinAnswer> {
    const { mesh, peer, seed } = this.#parts;
    const now = peer.now();
    this.#tries = this.#tries.filter((at) => at <= now && at > now - TRIES_MS);
    if (this.#tries.length >= TRIES_MAX) return refused("too many wrong tickets were shown; try again in a minute");
    if (request.peer !== from) return refused("the peer is not the one that it says");
    const key = hash("sha256", request.secret, "hex");
    const ticket = ticketOf(await peer.entity("ticket", key));
    if (ticket === undefined || ticket.inviter !== mesh.self) {
      this.#tries.push(now);
      return refused("nobody here has given out this ticket, or it is used up: ask for a new one");
    }
    if (ticket.expiresAt <= now) return refused("the ticket is over: ask for a new one");
    const list = new MembershipList(await peer.entities("member", LIST_MAX), isSigned);
    const other = list.all().find(({ origin, peer: known }) => origin === request.origin && known !== from);
    if (other !== undefined) {
      return refused("another member writes with the same origin: start with an empty data folder, or restore yours");
    }
    const { inviter, usesLeft, expiresAt } = ticket;
    const values = usesLeft > 1
      ? { ticket: { inviter, usesLeft: usesLeft - 1, expiresAt }, life: 1 }
      : { ticket: null, life: 2 };
    await this.#write("ticket", key, values);
    await this.#admit(request, seed);
    if (usesLeft <= 1) await this.#open();
    const members = (await peer.entities("member", LIST_MAX)).filter((entity) => admissionOf(entity) !== undefined);
    return { kind: "admitted", members, vector: peer.vector() };
  }
}

function refused(why: string): JoinAnswer {
  return { kind: "refused", why };
}

function ticketOf(entity: Entity | undefined): StoredTicket | undefined {
  if (entity === undefined || !isAlive(entity)) return undefined;
  const value = entity.registers.ticket?.value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { inviter, usesLeft, expiresAt } = value as { readonly [field: string]: Json };
  if (typeof inviter !== "string" || typeof usesLeft !== "number" || typeof expiresAt !== "number") return undefined;
  return { inviter, usesLeft, expiresAt };
}

/** Addresses are told without the peer at their end: the ticket names it once. */
function withoutPeer(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, "");
}
