// Sees what a mesh tells, and lets a test wait for it.

import type { Broadcast, PeerMessage } from "../../src/core/protocol/message.ts";
import type { PeerId } from "../../src/core/values/ids.ts";
import type { Channel, Mesh, MeshListener, MeshSettings } from "../../src/mesh/mesh.ts";

/** Two cores that others use too: what takes 50 ms here took 5 s at times. */
const PATIENCE_MS = 30_000;

export class Witness implements MeshListener {
  readonly links: string[] = [];
  readonly linkedNow = new Set<PeerId>();
  readonly heardOf: { readonly from: PeerId; readonly message: PeerMessage }[] = [];
  readonly publishedOf: { readonly from: PeerId; readonly broadcast: Broadcast }[] = [];
  readonly channels: { readonly from: PeerId; readonly protocol: string; readonly channel: Channel }[] = [];
  readonly said: string[] = [];
  readonly #waiting = new Set<() => void>();

  /** Takes what a test sends: its own `kind`s, `probe-for-me` and `entities`, and nothing of kind `bad`. */
  readonly settings: MeshSettings = {
    listener: this,
    parseMessage: (value) => hasKind(value) ? value as unknown as PeerMessage : undefined,
    parseBroadcast: (value) => hasKind(value) ? value as unknown as Broadcast : undefined,
    log: (level, message, facts) => {
      this.said.push(`${level}: ${message} ${facts["peer"] ?? ""}`);
      this.#stir();
    },
  };

  linked(peer: PeerId): void {
    this.links.push(`+${peer}`);
    this.linkedNow.add(peer);
    this.#stir();
  }

  unlinked(peer: PeerId): void {
    this.links.push(`-${peer}`);
    this.linkedNow.delete(peer);
    this.#stir();
  }

  heard(from: PeerId, message: PeerMessage): void {
    this.heardOf.push({ from, message });
    this.#stir();
  }

  published(from: PeerId, broadcast: Broadcast): void {
    this.publishedOf.push({ from, broadcast });
    this.#stir();
  }

  opened(from: PeerId, protocol: string, channel: Channel): void {
    this.channels.push({ from, protocol, channel });
    this.#stir();
  }

  /** Rejects with what was wanted when it does not come. */
  until(what: string, isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!isSo()) return;
        clearInterval(poll);
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      // What is counted is not told: it is looked for.
      const poll = setInterval(look, 20);
      const timer = setTimeout(() => {
        clearInterval(poll);
        this.#waiting.delete(look);
        reject(new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`));
      }, PATIENCE_MS);
      this.#waiting.add(look);
      look();
    });
  }

  #stir(): void {
    for (const look of [...this.#waiting]) look();
  }
}

export type Peer = { readonly mesh: Mesh; readonly witness: Witness };

/** Every peer a member of every other, and linked. */
export async function meet(peers: readonly Peer[]): Promise<void> {
  const members = peers.map(({ mesh }) => ({ peer: mesh.self, addresses: mesh.addresses() }));
  for (const { mesh } of peers) mesh.admit(members);
  await Promise.all(
    peers.map(({ witness }) => witness.until("linked to all", () => witness.linkedNow.size === peers.length - 1)),
  );
}

/** A message of this length and number, as its receiver sees it. */
export function messageOf(number: number, text = ""): PeerMessage {
  return { kind: "probe-for-me", seq: number, target: text, rumors: [] };
}

export function broadcastOf(text: string): Broadcast {
  return { kind: "entities", entities: [], text } as Broadcast;
}

function hasKind(value: unknown): value is { readonly kind: string } {
  return typeof value === "object" && value !== null && "kind" in value && typeof value.kind === "string" &&
    value.kind !== "bad";
}
