// The operations that look beyond the peer that is asked, for the description: another peer's API, and who fires what.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { answerOf, answers, taskPath } from "./operation.ts";
import * as shapes from "./shapes.ts";

/** Whatever that peer answers; and what is wrong on the way to it. */
const forwardOperation = (method: RouteConfig["method"]): RouteConfig => ({
  method,
  path: "/api/v1/peers/{id}/api/v1/{path}",
  tags: ["mesh"],
  summary: "The same of another peer, carried through the mesh",
  request: {
    params: z.object({
      id: z.string(),
      path: z.string().openapi({ description: "All that is below /api/v1/ there, slashes too." }),
    }),
  },
  responses: answers({ default: { description: "What the other peer answers." } }, 404, 431, 502, 504, 508),
});

export const FORWARD_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/tasks/{id}/explain",
    tags: ["tasks"],
    summary: "Who fires a task and why, and what became of an occurrence",
    request: {
      params: taskPath,
      query: z.object({
        at: z.string().optional().openapi({
          format: "date-time",
          description: "The occurrence; when absent, the one in flight, or the next.",
        }),
      }),
    },
    responses: answers({ 200: answerOf("The explanation.", shapes.explanation) }, 404),
  },
  forwardOperation("get"),
  forwardOperation("post"),
  forwardOperation("put"),
  forwardOperation("patch"),
  forwardOperation("delete"),
];
