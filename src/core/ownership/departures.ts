// Departures are shards that a peer has let go, by its news or by a release, while the end of its run log is not here
// yet: until it is, or has been waited for long enough, they count as fired there, so that nobody takes up again what
// is settled already.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { ShardSet } from "./shard-set.ts";

export type Departure = {
  readonly from: PeerId;
  readonly shards: ShardSet;
  /** Of a release to this peer: the version of the other's list without them. */
  readonly version?: number;
  /** And the end of its log then. */
  readonly seq?: number;
  readonly until: Instant;
};

/** How often it is looked whether the log is here. */
const LOOK_MS = 50;

export class Departures {
  readonly #open = new Set<Departure>();
  /** How many are open of each peer: with each message it is asked of all. */
  readonly #counts = new Map<PeerId, number>();
  #lookAt = Infinity;

  add(departure: Departure, now: Instant): void {
    this.#open.add(departure);
    this.#count(departure.from, 1);
    this.#lookAt = Math.min(this.#lookAt, now + LOOK_MS);
  }

  /** Whether it was under way until now. */
  end(departure: Departure): boolean {
    const isOpen = this.#open.delete(departure);
    if (isOpen) this.#count(departure.from, -1);
    return isOpen;
  }

  #count(peer: PeerId, more: number): void {
    const count = (this.#counts.get(peer) ?? 0) + more;
    if (count === 0) this.#counts.delete(peer);
    else this.#counts.set(peer, count);
  }

  /** Nothing is under way of anybody. */
  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** What is still to count as fired by this peer. */
  of(peer: PeerId): ShardSet | undefined {
    if (!this.#counts.has(peer)) return undefined;
    let shards: ShardSet | undefined;
    for (const { from, shards: each } of this.#open) {
      if (from !== peer) continue;
      shards ??= new ShardSet();
      shards.addAll(each);
    }
    return shards;
  }

  /** All that are to be looked at now. */
  due(now: Instant): readonly Departure[] {
    if (now < this.wakeAt) return [];
    this.#lookAt = now + LOOK_MS;
    return [...this.#open];
  }

  /** When the next are. */
  get wakeAt(): number {
    return this.#open.size === 0 ? Infinity : this.#lookAt;
  }
}
