// Departures are shards that a peer has let go, by its news or by a release, while the end of its run log is not here
// yet: until it is, or has been waited for long enough, they count as fired there, so that nobody takes up again what
// is settled already.

import type { Instant } from "./instant.ts";
import { ShardSet } from "./shard-set.ts";
import type { PeerId } from "./task.ts";

export type Departure = {
  readonly from: PeerId;
  readonly shards: ShardSet;
  /** Of a release to this peer: the version of the other's list without them. */
  readonly version?: number;
  readonly until: Instant;
};

export class Departures {
  readonly #open = new Set<Departure>();

  add(departure: Departure): void {
    this.#open.add(departure);
  }

  /** Whether it was under way until now. */
  end(departure: Departure): boolean {
    return this.#open.delete(departure);
  }

  /** What is still to count as fired by this peer. */
  of(peer: PeerId): ShardSet | undefined {
    let shards: ShardSet | undefined;
    for (const { from, shards: each } of this.#open) {
      if (from !== peer) continue;
      shards ??= new ShardSet();
      shards.addAll(each);
    }
    return shards;
  }

  due(now: Instant): readonly Departure[] {
    return [...this.#open].filter(({ until }) => until <= now);
  }

  /** When the first has been waited for long enough. */
  get wakeAt(): number {
    let at = Infinity;
    for (const { until } of this.#open) at = Math.min(at, until);
    return at;
  }
}
