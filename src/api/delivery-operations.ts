// The description of what is done about deliveries that fail or wait.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { BREAKERS_MAX } from "./breakers.ts";
import { breakerPage } from "./delivery-shapes.ts";
import { answerOf, answers } from "./operation.ts";

export const DELIVERY_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/breakers",
    tags: ["targets"],
    summary: "The ways from this peer to targets, those that are shut first",
    description:
      "After ten failures in a row (no connection, no answer in time, 429, 502, 503, 504) a target is left alone for 5 s, " +
      "then one event at a time is tried, at most 30 s apart, until one is answered.",
    request: {
      query: z.object({ limit: z.number().int().min(1).max(BREAKERS_MAX).default(BREAKERS_MAX).optional() }),
    },
    responses: answers({ 200: answerOf("The ways that are in use or have failed of late.", breakerPage) }),
  },
];
