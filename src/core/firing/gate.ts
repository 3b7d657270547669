// The gate lets attempts go to their targets, each through its target's lane, first come first served: a slow or dead
// target fills its own lane and no other. What waits is named, not held: its task knows the rest. When many wait in a
// lane, further tasks are parked: they leave their seats, and are called when there is room.

import { type Verdict, verdictOf } from "../delivery/breaker.ts";
import type { DeliveryResult } from "../delivery/delivery.ts";
import { Lane, type LaneState, type Passenger } from "../delivery/lane.ts";
import type { Shard } from "../ownership/shard.ts";
import type { ResolvedLimits } from "../targets/target-limits.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import { IdMap } from "../values/id-map.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

/** A task that waits for room at its target. */
export type Parked = { readonly guid: TaskGuid; readonly shard: Shard };

type Place = { readonly lane: Lane; readonly shard: Shard };

/**
 * Events that may wait in all lanes; in each `STALLED_MAX` may in any case, and a lane that does not move takes no more.
 * Who waits holds one of the 32,768 seats, so targets that hang can hold five eighths of them. To be parked and called
 * costs a task a second turn, and perhaps a second read of its record: 30 of 170 µs for each event.
 */
const WAITING_MAX = 20_480;
const STALLED_MAX = 64;

/** A lane through which nothing has come for so long does not move. */
const STALLED_MS = 2_000;

/** Tasks that are parked, at about 150 bytes each; who comes then is to come again later. */
const PARKED_MAX = 500_000;

/** Tasks called at one time for one lane. */
const CALLED_MAX = 256;

/** Lanes that are kept for what they remember, while nobody is in them. */
const IDLE_MAX = 4_096;

export type GateHost = {
  readonly chance: () => number;
  readonly limitsOf: (lane: string) => ResolvedLimits;
};

export class Gate {
  readonly #host: GateHost;
  readonly #lanes = new Map<string, Lane>();
  readonly #inFlight = new IdMap<OccurrenceId, Lane>();
  readonly #parkedIn = new Map<TaskGuid, Place>();
  readonly #called = new Map<TaskGuid, Place>();
  /** Lanes for which tasks are parked. */
  readonly #crowded = new Set<Lane>();
  /** Lanes in which somebody may go now. */
  readonly #open = new Set<Lane>();
  /** Lanes in which somebody waits for a moment, and that moment. */
  readonly #timed = new Map<Lane, number>();
  #wakeAt = Infinity;
  #peers = 1;
  #waiting = 0;
  #changed: Lane[] = [];

  constructor(host: GateHost) {
    this.#host = host;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** When time alone lets somebody go. */
  get wakeAt(): number {
    return this.#open.size > 0 ? -Infinity : this.#wakeAt;
  }

  /** The limits are shared by so many peers. */
  share(peers: number, now: Instant): void {
    if (peers === this.#peers) return;
    this.#peers = peers;
    for (const lane of this.#lanes.values()) {
      lane.set(this.#host.limitsOf(lane.key), peers, now);
      this.#see(lane, now);
    }
  }

  /** True: the passenger goes now. False: it waits, and `next` names it when its turn comes. */
  enter(key: string, passenger: Passenger, now: Instant): boolean {
    const lane = this.#laneOf(key, now);
    if (lane.waiting === 0 && lane.mayGo(now)) {
      this.#go(lane, passenger);
      return true;
    }
    lane.wait(passenger);
    this.#waiting++;
    this.#see(lane, now);
    return false;
  }

  /** The attempt is over; `by`: another peer made it. */
  ended(id: OccurrenceId, result: DeliveryResult, now: Instant, by?: PeerId): void {
    const lane = this.#leave(id);
    if (lane === undefined) return;
    const isReachedElsewhere = lane.took(by, result, now);
    const verdict: Verdict = isReachedElsewhere ? "nothing" : verdictOf(result);
    const { error, retryAfterMs: restMs } = result.kind === "failed" ? result : WELL;
    if (lane.ended(verdict, error, { now, chance: this.#host.chance(), restMs })) this.#changed.push(lane);
    this.#see(lane, now);
  }

  /** What was let go does not go. */
  unused(id: OccurrenceId, now: Instant): void {
    const lane = this.#leave(id);
    if (lane === undefined) return;
    lane.unused();
    this.#see(lane, now);
  }

  /** Somebody that may go now, and from now on is in flight. */
  next(now: Instant): Passenger | undefined {
    this.#wake(now);
    for (const lane of this.#open) {
      const passenger = lane.mayGo(now) ? lane.shift() : undefined;
      if (passenger === undefined) {
        this.#open.delete(lane);
        this.#see(lane, now);
        continue;
      }
      this.#waiting--;
      this.#go(lane, passenger);
      return passenger;
    }
    return undefined;
  }

  /** Who makes an attempt that goes now in place of this peer, which does not reach the target; absent: nobody. */
  standIn(key: string, others: () => readonly PeerId[], now: Instant): PeerId | undefined {
    return this.#lanes.get(key)?.standIn(others, now);
  }

  // ── tasks that wait ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a task is to bring nothing to the lane now, beside `more` that it brings already. */
  isCrowded(key: string, more: number, now: Instant): boolean {
    const lane = this.#lanes.get(key);
    return lane !== undefined && lane.waiting + more >= this.#roomIn(lane, now);
  }

  /** Whether nobody goes there because the target is down. */
  isShut(key: string, now: Instant): boolean {
    const lane = this.#lanes.get(key);
    return lane !== undefined && lane.breaker.until !== undefined && !lane.mayGo(now);
  }

  /** False when no more can be parked. */
  park(key: string, { guid, shard }: Parked, now: Instant): boolean {
    if (this.#parkedIn.has(guid)) return true;
    if (this.#parkedIn.size >= PARKED_MAX) return false;
    const lane = this.#laneOf(key, now);
    lane.parked.add(guid);
    this.#parkedIn.set(guid, { lane, shard });
    this.#crowded.add(lane);
    this.#see(lane, now);
    return true;
  }

  isParked(guid: TaskGuid): boolean {
    return this.#parkedIn.has(guid);
  }

  /** It is here: whatever it waited for. */
  arrived(guid: TaskGuid): void {
    if (this.#called.size === 0 && this.#parkedIn.size === 0) return;
    const called = this.#called.get(guid);
    if (called !== undefined) {
      called.lane.called--;
      this.#called.delete(guid);
    }
    this.#parkedIn.get(guid)?.lane.parked.delete(guid);
    this.#parkedIn.delete(guid);
  }

  /** Takes out all that are of these shards. */
  forgetOf(shards: ReadonlySet<Shard>): void {
    for (const [guid, { shard }] of [...this.#parkedIn, ...this.#called]) if (shards.has(shard)) this.arrived(guid);
  }

  /** Parked tasks that may come now; each is to arrive. */
  call(now: Instant): readonly Parked[] {
    if (this.#crowded.size === 0) return [];
    this.#wake(now);
    const called: Parked[] = [];
    for (const lane of this.#crowded) {
      if (lane.parked.size === 0) {
        this.#crowded.delete(lane);
        this.#see(lane, now);
        continue;
      }
      const room = Math.ceil(this.#roomIn(lane, now) / 2) - lane.waiting;
      for (const guid of lane.parked) {
        if (lane.called >= Math.min(room, CALLED_MAX)) break;
        const place = this.#parkedIn.get(guid);
        if (place === undefined) throw new Error(`the task ${guid} waits in a lane, and is not parked`);
        lane.parked.delete(guid);
        this.#parkedIn.delete(guid);
        this.#called.set(guid, place);
        lane.called++;
        called.push({ guid, shard: place.shard });
      }
    }
    return called;
  }

  /** Why nothing goes there, for the record of what is not sent; absent: something does. */
  whyShut(key: string): string | undefined {
    return this.#lanes.get(key)?.shutReason;
  }

  // ── for those who look ───────────────────────────────────────────────────────────────────────────────────────────

  /** Why what waits in the lane does, or what a parked task has due. */
  reasonOf(key: string, now: Instant): string | undefined {
    return this.#lanes.get(key)?.reason(now);
  }

  reasonOfParked(guid: TaskGuid, now: Instant): string | undefined {
    return this.#parkedIn.get(guid)?.lane.reason(now);
  }

  /** Lanes that somebody is in, or that remember a failure. */
  lanes(now: Instant): readonly LaneState[] {
    return Array.from(this.#lanes.values(), (lane) => lane.state(now));
  }

  /** Lanes whose breaker was opened or closed since the last call. */
  takeChanged(now: Instant): readonly LaneState[] {
    if (this.#changed.length === 0) return NONE;
    return this.#changed.splice(0).map((lane) => lane.state(now));
  }

  // ── lanes ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #laneOf(key: string, now: Instant): Lane {
    const limits = this.#host.limitsOf(key);
    const known = this.#lanes.get(key);
    if (known !== undefined) {
      known.set(limits, this.#peers, now);
      return known;
    }
    if (this.#lanes.size >= IDLE_MAX) this.#forgetOldest();
    const lane = new Lane(key, limits, { peers: this.#peers, now });
    this.#lanes.set(key, lane);
    return lane;
  }

  #forgetOldest(): void {
    for (const [key, lane] of this.#lanes) {
      if (!lane.isIdle) continue;
      this.#lanes.delete(key);
      return;
    }
  }

  #go(lane: Lane, { id }: Passenger): void {
    lane.go();
    this.#inFlight.set(id, lane);
  }

  #leave(id: OccurrenceId): Lane | undefined {
    return this.#inFlight.take(id);
  }

  /** How many may wait in the lane. At a breaker that is not closed nobody but the one that it lets go next. */
  #roomIn(lane: Lane, now: Instant): number {
    if (lane.breaker.until !== undefined) return lane.mayGo(now) ? 1 : 0;
    if (lane.idleMs(now) >= STALLED_MS) return STALLED_MAX;
    return Math.max(STALLED_MAX, lane.waiting + WAITING_MAX - this.#waiting);
  }

  /** Something of the lane has changed: whether somebody may go, or when. */
  #see(lane: Lane, now: Instant): void {
    if (lane.waiting === 0 && lane.parked.size === 0) {
      this.#open.delete(lane);
      this.#timed.delete(lane);
      // What it knows is what a new one would.
      if (lane.isIdle && lane.isFresh) this.#lanes.delete(lane.key);
      return;
    }
    if (lane.mayGo(now)) {
      // Those that are parked are called at the end of every event.
      if (lane.waiting > 0) this.#open.add(lane);
      return;
    }
    const at = lane.opensAt(now);
    if (at === Infinity) return void this.#timed.delete(lane);
    this.#timed.set(lane, at);
    this.#wakeAt = Math.min(this.#wakeAt, at);
  }

  #wake(now: Instant): void {
    if (this.#wakeAt > now) return;
    this.#wakeAt = Infinity;
    for (const [lane, at] of [...this.#timed]) {
      if (at <= now) {
        this.#timed.delete(lane);
        this.#see(lane, now);
      } else this.#wakeAt = Math.min(this.#wakeAt, at);
    }
  }
}

const NONE: readonly LaneState[] = [];
const WELL = { error: "", retryAfterMs: undefined };
