// The description of what is done about deliveries that fail or wait.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { TASK_ID_MAX } from "../../core/task/task.ts";
import { ERROR_MAX, TARGET_MAX } from "../runs/dead-letters.ts";
import { BREAKERS_MAX } from "../targets/breakers.ts";
import * as delivery from "./delivery-shapes.ts";
import {
  answerOf,
  answers,
  BODY,
  body,
  location,
  page,
  removed,
  runPath,
  taskAnswer,
  taskPath,
  WRITE,
} from "./operation.ts";
import * as shapes from "./shapes.ts";

export const DELIVERY_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/breakers",
    tags: ["targets"],
    summary: "The ways from this peer to targets, those that are shut first",
    description:
      "After ten failures in a row (no connection, no answer in time, 429, 502, 503, 504) a target is left alone for 5 s, " +
      "then one event at a time is tried, at most 30 s apart, or as long as the target asks (Retry-After, 5 min at most), until " +
      "one is answered.",
    request: {
      query: z.object({ limit: z.number().int().min(1).max(BREAKERS_MAX).default(BREAKERS_MAX).optional() }),
    },
    responses: answers({ 200: answerOf("The ways that are in use or have failed of late.", delivery.breakerPage) }),
  },
  {
    method: "get",
    path: "/api/v1/dead-letters",
    tags: ["runs"],
    summary: "Runs that were given up, the latest first",
    description: "Of a target, in the order of their errors, and then the latest first.",
    request: {
      query: z.object({
        ...page,
        target: z.string().max(TARGET_MAX).optional(),
        error: z.string().max(ERROR_MAX).optional(),
        task: z.string().max(TASK_ID_MAX).optional(),
      }),
    },
    responses: answers({ 200: answerOf("A page of runs.", shapes.runPage) }),
  },
  {
    method: "get",
    path: "/api/v1/dead-letters/causes",
    tags: ["runs"],
    summary: "Dead letters counted by target and error",
    request: { query: z.object(page) },
    responses: answers({ 200: answerOf("A page of causes.", delivery.causePage) }),
  },
  {
    method: "post",
    path: "/api/v1/dead-letters/redrive",
    tags: ["runs"],
    summary: "Send dead letters again, with the ids that they have: one, some or all, at a rate",
    request: body(delivery.redriveBody),
    responses: answers({ 202: answerOf("How many go, and until when.", delivery.redriven) }, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/dead-letters/dismiss",
    tags: ["runs"],
    summary: "Take runs off the dead letters: one, some or all. They stay recorded as failed",
    request: body(delivery.dismissBody),
    responses: answers({ 200: answerOf("How many were dismissed.", delivery.dismissed) }, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/runs/{id}/retry",
    tags: ["runs"],
    summary: "Send the event of a settled run again, unless it was delivered",
    request: { params: runPath, ...body(shapes.nothing, false) },
    responses: answers({ 202: { ...answerOf("The run.", shapes.run), headers: location } }, 404, 409, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/backfill",
    tags: ["tasks"],
    summary: "Send what lies in the past of the schedule and was not delivered",
    request: { params: taskPath, ...body(delivery.backfillBody) },
    responses: answers({ 202: answerOf("How many go, and until when.", delivery.backfilled) }, 404, 409, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/skip",
    tags: ["tasks"],
    summary: "Leave out the next occurrence, the next ones, or a named one",
    request: { params: taskPath, ...body(delivery.skipBody, false) },
    responses: answers({ 200: taskAnswer("The task, with what it skips."), ...removed }, 404, 409, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/templates/preview",
    tags: ["schedules"],
    summary: "What an event would look like that is sent by a template",
    request: body(delivery.templateBody),
    responses: answers({ 200: answerOf("It, filled in.", delivery.templatePreview) }, ...BODY),
  },
];
