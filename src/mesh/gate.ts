// Who may connect: members, and while an invitation is open a few strangers. A member that sends what can't be read is
// shut out for a while. Says and counts whom it turned away.

import type { PeerId } from "../core/values/ids.ts";
import type { MeshCounts, MeshLog } from "./mesh.ts";

export type GateSettings = {
  readonly self: PeerId;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly log?: MeshLog | undefined;
};

/** An honest peer sends none. Enough that a few bits that flipped in its memory do not part a mesh. */
export const OFFENCES_MAX = 32;

/** In such a time; and as long is who exceeds it shut out: by then a person, or a restart, may have helped it. */
const OFFENCES_MS = 60_000;

/** Strangers at once. Each costs a handshake and a channel; a person joins one machine after another. */
const STRANGERS_MAX = 4;

/** Strangers whose refusal is told once in that time, so that a scan of the network does not fill the log. */
const TOLD_MAX = 256;
const TOLD_MS = 60_000;

export class Gate {
  readonly #settings: GateSettings;
  readonly #counts = new Map<string, number>();
  readonly #offences = new Map<PeerId, { count: number; since: number }>();
  readonly #shutUntil = new Map<PeerId, number>();
  readonly #told = new Map<PeerId, number>();
  readonly #inviters = new Set<PeerId>();
  readonly #strangers = new Set<PeerId>();
  /** Members that have proved, when they were dialled, that they are who they are. */
  readonly #met = new Set<PeerId>();
  #members: ReadonlySet<PeerId> = new Set();

  /** Whether strangers are let in. */
  isInviting = false;

  constructor(settings: GateSettings) {
    this.#settings = settings;
  }

  setMembers(members: Iterable<PeerId>): void {
    this.#members = new Set(members);
    for (const peer of this.#offences.keys()) if (!this.#members.has(peer)) this.#offences.delete(peer);
    for (const peer of this.#shutUntil.keys()) if (!this.#members.has(peer)) this.#shutUntil.delete(peer);
  }

  /** A member, and not shut out. */
  isWelcome(peer: PeerId): boolean {
    if (!this.#members.has(peer)) return false;
    const until = this.#shutUntil.get(peer);
    if (until === undefined) return true;
    if (this.#settings.now() < until) return false;
    this.#shutUntil.delete(peer);
    return true;
  }

  /** Whether a connection with a peer whose id is proved may stand. */
  isLetIn(peer: PeerId, address: string, direction: "inbound" | "outbound"): boolean {
    if (this.isWelcome(peer)) {
      if (direction === "outbound") this.#met.add(peer);
      return true;
    }
    if (direction === "outbound" && this.#inviters.has(peer)) return true;
    if (direction === "inbound" && this.isInviting && !this.#members.has(peer)) {
      if (this.#strangers.size < STRANGERS_MAX || this.#strangers.has(peer)) return true;
      this.count("too many strangers");
      return false;
    }
    const isShut = this.#members.has(peer);
    this.count(isShut ? "shut out" : "stranger");
    this.#tell(peer, address, isShut ? "refused a member that is shut out for what it sent" : "refused a stranger");
    return false;
  }

  /** Whether the member was there when it was last dialled: then it was it that made no link of that. */
  takeMet(peer: PeerId): boolean {
    return this.#met.delete(peer);
  }

  /** A stranger is here, until it leaves. */
  enter(peer: PeerId): void {
    this.#strangers.add(peer);
  }

  leave(peer: PeerId): void {
    this.#strangers.delete(peer);
  }

  /** This peer is about to ask that one to let it join. */
  expectInviter(peer: PeerId): void {
    this.#inviters.add(peer);
  }

  forgetInviter(peer: PeerId): void {
    this.#inviters.delete(peer);
  }

  /** Something that can't be read has come from this member. True: that was too much, and its links are to be cut. */
  offend(peer: PeerId, reason: string): boolean {
    this.count(reason);
    const now = this.#settings.now();
    // What was on its way when it was shut out.
    if (now < (this.#shutUntil.get(peer) ?? -Infinity)) return true;
    let offences = this.#offences.get(peer);
    if (offences === undefined || now - offences.since > OFFENCES_MS) {
      offences = { count: 0, since: now };
      this.#offences.set(peer, offences);
    }
    if (++offences.count <= OFFENCES_MAX || !this.#members.has(peer)) return false;
    this.#offences.delete(peer);
    this.#shutUntil.set(peer, now + OFFENCES_MS);
    this.#settings.log?.("warning", "shut a member out: what it sends can't be read", {
      peer,
      reason,
      seconds: OFFENCES_MS / 1000,
    });
    return true;
  }

  count(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  counts(): MeshCounts {
    return Object.fromEntries(this.#counts);
  }

  #tell(peer: PeerId, address: string, message: string): void {
    const now = this.#settings.now();
    const last = this.#told.get(peer);
    if (last !== undefined && now - last < TOLD_MS) return;
    this.#told.delete(peer);
    this.#told.set(peer, now);
    const [oldest] = this.#told.keys();
    if (this.#told.size > TOLD_MAX && oldest !== undefined) this.#told.delete(oldest);
    this.#settings.log?.("warning", message, { peer, address });
  }
}
