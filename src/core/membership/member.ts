// A member as this peer sees it: what is believed of it, what it said itself, and how far its clock is off.

import type { PeerNews, PresenceState } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { SkewSamples } from "./skew.ts";

export type MemberView = {
  readonly peer: PeerId;
  readonly state: PresenceState;
  /** 0 while nothing was ever heard of it. */
  readonly incarnation: number;
  /** Absent until it has answered this peer, or one that was asked to probe it: it may be known to be alive before. */
  readonly news?: PeerNews;
  /** The number of the last probe of this peer that it has answered; 0 when none. */
  readonly answered: number;
  readonly rttMs?: number;
  /** How far its clock is ahead of the own one. */
  readonly skewMs?: number;
  /** When it last said anything itself. */
  readonly lastHeard?: Instant;
  readonly since: Instant;
};

export type Member = {
  readonly peer: PeerId;
  state: PresenceState;
  incarnation: number;
  /** What it last said of itself; less than `incarnation` when it has not yet heard what is said of it. */
  said: number;
  news?: PeerNews;
  answered: number;
  lastHeard?: Instant;
  /** In loop time, as is `suspectUntilMs`. */
  heardMs: number;
  since: Instant;
  suspectUntilMs: number;
  readonly samples: SkewSamples;
};

/** Dead until it answers: who was never heard of owns nothing. */
export function newMember(peer: PeerId, now: Instant): Member {
  return {
    peer,
    state: "dead",
    incarnation: 0,
    said: 0,
    answered: 0,
    heardMs: -Infinity,
    since: now,
    suspectUntilMs: Infinity,
    samples: new SkewSamples(),
  };
}

/** A suspect is alive until it is dead. */
export function isLiving({ state }: Member): boolean {
  return state === "alive" || state === "suspect";
}

export function viewOf({ peer, state, incarnation, news, answered, lastHeard, since, samples }: Member): MemberView {
  const { rttMs, skewMs } = samples;
  return {
    peer,
    state,
    incarnation,
    ...(news === undefined ? {} : { news }),
    answered,
    ...(rttMs === undefined ? {} : { rttMs }),
    ...(skewMs === undefined ? {} : { skewMs }),
    ...(lastHeard === undefined ? {} : { lastHeard }),
    since,
  };
}
