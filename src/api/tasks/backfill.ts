// The routes by which a user reaches into the schedule of a task: what lies in the past and was not delivered is sent now
// (a backfill), what is to come is not sent (a skip).

import type { Hono } from "hono";
import { SKIPS_MAX } from "../../core/firing/edit.ts";
import type { TaskCommand } from "../../core/protocol/command.ts";
import { between } from "../../core/schedule/schedule.ts";
import { parseInstant } from "../../core/task/definition.ts";
import { occurrenceId } from "../../core/task/occurrence.ts";
import { scheduleOf, taskOf } from "../../core/task/task-entity.ts";
import { isFault } from "../../core/values/fault.ts";
import { describeValue, Faults, number } from "../../core/values/faults.ts";
import { taskGuid } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { drive, drivenView, perSecondIn } from "../runs/drive.ts";
import { submit } from "./put.ts";
import { idOf, noSuchTask, refusedTask } from "./tasks.ts";
import { ownershipOf, showTask } from "./view.ts";

/** Occurrences that one request sends. */
export const BACKFILL_MAX = 1_000;

export function addBackfill(app: Hono<ApiEnv>, { peer, quotas }: Doors): void {
  app.post("/api/v1/tasks/:id/backfill", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["from", "until", "count", "perSecond"]);
    const now = peer.now();
    const from = momentIn(body.from, "from", faults);
    const until = body.until === undefined ? now : momentIn(body.until, "until", faults);
    const count = body.count === undefined ? BACKFILL_MAX : number(body.count, "count", 1, BACKFILL_MAX, faults);
    const perSecond = perSecondIn(body.perSecond, faults);
    if (faults.all.length === 0 && from >= until) {
      faults.add("until", '"until" is later than "from"; the occurrences from "from" on and before "until" are sent.');
    }
    if (faults.all.length === 0 && until > now) {
      faults.add("until", "What is to come comes by itself: a backfill ends now, or before.", {
        suggestion: formatInstant(now),
      });
    }
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const guid = taskGuid(c.env.user, id);
    const task = taskOf((await peer.dossier(guid)).entity);
    if (task === undefined) return noSuchTask(id);
    const schedule = scheduleOf(task);
    if (isFault(schedule)) return problem(409, schedule.message, { field: "schedule" });
    const found = between(schedule, from, until, count + 1);
    const instants = found.slice(0, count);
    const over = await quotas.fire(c.env.user, {
      count: instants.length,
      ...(perSecond === undefined ? {} : { perSecond }),
    });
    if (over !== undefined) return refusalResponse(over);
    const driven = await drive(peer, instants.map((instant) => ({ guid, id: occurrenceId(guid, instant), instant })), {
      start: now,
      ...(perSecond === undefined ? {} : { perSecond }),
    });
    const next = found[count];
    return json(202, { ...drivenView(driven), next: next === undefined ? null : formatInstant(next) });
  });

  app.post("/api/v1/tasks/:id/skip", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["count", "instant"]);
    const count = body.count === undefined ? {} : { count: number(body.count, "count", 1, SKIPS_MAX, faults) };
    const instant = body.instant === undefined ? {} : { instant: momentIn(body.instant, "instant", faults) };
    if (body.count !== undefined && body.instant !== undefined) {
      faults.add("instant", 'Say "count" or "instant", not both.');
    }
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const command: TaskCommand = { kind: "skip", ...count, ...instant };
    const result = await submit(peer, { kind: "task", guid: taskGuid(c.env.user, id), command });
    if (result.kind === "refused") return refusedTask(id, result);
    if (result.kind !== "task") throw new Error(`a skip was answered with ${result.kind}`);
    const shown = showTask(result.dossier, ownershipOf(peer, result.dossier), peer.now());
    // Nothing is left of it to be sent, and it was to be removed then (removeWhenDone).
    return shown === undefined ? empty(204) : json(200, shown.view, { etag: shown.tag });
  });
}

function momentIn(value: unknown, field: string, faults: Faults): Instant {
  const at = typeof value === "string" ? parseInstant(value) : undefined;
  if (at !== undefined) return at;
  faults.add(field, `"${field}" is a date and time by RFC 3339, with Z or an offset, not ${describeValue(value)}.`, {
    suggestion: "2026-12-01T09:00:00Z",
  });
  return 0 as Instant;
}
