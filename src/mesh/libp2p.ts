// The mesh over libp2p: TCP, a key that all share, noise, yamux, gossipsub. A link to each member, made again for as long
// as it is one; a message is a frame on a stream that stays open.

import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import { privateKeyOf } from "../core/values/ed25519.ts";
import type { PeerId } from "../core/values/ids.ts";
import type { Brief } from "./brief.ts";
import { Gate } from "./gate.ts";
import { channelOf, receiveName, sendName } from "./libp2p-channel.ts";
import { Gossip, TOPICS } from "./libp2p-gossip.ts";
import { Link } from "./libp2p-link.ts";
import { type Made, makeNode } from "./libp2p-node.ts";
import { isRelayed, Shelter } from "./libp2p-shelter.ts";
import type { Connection, Stream } from "./libp2p-types.ts";
import {
  type Channel,
  type MemberAddress,
  type Mesh,
  type MeshCounts,
  MeshFailure,
  type MeshSettings,
} from "./mesh.ts";
import { peerIdOf } from "./peer-key.ts";
import { Redial } from "./redial.ts";
import { decodeValue, encodeValue, MESSAGE_MAX_BYTES } from "./wire.ts";

export type Libp2pSettings = MeshSettings & {
  /** The Ed25519 private key: 32 bytes. */
  readonly seed: Uint8Array;
  /** The 32 bytes that all peers of a mesh share. */
  readonly meshKey: Uint8Array;
  /** Multiaddrs: `/ip4/127.0.0.1/tcp/8091`; port 0 takes any; `/…/p2p/<peer>/p2p-circuit` is behind that relay. */
  readonly listen: readonly string[];
  /** What others are told in place of these, where a router maps ports. */
  readonly announce?: readonly string[];
  /** Whether members are looked for on the local network. */
  readonly mdns?: boolean;
  /** Whether this peer carries connections between members that do not reach each other. */
  readonly relay?: boolean;
};

const MESSAGES = "/metronome/messages/1";
const CHANNEL = "/metronome/channel/1";
const JOIN = "/metronome/join/1";

/** How often each link is looked at; who says nothing says that often that it lives. */
const TICK_MS = 5_000;

/** A stranger that is let in opens its channel at once, or is let out. */
const STRANGER_MS = 10_000;

/** A stream to a peer that is linked is there in one round trip; a minute's silence is no answer. */
const OPEN_MS = 10_000;

/** Channels of one peer to another at once: a sync, and requests of people. */
const CHANNELS_MAX = 64;

/** The own addresses are looked up again after so long: libp2p asks the system each time, which takes a millisecond. */
const ADDRESSES_MS = 1_000;

type Addressed = { readonly at: number; readonly list: readonly string[] };
const NOT_ADDRESSED: Addressed = { at: -Infinity, list: [] };

/** Addresses of a member that are tried, the newest first. */
const ADDRESSES_MAX = 16;

export async function libp2pMesh(settings: Libp2pSettings): Promise<Mesh> {
  const mesh = new Libp2pMesh(settings);
  await mesh.start();
  return mesh;
}

class Libp2pMesh implements Mesh {
  readonly self: PeerId;
  readonly #settings: Libp2pSettings;
  readonly #gate: Gate;
  readonly #redial: Redial;
  readonly #members = new Map<PeerId, readonly string[]>();
  readonly #links = new Map<PeerId, Link>();
  readonly #linked = new Set<PeerId>();
  readonly #opening = new Map<PeerId, Promise<void>>();
  /** With strangers, until their channel ends: a link is made on a connection of its own. */
  readonly #joining = new Set<Connection>();
  /** Of whom it was told that they can't be reached, since they last could. */
  readonly #toldOf = new Set<PeerId>();
  readonly #shelter: Shelter;
  readonly #closing = new AbortController();
  #parts: Made & { readonly gossip: Gossip } | undefined;
  #join: ((from: PeerId, channel: Channel) => void) | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #tickedAt = performance.now();
  #addressed = NOT_ADDRESSED;
  #closed: Promise<void> | undefined;

  constructor(settings: Libp2pSettings) {
    this.#settings = settings;
    this.self = peerIdOf(settings.seed);
    this.#gate = new Gate({ self: this.self, now: () => performance.now(), log: settings.log });
    this.#shelter = new Shelter({
      linked: () => [...this.#linked].map((peer) => ({ peer, addresses: this.#members.get(peer) ?? [] })),
      addresses: () => this.addresses(),
      listenBehind: async (address) => {
        await this.#parts?.node.services.inside.listenBehind(address);
        this.#addressed = NOT_ADDRESSED;
      },
      log: settings.log,
    });
    this.#redial = new Redial({
      self: this.self,
      dial: (peer, signal) => this.#dial(peer, signal),
      onFailed: (peer, error, failures) => {
        const why = this.#gate.takeMet(peer) ? "refused" : "unreachable";
        this.#tell(() => settings.listener.notLinked?.(peer, why));
        // Who has just been admitted says where it is when it comes.
        const isSomewhere = (this.#members.get(peer) ?? []).length > 0;
        if (isSomewhere && why === "unreachable") this.#shelter.missed(failures);
        if (failures === 1) this.#toldOf.delete(peer);
        if (isSomewhere && !this.#toldOf.has(peer)) {
          this.#toldOf.add(peer);
          settings.log?.("info", "cannot reach a member; it is tried again", { peer, reason: reasonOf(error) });
        }
      },
    });
  }

  async start(): Promise<void> {
    const { seed, meshKey, listen, announce = [], mdns = false, relay = false, listener } = this.#settings;
    const made = await makeNode({
      ...{ seed, meshKey, listen, announce, mdns, relay },
      topics: TOPICS,
      gate: this.#gate,
      onFound: (peer, addresses) => this.#found(peer, addresses),
    });
    const { node } = made;
    const gossip = new Gossip(node, {
      self: this.self,
      key: privateKeyOf(seed),
      gate: this.#gate,
      parse: this.#settings.parseBroadcast,
      published: (from, broadcast) => this.#tell(() => listener.published(from, broadcast)),
      cut: (peer) => this.#cut(peer, "it was shut out"),
    });
    this.#parts = { ...made, gossip };
    node.addEventListener("connection:open", ({ detail }) => this.#opened(detail));
    node.addEventListener("connection:close", ({ detail }) => this.#gone(detail));
    const handle = (protocol: string, maxInboundStreams: number, take: (stream: Stream, from: Connection) => void) =>
      node.handle(protocol, take, { maxInboundStreams, runOnLimitedConnection: true });
    await handle(MESSAGES, 2, (stream, connection) => this.#hear(stream, connection));
    await handle(CHANNEL, CHANNELS_MAX, (stream, connection) => void this.#take(stream, connection));
    await node.services.inside.guard(node);
    // All but this one are for members.
    await handle(JOIN, 1, (stream, connection) => this.#letIn(stream, connection));
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  addresses(): readonly string[] {
    const now = performance.now();
    if (this.#parts !== undefined && now - this.#addressed.at > ADDRESSES_MS) {
      this.#addressed = { at: now, list: this.#parts.node.getMultiaddrs().map((address) => address.toString()) };
    }
    return this.#addressed.list;
  }

  admit(members: readonly MemberAddress[]): void {
    if (this.#closed !== undefined) return;
    const others = members.filter(({ peer }) => peer !== this.self);
    const peers = others.map(({ peer }) => peer);
    const gone = [...this.#members.keys()].filter((peer) => !peers.includes(peer));
    this.#members.clear();
    for (const { peer, addresses } of others) this.#members.set(peer, addresses);
    this.#gate.setMembers(peers);
    this.#parts?.gossip.setMembers(peers);
    for (const peer of gone) {
      this.#redial.forget(peer);
      this.#toldOf.delete(peer);
      this.#cut(peer, "it is no member any more");
    }
    for (const peer of peers) this.#redial.want(peer);
  }

  send(to: PeerId, message: PeerMessage): boolean {
    const link = this.#linked.has(to) ? this.#links.get(to) : undefined;
    if (link === undefined) return false;
    const bytes = encodeValue(link.brief.shorten(message));
    if (bytes.length > MESSAGE_MAX_BYTES) {
      this.#gate.count("message too long");
      return false;
    }
    const isTaken = link.say(bytes);
    if (isTaken) link.brief.said(message);
    else this.#gate.count("message queue full");
    return isTaken;
  }

  publish(broadcast: Broadcast): void {
    if (this.#closed === undefined) this.#parts?.gossip.publish(broadcast);
  }

  async open(to: PeerId, protocol: string, signal: AbortSignal): Promise<Channel> {
    if (this.#closed !== undefined) throw closedFailure();
    const connection = this.#linked.has(to) ? this.#links.get(to)?.connection : undefined;
    if (connection === undefined) throw new MeshFailure("unreachable", `there is no link to ${to}`);
    const stream = await this.#stream(connection, CHANNEL, signal);
    try {
      sendName(stream, protocol);
      return channelOf(stream);
    } catch (error) {
      throw failureOf(error, signal);
    }
  }

  async listen(addresses: readonly string[]): Promise<void> {
    try {
      await this.#parts?.node.services.inside.listen(addresses);
    } finally {
      this.#addressed = NOT_ADDRESSED;
    }
  }

  acceptJoin(handler: ((from: PeerId, channel: Channel) => void) | undefined): void {
    this.#join = handler;
    this.#gate.isInviting = handler !== undefined;
  }

  async openJoin({ peer, addresses }: MemberAddress, signal: AbortSignal): Promise<Channel> {
    if (this.#closed !== undefined || this.#parts === undefined) throw closedFailure();
    const { node, addressesOf } = this.#parts;
    this.#gate.expectInviter(peer);
    try {
      const connection = await node.dial(addressesOf(addresses, peer), { signal });
      const stream = await this.#stream(connection, JOIN, signal);
      stream.addEventListener("close", () => this.#leave(connection));
      return channelOf(stream);
    } catch (error) {
      throw failureOf(error, signal);
    } finally {
      this.#gate.forgetInviter(peer);
    }
  }

  counts(): MeshCounts {
    return this.#gate.counts();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#ticker);
    this.#closing.abort();
    this.#redial.close();
    for (const peer of [...this.#links.keys()]) this.#end(peer);
    await this.#parts?.node.stop();
  }

  // ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends when there is a link. */
  async #dial(peer: PeerId, signal: AbortSignal): Promise<void> {
    if (this.#parts === undefined || this.#linked.has(peer)) return;
    const { node, idOf, addressesOf } = this.#parts;
    const id = idOf(peer);
    if (node.getConnections(id).some((connection) => this.#joining.has(connection))) throw new Error("it is joining");
    const known = this.#members.get(peer) ?? [];
    const multiaddrs = addressesOf(known.slice(0, ADDRESSES_MAX), peer);
    const relayed = addressesOf(known.filter(isRelayed).slice(0, ADDRESSES_MAX), peer);
    // Beside those that identify and the network told: they are hints, noise proves who is there.
    await node.peerStore.merge(id, { multiaddrs });
    const connection = await node.dial(id, { signal }).catch(async (error: unknown) => {
      // They come last, and those before them may have taken all the time there was.
      if (relayed.length === 0) throw error;
      return await node.dial(relayed, { signal });
    });
    await this.#link(peer, connection);
  }

  #opened(connection: Connection): void {
    const peer = connection.remotePeer.toString();
    if (!this.#gate.isWelcome(peer)) return this.#enter(peer, connection);
    this.#parts?.gossip.bound(connection);
    // Gossip learns from it that the peer speaks gossip.
    this.#parts?.node.services.identify.identify(connection).catch(() => this.#gate.count("identify failed"));
    this.#link(peer, connection).catch((error: unknown) => abort(connection, errorOf(error)));
  }

  /** Opens the stream for what we say, once for each peer: a second connection serves the other side. */
  async #link(peer: PeerId, connection: Connection): Promise<void> {
    if (this.#links.has(peer)) return await this.#opening.get(peer);
    const link = new Link(connection, {
      heard: (frame) => this.#heard(peer, frame, link.brief),
      garbled: () => {
        this.#gate.offend(peer, "message too long to read");
        this.#cut(peer, "a message was too long");
      },
      broken: (reason) => {
        if (this.#links.get(peer) !== link) return;
        this.#settings.log?.("info", "a link is cut; it is made again", { peer, reason });
        this.#cut(peer, reason);
      },
    });
    this.#links.set(peer, link);
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(OPEN_MS)]);
    const opening = link.open(MESSAGES, signal, () => {
      if (this.#links.get(peer) !== link) throw new Error("the link was cut");
      this.#linked.add(peer);
      this.#parts?.gossip.renew(peer);
      this.#redial.linked(peer);
      this.#tell(() => this.#settings.listener.linked(peer));
    }).finally(() => this.#opening.delete(peer));
    this.#opening.set(peer, opening);
    await opening;
  }

  #hear(stream: Stream, connection: Connection): void {
    const peer = connection.remotePeer.toString();
    const link = this.#links.get(peer);
    if (link?.hasEar === true) {
      // A peer has one stream to us: it has lost the other, and with it the connection, before we have.
      this.#cut(peer, "it has come anew");
      stream.abort(new Error("the link was cut"));
      return;
    }
    if (link === undefined) stream.abort(new Error("there is no link"));
    else link.hear(stream);
  }

  #heard(peer: PeerId, frame: Uint8Array, brief: Brief): void {
    if (frame.length === 0) return;
    const decoded = decodeValue(frame);
    const message = decoded.kind === "value" ? this.#settings.parseMessage(brief.complete(decoded.value)) : undefined;
    if (message !== undefined) {
      brief.heard(message);
      this.#tell(() => this.#settings.listener.heard(peer, message));
    } else if (this.#gate.offend(peer, "message malformed")) this.#cut(peer, "it was shut out");
  }

  #gone(connection: Connection): void {
    const peer = connection.remotePeer.toString();
    this.#joining.delete(connection);
    this.#gate.leave(peer);
    // Gossip, and what the other side says, may have been on it, and would not be opened again on another.
    this.#cut(peer, "a connection has closed");
    this.#redial.lost(peer);
  }

  /** Every connection to the peer, and all that is on it. */
  #cut(peer: PeerId, reason: string): void {
    this.#end(peer);
    if (this.#parts === undefined) return;
    const { node, idOf } = this.#parts;
    for (const connection of node.getConnections(idOf(peer))) abort(connection, new Error(reason));
  }

  #end(peer: PeerId): void {
    this.#links.delete(peer);
    if (!this.#linked.delete(peer)) return;
    this.#tell(() => this.#settings.listener.unlinked(peer));
  }

  #tick(): void {
    const now = performance.now();
    const isLate = now - this.#tickedAt > 1.5 * TICK_MS;
    this.#tickedAt = now;
    for (const link of [...this.#links.values()]) if (link.isOpen) link.tick(now, isLate);
  }

  #found(peer: PeerId, addresses: readonly string[]): void {
    const known = this.#members.get(peer);
    if (known === undefined || this.#linked.has(peer)) return;
    this.#members.set(peer, [...new Set([...addresses, ...known])].slice(0, ADDRESSES_MAX));
    this.#redial.poke(peer);
  }

  // ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #take(stream: Stream, connection: Connection): Promise<void> {
    const peer = connection.remotePeer.toString();
    const name = await receiveName(stream).catch((error: unknown) => errorOf(error));
    if (typeof name === "string" && this.#linked.has(peer)) {
      return this.#tell(() => this.#settings.listener.opened(peer, name, channelOf(stream)));
    }
    stream.abort(new Error("no channel"));
    if (name === undefined && this.#gate.offend(peer, "channel malformed")) this.#cut(peer, "it was shut out");
  }

  /** A stranger is here. */
  #enter(peer: PeerId, connection: Connection): void {
    this.#joining.add(connection);
    if (connection.direction === "inbound") this.#gate.enter(peer);
    setTimeout(() => {
      if (connection.streams.every(({ protocol }) => protocol !== JOIN)) this.#leave(connection);
    }, STRANGER_MS).unref();
  }

  #letIn(stream: Stream, connection: Connection): void {
    const handler = this.#join;
    if (handler === undefined) return stream.abort(new Error("no invitation is open"));
    stream.addEventListener("close", () => this.#leave(connection));
    this.#tell(() => handler(connection.remotePeer.toString(), channelOf(stream)));
  }

  #leave(connection: Connection): void {
    if (this.#joining.has(connection)) connection.close().catch((error: unknown) => abort(connection, errorOf(error)));
  }

  async #stream(connection: Connection, protocol: string, signal: AbortSignal): Promise<Stream> {
    try {
      return await connection.newStream(protocol, {
        signal: AbortSignal.any([signal, this.#closing.signal, AbortSignal.timeout(OPEN_MS)]),
        maxOutboundStreams: CHANNELS_MAX,
        runOnLimitedConnection: true,
      });
    } catch (error) {
      throw failureOf(error, signal);
    }
  }

  /** A listener that throws has a defect: it is told, and what it was told of is lost, but not the mesh. */
  #tell(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#gate.count("listener failed");
      const stack = error instanceof Error ? error.stack ?? error.message : String(error);
      this.#settings.log?.("error", "what came from the mesh was not taken", { error: stack });
    }
  }
}

function closedFailure(): MeshFailure {
  return new MeshFailure("closed", "the mesh is closed");
}

function failureOf(error: unknown, signal: AbortSignal): MeshFailure {
  const isLate = signal.aborted || errorOf(error).name === "TimeoutError";
  return new MeshFailure(isLate ? "timeout" : "unreachable", reasonOf(error), { cause: error });
}

/**
 * libp2p throws when it wants to say good-bye over a connection that is going already, and leaves the socket open; at the
 * second try it has said it.
 */
function abort(connection: Connection, error: Error): void {
  try {
    connection.abort(error);
  } catch {
    connection.abort(error);
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** libp2p wraps what happened at each address into one error. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return errorOf(error).message;
}
