// The roster: who lives, and how far the own clock is off from theirs. It is drawn up anew only when something of it has
// changed: with each message this is asked several times, and most messages change nothing of it.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { type Periods, suspicionMs } from "../values/periods.ts";
import { isLiving, type Member } from "./member.ts";
import { clockAmong, type ClockView } from "./skew.ts";

export class Roster {
  readonly #members: ReadonlyMap<PeerId, Member>;
  #all: readonly Readonly<Member>[] | undefined;
  #alive: readonly PeerId[] | undefined;
  #clock: ClockView | undefined;
  /** How far the own clock may have been set ahead since it was last seen to be right. */
  #setMs = 0;

  /** `members` is read as it is when it is asked for the first time after a change. */
  constructor(members: ReadonlyMap<PeerId, Member>) {
    this.#members = members;
  }

  /** One has come or gone, or another state is believed of it. */
  moved(): void {
    this.#all = undefined;
    this.#alive = undefined;
    this.#clock = undefined;
  }

  /** A probe that was sent to it at `sentAt` was answered with its clock at `wall`, and the answer came at `now`. */
  measured({ samples }: Member, sentAt: Instant, wall: Instant, now: Instant): void {
    samples.add(sentAt, wall, now);
    this.#clock = undefined;
    if (this.#setMs !== 0 && this.#isRight()) this.#setMs = 0;
  }

  /** The own clock was set by that much, or the peer stood still for as long. */
  forgetSkews(byMs: number): void {
    this.#setMs += byMs;
    for (const { samples } of this.#members.values()) samples.clear();
    this.#clock = undefined;
  }

  /** As they are, and will be. */
  all(): readonly Readonly<Member>[] {
    return this.#all ??= [...this.#members.values()];
  }

  /** The others that are not given up: a suspect is alive until it is dead. */
  alive(): readonly PeerId[] {
    return this.#alive ??= this.#living().map(({ peer }) => peer);
  }

  /** Of a mesh of as many as live. */
  suspicionMs(periods: Periods): number {
    return suspicionMs(periods, this.alive().length + 1);
  }

  clock(): ClockView {
    return this.#clock ??= clockAmong(this.#living().flatMap(({ samples }) => samples.skewMs ?? []), this.#setMs);
  }

  /** By all who live: the first that was measured may have been set as well. */
  #isRight(): boolean {
    return this.clock().isShared && this.#living().every(({ samples }) => samples.skewMs !== undefined);
  }

  #living(): readonly Member[] {
    return [...this.#members.values()].filter(isLiving);
  }
}
