// What would move where, if a peer left: its shards go to those who come second for them, and no other shard moves.

import { candidatesFor } from "./explain.ts";
import type { MeshState } from "./mesh-state.ts";
import { type Candidate, ownersOf } from "./rendezvous.ts";
import { SHARDS } from "./shard.ts";
import type { PeerId } from "./task.ts";

export type Plan = {
  /** Shards for which the peer comes first now. */
  readonly shards: number;
  /** Who gets how many of them, the most first. Empty when it fires nothing, or nobody else is able to. */
  readonly moves: readonly { readonly peer: PeerId; readonly shards: number }[];
};

export function planWithout(mesh: MeshState, without: PeerId): Plan {
  const able: readonly Candidate[] = candidatesFor(0, mesh).filter(({ reason }) => reason === undefined);
  const now = ownersOf(able);
  const after = ownersOf(able.filter(({ peer }) => peer !== without));
  const counts = new Map<PeerId, number>();
  let shards = 0;
  for (let shard = 0; shard < SHARDS; shard++) {
    if (now[shard] !== without) continue;
    shards++;
    const heir = after[shard];
    if (heir !== undefined) counts.set(heir, (counts.get(heir) ?? 0) + 1);
  }
  const moves = [...counts].map(([peer, shards]) => ({ peer, shards }));
  return { shards, moves: moves.sort((a, b) => b.shards - a.shards || (a.peer < b.peer ? -1 : 1)) };
}
