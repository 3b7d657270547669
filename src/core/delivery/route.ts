// A route says by which peer the attempts of one lane are made: by this one, or, while this one can't reach the target,
// by another that can. What it knows of each is what the last attempt there has shown, and it looks again in time.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { DeliveryResult } from "./delivery.ts";

/** That a peer did not reach the target is believed for so long; then one attempt is made there again. */
const BELIEVED_MS = 60_000;

/** Other peers that are tried in that time, so that a target that is down is not called by the whole mesh. */
const TRIED_MAX = 3;

/** The key of this peer itself. */
const HERE = "";

export class Route {
  /** Who did not reach it, and since when that is known; and the other peer that did last. */
  readonly #unreached = new Map<PeerId, Instant>();
  #reaching: PeerId | undefined;

  /** An attempt has ended that `by` made; undefined: this peer. Whether no connection came about there. */
  note(by: PeerId | undefined, isUnreached: boolean, now: Instant): void {
    if (isUnreached) {
      this.#unreached.set(by ?? HERE, now);
      if (this.#reaching === by) this.#reaching = undefined;
    } else {
      this.#unreached.delete(by ?? HERE);
      if (by !== undefined) this.#reaching = by;
    }
    for (const [peer, at] of this.#unreached) {
      if (peer !== HERE && at + BELIEVED_MS <= now) this.#unreached.delete(peer);
    }
  }

  /** Who makes the next attempt, of these; absent: this peer itself. To be called for each attempt, once. */
  choose(others: readonly PeerId[], now: Instant): PeerId | undefined {
    const since = this.#unreached.get(HERE);
    if (since === undefined) return undefined;
    if (since + BELIEVED_MS <= now) {
      // One looks whether it has become otherwise; those that start meanwhile take the way that is known.
      this.#unreached.set(HERE, now);
      return undefined;
    }
    if (this.#reaching !== undefined && others.includes(this.#reaching)) return this.#reaching;
    const isTried = (peer: PeerId) => (this.#unreached.get(peer) ?? -Infinity) + BELIEVED_MS > now;
    if (others.filter(isTried).length >= TRIED_MAX) return undefined;
    return others.find((peer) => !isTried(peer));
  }

  /** Whom the attempts go by now, as far as that is known. */
  get by(): PeerId | undefined {
    return this.#unreached.has(HERE) ? this.#reaching : undefined;
  }

  /** Whether it knows nothing that a new one would not. */
  get isFresh(): boolean {
    return this.#unreached.size === 0;
  }
}

/** Whether an attempt tells that its peer can't get there; undefined when it tells nothing of that. */
export function isUnreached(result: DeliveryResult, by: PeerId | undefined): boolean | undefined {
  if (result.kind === "delivered") return false;
  if (result.cause === "unreached") return true;
  // Another peer that did not try is of no use here; of this one it says nothing.
  if (result.cause === "ours") return by === undefined ? undefined : true;
  return false;
}
