// The preview of a schedule, by the engine's own reckoning: what it says in a sentence, when it is next, and what to
// know about it.

import type { Hono } from "hono";
import { type Choices, choicesOf } from "../../core/schedule/choices.ts";
import { notes } from "../../core/schedule/notes.ts";
import { parseSchedule, printSchedule } from "../../core/schedule/schedule-source.ts";
import { nextAtOrAfter, type Schedule, zoneOf } from "../../core/schedule/schedule.ts";
import { describe } from "../../core/schedule/sentence.ts";
import { instantIn } from "../../core/task/definition.ts";
import { scheduleOf, taskOf } from "../../core/task/task-entity.ts";
import { isFault } from "../../core/values/fault.ts";
import { Faults, number, text } from "../../core/values/faults.ts";
import { taskGuid } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { localTimes } from "../request/local-time.ts";
import { faultsResponse } from "../request/problem.ts";
import { moment, readQuery, whole, word } from "../request/query.ts";
import { idOf, noSuchTask } from "./tasks.ts";

export const PREVIEW = 10;
export const PREVIEW_MAX = 1_000;
export const NEXT_MAX = 100;
export const ZONE_MAX = 64;

/** How long a preview may reckon: of a schedule that is found so slowly, the first occurrences are shown. */
const RECKON_MS = 50;
/** The first ten may take longer: a machine that is busy with other things shows them too. */
const RECKON_FIRST_MS = 500;

function nextQuery() {
  return { count: whole(1, NEXT_MAX, PREVIEW), from: moment(), zone: word(ZONE_MAX) };
}

export type Preview = {
  readonly sentence: string;
  readonly next: readonly string[];
  /** The same in the zone. */
  readonly local: readonly string[];
  readonly notes: readonly string[];
  readonly neverFires: boolean;
  readonly zone: string;
  readonly canonical: unknown;
  /** What a form begins with. */
  readonly choices: Choices;
};

export function addSchedules(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.post("/api/v1/schedules/preview", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["schedule", "from", "count", "zone"]);
    const schedule = parseSchedule(body.schedule);
    if (isFault(schedule)) faults.take(schedule);
    const from = body.from === undefined ? peer.now() : instantIn(body.from, "from", faults);
    const count = body.count === undefined ? PREVIEW : number(body.count, "count", 1, PREVIEW_MAX, faults);
    const zone = body.zone === undefined ? undefined : text(body.zone, "zone", 1, ZONE_MAX, faults);
    checkZone(zone, faults);
    if (isFault(schedule) || faults.all.length > 0) return faultsResponse(faults.all);
    return json(200, preview(schedule, { from, count, ...(zone === undefined ? {} : { zone }) }));
  });

  app.get("/api/v1/tasks/:id/next", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const query = readQuery(c.env.url, nextQuery());
    if (query instanceof Response) return query;
    const { count, from = peer.now(), zone } = query;
    const faults = new Faults();
    checkZone(zone, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all, 400);
    const task = taskOf((await peer.dossier(taskGuid(c.env.user, id))).entity);
    if (task === undefined) return noSuchTask(id);
    const schedule = scheduleOf(task);
    if (isFault(schedule)) throw new Error(`task ${task.guid} has no schedule: ${schedule.message}`);
    return json(200, preview(schedule, { from, count, ...(zone === undefined ? {} : { zone }) }));
  });
}

function preview(
  schedule: Schedule,
  wanted: { readonly from: Instant; readonly count: number; readonly zone?: string },
): Preview {
  const { from, count, zone = zoneOf(schedule) } = wanted;
  const local = localTimes(zone) ?? formatInstant;
  const began = performance.now();
  const next: Instant[] = [];
  for (let at = nextAtOrAfter(schedule, from); at !== undefined; at = nextAtOrAfter(schedule, (at + 1) as Instant)) {
    next.push(at);
    if (next.length === count) break;
    if (performance.now() - began > (next.length < PREVIEW ? RECKON_FIRST_MS : RECKON_MS)) break;
  }
  return {
    sentence: describe(schedule),
    next: next.map(formatInstant),
    local: next.map(local),
    notes: notes(schedule, from),
    neverFires: next.length === 0,
    zone,
    canonical: printSchedule(schedule),
    choices: choicesOf(schedule),
  };
}

function checkZone(zone: string | undefined, faults: Faults): void {
  if (zone === undefined || localTimes(zone) !== undefined) return;
  faults.add("zone", `There is no time zone ${zone} here.`, { suggestion: "Europe/Paris" });
}
