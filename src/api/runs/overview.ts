// The route of the overview: how it goes, in one answer, so that the first page needs one question.

import type { Hono } from "hono";
import { taskOf } from "../../core/task/task-entity.ts";
import { taskGuid, type UserId } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { meshNews } from "../mesh/mesh.ts";
import { json } from "../request/answer.ts";
import { readQuery } from "../request/query.ts";
import { clocksOff, shutTargets } from "./concerns.ts";
import { Pulse } from "./pulse.ts";

/** What lies ahead: a quarter of an hour, in pieces of ten seconds. */
export const AHEAD_MS = 15 * 60_000;
const PIECE_MS = 10_000;
/** Occurrences that are reckoned; more are a density that no eye tells from this one. */
const AHEAD_MAX = 5_000;
/** Users whose runs are counted at a time: about 0.1 MB each. */
const PULSES_MAX = 16;
const FIRST_SHOWN = 6;

export function addOverview(app: Hono<ApiEnv>, { peer, closing, catalogue }: Doors): void {
  /** By user; everyone's is under "". The one that was looked at longest ago goes first. */
  const pulses = new Map<string, Pulse>();
  closing.addEventListener("abort", () => pulses.forEach((pulse) => pulse.close()));

  app.get("/api/v1/overview", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const user = c.env.isEveryone ? undefined : c.env.user;
    const { since, lateness, failing, ...counts } = await pulseOf(user).state();
    const now = peer.now();
    const until = (now + AHEAD_MS) as Instant;
    const upcoming = await catalogue.upcoming(until, AHEAD_MAX, user) ?? [];
    const pieces = Array.from({ length: AHEAD_MS / PIECE_MS }, () => 0);
    for (const { at } of upcoming) {
      const piece = Math.min(pieces.length - 1, Math.max(0, Math.floor((at - now) / PIECE_MS)));
      pieces[piece] = (pieces[piece] ?? 0) + 1;
    }
    const state = peer.mesh();
    return json(200, {
      now: formatInstant(now),
      since: formatInstant(since),
      tasks: await catalogue.count(user) ?? null,
      ...counts,
      lateness: lateness ?? null,
      failing: await Promise.all(failing.map(async ({ since, error, ...each }) => ({
        ...each,
        name: await nameOf(each),
        since: formatInstant(since),
        error: error ?? null,
      }))),
      ahead: {
        pieceMs: PIECE_MS,
        pieces,
        first: upcoming.slice(0, FIRST_SHOWN).map(({ at, ...each }) => ({ ...each, at: formatInstant(at) })),
        isAll: upcoming.length < AHEAD_MAX,
      },
      // The ways to targets are of all users.
      shut: c.env.isEveryone ? shutTargets(peer.lanes()) : [],
      clocks: clocksOff(state),
      mesh: meshNews(state),
    });
  });

  async function nameOf({ user, task }: { readonly user: UserId; readonly task: string }): Promise<string> {
    const { entity } = await peer.dossier(taskGuid(user, task));
    return (entity === undefined ? undefined : taskOf(entity))?.definition.name ?? task;
  }

  function pulseOf(user: UserId | undefined): Pulse {
    const key = user ?? "";
    const pulse = pulses.get(key) ?? new Pulse(peer, user);
    pulses.delete(key);
    pulses.set(key, pulse);
    const [oldest] = pulses.keys();
    if (pulses.size > PULSES_MAX && oldest !== undefined) {
      pulses.get(oldest)?.close();
      pulses.delete(oldest);
    }
    return pulse;
  }
}
