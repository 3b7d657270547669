// The listings are what the others fire, as far as this peer has heard: of each its newest list, less what it has released
// since. Of each shard it is counted how many list it, so that a change of one list costs what has changed in it, and not
// a look at the lists of all: in a mesh of a hundred that comes up, a hundred change theirs again and again.

import type { PeerId } from "../values/ids.ts";
import { ShardSet } from "./shard-set.ts";
import { type Shard, SHARDS } from "./shard.ts";

/** From a peer's newest news. */
export type Listing = {
  /** What it fires: its owned and releasing shards. */
  readonly shards: ShardSet;
  /** Grows with each change of `shards`, across restarts too. */
  readonly version: number;
  /** Then it fires nothing, whatever it lists. */
  readonly fenced: boolean;
  /** The number of the last probe by this peer that it has answered, with this news or older. 0 when none. */
  readonly answered: number;
};

export class Listings {
  readonly #listings = new Map<PeerId, Listing | undefined>();
  /** By shard: how many that are not fenced list it. */
  #counts = new Uint16Array(SHARDS);

  get size(): number {
    return this.#listings.size;
  }

  has(peer: PeerId): boolean {
    return this.#listings.has(peer);
  }

  get(peer: PeerId): Listing | undefined {
    return this.#listings.get(peer);
  }

  /** The peers that live; of who has told nothing yet, too. */
  peers(): Iterable<PeerId> {
    return this.#listings.keys();
  }

  isFired(shard: Shard): boolean {
    return (this.#counts[shard] ?? 0) > 0;
  }

  /** The number of the last probe that all have answered. */
  answered(): number {
    let answered = Infinity;
    for (const listing of this.#listings.values()) answered = Math.min(answered, listing?.answered ?? 0);
    return answered;
  }

  /** Who has not answered the probe of that number, or a later one. */
  unanswered(seq: number): readonly PeerId[] {
    return [...this.#listings].filter(([, listing]) => (listing?.answered ?? 0) <= seq).map(([peer]) => peer);
  }

  /** Absent while it has told nothing. */
  put(peer: PeerId, listing: Listing | undefined): void {
    this.#count(firedBy(this.#listings.get(peer)), firedBy(listing));
    this.#listings.set(peer, listing);
  }

  delete(peer: PeerId): void {
    this.#count(firedBy(this.#listings.get(peer)), NOTHING);
    this.#listings.delete(peer);
  }

  /** The shards from `from` to `to - 1` are nobody's any more. */
  clear(from: Shard, to: Shard): void {
    for (const listing of this.#listings.values()) listing?.shards.clear(from, to);
    this.#counts.fill(0, from, to);
  }

  #count(before: ShardSet, after: ShardSet): void {
    if (before === after) return;
    for (const shard of before.minus(after)) this.#counts[shard] = (this.#counts[shard] ?? 0) - 1;
    for (const shard of after.minus(before)) {
      if (shard >= this.#counts.length) this.#reach(shard + 1);
      this.#counts[shard] = (this.#counts[shard] ?? 0) + 1;
    }
  }

  #reach(count: number): void {
    const grown = new Uint16Array(count * 2);
    grown.set(this.#counts);
    this.#counts = grown;
  }
}

const NOTHING = new ShardSet();

function firedBy(listing: Listing | undefined): ShardSet {
  return listing === undefined || listing.fenced ? NOTHING : listing.shards;
}
