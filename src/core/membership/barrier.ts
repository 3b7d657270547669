// The barrier keeps a peer from firing before it knows the mesh: after a start, after its loop stood still, and when a side
// that fired the same shards comes back. It asks who is alive, syncs with one of them, and asks the others what they did last.

import type { PeerId } from "../values/ids.ts";
import { type Instant, INSTANT_MAX } from "../values/instant.ts";

export type BarrierHost = {
  readonly chance: () => number;
  now(): Instant;
  /** The others that are alive. */
  living(): readonly PeerId[];
  /** There is nobody else in the mesh. */
  isLonely(): boolean;
  /** Each other member has answered since, or been found dead. */
  isInformed(): boolean;
  /** A member that can be reached does not take this peer. */
  isRefused(): boolean;
  sync(peer: PeerId, onEnd: (isWhole: boolean) => void): void;
  gather(peers: readonly PeerId[], onEnd: () => void): void;
  /** It stands, or is lifted. */
  changed(): void;
};

/** No sync lifts it: it is lifted all the same, for who can't be synced with is no reason to stand still. */
const BARRIER_MAX_MS = 10_000;

/**
 * Who finds nobody alive may be alone, or not linked yet: after a start that takes some seconds where the machine or the
 * network is slow. Lifted after the first round of probes, a peer that came back fired all that two others had fired
 * since it went (three real peers on two busy cores, in one restart of three).
 */
const ALONE_MS = 5_000;

/** Pause before another sync is tried. */
const BARRIER_PAUSE_MS = 500;

/** A sync that takes longer is given up: 100,000 tasks take a quarter of it. */
const SYNC_MAX_MS = 60_000;

export class Barrier {
  readonly #host: BarrierHost;
  #since: Instant | undefined;
  /** Nothing was ever synced: then no time lifts it. */
  #isEmpty: boolean;
  #isSyncing = false;
  #syncEndsAt: Instant = INSTANT_MAX;
  #attempt = 0;
  #nextTryAt: Instant;

  /** It stands from the start. */
  constructor(host: BarrierHost, isEmpty: boolean) {
    this.#host = host;
    this.#isEmpty = isEmpty;
    this.#since = host.now();
    this.#nextTryAt = this.#since;
  }

  get isUp(): boolean {
    return this.#since !== undefined;
  }

  raise(): void {
    if (this.#since !== undefined) return;
    this.#since = this.#host.now();
    this.#nextTryAt = this.#since;
    this.#host.changed();
  }

  /** When it is to be tried by itself. Who is not informed waits for the membership to say so: an alarm would ring without end. */
  get wakeAt(): number {
    return this.#isToTry ? this.#nextTryAt : Infinity;
  }

  get #isToTry(): boolean {
    return this.#since !== undefined && !this.#isSyncing && (this.#host.isLonely() || this.#host.isInformed());
  }

  /** To be called when time has passed, or something was learned. */
  try(): void {
    const now = this.#host.now();
    if (this.#isSyncing && now >= this.#syncEndsAt) {
      // Whatever became of it, another peer may serve better.
      this.#attempt++;
      this.#isSyncing = false;
    }
    if (this.#since === undefined || !this.#isToTry || now < this.#nextTryAt) return;
    if (this.#host.isLonely()) return this.#lift();
    const living = this.#host.living();
    const fencedMs = now - this.#since;
    const isOver = fencedMs >= (living.length === 0 ? ALONE_MS : BARRIER_MAX_MS);
    // Who is there and takes this peer for no member fires what this peer would: to be alone is no reason then.
    const isToStay = this.#isEmpty || (living.length === 0 && this.#host.isRefused());
    if (isOver && !isToStay) return this.#lift();
    const peer = living[Math.floor(this.#host.chance() * living.length)];
    if (peer === undefined) {
      this.#nextTryAt = now + BARRIER_PAUSE_MS as Instant;
      return;
    }
    this.#sync(peer, now);
  }

  #sync(peer: PeerId, now: Instant): void {
    this.#isSyncing = true;
    this.#syncEndsAt = now + SYNC_MAX_MS as Instant;
    const attempt = ++this.#attempt;
    this.#host.sync(peer, (isWhole) => {
      if (attempt !== this.#attempt) return;
      if (!isWhole) {
        this.#isSyncing = false;
        this.#nextTryAt = this.#host.now() + BARRIER_PAUSE_MS as Instant;
        return;
      }
      this.#isEmpty = false;
      // What the others did in the last moments is not all with the one that was asked.
      this.#host.gather(this.#host.living().filter((other) => other !== peer), () => {
        if (attempt !== this.#attempt) return;
        this.#isSyncing = false;
        this.#lift();
      });
    });
  }

  #lift(): void {
    this.#since = undefined;
    this.#host.changed();
  }
}
