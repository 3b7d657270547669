// What is known of the mesh wherever one is on the page: who is a member, by which name, and whether all hold the same.

import { signal } from "@preact/signals";
import { listen } from "./live.ts";
import type { MeshNews } from "./views.ts";

export const mesh = signal<MeshNews | undefined>(undefined);

listen({ hello: (said) => mesh.value = said.mesh, mesh: (news) => mesh.value = news });

/** The name of a peer, or the end of its id, which differs where the beginning does not. */
export function peerName(id: string): string {
  const known = mesh.value?.peers.find(({ peer }) => peer === id)?.name;
  return known === undefined || known === "" ? `…${id.slice(-6)}` : known;
}
