// The mesh as one peer sees it, for people.

import type { Introduction } from "../keeper/introduction.ts";
import type { PresenceState } from "../ownership/presence.ts";
import { ShardSet } from "../ownership/shard-set.ts";
import type { LogEnds } from "../protocol/message.ts";
import type { PeerGroup } from "../task/peer-group.ts";
import type { PeerId } from "../values/ids.ts";
import type { MeshSide } from "./mesh-side.ts";

export type MeshState = {
  readonly self: PeerId;
  /** 16 hex digits, or empty while it is not known. */
  readonly digest: string;
  /** Everybody that is alive holds the same. */
  readonly converged: boolean;
  /** How many there are here; absent while those of the start are not all counted. */
  readonly tasks?: number;
  /** This peer fires nothing yet: it has not synced since its start, or since it stood still. */
  readonly fenced: boolean;
  readonly quarantined: number;
  /** Records that only the digest tree found: it should be 0. */
  readonly repaired: number;
  /** By author, the number up to which its run log is held here without a gap. */
  readonly runLogs: LogEnds;
  /** Of tasks that are placed. */
  readonly groups: readonly PeerGroup[];
  readonly peers: readonly PeerState[];
};

export type PeerState = {
  readonly peer: PeerId;
  readonly name: string;
  readonly state: PresenceState;
  readonly labels: { readonly [name: string]: string };
  readonly weight: number;
  /** How many of the 4,096 shards that are anybody's it fires. */
  readonly shards: number;
  readonly draining: boolean;
  readonly fenced: boolean;
  readonly writable: boolean;
  readonly skewMs?: number;
  readonly rttMs?: number;
  readonly digest: string;
  readonly version: string;
  /** Of what it writes to others; absent while it was never heard. */
  readonly format?: number;
  readonly tzdata: string;
  readonly addresses: readonly string[];
};

export function meshState(
  { keeper, replication, members, groups, tasks, isRemoved }: MeshSide,
  self: { readonly id: PeerId; readonly introduction: Introduction },
  addresses: readonly string[],
): MeshState {
  const own = keeper.news();
  const peers: PeerState[] = [{
    peer: self.id,
    name: own.name,
    state: isRemoved ? "left" : "alive",
    labels: own.labels,
    weight: own.weight,
    shards: shardsIn(own.shards),
    draining: own.draining,
    fenced: own.fenced,
    writable: own.writable,
    digest: own.digest,
    version: own.version,
    format: own.format,
    tzdata: own.tzdata,
    addresses,
  }];
  for (const { peer, state, news, rttMs, skewMs } of keeper.others()) {
    const isLiving = state === "alive" || state === "suspect";
    const admission = members.get(peer);
    peers.push({
      peer,
      name: news?.name ?? admission?.name ?? "",
      state,
      labels: news?.labels ?? {},
      weight: news?.weight ?? 1,
      shards: news === undefined || !isLiving || news.fenced ? 0 : shardsIn(news.shards),
      draining: news?.draining ?? false,
      fenced: news?.fenced ?? false,
      writable: news?.writable ?? true,
      ...(skewMs === undefined ? {} : { skewMs }),
      ...(rttMs === undefined ? {} : { rttMs }),
      digest: news?.digest ?? "",
      version: news?.version ?? "",
      ...(news === undefined ? {} : { format: news.format }),
      tzdata: news?.tzdata ?? "",
      addresses: admission?.addresses ?? [],
    });
  }
  const held = replication.held();
  const living = keeper.others().filter(({ state }) => state === "alive" || state === "suspect");
  return {
    self: self.id,
    digest: held.digest,
    converged: living.every(({ news }) =>
      news !== undefined && news.vector === held.vector && news.digest === held.digest
    ),
    ...(tasks.value === undefined ? {} : { tasks: tasks.value }),
    fenced: keeper.isFenced,
    quarantined: replication.quarantined,
    repaired: replication.repaired,
    runLogs: replication.runEnds(),
    groups: groups.used().map(({ group }) => group),
    peers,
  };
}

function shardsIn(text: string): number {
  const [anybodys] = text.split("\n");
  return ShardSet.parse(anybodys)?.size ?? 0;
}
