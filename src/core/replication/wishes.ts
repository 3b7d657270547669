// The wishes to sync: with whom, since when, and how soon. News of what is not here wait a moment, for the broadcast that
// may bring it; what others wait for, or what is known to be missing, does not.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Had } from "./had.ts";

/** News of a vector that no broadcast brought in this time starts a sync. */
const NEWS_PATIENCE_MS = 300;
/** Between two syncs with the same peer that news started. */
const SYNC_PAUSE_MS = 1_000;
/** Who is heard of through others alone can't be asked: its own link is on its way. */
const LINK_PATIENCE_MS = 5_000;

/** Digests of the vectors that a peer says to hold. */
type Vectors = { readonly vector: string; readonly runs: string };

type Wish = {
  readonly since: Instant;
  /** What the peer holds and this one did not when it heard of it; absent when it is urgent. */
  readonly news?: Vectors;
};

/** `isWhole`: entities too, and not run logs alone. */
export type DueWish = { readonly peer: PeerId; readonly isWhole: boolean };

export class Wishes {
  readonly #had: Had;
  readonly #isLinked: (peer: PeerId) => boolean;
  readonly #wishes = new Map<PeerId, Wish>();
  readonly #syncedAt = new Map<PeerId, Instant>();

  constructor(had: Had, isLinked: (peer: PeerId) => boolean) {
    this.#had = had;
    this.#isLinked = isLinked;
  }

  /** As soon as may be. */
  urge(peer: PeerId, now: Instant): void {
    this.#wishes.set(peer, { since: this.#wishes.get(peer)?.since ?? now });
  }

  /** It holds what is not here, by its news. */
  hear(peer: PeerId, { vector, runs }: Vectors, now: Instant): void {
    const known = this.#wishes.get(peer);
    if (known === undefined) this.#wishes.set(peer, { since: now, news: { vector, runs } });
    else if (known.news !== undefined) this.#wishes.set(peer, { ...known, news: { vector, runs } });
  }

  drop(peer: PeerId): void {
    this.#wishes.delete(peer);
  }

  /** A sync with it has ended, one way or the other. */
  synced(peer: PeerId, now: Instant): void {
    this.#syncedAt.set(peer, now);
  }

  get wakeAt(): number {
    let at = Infinity;
    for (const [peer, wish] of this.#wishes) at = Math.min(at, this.#dueAt(peer, wish));
    return at;
  }

  /** The next that is due, or of a peer that lives no more. What has come meanwhile is not wished for any more. */
  take(isLiving: (peer: PeerId) => boolean, now: Instant): DueWish | undefined {
    for (const [peer, wish] of [...this.#wishes]) {
      if (isLiving(peer) && this.#dueAt(peer, wish) > now) continue;
      this.#wishes.delete(peer);
      const { news } = wish;
      const isWhole = news === undefined || !this.#had.has(news.vector);
      if (isWhole || !this.#had.has(news.runs)) return { peer, isWhole };
    }
    return undefined;
  }

  #dueAt(peer: PeerId, { since, news }: Wish): number {
    const pausedTo = (this.#syncedAt.get(peer) ?? 0) + SYNC_PAUSE_MS;
    const at = news === undefined ? since : Math.max(since + NEWS_PATIENCE_MS, pausedTo);
    return this.#isLinked(peer) ? at : Math.max(at, since + LINK_PATIENCE_MS);
  }
}
