// A rotation comes to each peer once a turn, in an order that is shuffled anew at each turn: the time until a given
// peer is probed is random in the mean and bounded at the worst. (SWIM paper, 4.3.)

import type { PeerId } from "../values/ids.ts";

export class Rotation {
  readonly #chance: () => number;
  #turn: PeerId[] = [];

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** The next of `all` that is `due`, if any is; peers that came or went since the turn began wait for the next. */
  next(all: ReadonlyMap<PeerId, unknown>, due: (peer: PeerId) => boolean): PeerId | undefined {
    for (let tries = this.#turn.length + all.size; tries > 0; tries--) {
      if (this.#turn.length === 0) this.#turn = shuffle([...all.keys()], this.#chance);
      const peer = this.#turn.pop();
      if (peer !== undefined && all.has(peer) && due(peer)) return peer;
    }
    return undefined;
  }
}

/** Fisher and Yates, in place. */
export function shuffle(peers: PeerId[], chance: () => number): PeerId[] {
  for (let last = peers.length - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    const [a, b] = [peers[last], peers[other]];
    if (a === undefined || b === undefined) throw new Error("chance is a number in [0, 1)");
    peers[last] = b;
    peers[other] = a;
  }
  return peers;
}
