// The preview of a template: what an event would look like that is sent by it.

import type { Hono } from "hono";
import { maskTarget, parseTarget } from "../../core/targets/target.ts";
import { instantIn, payloadIn } from "../../core/task/definition.ts";
import { occurrenceId } from "../../core/task/occurrence.ts";
import { type Outcome, OUTCOMES } from "../../core/task/run.ts";
import { TASK_ID_MAX, TASK_NAME_MAX } from "../../core/task/task.ts";
import { fillPayload, fillTarget, payloadFault, targetFault, type TemplateEvent } from "../../core/task/template.ts";
import { isFault } from "../../core/values/fault.ts";
import { choice, Faults, number, text } from "../../core/values/faults.ts";
import { taskGuid } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse } from "../request/problem.ts";
import { plainTarget } from "./view.ts";

export const ATTEMPT_MAX = 1_000;

export function addTemplates(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.post("/api/v1/templates/preview", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["payload", "target", "instant", "attempt", "id", "name", "previous"]);
    const payload = body.payload === undefined ? null : payloadIn(body.payload, "payload", faults);
    const target = body.target === undefined ? undefined : parseTarget(body.target);
    if (isFault(target)) faults.take(target);
    const task = body.id === undefined ? "preview" : text(body.id, "id", 1, TASK_ID_MAX, faults);
    const name = body.name === undefined ? task : text(body.name, "name", 1, TASK_NAME_MAX, faults);
    const attempt = body.attempt === undefined ? 1 : number(body.attempt, "attempt", 1, ATTEMPT_MAX, faults);
    const now = peer.now();
    const instant = body.instant === undefined ? now : instantIn(body.instant, "instant", faults) ?? now;
    if (body.previous !== undefined && body.previous !== null) choice(body.previous, "previous", OUTCOMES, faults);
    if (faults.all.length > 0 || isFault(target)) return faultsResponse(faults.all);
    const wrong = payloadFault(payload) ?? (target === undefined ? undefined : targetFault(target));
    if (wrong !== undefined) return faultsResponse([wrong]);
    const outcome: Outcome | undefined = OUTCOMES.find((each) => each === body.previous);
    const event: TemplateEvent = {
      ...{ id: occurrenceId(taskGuid(c.env.user, task), instant), task, name, attempt, instant, now },
      ...(outcome === undefined ? {} : { previous: { instant: (instant - 60_000) as Instant, outcome } }),
    };
    return json(200, {
      payload: fillPayload(payload, event),
      ...(target === undefined ? {} : { target: plainTarget(maskTarget(fillTarget(target, event))) }),
    });
  });
}
