// Broadcasts over gossipsub: each signed once, by who says it; checked once, before it is passed on.

import type { KeyObject } from "node:crypto";
import type { Broadcast } from "../core/protocol/message.ts";
import type { PeerId } from "../core/values/ids.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import type { Gate } from "./gate.ts";
import { GOSSIP_FRAME_BYTES, GOSSIP_QUEUE_BYTES, type Node } from "./libp2p-node.ts";
import type { Connection } from "./libp2p-types.ts";
import { Numbers } from "./numbers.ts";
import { checkingKey, isSignedBy } from "./peer-key.ts";
import { BROADCAST_MAX_BYTES, decodeValue, encodeValue } from "./wire.ts";

export type GossipSettings = {
  readonly self: PeerId;
  readonly key: KeyObject;
  readonly gate: Gate;
  readonly parse: (value: unknown) => Broadcast | undefined;
  readonly published: (from: PeerId, broadcast: Broadcast) => void;
  /** This member has sent too much that can't be read. */
  readonly cut: (peer: PeerId) => void;
};

/** What gossipsub calls its verdicts; its own enum would have to be loaded for them. */
type Verdict = "accept" | "ignore" | "reject";

/** A kind that is not here does not compile. */
const KINDS: { readonly [kind in Broadcast["kind"]]: true } = { entities: true, carries: true };

/** What its streams are called, in every version. */
export const GOSSIP_PROTOCOL = "/meshsub/";

/** Subscriptions and grafts are shorter: they are sent also to a peer that is behind. */
const CONTROL_BYTES = 4 * 1024;

export const TOPICS: readonly string[] = Object.keys(KINDS).map(topicOf);

export class Gossip {
  readonly #settings: GossipSettings;
  readonly #node: Node;
  readonly #members = new Map<PeerId, { readonly key: KeyObject; numbers: Numbers }>();
  #number = Date.now();

  constructor(node: Node, settings: GossipSettings) {
    this.#node = node;
    this.#settings = settings;
    const { gossip } = node.services;
    for (const topic of TOPICS) {
      gossip.topicValidators.set(
        topic,
        // The type is gossipsub's enum, whose values these are.
        (source, { data }) =>
          this.#judge(source.toString(), topic, data) as Awaited<
            ReturnType<NonNullable<ReturnType<typeof gossip.topicValidators.get>>>
          >,
      );
      gossip.subscribe(topic);
    }
  }

  setMembers(members: readonly PeerId[]): void {
    for (const peer of this.#members.keys()) if (!members.includes(peer)) this.#members.delete(peer);
    for (const peer of members) {
      const key = this.#members.has(peer) ? undefined : checkingKey(peer);
      if (key !== undefined) this.#members.set(peer, { key, numbers: new Numbers() });
    }
  }

  /** It may have started anew, with a clock that was set back: its numbers may begin lower. */
  renew(peer: PeerId): void {
    const member = this.#members.get(peer);
    if (member !== undefined) member.numbers = new Numbers();
  }

  publish(broadcast: Broadcast): void {
    const { self, key, gate } = this.#settings;
    const body = encodeValue(broadcast);
    if (body.length > BROADCAST_MAX_BYTES) return gate.count("broadcast too long");
    this.#number = Math.max(this.#number + 1, Date.now());
    const topic = topicOf(broadcast.kind);
    const bytes = sealEnvelope({ from: self, number: this.#number, topic, body }, key);
    // Gossip promises nothing: what nobody took is asked for later.
    this.#node.services.gossip.publish(topic, bytes).catch(() => gate.count("broadcast not sent"));
  }

  /**
   * Gossipsub sends without looking whether anything leaves. What a peer can't take in time was put into its stream until
   * that was full and reset; and gossipsub, which never opens another, was deaf to the peer from then on: 20,000 edits at
   * once cost each link of a mesh of five. Here such a send fails, which gossipsub takes for what it is: this peer did not
   * get this message. It asks for it by its next sync.
   */
  bound(connection: Connection): void {
    const open = connection.newStream.bind(connection);
    connection.newStream = async (protocols, options) => {
      const stream = await open(protocols, options);
      if (!stream.protocol.startsWith(GOSSIP_PROTOCOL)) return stream;
      const send = stream.send.bind(stream);
      stream.send = (data) => {
        const isTooMuch = stream.writeBufferLength + data.byteLength > GOSSIP_QUEUE_BYTES;
        // An answer to who asks for many messages is one frame, and may be longer than what is read at the other side.
        if ((isTooMuch && data.byteLength > CONTROL_BYTES) || data.byteLength > GOSSIP_FRAME_BYTES) {
          this.#settings.gate.count("broadcast not passed on");
          throw new Error("too much waits for this peer");
        }
        return send(data);
      };
      return stream;
    };
  }

  /** Called once for each broadcast, after those that have been seen are gone. */
  #judge(source: PeerId, topic: string, data: Uint8Array): Verdict {
    const { self, gate } = this.#settings;
    // What strangers pass on does not get here: their streams do not.
    const envelope = openEnvelope(data, topic);
    if (envelope === undefined) return this.#offend(source, "broadcast malformed");
    const { from, number, signed, signature, body } = envelope;
    if (from === self) return "ignore";
    const member = this.#members.get(from);
    if (member === undefined) {
      // It may have been admitted a moment ago, where that is known already; who passed it on is not to blame.
      gate.count("broadcast of a stranger");
      return "ignore";
    }
    if (!isSignedBy(signed, signature, member.key)) return this.#offend(source, "broadcast forged");
    if (!member.numbers.pass(number)) {
      gate.count("broadcast repeated");
      return "ignore";
    }
    const decoded = decodeValue(body);
    const broadcast = decoded.kind === "value" ? this.#settings.parse(decoded.value) : undefined;
    // Now it is surely the signer's fault.
    if (broadcast === undefined || topicOf(broadcast.kind) !== topic) return this.#offend(from, "broadcast malformed");
    this.#settings.published(from, broadcast);
    return "accept";
  }

  #offend(peer: PeerId, reason: string): Verdict {
    if (this.#settings.gate.offend(peer, reason)) this.#settings.cut(peer);
    return "reject";
  }
}

function topicOf(kind: string): string {
  return `/metronome/${kind}/1`;
}
