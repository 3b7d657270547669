// A shard is one of the hash partitions of the task space: the unit of ownership. Tasks that any peer may fire have 4,096,
// by the first 12 bits of the guid, so every peer names the same shard for the same task. The tasks of each peer group
// have 256 more, by the first 8 bits; which numbers they have is each peer's own business (see `Groups`).

import type { TaskGuid } from "../values/ids.ts";

export const SHARDS = 4096;

/** Of each peer group: few peers share few tasks, and peers tell each other of 256 shards in 44 characters. */
export const GROUP_SHARDS = 256;

/** Groups that a peer knows at a time. Users may make 64, on each side of a cut. */
export const GROUPS_MAX = 256;

export const SHARDS_MAX = SHARDS + GROUPS_MAX * GROUP_SHARDS;

export type Shard = number;

/** In no set, and owned by nobody. */
export const NO_SHARD: Shard = -1;

declare const nameBrand: unique symbol;
/** A shard as the store and other peers know it: 3 hex digits, or `p`, the 12 of the group and 2. */
export type ShardName = string & { readonly [nameBrand]: true };

/** Digit by digit: it is asked some times for each event. */
export function shardOf(guid: TaskGuid): Shard {
  return digitOf(guid, 0) << 8 | digitOf(guid, 1) << 4 | digitOf(guid, 2);
}

function digitOf(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return (code < LETTERS ? code : code + 9) & 15;
}

/** Digits stand before it, the letters of hex behind it; of both the last four bits count. */
const LETTERS = 64;

/** Of one that is anybody's. */
export function shardName(shard: Shard): ShardName {
  return shard.toString(16).padStart(3, "0") as ShardName;
}
