// The round of probes: who is asked in it. Up to a number all are; of more, one of the living, one of the lost and the
// suspects, so that a round costs the same in a mesh of any size.

import type { PresenceState } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Member } from "./member.ts";
import { Rotation } from "./rotation.ts";

/** Up to so many others all are probed in each round. */
const PROBE_ALL_MAX = 8;

export class Round {
  readonly #living: Rotation;
  readonly #lost: Rotation;

  constructor(chance: () => number) {
    this.#living = new Rotation(chance);
    this.#lost = new Rotation(chance);
  }

  /** The lost have a turn of their own, so that many of them do not make the living wait, and both sides of a partition meet again. */
  next(members: ReadonlyMap<PeerId, Member>, suspects: ReadonlySet<Member>): Iterable<PeerId> {
    if (members.size <= PROBE_ALL_MAX) return members.keys();
    const isIn = (states: readonly PresenceState[]) => (peer: PeerId) =>
      states.includes(members.get(peer)?.state ?? "suspect");
    const chosen = new Set([...suspects].slice(0, PROBE_ALL_MAX).map(({ peer }) => peer));
    const living = this.#living.next(members, isIn(["alive"]));
    if (living !== undefined) chosen.add(living);
    const lost = this.#lost.next(members, isIn(["dead", "left"]));
    if (lost !== undefined) chosen.add(lost);
    return chosen;
  }
}
