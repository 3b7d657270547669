// What is known of the mesh wherever one is on the page: who is a member, by which name, and whether all hold the same.

import { effect, signal } from "@preact/signals";
import { ask } from "./api.ts";
import { connection, listen } from "./live.ts";
import type { MeshNews } from "./views.ts";

export const mesh = signal<MeshNews | undefined>(undefined);

/** A page that shows the mesh brings the news itself; the others do not wait for them. */
const LATER_MS = 300;

listen({ mesh: (news) => mesh.value = news });

effect(() => {
  if (connection.value.kind !== "live") return;
  const timer = setTimeout(async () => {
    const answer = await ask<MeshNews>("GET", "/mesh");
    if (answer.kind === "done") mesh.value = answer.value;
  }, mesh.peek() === undefined ? LATER_MS : 0);
  return () => clearTimeout(timer);
});

/** The name of a peer, or the end of its id, which differs where the beginning does not. */
export function peerName(id: string): string {
  const known = mesh.value?.peers.find(({ peer }) => peer === id)?.name;
  return known === undefined || known === "" ? `…${id.slice(-6)}` : known;
}
