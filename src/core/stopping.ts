// The shards that this peer has stopped to fire, and may not let go yet: something of them is in flight, or on its way
// to the disk, and the next owner is to find it.

import { type Shard, shardOf } from "./shard.ts";
import type { TaskGuid } from "./task.ts";

export class Stopping {
  readonly #shards = new Set<Shard>();
  /** How many batches of a task are on their way to the disk. */
  readonly #unkept = new Map<TaskGuid, number>();

  get size(): number {
    return this.#shards.size;
  }

  add(shards: readonly Shard[]): void {
    for (const shard of shards) this.#shards.add(shard);
  }

  /** They are fired here again. */
  cancel(shards: readonly Shard[]): void {
    for (const shard of shards) this.#shards.delete(shard);
  }

  /** A batch of these tasks is on its way to the disk. */
  wrote(guids: readonly TaskGuid[]): void {
    for (const guid of guids) this.#unkept.set(guid, (this.#unkept.get(guid) ?? 0) + 1);
  }

  /** Such a batch stands on the disk, or was refused. */
  ended(guids: readonly TaskGuid[]): void {
    for (const guid of guids) {
      const left = (this.#unkept.get(guid) ?? 0) - 1;
      if (left > 0) this.#unkept.set(guid, left);
      else this.#unkept.delete(guid);
    }
  }

  /** Takes out the shards of which nothing is left to wait for; `flying` are the tasks with an attempt in flight. */
  takeDone(flying: Iterable<TaskGuid>): readonly Shard[] {
    const busy = new Set<Shard>();
    for (const guid of flying) busy.add(shardOf(guid));
    for (const guid of this.#unkept.keys()) busy.add(shardOf(guid));
    const done = [...this.#shards].filter((shard) => !busy.has(shard));
    for (const shard of done) this.#shards.delete(shard);
    return done;
  }
}
