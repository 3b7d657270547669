// The door to the other peers: one message to one, one to all, and a channel for what is long. It carries what members
// say to members; a stranger gets nothing, and what is malformed never comes through.

import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import type { PeerId } from "../core/values/ids.ts";

export interface Mesh {
  readonly self: PeerId;
  /** Where others reach this peer, as multiaddrs; grows when it listens on more. */
  addresses(): readonly string[];
  /** Who is a member, and where it was last reached: links to others are cut, links to these are made and kept. */
  admit(members: readonly MemberAddress[]): void;
  /** At most 1 MiB. Best effort, in order while the link lives; false when there is no link, or too much waits for it. */
  send(to: PeerId, message: PeerMessage): boolean;
  /** To all members, at most 64 KiB, signed. Best effort: correctness never depends on it. */
  publish(broadcast: Broadcast): void;
  /** A stream of bytes in both directions, kept until either side ends it. Rejects with `MeshFailure`. */
  open(to: PeerId, protocol: string, signal: AbortSignal): Promise<Channel>;
  /** Listens on these multiaddrs instead of those before; links over those break, and come again. */
  listen(addresses: readonly string[]): Promise<void>;
  /** While there is a handler, a stranger who has the mesh's key gets one channel, to it, and nothing else. */
  acceptJoin(handler: ((from: PeerId, channel: Channel) => void) | undefined): void;
  /** The other end of that: a channel to a peer that is no member yet, and is surely the one of that id. */
  openJoin(to: MemberAddress, signal: AbortSignal): Promise<Channel>;
  counts(): MeshCounts;
  /** Twice is once. */
  close(): Promise<void>;
}

export type MemberAddress = { readonly peer: PeerId; readonly addresses: readonly string[] };

/** What every mesh is given. */
export type MeshSettings = {
  readonly listener: MeshListener;
  /** What a value from another peer is; absent when it is none, and then it counts as malformed. */
  readonly parseMessage: (value: unknown) => PeerMessage | undefined;
  readonly parseBroadcast: (value: unknown) => Broadcast | undefined;
  readonly log?: MeshLog;
};

export type MeshLog = (
  level: "info" | "warning" | "error",
  message: string,
  facts: { readonly [name: string]: string | number },
) => void;

/** What the mesh tells. Called one at a time; a listener that throws is a defect of the program. */
export type MeshListener = {
  linked(peer: PeerId): void;
  unlinked(peer: PeerId): void;
  /** No link came about with a member: it was there, and shut this peer out, or it was not reached. */
  notLinked?(peer: PeerId, why: "refused" | "unreachable"): void;
  heard(from: PeerId, message: PeerMessage): void;
  /** Each broadcast once, whoever passed it on; `from` is who signed it. */
  published(from: PeerId, broadcast: Broadcast): void;
  /** A member has opened a channel; who does not know the protocol closes it. */
  opened(from: PeerId, protocol: string, channel: Channel): void;
};

export type Channel = {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Ends both directions at once. */
  abort(reason: string): void;
};

/** Frames, streams and strangers that were turned away since the start, by reason. */
export type MeshCounts = { readonly [reason: string]: number };

/** Why a channel could not be had. */
export class MeshFailure extends Error {
  override readonly name = "MeshFailure";
  readonly kind: "unreachable" | "timeout" | "closed";
  constructor(kind: "unreachable" | "timeout" | "closed", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
