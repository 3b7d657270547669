// The contract of the mesh, in memory and over real sockets on loopback.

import { hash, randomBytes } from "node:crypto";
import { libp2pMesh } from "../../src/mesh/libp2p.ts";
import { memoryNetwork } from "../../src/mesh/memory.ts";
import type { Mesh } from "../../src/mesh/mesh.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { type Peer, Witness } from "./mesh-witness.ts";
import { meshContract, type World } from "./mesh.suite.ts";

meshContract("memory", () => {
  const network = memoryNetwork();
  return worldOf((witness, seed, key) =>
    Promise.resolve(network.join({ ...witness.settings, self: peerIdOf(seed), meshKey: key }))
  );
});

meshContract("libp2p", () =>
  worldOf((witness, seed, key) =>
    libp2pMesh({
      ...witness.settings,
      seed,
      meshKey: Buffer.from(hash("sha256", key), "hex"),
      listen: ["/ip4/127.0.0.1/tcp/0"],
    })
  ));

function worldOf(join: (witness: Witness, seed: Uint8Array, key: string) => Promise<Mesh>): World {
  const made = new Map<Mesh, Uint8Array>();
  const peerWith = async (seed: Uint8Array, key: string): Promise<Peer> => {
    const witness = new Witness();
    const mesh = await join(witness, seed, key);
    made.set(mesh, seed);
    return { mesh, witness };
  };
  return {
    peer: ({ key = "of this mesh" } = {}) => peerWith(randomBytes(32), key),
    again: ({ mesh }) => peerWith(made.get(mesh) ?? randomBytes(32), "of this mesh"),
    async [Symbol.asyncDispose]() {
      await Promise.all([...made.keys()].map((mesh) => mesh.close()));
    },
  };
}
