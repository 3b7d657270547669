// A lane is the way to one target from this peer: who is in flight there, who waits, and whether one more may go by the
// target's limits. It holds no more than names.

import type { ResolvedLimits } from "../targets/target-limits.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import { formatInstant, type Instant } from "../values/instant.ts";
import { TokenBucket } from "../values/token-bucket.ts";
import { Breaker, type BreakerState, type Verdict } from "./breaker.ts";
import type { DeliveryResult } from "./delivery.ts";
import { isUnreached, Route } from "./route.ts";

export type Passenger = { readonly guid: TaskGuid; readonly id: OccurrenceId };

/**
 * Attempts in flight in one lane to who speaks HTTP. Measured with undici on one core: 16 to 64 connections carry the most, 256 carry
 * less; a receiver of ordinary make is served better by fewer.
 */
export const LANE_MAX = 64;

/** How a lane stands, for those who look. */
export type LaneState = {
  /** The origin of the target, or `@user/name`. */
  readonly target: string;
  readonly breaker: BreakerState;
  /** When an open breaker lets the next one go. */
  readonly until?: Instant;
  /** Failures in a row, and the last one's error. */
  readonly failures: number;
  readonly error?: string;
  /** Another peer that makes its attempts, since this one does not reach the target. */
  readonly by?: PeerId;
  readonly inFlight: number;
  /** Events that wait, and tasks that wait with theirs. */
  readonly waiting: number;
  readonly tasksWaiting: number;
};

export class Lane {
  readonly key: string;
  readonly breaker = new Breaker();
  /** By which peer its attempts are made; absent while this one has always reached the target. */
  #route: Route | undefined;
  /** Tasks that are not to come before they are called, in order. */
  readonly parked = new Set<TaskGuid>();
  /** Called, and not here yet. */
  called = 0;
  #limits: ResolvedLimits;
  /** Of a mesh of so many peers. */
  #peers: number;
  #bucket: TokenBucket | undefined;
  #inFlight = 0;
  #waiting: Passenger[] = [];
  #head = 0;
  /** When something last went through it, or it was made. */
  #movedAt: Instant;

  constructor(key: string, limits: ResolvedLimits, { peers, now }: { readonly peers: number; readonly now: Instant }) {
    this.key = key;
    this.#limits = limits;
    this.#peers = peers;
    this.#movedAt = now;
    if (limits.rate !== undefined) this.#bucket = new TokenBucket(limits.rate, 1 / peers, now);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  /** Nobody is in it. */
  get isIdle(): boolean {
    return this.#inFlight === 0 && this.waiting === 0 && this.parked.size === 0 && this.called === 0;
  }

  /** It remembers nothing. */
  get isFresh(): boolean {
    return this.breaker.isFresh && this.#bucket === undefined && this.#route?.isFresh !== false;
  }

  /** Other limits, or another number of peers to share them. */
  set(limits: ResolvedLimits, peers: number, now: Instant): void {
    if (limits === this.#limits && peers === this.#peers) return;
    this.#limits = limits;
    this.#peers = peers;
    const { rate } = limits;
    if (rate === undefined) this.#bucket = undefined;
    else if (this.#bucket === undefined) this.#bucket = new TokenBucket(rate, 1 / peers, now);
    else this.#bucket.resize(rate, 1 / peers, now);
  }

  /** Attempts in flight that this peer may have. */
  get most(): number {
    const { concurrency, width = LANE_MAX } = this.#limits;
    return concurrency === undefined ? width : Math.max(1, Math.floor(concurrency / this.#peers));
  }

  mayGo(now: Instant): boolean {
    return this.#inFlight < this.most && this.breaker.mayGo(this.#inFlight, now) && this.#bucket?.has(now) !== false;
  }

  go(): void {
    this.#inFlight++;
    this.#bucket?.take();
    this.breaker.went();
  }

  wait(passenger: Passenger): void {
    this.#waiting.push(passenger);
  }

  /** The first that waits. */
  shift(): Passenger | undefined {
    const next = this.#waiting[this.#head];
    if (next === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#waiting.length || (this.#head > 1_024 && this.#head * 2 > this.#waiting.length)) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }

  /** True when that opened or closed the breaker. */
  ended(
    verdict: Verdict,
    error: string,
    told: { readonly now: Instant; readonly chance: number; readonly restMs?: number | undefined },
  ): boolean {
    this.#inFlight--;
    if (verdict === "answered") this.#movedAt = told.now;
    return this.breaker.ended(verdict, error, { ...told, most: this.most, limits: this.#limits.breaker });
  }

  /**
   * Of an attempt that has ended, made by this peer or by another: who gets to the target. Whether that did not, and
   * somebody else does: then the target is well.
   */
  took(by: PeerId | undefined, result: DeliveryResult, now: Instant): boolean {
    const isLost = isUnreached(result, by);
    if (isLost === undefined || (this.#route === undefined && !isLost)) return false;
    this.#route ??= new Route();
    this.#route.note(by, isLost, now);
    return isLost && this.#route.by !== undefined;
  }

  /** Who makes the next attempt in place of this peer; absent: nobody. */
  standIn(others: () => readonly PeerId[], now: Instant): PeerId | undefined {
    return this.#route === undefined || this.#route.isFresh ? undefined : this.#route.choose(others(), now);
  }

  /** One that was let go did not go. */
  unused(): void {
    this.#inFlight--;
    this.#bucket?.giveBack();
    this.breaker.unused();
  }

  /** When time alone lets one go; Infinity when only an end does. */
  opensAt(now: Instant): number {
    const until = Math.max(this.breaker.until ?? now, now) as Instant;
    if (this.#inFlight >= this.most || !this.breaker.mayGo(this.#inFlight, until)) return Infinity;
    return this.#bucket === undefined || this.#bucket.has(now) ? until : Math.max(until, this.#bucket.nextAt);
  }

  /** Nothing has come through for so long. */
  idleMs(now: Instant): number {
    return now - this.#movedAt;
  }

  /** Why one that waits does, for a human; absent when it would go now. */
  reason(now: Instant): string | undefined {
    const { until, error } = this.breaker;
    const state = this.breaker.stateAt(now);
    if (state === "open" && until !== undefined) {
      return `waiting: the breaker of ${this.key} is open until ${formatInstant(until)} (${error})`;
    }
    if (state === "half-open") return `waiting: the breaker of ${this.key} tries one event at a time (${error})`;
    if (this.#bucket?.has(now) === false) {
      return `waiting: ${this.key} takes ${this.#limits.rate?.perSecond} events a second`;
    }
    if (this.mayGo(now) && this.waiting === 0) return undefined;
    return `waiting: ${this.key} has ${this.#inFlight} events in flight from this peer, and ${this.waiting} wait`;
  }

  /** Why nothing was sent for now, for a record; absent while the breaker is closed. */
  get shutReason(): string | undefined {
    const { until, error } = this.breaker;
    return until === undefined
      ? undefined
      : `its target was left alone: the breaker of ${this.key} was open (${error})`;
  }

  state(now: Instant): LaneState {
    const { until, failures, error } = this.breaker;
    return {
      target: this.key,
      breaker: this.breaker.stateAt(now),
      ...(until === undefined ? {} : { until }),
      failures,
      ...(error === "" ? {} : { error }),
      ...(this.#route?.by === undefined ? {} : { by: this.#route.by }),
      inFlight: this.#inFlight,
      waiting: this.waiting,
      tasksWaiting: this.parked.size,
    };
  }
}
