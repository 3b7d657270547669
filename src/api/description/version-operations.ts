// The operations of versions, and the shapes of what they answer, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { answerOf, answers, body, page, taskAnswer, taskPath, WRITE } from "./operation.ts";
import * as shapes from "./shapes.ts";

const revision = z.string().regex(/^[0-9a-f]{22}$/);

export const version = z.strictObject({
  revision,
  at: shapes.instant().openapi({ description: "When it was written." }),
  by: z.string().nullable().openapi({ description: "The peer that wrote it; null when it is no member any more." }),
  until: shapes.instant().nullable().openapi({
    description: "When this peer saw it replaced; null of what the task is now.",
  }),
  gap: z.literal(true).optional().openapi({
    description: "It was written over something that this peer has not kept, or has not seen.",
  }),
  definition: shapes.task.pick({
    ...{ name: true, schedule: true, target: true, payload: true, template: true, policy: true, labels: true },
  }),
}).openapi("Version");

export const versionPage = z.strictObject({ items: z.array(version), cursor: shapes.cursor });

export const VERSION_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/tasks/{id}/versions",
    tags: ["tasks"],
    summary: "What a task is and what it was, as this peer saw it, the latest first; a pause makes no version",
    request: { params: taskPath, query: z.object(page) },
    responses: answers({ 200: answerOf("A page of versions.", versionPage) }, 404),
  },
  {
    method: "post",
    path: "/api/v1/tasks/{id}/versions/{revision}/restore",
    tags: ["tasks"],
    summary: "Make a task what it was, as a new edit; whether it is paused stays",
    request: { params: taskPath.extend({ revision }), ...body(shapes.nothing, false) },
    responses: answers({ 200: taskAnswer("Restored.") }, 404, 409, 412, ...WRITE),
  },
];
