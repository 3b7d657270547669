// Meshes over real sockets on loopback, and among them a peer that says what it likes.

import { randomBytes } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { Gate } from "../../src/mesh/gate.ts";
import { libp2pMesh, type Libp2pSettings } from "../../src/mesh/libp2p.ts";
import { type Made, makeNode } from "../../src/mesh/libp2p-node.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { type Peer, Witness } from "../contract/mesh-witness.ts";

export const TOPIC = "/metronome/entities/1";

export type Rogue = Made & { readonly peer: string; readonly seed: Uint8Array };

export function meshWorld() {
  const meshKey = randomBytes(32);
  const closing: (() => Promise<void>)[] = [];
  return {
    meshKey,
    async peer(more: Partial<Libp2pSettings> = {}): Promise<Peer> {
      const witness = new Witness();
      const mesh = await libp2pMesh({
        ...witness.settings,
        seed: randomBytes(32),
        meshKey,
        listen: ["/ip4/127.0.0.1/tcp/0"],
        ...more,
      });
      closing.push(() => mesh.close());
      return { mesh, witness };
    },
    /** A bare node with the mesh's key that knows its way, and takes these for members. */
    async rogue(members: readonly string[]): Promise<Rogue> {
      const seed = randomBytes(32);
      const gate = new Gate({ self: peerIdOf(seed), now: () => performance.now() });
      gate.setMembers(members);
      const made = await makeNode({
        ...{ seed, meshKey, gate, listen: ["/ip4/127.0.0.1/tcp/0"], announce: [], mdns: false, relay: false },
        topics: [TOPIC],
        onFound: () => {},
      });
      // Its links are to stand, so it takes what it is told, and says nothing.
      for (const protocol of ["/metronome/messages/1", "/metronome/channel/1"]) {
        await made.node.handle(protocol, () => {});
      }
      closing.push(() => Promise.resolve(made.node.stop()));
      return { ...made, peer: peerIdOf(seed), seed };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

export type Proxy = AsyncDisposable & { readonly port: number; freeze(): void; thaw(): void };

/** Passes bytes on to a port; frozen it takes all and passes nothing, as a cut cable does. */
export async function proxyTo(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on("data", (data) => {
        if (!isFrozen) to.write(data);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        // Nobody hears of an end through a cable that is cut.
        if (!isFrozen) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    port: address.port,
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
      // What was lost on the way does not come any more, nor would TCP go on with a hole in it.
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function portOf(address: string | undefined): number {
  return Number(/\/tcp\/(\d+)/.exec(address ?? "")?.[1]);
}
