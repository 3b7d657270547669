// The round of probes: who is asked when. In a small mesh each other is asked once a period, by whichever of the two is
// the first: who was asked is the next to ask, so that both measure the other's clock and have its grants, and half of
// what two rounds would say goes over the wire. Who has to ask one asks all whose turn is near: after some periods all of
// such a mesh talk at one moment and sleep until the next. Of more peers one of the living, one of the lost and the
// suspects are asked in each period, so that it costs the same in a mesh of any size.

import type { PresenceState } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Periods } from "../values/periods.ts";
import type { Member } from "./member.ts";
import { Rotation } from "./rotation.ts";

/** Up to so many others all are asked. */
const ASK_ALL_MAX = 8;

/** In periods: when who was asked asks; and when who asked does so once more, if the other has not. */
const TURN = 0.95;
const OUT_OF_TURN = 1.05;

/**
 * And how much earlier, when somebody is asked or has just asked: to be woken once for all costs less than once for each.
 * Of two halves of a mesh one is always so near to the other: with less they would keep their distance.
 */
const NEAR = 0.5;

/** Who is asked again and again still asks: its own word may not get through. */
const SELF_MAX = 2;

type Turn = {
  dueMs: number;
  /** The other has asked last. */
  isOwn: boolean;
  /** When this peer asked last, and the number of what it was last asked. */
  askedMs: number;
  seq: number | undefined;
};

export class Round {
  readonly #self: PeerId;
  readonly #chance: () => number;
  readonly #periods: Periods;
  readonly #living: Rotation;
  readonly #lost: Rotation;
  readonly #turns = new Map<PeerId, Turn>();
  #endsMs = Infinity;
  #isSmall = true;
  /** Somebody has asked just now. */
  #isWoken = false;

  constructor(self: PeerId, chance: () => number, periods: Periods) {
    this.#self = self;
    this.#chance = chance;
    this.#periods = periods;
    this.#living = new Rotation(chance);
    this.#lost = new Rotation(chance);
  }

  /** When somebody is to be asked next. */
  get dueMs(): number {
    if (!this.#isSmall) return this.#endsMs;
    let due = Infinity;
    for (const { dueMs } of this.#turns.values()) due = Math.min(due, dueMs);
    return due;
  }

  /** There are so many others now. */
  begin(members: number, ms: number): void {
    this.#isSmall = members <= ASK_ALL_MAX;
    if (members === 0) this.#endsMs = Infinity;
    else if (this.#endsMs === Infinity) this.#endsMs = ms + this.#periods.probeMs * this.#chance();
  }

  /** All are being asked now. */
  beginAnew(ms: number): void {
    this.#endsMs = ms + this.#periods.probeMs;
  }

  forget(peer: PeerId): void {
    this.#turns.delete(peer);
  }

  /** This peer asks that one. */
  asks(peer: PeerId, ms: number): void {
    const seq = this.#turns.get(peer)?.seq;
    this.#turns.set(peer, { dueMs: ms + this.#periods.probeMs * OUT_OF_TURN, isOwn: false, askedMs: ms, seq });
  }

  /**
   * That one has asked this peer; `isAsking`: and is asked by it at the same time, when one of the two keeps the turn. Who
   * asks the same once more has not heard the answer, and may hear what it is asked.
   */
  askedBy(peer: PeerId, seq: number, isAsking: boolean, ms: number): void {
    const turn = this.#turns.get(peer);
    if (turn === undefined || turn.seq === seq || !this.#isSmall) return;
    turn.seq = seq;
    this.#isWoken = true;
    if (isAsking && this.#self < peer) return;
    const { probeMs } = this.#periods;
    turn.isOwn = true;
    turn.dueMs = Math.min(ms + probeMs * TURN, turn.askedMs + probeMs * SELF_MAX);
  }

  /** Whether a period has ended, and another has begun. */
  hasEnded(ms: number): boolean {
    if (ms < this.#endsMs) return false;
    this.#endsMs = Math.max(this.#endsMs, ms - this.#periods.probeMs / 2) + this.#periods.probeMs;
    return true;
  }

  /** Who is to be asked now. The lost have a turn of their own, so that many of them do not make the living wait, and both sides of a partition meet again. */
  take(
    members: ReadonlyMap<PeerId, Member>,
    suspects: ReadonlySet<Member>,
    ms: number,
    hasEnded: boolean,
  ): Iterable<PeerId> {
    if (this.#isSmall) return this.#takeTurns(ms);
    if (!hasEnded) return [];
    const isIn = (states: readonly PresenceState[]) => (peer: PeerId) =>
      states.includes(members.get(peer)?.state ?? "suspect");
    const chosen = new Set([...suspects].slice(0, ASK_ALL_MAX).map(({ peer }) => peer));
    const living = this.#living.next(members, isIn(["alive"]));
    if (living !== undefined) chosen.add(living);
    const lost = this.#lost.next(members, isIn(["dead", "left"]));
    if (lost !== undefined) chosen.add(lost);
    return chosen;
  }

  #takeTurns(ms: number): readonly PeerId[] {
    const isTime = this.#isWoken || this.dueMs <= ms;
    this.#isWoken = false;
    if (!isTime) return [];
    const { probeMs } = this.#periods;
    const due: PeerId[] = [];
    for (const [peer, turn] of this.#turns) {
      if (turn.dueMs > (turn.isOwn ? ms + probeMs * NEAR : ms)) continue;
      due.push(peer);
      // Who is being asked already is not asked twice.
      turn.dueMs = ms + probeMs;
      turn.isOwn = false;
    }
    return due;
  }
}
