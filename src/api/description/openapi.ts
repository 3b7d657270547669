// The description of the API, OpenAPI 3.1: every operation, what it takes and what it may answer. Loaded when it is
// first asked for.

import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { TARGET_NAME_MAX } from "../../core/targets/target.ts";
import { OUTCOMES } from "../../core/task/run.ts";
import { TASK_ID_MAX } from "../../core/task/task.ts";
import { LABELS_MAX } from "../../core/values/labels.ts";
import { LINES_TYPE } from "../tasks/batch.ts";
import { RECENT_MAX } from "../tasks/recent.ts";
import { NEXT_MAX, PREVIEW, ZONE_MAX } from "../tasks/schedules.ts";
import { SORT_ORDERS } from "../tasks/search.ts";
import { SEARCH_MAX } from "../tasks/tasks.ts";
import { ACCESS_OPERATIONS } from "./access-operations.ts";
import { AUDIT_OPERATIONS } from "./audit-operations.ts";
import { DELIVERY_OPERATIONS } from "./delivery-operations.ts";
import { EXCHANGE_OPERATIONS } from "./exchange-operations.ts";
import { FORWARD_OPERATIONS } from "./forward-operations.ts";
import { HEALTH_OPERATIONS } from "./health-operations.ts";
import { MESH_OPERATIONS } from "./mesh-operations.ts";
import {
  answerOf,
  answers,
  BODY,
  body,
  done,
  idempotencyKey,
  ifMatch,
  ifNoneMatch,
  location,
  newTaskAnswer,
  page,
  removed,
  runPath,
  taskAnswer,
  taskPath,
  whichRuns,
  withPrefer,
  WRITE,
} from "./operation.ts";
import { days, overview } from "./overview-shapes.ts";
import * as shapes from "./shapes.ts";
import { TARGET_OPERATIONS } from "./target-operations.ts";
import { VERSION_OPERATIONS } from "./version-operations.ts";

export function openapi(version: string): unknown {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  registry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "An API token (mtr_…), the token of the settings, or the local key of the data folder.",
  });
  registry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "metronome-8081",
    description: "The cookie of a session; its name ends in the peer's port.",
  });
  const operations = [
    ...OPERATIONS,
    ...ACCESS_OPERATIONS,
    ...AUDIT_OPERATIONS,
    ...DELIVERY_OPERATIONS,
    ...MESH_OPERATIONS,
    ...FORWARD_OPERATIONS,
    ...VERSION_OPERATIONS,
    ...EXCHANGE_OPERATIONS,
    ...TARGET_OPERATIONS,
    ...HEALTH_OPERATIONS,
  ];
  for (const operation of operations) registry.registerPath(isWrite(operation) ? withPrefer(operation) : operation);
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Metronome",
      version,
      description:
        "A distributed event scheduler. Errors are RFC 9457 problems; lists page by cursor; instants are RFC 3339. " +
        "An admin asks for the tasks, runs and tokens of another user with ?user=, its name or id; an admin's lists hold what is everyone's.",
      license: { name: "Apache-2.0" },
    },
    security: [{ token: [] }, { session: [] }],
  });
}

/** Nothing of these is replicated; and what another peer is asked for is its to wait for. */
const NO_WRITES: readonly string[] = [
  "/api/v1/targets/{name}/test",
  "/api/v1/peers/{id}/drain",
  "/api/v1/tickets",
  "/api/v1/auth/session",
  "/api/v1/auth/token",
];

function isWrite({ method, path }: RouteConfig): boolean {
  return method !== "get" && !NO_WRITES.includes(path) && !path.includes("{path}") && !path.endsWith("/preview");
}

const OPERATIONS: readonly RouteConfig[] = [
  {
    method: "post",
    path: "/api/v1/tasks",
    tags: ["tasks"],
    summary: "Create a task",
    request: { headers: z.object({ "Idempotency-Key": idempotencyKey }), ...body(shapes.definition) },
    responses: answers({ 201: newTaskAnswer, ...removed }, 409, 412, 504, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/tasks",
    tags: ["tasks"],
    summary: "List tasks",
    request: {
      query: z.object({
        ...page,
        q: z.string().max(SEARCH_MAX).optional().openapi({ description: "Part of the id or the name." }),
        paused: z.enum(["true", "false"]).optional(),
        label: z.array(z.string()).max(LABELS_MAX).optional().openapi({
          description: "name=value; repeatable, all must hold.",
        }),
        target: z.string().max(TARGET_NAME_MAX).optional().openapi({
          description: "The name of a target that they refer to.",
        }),
        urn: z.string().max(SEARCH_MAX).optional().openapi({ description: "Part of the target's URN." }),
        outcome: z.enum(OUTCOMES).optional().openapi({ description: "What became of the last run." }),
        sort: z.enum(SORT_ORDERS).optional().openapi({ description: "id unless said; with a - the other way round." }),
        recent: z.number().int().min(0).max(RECENT_MAX).optional().openapi({
          description: "Of how many last runs each task says what became of them.",
        }),
      }),
    },
    responses: answers({ 200: answerOf("A page of tasks.", shapes.taskPage) }, 409),
  },
  {
    method: "get",
    path: "/api/v1/tasks/{id}",
    tags: ["tasks"],
    summary: "Read a task",
    request: { params: taskPath, headers: z.object({ "If-None-Match": ifNoneMatch, "If-Match": ifMatch }) },
    responses: answers({ 200: taskAnswer("The task."), 304: { description: "It is as it was." } }, 404, 412),
  },
  {
    method: "put",
    path: "/api/v1/tasks/{id}",
    tags: ["tasks"],
    summary: "Create or replace a task",
    request: {
      params: taskPath,
      headers: z.object({ "If-Match": ifMatch, "If-None-Match": ifNoneMatch }),
      ...body(shapes.definition),
    },
    responses: answers({ 200: taskAnswer("Replaced."), 201: newTaskAnswer, ...removed }, 412, 504, ...WRITE),
  },
  {
    method: "patch",
    path: "/api/v1/tasks/{id}",
    tags: ["tasks"],
    summary: "Change some of a task",
    request: {
      params: taskPath,
      headers: z.object({ "If-Match": ifMatch }),
      body: {
        content: {
          "application/merge-patch+json": { schema: shapes.patch },
          "application/json": { schema: shapes.patch },
        },
        required: true,
      },
    },
    responses: answers({ 200: taskAnswer("Changed."), ...removed }, 404, 412, 504, ...WRITE),
  },
  {
    method: "delete",
    path: "/api/v1/tasks/{id}",
    tags: ["tasks"],
    summary: "Delete a task",
    request: { params: taskPath, headers: z.object({ "If-Match": ifMatch }) },
    responses: answers({ 204: done }, 404, 412, 504, 507),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/trigger",
    tags: ["tasks"],
    summary: "Fire a task now, beside its schedule",
    request: {
      params: taskPath,
      headers: z.object({ "Idempotency-Key": idempotencyKey }),
      ...body(shapes.trigger, false),
    },
    responses: answers({ 202: { ...answerOf("The run.", shapes.run), headers: location } }, 404, 409, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/pause",
    tags: ["tasks"],
    summary: "Pause a task",
    request: {
      params: taskPath,
      headers: z.object({ "If-Match": ifMatch }),
      ...body(shapes.pauseBody, false),
    },
    responses: answers({ 200: taskAnswer("Paused.") }, 404, 412, 504, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/resume",
    tags: ["tasks"],
    summary: "End a pause; what lay in it is not made up for",
    request: {
      params: taskPath,
      headers: z.object({ "If-Match": ifMatch }),
      ...body(shapes.nothing, false),
    },
    responses: answers({ 200: taskAnswer("Resumed."), ...removed }, 404, 412, 504, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/cancel",
    tags: ["tasks"],
    summary: "End what is open: attempts in flight and waiting retries",
    request: { params: taskPath, ...body(shapes.nothing, false) },
    responses: answers({ 200: answerOf("How many runs were ended.", shapes.cancelled) }, 404, 409, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/tasks/{id}/next",
    tags: ["schedules"],
    summary: "When a task is next",
    request: {
      params: taskPath,
      query: z.object({
        count: z.number().int().min(1).max(NEXT_MAX).default(PREVIEW).optional(),
        from: z.string().optional().openapi({ format: "date-time" }),
        zone: z.string().max(ZONE_MAX).optional(),
      }),
    },
    responses: answers({ 200: answerOf("Its next occurrences.", shapes.preview) }, 404),
  },
  {
    method: "get",
    path: "/api/v1/tasks/{id}/runs",
    tags: ["runs"],
    summary: "The runs of a task, the latest first",
    request: { params: taskPath, query: z.object({ ...page, ...whichRuns }) },
    responses: answers({ 200: answerOf("A page of runs.", shapes.runPage) }, 404),
  },
  {
    method: "get",
    path: "/api/v1/tasks/{id}/days",
    tags: ["runs"],
    summary: "What became of a task's runs on each day of the last year",
    request: { params: taskPath, query: z.object({ zone: z.string().max(ZONE_MAX).optional() }) },
    responses: answers({ 200: answerOf("The days that had any.", days) }, 404),
  },
  {
    method: "post",
    path: "/api/v1/tasks:batch",
    tags: ["tasks"],
    summary: "Put many tasks, a line each",
    description:
      "Each line is a definition; an existing id is replaced. Each line is answered, in order, when it is durable.",
    request: {
      body: { content: { [LINES_TYPE]: { schema: shapes.definition } }, required: true },
    },
    responses: answers(
      {
        200: { description: "A line for each.", content: { [LINES_TYPE]: { schema: shapes.lineAnswer } } },
      },
      412,
      415,
    ),
  },
  {
    method: "post",
    path: "/api/v1/tasks:each",
    tags: ["tasks"],
    summary: "Do one thing to many tasks: to each as its own route does it",
    request: body(shapes.eachBody),
    responses: answers({ 200: answerOf("What each was answered.", shapes.eachAnswer) }, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/tasks:export",
    tags: ["tasks"],
    summary: "All tasks, as lines that a batch takes",
    responses: answers({
      200: { description: "A definition in each line.", content: { [LINES_TYPE]: { schema: shapes.definition } } },
    }),
  },
  {
    method: "post",
    path: "/api/v1/schedules/preview",
    tags: ["schedules"],
    summary: "What a schedule says, and when it would fire",
    request: body(shapes.previewBody),
    responses: answers({ 200: answerOf("The preview.", shapes.preview) }, ...BODY),
  },
  {
    method: "get",
    path: "/api/v1/runs",
    tags: ["runs"],
    summary: "All runs, the latest first",
    request: { query: z.object({ ...page, ...whichRuns, task: z.string().max(TASK_ID_MAX).optional() }) },
    responses: answers({ 200: answerOf("A page of runs.", shapes.runPage) }),
  },
  {
    method: "get",
    path: "/api/v1/runs/{id}",
    tags: ["runs"],
    summary: "Read a run",
    request: { params: runPath },
    responses: answers({ 200: answerOf("The run.", shapes.run) }, 404),
  },
  {
    method: "get",
    path: "/api/v1/overview",
    tags: ["runs"],
    summary: "How it goes: rates, lateness, outcomes, what fails, and what comes up",
    responses: answers({ 200: answerOf("The overview.", overview) }),
  },
  {
    method: "get",
    path: "/api/v1/events",
    tags: ["events"],
    summary: "What happens, as it happens: server-sent events",
    description:
      'Events "hello" (the first: who listens, as /auth/session says it, and "mesh", as it stands), "task" (a Task), "removed" ({"id"}), "run" (a Run), "target" ({"name", "user", "removed"}: one that was made, changed or removed), "breaker" (a Breaker that opened or closed), "mesh" (who is alive and fires how much, at most once a second), and "lag" ({"dropped"}) when the client was too slow.',
    responses: answers({
      200: { description: "The stream.", content: { "text/event-stream": { schema: z.string() } } },
    }, 429),
  },
];
