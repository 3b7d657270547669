// The routes of breakers: the ways from this peer to targets, and which of them are shut because their target is down.

import type { Hono } from "hono";
import type { LaneState } from "../../core/delivery/lane.ts";
import type { PeerId } from "../../core/values/ids.ts";
import { formatInstant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readQuery, whole } from "../request/query.ts";

/** A peer knows no more than some thousand targets at a time. */
export const BREAKERS_MAX = 500;

function breakersQuery() {
  return { limit: whole(1, BREAKERS_MAX, BREAKERS_MAX) };
}

export function addBreakers(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.get("/api/v1/breakers", (c) => {
    const query = readQuery(c.env.url, breakersQuery());
    if (query instanceof Response) return query;
    // What needs attention comes first.
    const lanes = peer.lanes().toSorted((a, b) => rankOf(b) - rankOf(a) || (a.target < b.target ? -1 : 1));
    return json(200, { peer: peer.id, items: lanes.slice(0, query.limit).map(laneView) });
  });
}

export type LaneView = {
  readonly target: string;
  readonly breaker: LaneState["breaker"];
  readonly until: string | null;
  readonly failures: number;
  readonly error: string | null;
  readonly by: PeerId | null;
  readonly inFlight: number;
  readonly waiting: number;
  readonly tasksWaiting: number;
};

export function laneView({ until, error, by, ...lane }: LaneState): LaneView {
  return { ...lane, until: until === undefined ? null : formatInstant(until), error: error ?? null, by: by ?? null };
}

function rankOf({ breaker, failures, waiting, tasksWaiting }: LaneState): number {
  return (breaker === "closed" ? 0 : 4) + (failures > 0 ? 2 : 0) + (waiting + tasksWaiting > 0 ? 1 : 0);
}
