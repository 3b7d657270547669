// Meshes in one process: what libp2p does, without sockets. What can't travel over a wire does not travel here, and links
// are cut and healed as a test wants it.

import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import type { PeerId } from "../core/values/ids.ts";
import {
  type Channel,
  type MemberAddress,
  type Mesh,
  type MeshCounts,
  MeshFailure,
  type MeshSettings,
} from "./mesh.ts";
import { BROADCAST_MAX_BYTES, decodeValue, encodeValue, MESSAGE_MAX_BYTES } from "./wire.ts";

export type MemorySettings = MeshSettings & {
  readonly self: PeerId;
  /** Peers with another key do not hear each other at all. */
  readonly meshKey?: string;
};

export interface MemoryNetwork {
  join(settings: MemorySettings): Mesh;
  /** Nothing passes between these two, until it is healed. */
  cut(one: PeerId, other: PeerId): void;
  heal(one: PeerId, other: PeerId): void;
}

export function memoryNetwork(): MemoryNetwork {
  const air: Air = { meshes: new Map(), cuts: new Set() };
  const relink = () => {
    for (const mesh of air.meshes.values()) mesh.relink();
  };
  return {
    join: (settings) => new MemoryMesh(settings, air),
    cut(one, other) {
      air.cuts.add(pairOf(one, other));
      relink();
    },
    heal(one, other) {
      air.cuts.delete(pairOf(one, other));
      relink();
    },
  };
}

type Air = { readonly meshes: Map<PeerId, MemoryMesh>; readonly cuts: Set<string> };

/** As much as waits in the stream of a link over sockets. */
const QUEUE_MAX_BYTES = 4 * 1024 * 1024;

const CHANNEL_AHEAD_BYTES = 256 * 1024;

class MemoryMesh implements Mesh {
  readonly self: PeerId;
  readonly #settings: MemorySettings;
  readonly #air: Air;
  readonly #counts = new Map<string, number>();
  readonly #linked = new Map<PeerId, { queuedBytes: number; readonly channels: Set<Channel> }>();
  #members: ReadonlySet<PeerId> = new Set();
  #addresses: readonly string[];
  #join: ((from: PeerId, channel: Channel) => void) | undefined;

  constructor(settings: MemorySettings, air: Air) {
    if (air.meshes.has(settings.self)) throw new Error(`${settings.self} is in this network already`);
    this.self = settings.self;
    this.#settings = settings;
    this.#air = air;
    this.#addresses = [`/memory/${settings.self}`];
    air.meshes.set(this.self, this);
  }

  addresses(): readonly string[] {
    return this.#addresses;
  }

  admit(members: readonly MemberAddress[]): void {
    this.#members = new Set(members.map(({ peer }) => peer).filter((peer) => peer !== this.self));
    for (const mesh of this.#air.meshes.values()) mesh.relink();
  }

  send(to: PeerId, message: PeerMessage): boolean {
    const bytes = encodeValue(message);
    if (bytes.length > MESSAGE_MAX_BYTES) return this.#count("message too long");
    const link = this.#linked.get(to);
    if (link === undefined) return false;
    if (link.queuedBytes + bytes.length > QUEUE_MAX_BYTES) return this.#count("message queue full");
    link.queuedBytes += bytes.length;
    queueMicrotask(() => {
      link.queuedBytes -= bytes.length;
      if (this.#linked.get(to) === link) this.#air.meshes.get(to)?.hear(this.self, bytes);
    });
    return true;
  }

  publish(broadcast: Broadcast): void {
    const bytes = encodeValue(broadcast);
    if (bytes.length > BROADCAST_MAX_BYTES) {
      this.#count("broadcast too long");
      return;
    }
    queueMicrotask(() => {
      for (const mesh of this.#reachable()) mesh.hearAll(this.self, bytes);
    });
  }

  async open(to: PeerId, protocol: string, signal: AbortSignal): Promise<Channel> {
    const link = this.#linked.get(to);
    const other = this.#air.meshes.get(to);
    // As over sockets, where it takes a round trip.
    await Promise.resolve();
    if (signal.aborted) throw new MeshFailure("timeout", `no channel to ${to}: ${signal.reason}`);
    if (link === undefined || other === undefined) throw new MeshFailure("unreachable", `there is no link to ${to}`);
    const [here, there] = channelPair();
    link.channels.add(here);
    queueMicrotask(() => other.take(this.self, protocol, there));
    return here;
  }

  listen(addresses: readonly string[]): Promise<void> {
    this.#addresses = addresses;
    return Promise.resolve();
  }

  acceptJoin(handler: ((from: PeerId, channel: Channel) => void) | undefined): void {
    this.#join = handler;
  }

  async openJoin({ peer }: MemberAddress, signal: AbortSignal): Promise<Channel> {
    await Promise.resolve();
    if (signal.aborted) throw new MeshFailure("timeout", `no channel to ${peer}: ${signal.reason}`);
    const other = this.#air.meshes.get(peer);
    if (other === undefined || !this.#hears(other) || !other.letIn(this.self)) {
      throw new MeshFailure("unreachable", `${peer} does not answer`);
    }
    const [here, there] = channelPair();
    other.takeJoin(this.self, there);
    return here;
  }

  counts(): MeshCounts {
    return Object.fromEntries(this.#counts);
  }

  close(): Promise<void> {
    if (this.#air.meshes.get(this.self) === this) {
      this.#air.meshes.delete(this.self);
      for (const peer of [...this.#linked.keys()]) this.#unlink(peer);
      for (const mesh of this.#air.meshes.values()) mesh.relink();
    }
    return Promise.resolve();
  }

  // ── for the others ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Links and unlinks as members, cuts and who is there now say. */
  relink(): void {
    const there = new Set(
      [...this.#air.meshes.values()].filter((other) => this.#isLinkable(other)).map(({ self }) => self),
    );
    for (const peer of [...this.#linked.keys()]) if (!there.has(peer)) this.#unlink(peer);
    for (const peer of there) {
      if (this.#linked.has(peer)) continue;
      this.#linked.set(peer, { queuedBytes: 0, channels: new Set() });
      queueMicrotask(() => this.#settings.listener.linked(peer));
    }
  }

  hear(from: PeerId, bytes: Uint8Array): void {
    const decoded = decodeValue(bytes);
    const message = decoded.kind === "value" ? this.#settings.parseMessage(decoded.value) : undefined;
    if (message === undefined) this.#count("message malformed");
    else this.#settings.listener.heard(from, message);
  }

  hearAll(from: PeerId, bytes: Uint8Array): void {
    const decoded = decodeValue(bytes);
    const broadcast = decoded.kind === "value" ? this.#settings.parseBroadcast(decoded.value) : undefined;
    if (!this.#members.has(from)) this.#count("broadcast of a stranger");
    else if (broadcast === undefined) this.#count("broadcast malformed");
    else this.#settings.listener.published(from, broadcast);
  }

  take(from: PeerId, protocol: string, channel: Channel): void {
    this.#linked.get(from)?.channels.add(channel);
    this.#settings.listener.opened(from, protocol, channel);
  }

  letIn(from: PeerId): boolean {
    return this.#join !== undefined || this.#refuse(from);
  }

  takeJoin(from: PeerId, channel: Channel): void {
    this.#join?.(from, channel);
  }

  isMember(peer: PeerId): boolean {
    return this.#members.has(peer);
  }

  get meshKey(): string | undefined {
    return this.#settings.meshKey;
  }

  // ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #hears(other: MemoryMesh): boolean {
    return other !== this && other.meshKey === this.meshKey && !this.#air.cuts.has(pairOf(this.self, other.self));
  }

  #isLinkable(other: MemoryMesh): boolean {
    if (!this.#hears(other) || !this.#members.has(other.self)) return false;
    return other.isMember(this.self) || other.#refuse(this.self);
  }

  #refuse(stranger: PeerId): false {
    this.#settings.log?.("warning", "refused a stranger", { peer: stranger });
    return this.#count("stranger");
  }

  #unlink(peer: PeerId): void {
    const link = this.#linked.get(peer);
    this.#linked.delete(peer);
    for (const channel of link?.channels ?? []) channel.abort("the link is gone");
    queueMicrotask(() => this.#settings.listener.unlinked(peer));
  }

  /** All that a broadcast gets to, from one to the next. */
  #reachable(): readonly MemoryMesh[] {
    const reached = new Set<MemoryMesh>([this]);
    for (const mesh of reached) {
      for (const peer of mesh.#linked.keys()) {
        const next = this.#air.meshes.get(peer);
        if (next !== undefined) reached.add(next);
      }
    }
    reached.delete(this);
    return [...reached];
  }

  #count(reason: string): false {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    return false;
  }
}

function pairOf(one: PeerId, other: PeerId): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function channelPair(): readonly [Channel, Channel] {
  const [there, back] = [pipe(), pipe()];
  const abort = (reason: string) => {
    there.fail(reason);
    back.fail(reason);
  };
  return [
    { readable: back.readable, writable: there.writable, abort },
    { readable: there.readable, writable: back.writable, abort },
  ];
}

function pipe() {
  let fail = (_reason: string): void => {};
  const size = (chunk: Uint8Array) => chunk.length;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    {
      start(controller) {
        fail = (reason) => controller.error(new Error(reason));
      },
      transform: (chunk, controller) => controller.enqueue(chunk.slice()),
    },
    { highWaterMark: CHANNEL_AHEAD_BYTES, size },
    { highWaterMark: CHANNEL_AHEAD_BYTES, size },
  );
  return { readable, writable, fail: (reason: string) => fail(reason) };
}
