// A shard is one of 4,096 hash partitions of the task space: the unit of ownership. It is the first 12 bits of the
// task's guid, so every peer names the same shard for the same task.

import type { TaskGuid } from "./task.ts";

export const SHARDS = 4096;

export type Shard = number;

export function shardOf(guid: TaskGuid): Shard {
  return Number.parseInt(guid.slice(0, 3), 16);
}
