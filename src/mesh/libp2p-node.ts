// A libp2p node as this mesh needs it: each setting with its reason. Its parts are loaded when the first node is made:
// a peer that is alone and not asked to listen to others has no need of their 30 MB.

import { createHash, hash } from "node:crypto";
import type { GossipSub } from "@chainsafe/libp2p-gossipsub";
import type { Identify } from "@libp2p/identify";
import type { Libp2p, Libp2pOptions } from "libp2p";
import { privateKeyOf, publicBytesOf } from "../core/values/ed25519.ts";
import type { PeerId } from "../core/values/ids.ts";
import { ENVELOPE_MAX_BYTES } from "./envelope.ts";
import type { Gate } from "./gate.ts";
import { sayLess } from "./libp2p-window.ts";

export type Node = Libp2p<Services>;

export type Services = { readonly gossip: GossipSub; readonly identify: Identify; readonly inside: Inside };

/** What libp2p keeps to its own services, and this mesh needs: how to listen anew, and who answers which protocol. */
export type Inside = {
  listen(addresses: readonly string[]): Promise<void>;
  /** And through another peer, beside that, where there is no such way yet. */
  listenBehind(address: string): Promise<void>;
  /** Every protocol of the node is answered to welcome peers alone. */
  guard(node: Node): Promise<void>;
};

/** A node, and what turns our words into libp2p's. */
export type Made = {
  readonly node: Node;
  readonly idOf: (peer: PeerId) => Node["peerId"];
  /** Those that can be read, each with the peer that is to be there. */
  readonly addressesOf: (addresses: readonly string[], peer: PeerId) => Addresses;
};

export type Addresses = Extract<Parameters<Node["dial"]>[0], readonly unknown[]>;

export type NodeSettings = {
  /** The Ed25519 private key: 32 bytes. */
  readonly seed: Uint8Array;
  /** The 32 bytes that all peers of a mesh share. */
  readonly meshKey: Uint8Array;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly mdns: boolean;
  readonly relay: boolean;
  readonly topics: readonly string[];
  readonly gate: Gate;
  /** A peer has said on the local network where it is; it need not be true. */
  readonly onFound: (peer: PeerId, addresses: readonly string[]) => void;
};

/** A dial to one address, and to all of a peer: a satellite link needs 4 s for TCP, the keys and noise. */
const ADDRESS_DIAL_MS = 5_000;
const DIAL_MS = 15_000;

/** All of a mesh of 100 with two connections each while they find each other, and room. */
const CONNECTIONS_MAX = 300;

/** libp2p lets 5 a second of one host in, and 10 at once: a rack behind one router, or five peers on a laptop, have more. */
const INBOUND_PER_SECOND = 64;
const INBOUND_PENDING_MAX = 64;

/** What may be on its way, or wait unread, in one stream: 10 MB/s when the round trip takes 100 ms. */
const WINDOW_BYTES = 1024 * 1024;

/**
 * The first ping of a connection tells the round trip, by which its windows grow. That it lives is asked by its link, more
 * often than the 30 s that are usual.
 */
const PING_MS = 300_000;

/**
 * Each timer wakes the process, on Deno three times. A heartbeat grafts who has come and tells what was missed: until then
 * a broadcast goes to D peers that know the topic, grafted or not, and a sync brings what none brought.
 */
const HEARTBEAT_MS = 5_000;
/** Heartbeats for which broadcasts are kept for who missed them, and told of: as long as the usual five and three of 1 s. */
const KEPT_HEARTBEATS = 2;
const TOLD_HEARTBEATS = 1;

/** What a heartbeat has held against a peer, a promise that it did not keep, is forgotten at the next. */
const BLAME_LEFT = 0.001;

/** Of gossip to one peer that waits: as much as may be on its way. What is behind that is old news when it comes. */
export const GOSSIP_QUEUE_BYTES = 1024 * 1024;

/** One gossip frame: a broadcast, and what control rides on it. */
export const GOSSIP_FRAME_BYTES = 4 * ENVELOPE_MAX_BYTES;

export async function makeNode(settings: NodeSettings): Promise<Made> {
  const [
    { createLibp2p },
    { gossipsub, StrictNoSign },
    { noise },
    { yamux },
    { tcp },
    { identify },
    { lock },
    { privateKeyFromRaw },
    { peerIdFromString },
    { multiaddr },
    { circuitRelayTransport, circuitRelayServer },
    discovery,
  ] = await Promise.all([
    import("libp2p"),
    import("@chainsafe/libp2p-gossipsub"),
    import("@chainsafe/libp2p-noise"),
    import("@chainsafe/libp2p-yamux"),
    import("@libp2p/tcp"),
    import("@libp2p/identify"),
    import("./libp2p-lock.ts"),
    import("@libp2p/crypto/keys"),
    import("@libp2p/peer-id"),
    import("@multiformats/multiaddr"),
    import("@libp2p/circuit-relay-v2"),
    settings.mdns ? import("@libp2p/mdns") : undefined,
  ]);
  const { gate } = settings;
  const node = await createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(Buffer.concat([settings.seed, publicBytesOf(privateKeyOf(settings.seed))])),
    // What identify tells others: no versions of libraries or runtimes.
    nodeInfo: { name: "metronome", version: "1", userAgent: "metronome" },
    addresses: { listen: [...settings.listen], announce: [...settings.announce] },
    transports: [tcp(), circuitRelayTransport()],
    // Who has not the key of this mesh does not even get to noise.
    connectionProtector: () => lock(settings.meshKey),
    connectionEncrypters: [noise()],
    // A window grows while data is read, to 16 MiB by itself; a stream that is paused then gets all of it, and libp2p
    // resets one that holds more than 4 MiB.
    streamMuxers: [
      yamux({
        keepAliveInterval: PING_MS,
        streamOptions: { maxStreamWindowSize: WINDOW_BYTES, maxReadBufferLength: 4 * WINDOW_BYTES },
      }),
    ],
    // It aborts connections that live when this process was busy for some seconds. Links watch themselves instead.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: CONNECTIONS_MAX,
      inboundConnectionThreshold: INBOUND_PER_SECOND,
      maxIncomingPendingConnections: INBOUND_PENDING_MAX,
      addressDialTimeout: ADDRESS_DIAL_MS,
      dialTimeout: DIAL_MS,
      // libp2p's own reconnecting gives up after some tries, and has no longest wait: `Redial` does it.
      reconnectRetries: 0,
    },
    connectionGater: {
      denyInboundEncryptedConnection: (peer, { remoteAddr }) =>
        !gate.isLetIn(peer.toString(), remoteAddr.toString(), "inbound"),
      denyOutboundEncryptedConnection: (peer, { remoteAddr }) =>
        !gate.isLetIn(peer.toString(), remoteAddr.toString(), "outbound"),
      denyInboundRelayReservation: (peer) => !gate.isWelcome(peer.toString()),
      denyOutboundRelayedConnection: (source, destination) =>
        !gate.isWelcome(source.toString()) || !gate.isWelcome(destination.toString()),
    },
    services: {
      // Not by itself: a stranger is asked nothing, so gossip never learns of it.
      identify: identify({ runOnConnectionOpen: false }),
      gossip: gossipsub({
        // js gossipsub delivers 7–8 copies with its own degrees, each at 2–6 ms of CPU.
        D: 4,
        Dlo: 3,
        Dhi: 6,
        Dscore: 2,
        Dout: 1,
        Dlazy: 3,
        heartbeatInterval: HEARTBEAT_MS,
        mcacheLength: KEPT_HEARTBEATS,
        mcacheGossip: TOLD_HEARTBEATS,
        scoreParams: { decayInterval: HEARTBEAT_MS, behaviourPenaltyDecay: BLAME_LEFT },
        // One copy to the mesh of a topic, not to everybody.
        floodPublish: false,
        // The same bytes to each peer, encoded once.
        batchPublish: true,
        // A batch has one signature of ours, checked once: with StrictSign each copy would be checked.
        globalSignaturePolicy: StrictNoSign,
        msgIdFn: ({ data }) => createHash("sha256").update(data).digest(),
        fastMsgIdFn: ({ data }) => hash("sha256", data ?? NOTHING, "base64"),
        // Subscriptions of other names were kept for ever, 1,018 of a flood of 500,000 (CVE-2026-46679).
        allowedTopics: [...settings.topics],
        maxInboundDataLength: GOSSIP_FRAME_BYTES,
        // Past this libp2p resets the stream: only what can't be left out gets so far.
        maxOutboundBufferSize: 4 * GOSSIP_QUEUE_BYTES,
        decodeRpcLimits: {
          maxSubscriptions: 16,
          maxMessages: 64,
          maxIhaveMessageIDs: 512,
          maxIwantMessageIDs: 512,
          maxIdontwantMessageIDs: 512,
          maxControlMessages: 64,
          maxPeerInfos: 16,
        },
        // Members are in a list that is replicated: nobody's word is taken for another peer.
        doPX: false,
        fallbackToFloodsub: false,
        // The first peer of a mesh is alone, and what it says is not lost: it is asked for later.
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        // Tags decide whose connection goes when there are too many: all members are equal.
        tagMeshPeers: false,
      }),
      inside: inside(gate),
      ...(settings.relay
        ? {
          relay: circuitRelayServer({
            // Members relay for members, for as long as they need: the limits are for the good of strangers.
            reservations: { maxReservations: CONNECTIONS_MAX, applyDefaultLimit: false },
          }),
        }
        : {}),
      ...(discovery === undefined ? {} : {
        mdns: (components: Components) => {
          // Its own name on the network for each mesh, without telling the key.
          const tag = hash("sha256", Buffer.concat([Buffer.from("metronome mdns\n"), settings.meshKey])).slice(0, 16);
          const finder = discovery.mdns({ serviceTag: `_metronome-${tag}._udp.local` })(components);
          finder.addEventListener(
            "peer",
            ({ detail }) =>
              settings.onFound(detail.id.toString(), detail.multiaddrs.map((address) => address.toString())),
          );
          // Handed over bare it would put whatever anyone advertises into the address book, which has no bound.
          return isStartable(finder) ? { start: () => finder.start(), stop: () => finder.stop() } : {};
        },
      }),
    },
  });
  await node.start();
  return {
    node,
    idOf: peerIdFromString,
    addressesOf: (addresses, peer) =>
      addresses.flatMap((address) => {
        try {
          const parsed = multiaddr(address);
          return address.endsWith(`/p2p/${peer}`) ? [parsed] : [parsed.encapsulate(`/p2p/${peer}`)];
        } catch {
          return [];
        }
      }),
  };

  function inside(gate: Gate): (components: Components) => Inside {
    return ({ transportManager, registrar }) => {
      let behind: ReturnType<typeof transportManager.getListeners>[number] | undefined;
      return {
        async listen(addresses) {
          const before = transportManager.getAddrs();
          await Promise.all(transportManager.getListeners().map((listener) => listener.close()));
          try {
            await transportManager.listen(addresses.map((address) => multiaddr(address)));
          } catch (error) {
            await transportManager.listen(before);
            throw error;
          }
        },
        async listenBehind(address) {
          const before = transportManager.getListeners();
          // One that has lost its way can take another.
          if (behind !== undefined && before.includes(behind)) return await behind.listen(multiaddr(address));
          try {
            await transportManager.listen([multiaddr(address)]);
          } finally {
            behind = transportManager.getListeners().find((listener) => !before.includes(listener));
          }
        },
        async guard(node) {
          // libp2p has middleware for this, but appends the protocol's handler to it with each stream that comes in.
          for (const protocol of node.getProtocols()) {
            const { handler, options } = registrar.getHandler(protocol);
            await node.handle(protocol, async (stream, connection) => {
              if (!gate.isWelcome(connection.remotePeer.toString())) return stream.abort(new Error("not a member"));
              sayLess(stream);
              await handler(stream, connection);
            }, { ...options, force: true });
          }
        },
      };
    };
  }
}

type Components = Parameters<NonNullable<Libp2pOptions["services"]>[string]>[0];

type Startable = { start(): Promise<void>; stop(): Promise<void> };

function isStartable(value: object): value is Startable {
  return "start" in value && "stop" in value;
}

const NOTHING = new Uint8Array(0);
