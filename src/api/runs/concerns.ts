// What an operator should look after, beside what fails: clocks that are off, and targets that are left alone.

import type { LaneState } from "../../core/delivery/lane.ts";
import type { PeerState } from "../../core/machine/mesh-state.ts";
import { offMedianMs, SKEW_MAX_MS } from "../../core/membership/skew.ts";
import type { PeerId } from "../../core/values/ids.ts";
import { formatInstant } from "../../core/values/instant.ts";

/** Of each kind; the pages of the mesh and of targets have all. */
const SHOWN_MAX = 5;

type Mesh = {
  readonly self: PeerId;
  readonly peers: readonly Pick<PeerState, "peer" | "name" | "state" | "skewMs">[];
};

/** Peers whose clocks are off the middle of all, or, of two, off the other's: those that are off furthest first. */
export function clocksOff({ self, peers }: Mesh) {
  const clocks = peers.filter(({ state }) => state === "alive").flatMap(({ peer, name, skewMs }) =>
    peer === self ? [{ peer, name, ms: 0 }] : skewMs === undefined ? [] : [{ peer, name, ms: skewMs }]
  );
  // Nobody can say which of two is wrong: the other one is as far off as its clock differs from this one's.
  const offOf = (own: typeof clocks[number]) =>
    clocks.length === 2
      ? own.ms
      : offMedianMs(own.ms, clocks.filter(({ peer }) => peer !== own.peer).map(({ ms }) => ms));
  return clocks.map((clock) => ({ peer: clock.peer, name: clock.name, offMs: Math.round(offOf(clock)) }))
    .filter(({ offMs }) => Math.abs(offMs) > SKEW_MAX_MS)
    .sort((a, b) => Math.abs(b.offMs) - Math.abs(a.offMs))
    .slice(0, SHOWN_MAX);
}

/** Targets to which this peer sends nothing for a while, those that failed most often first. */
export function shutTargets(lanes: readonly LaneState[]) {
  return lanes.filter(({ breaker }) => breaker !== "closed")
    .sort((a, b) => b.failures - a.failures || (a.target < b.target ? -1 : 1))
    .slice(0, SHOWN_MAX)
    .map(({ target, failures, error, until, waiting, tasksWaiting }) => ({
      target,
      failures,
      error: error ?? null,
      until: until === undefined ? null : formatInstant(until),
      waiting: waiting + tasksWaiting,
    }));
}
