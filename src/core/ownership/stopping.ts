// The shards that this peer has stopped to fire, and may not let go yet: something of them is in flight, or on its way
// to the disk, and the next owner is to find it.

import type { TaskGuid } from "../values/ids.ts";
import type { Shard } from "./shard.ts";

export class Stopping {
  readonly #shards = new Set<Shard>();
  /** How many batches of a task, and of which shard it is, are on their way to the disk. */
  readonly #unkept = new Map<TaskGuid, { count: number; readonly shard: Shard }>();

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

  /** A batch of this task is on its way to the disk. */
  wrote(guid: TaskGuid, shard: Shard): void {
    const unkept = this.#unkept.get(guid);
    if (unkept === undefined) this.#unkept.set(guid, { count: 1, shard });
    else unkept.count++;
  }

  /** Such a batch stands on the disk, or was refused. */
  ended(guids: readonly TaskGuid[]): void {
    for (const guid of guids) {
      const unkept = this.#unkept.get(guid);
      if (unkept !== undefined && --unkept.count === 0) this.#unkept.delete(guid);
    }
  }

  /** Takes out the shards of which nothing is left to wait for; `flying` are those of tasks with an attempt in flight. */
  takeDone(flying: Iterable<Shard>): readonly Shard[] {
    const busy = new Set<Shard>(flying);
    for (const { shard } of this.#unkept.values()) busy.add(shard);
    const done = [...this.#shards].filter((shard) => !busy.has(shard));
    for (const shard of done) this.#shards.delete(shard);
    return done;
  }
}
