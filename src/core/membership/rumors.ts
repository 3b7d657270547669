// Rumors are how news of peers goes round: each rides on so many messages and is then forgotten. Of two rumors of one
// peer the weightier stands, by one total order, so that every peer ends with the same belief in whatever order they come.

import type { PresenceState, Rumor } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";

/** Rumors of the queue in one message: about 100 bytes each, so that a probe stays within 3 KB. */
export const RUMORS_PER_MESSAGE = 16;
/** Each rumor is sent this many times log2 of the mesh's size: "lambda log n" in the SWIM paper, 4.1. */
const RETRANSMISSIONS = 3;

const WEIGHT: { readonly [state in PresenceState]: number } = { alive: 0, suspect: 1, dead: 2, left: 3 };

/** Whether `a` is news to one who believes `b`: a greater incarnation, or the same with a weightier state. */
export function outweighs(a: Omit<Rumor, "peer">, b: Omit<Rumor, "peer">): boolean {
  if (a.incarnation !== b.incarnation) return a.incarnation > b.incarnation;
  return WEIGHT[a.state] > WEIGHT[b.state];
}

/** What is going round: at most one rumor for each peer. */
export class Rumors {
  readonly #queue = new Map<PeerId, { readonly rumor: Rumor; sent: number }>();

  get size(): number {
    return this.#queue.size;
  }

  put(rumor: Rumor): void {
    const waiting = this.#queue.get(rumor.peer);
    if (waiting === undefined || outweighs(rumor, waiting.rumor)) this.#queue.set(rumor.peer, { rumor, sent: 0 });
  }

  delete(peer: PeerId): void {
    this.#queue.delete(peer);
  }

  /** The least sent, for one message to one of `peers`; counted as sent. */
  take(peers: number): Rumor[] {
    const limit = RETRANSMISSIONS * Math.ceil(Math.log2(peers + 1));
    const entries = [...this.#queue.values()];
    if (entries.length > RUMORS_PER_MESSAGE) entries.sort((a, b) => a.sent - b.sent);
    return entries.slice(0, RUMORS_PER_MESSAGE).map((entry) => {
      if (++entry.sent >= limit) this.#queue.delete(entry.rumor.peer);
      return entry.rumor;
    });
  }
}
