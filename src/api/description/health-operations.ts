// The operations of those who watch a peer, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { answerOf, answers, problemAnswer } from "./operation.ts";
import { health } from "./shapes.ts";

const healthOperation = (path: string, summary: string): RouteConfig => ({
  method: "get",
  path,
  tags: ["health"],
  summary,
  security: [],
  responses: { 200: answerOf("Yes.", health), 421: problemAnswer(421), 503: problemAnswer(503) },
});

const metricsOperation = (path: string): RouteConfig => ({
  method: "get",
  path,
  tags: ["health"],
  summary: "The numbers of this peer, for Prometheus",
  description:
    "What it settled since its start by outcome, how late, retries, duplicates, the tasks whose events were not delivered, " +
    "targets that are left alone, and how it sees the mesh. A token of an admin's with the scope read is enough.",
  responses: answers({
    200: { description: "Exposition format 0.0.4.", content: { "text/plain": { schema: z.string() } } },
  }),
});

export const HEALTH_OPERATIONS: readonly RouteConfig[] = [
  healthOperation("/healthz", "Whether the peer lives"),
  healthOperation("/readyz", "Whether the peer does its work"),
  healthOperation("/api/v1/healthz", "Whether the peer lives"),
  healthOperation("/api/v1/readyz", "Whether the peer does its work"),
  {
    method: "get",
    path: "/api/v1/openapi.json",
    tags: ["health"],
    summary: "This description",
    security: [],
    responses: {
      200: {
        description: "OpenAPI 3.1.",
        content: { "application/json": { schema: z.looseObject({ openapi: z.string() }) } },
      },
      421: problemAnswer(421),
    },
  },
  metricsOperation("/metrics"),
  metricsOperation("/api/v1/metrics"),
];
