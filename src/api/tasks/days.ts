// The route of a task's days: what became of its runs on each day of the last year, in the zone of its schedule or
// another, so that a year is seen at a glance.

import type { Hono } from "hono";
import { zoneOf } from "../../core/schedule/schedule.ts";
import { readings } from "../../core/schedule/zone.ts";
import { parseZone } from "../../core/schedule/zone-name.ts";
import { latenessMs, type Outcome } from "../../core/task/run.ts";
import { scheduleOf, taskOf } from "../../core/task/task-entity.ts";
import { DAY_MS, wallOf } from "../../core/values/calendar.ts";
import { isFault } from "../../core/values/fault.ts";
import { taskGuid } from "../../core/values/ids.ts";
import { formatInstant, type Instant, instant } from "../../core/values/instant.ts";
import { isSlip } from "../../core/values/slip.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { localTimes } from "../request/local-time.ts";
import { problem } from "../request/problem.ts";
import { readQuery, word } from "../request/query.ts";
import { ZONE_MAX } from "./schedules.ts";
import { idOf, noSuchTask } from "./tasks.ts";

/** 53 weeks. */
export const DAYS_MAX = 371;
/** Records that are read: a tenth of a second of work, in pieces. */
const RUNS_MAX = 10_000;
const PAGE = 500;

function daysQuery() {
  return { zone: word(ZONE_MAX) };
}

type Day =
  & { readonly day: string; readonly from: string; readonly until: string; worstLatenessMs: number | null }
  & {
    [O in Outcome]: number;
  };

export function addDays(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.get("/api/v1/tasks/:id/days", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const query = readQuery(c.env.url, daysQuery());
    if (query instanceof Response) return query;
    const guid = taskGuid(c.env.user, id);
    const task = taskOf((await peer.dossier(guid)).entity);
    if (task === undefined) return noSuchTask(id);
    const schedule = scheduleOf(task);
    const zone = parseZone(query.zone ?? (isFault(schedule) ? "UTC" : zoneOf(schedule)));
    if (isSlip(zone)) {
      const suggestion = zone.edit?.text ?? "Europe/Paris";
      return problem(400, zone.message, { field: "zone", suggestion });
    }
    const local = localTimes(zone) ?? formatInstant;
    const oldest = peer.now() - DAYS_MAX * DAY_MS;
    const days = new Map<string, Day>();
    let cursor: string | undefined;
    let from: Instant | undefined;
    let count = 0;
    do {
      const page = await peer.runs({ guid, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const run of page.items) {
        if (run.outcome === undefined) continue;
        const day = local(run.instant).slice(0, 10);
        const found = days.get(day) ?? emptyDay(day, zone);
        days.set(day, found);
        found[run.outcome]++;
        const late = latenessMs(run);
        if (late !== undefined) found.worstLatenessMs = Math.max(found.worstLatenessMs ?? 0, late);
        from = run.instant;
      }
      count += page.items.length;
      cursor = page.cursor;
    } while (cursor !== undefined && count < RUNS_MAX && (from === undefined || from > oldest));
    return json(200, {
      zone,
      today: local(peer.now()).slice(0, 10),
      from: from === undefined ? null : formatInstant(from),
      isAll: cursor === undefined,
      days: [...days.values()].sort((a, b) => a.day < b.day ? -1 : 1).slice(-DAYS_MAX),
    });
  });
}

function emptyDay(day: string, zone: string): Day {
  const number = Date.parse(`${day}T00:00:00Z`) / DAY_MS;
  const from = formatInstant(midnight(zone, number));
  const until = formatInstant(midnight(zone, number + 1));
  return { day, from, until, delivered: 0, failed: 0, expired: 0, missed: 0, skipped: 0, worstLatenessMs: null };
}

/** When the day begins; where the clocks skip midnight, with the turn. */
function midnight(zone: string, day: number): Instant {
  const wall = wallOf(day, 0);
  const [first = wall] = readings(zone, wall, { gap: "shift", fold: "first" });
  return instant(first);
}
