// The gate keeps the attempts in flight in one lane within a bound, first come first served, so that a slow target
// fills its own lane and no other. What waits is named, not held: its task knows the rest.

import type { OccurrenceId } from "./occurrence.ts";
import type { TaskGuid } from "./task.ts";

export type Passenger = { readonly guid: TaskGuid; readonly id: OccurrenceId };

/**
 * Attempts in flight at one origin. Measured with undici on one core: 16 to 64 connections carry the most, 256 carry
 * less; a receiver of ordinary make is served better by fewer.
 */
export const LANE_MAX = 64;

type Lane = { inFlight: number; waiting: Passenger[]; head: number };

export class Gate {
  readonly #lanes = new Map<string, Lane>();
  readonly #inFlight = new Map<OccurrenceId, string>();

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** True: the passenger goes now. False: it waits, and `leave` names it when its turn comes. */
  enter(origin: string, passenger: Passenger): boolean {
    let lane = this.#lanes.get(origin);
    if (lane === undefined) {
      lane = { inFlight: 0, waiting: [], head: 0 };
      this.#lanes.set(origin, lane);
    }
    if (lane.inFlight >= LANE_MAX) {
      lane.waiting.push(passenger);
      return false;
    }
    lane.inFlight++;
    this.#inFlight.set(passenger.id, origin);
    return true;
  }

  /** The attempt is over; the passenger that takes its place, if one waits. */
  leave(id: OccurrenceId): Passenger | undefined {
    const origin = this.#inFlight.get(id);
    if (origin === undefined) return undefined;
    this.#inFlight.delete(id);
    const lane = this.#lanes.get(origin);
    if (lane === undefined) throw new Error(`an attempt left ${origin}, where no lane is`);
    const next = lane.waiting[lane.head];
    if (next === undefined) {
      lane.inFlight--;
      if (lane.inFlight === 0) this.#lanes.delete(origin);
      return undefined;
    }
    lane.head++;
    if (lane.head > 1024 && lane.head * 2 > lane.waiting.length) {
      lane.waiting = lane.waiting.slice(lane.head);
      lane.head = 0;
    }
    this.#inFlight.set(next.id, origin);
    return next;
  }
}
