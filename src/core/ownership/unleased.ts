// The unleased are tasks that hold in a partition and would fire if a majority of the mesh had granted their shard.

import type { TaskGuid } from "../values/ids.ts";
import type { Shard } from "./shard.ts";

export class Unleased {
  readonly #tasks = new Map<TaskGuid, Shard>();
  /** Somebody has granted something since they were told. */
  #isGranted = false;

  has(guid: TaskGuid): boolean {
    return this.#tasks.has(guid);
  }

  /** Whether the task waits, as its last turn had it. */
  set(guid: TaskGuid, shard: Shard, waits: boolean): void {
    if (waits) this.#tasks.set(guid, shard);
    else if (this.#tasks.size > 0) this.#tasks.delete(guid);
  }

  granted(): void {
    this.#isGranted = true;
  }

  /** Takes out those that wait no more: they have the lease, or are another peer's. Returns those that go. */
  take(how: (shard: Shard) => "waits" | "goes" | "left"): readonly TaskGuid[] {
    if (!this.#isGranted) return [];
    this.#isGranted = false;
    const going: TaskGuid[] = [];
    for (const [guid, shard] of [...this.#tasks]) {
      const next = how(shard);
      if (next === "waits") continue;
      this.#tasks.delete(guid);
      if (next === "goes") going.push(guid);
    }
    return going;
  }
}
