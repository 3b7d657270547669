// What would move where, if a peer left: its shards go to those who come second for them, and no other shard moves. The
// tasks of each placement are shared out by themselves, among the peers that match it.

import { ownersOf } from "../ownership/rendezvous.ts";
import type { PeerGroup } from "../task/peer-group.ts";
import type { PeerId } from "../values/ids.ts";
import { fitness } from "./explain.ts";
import type { MeshState } from "./mesh-state.ts";

export type Moves = {
  /** Shards for which the peer comes first now. */
  readonly shards: number;
  /** Who gets how many of them, the most first. Empty when it fires nothing, or nobody else is able to. */
  readonly moves: readonly { readonly peer: PeerId; readonly shards: number }[];
};

export type Plan = Moves & {
  /** Of the 256 shards of each placement of which the peer fires some. */
  readonly groups: readonly (Moves & { readonly group: PeerGroup })[];
};

export function planWithout(mesh: MeshState, without: PeerId): Plan {
  const groups = mesh.groups.map((group) => ({ group, ...movesOf(mesh, without, group) }));
  return { ...movesOf(mesh, without, undefined), groups: groups.filter(({ shards }) => shards > 0) };
}

function movesOf(mesh: MeshState, without: PeerId, group: PeerGroup | undefined): Moves {
  const able = fitness(mesh, group).filter(({ reason }) => reason === undefined);
  const now = ownersOf(able, group?.id);
  const after = ownersOf(able.filter(({ peer }) => peer !== without), group?.id);
  const counts = new Map<PeerId, number>();
  let shards = 0;
  for (const [shard, owner] of now.entries()) {
    if (owner !== without) continue;
    shards++;
    const heir = after[shard];
    if (heir !== undefined) counts.set(heir, (counts.get(heir) ?? 0) + 1);
  }
  const moves = [...counts].map(([peer, shards]) => ({ peer, shards }));
  return { shards, moves: moves.sort((a, b) => b.shards - a.shards || (a.peer < b.peer ? -1 : 1)) };
}
