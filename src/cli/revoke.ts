// `revoke`: removes a peer from the mesh, for as long as nobody gives it a new ticket.

import type { Spec } from "./command.ts";
import { nameOf } from "./peer-named.ts";
import { findPeer } from "./peers.ts";

export const revoke: Spec<Record<never, never>> = {
  usage: "revoke <peer>",
  isWrite: true,
  summary: "remove a peer from the mesh: the others talk to it no more",
  examples: ["metronome revoke shop"],
  async run({ isJson, connect, print, printJson }, _options, [word = ""]) {
    const client = await connect();
    const found = await findPeer(client, word);
    await client.send("POST", `peers/${encodeURIComponent(found.peer)}/revoke`);
    if (isJson) return await printJson({ revoked: found.peer });
    await print(`${nameOf(found)} is no member any more. What it knows it keeps: change what it must not know.\n`);
  },
};
