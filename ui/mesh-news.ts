// What is known of the mesh wherever one is on the page: who is a member, by which name, and whether all hold the same.

import { computed, signal } from "@preact/signals";
import { tick } from "./clock.ts";
import { listen } from "./live.ts";
import type { MeshNews } from "./views.ts";

export const mesh = signal<MeshNews | undefined>(undefined);

listen({ hello: (said) => mesh.value = said.mesh, mesh: (news) => mesh.value = news });

/** While tasks fire, a run is always on its way to somebody: what differs for longer than this is worth a word. */
const APART_MS = 10_000;

let togetherAt = tick.peek();

/** What the peers hold has differed for a while. */
export const isApart = computed(() => {
  const now = tick.value;
  if (mesh.value?.converged ?? true) togetherAt = now;
  return now - togetherAt > APART_MS;
});

/** The name of a peer, or the end of its id, which differs where the beginning does not. */
export function peerName(id: string): string {
  const known = mesh.value?.peers.find(({ peer }) => peer === id)?.name;
  return known === undefined || known === "" ? `…${id.slice(-6)}` : known;
}
