// The stable cut is what every member is known to hold for good: the least of the vectors that their disks cover. What
// has been deleted and lies below it can be forgotten, for nobody is left who has not heard of it. (To forget by time
// alone diverged in 7.5 % of modelled histories, by the cut in none of 12,000: REPLICATION §8.)

import type { PeerId } from "../values/ids.ts";
import { type Entity, stampsOf } from "./register.ts";
import type { VersionVector } from "./vector.ts";

export class StableCut {
  /** What each other was last known to cover: it said the digest of the very vector that this peer had. */
  readonly #covered = new Map<PeerId, VersionVector>();
  #own: VersionVector | undefined;

  /** The peer covers all that `vector`, which is this peer's own, does now. */
  agreed(peer: PeerId, vector: VersionVector): void {
    // Most news say it again: one copy serves all, and until something is written.
    if (this.#own?.digest() !== vector.digest()) this.#own = vector.copy();
    this.#covered.set(peer, this.#own);
  }

  /** Who is no member any more keeps nothing back. */
  keepOnly(members: ReadonlySet<PeerId>): void {
    for (const peer of this.#covered.keys()) if (!members.has(peer)) this.#covered.delete(peer);
  }

  /** Whether all of these are known to hold the entity as it is, or what came after. */
  covers(entity: Entity, others: readonly PeerId[]): boolean {
    return others.every((peer) => {
      const vector = this.#covered.get(peer);
      return vector !== undefined && coveredBy(vector, entity);
    });
  }
}

/** Whether the vector covers all that the entity is. */
export function coveredBy(vector: VersionVector, entity: Entity): boolean {
  for (const stamp of stampsOf(entity)) if (!vector.covers(stamp)) return false;
  return true;
}
