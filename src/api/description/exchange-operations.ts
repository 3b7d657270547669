// The operation of exchanges, and the shapes of what it answers, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { EXCHANGES_MAX } from "../../core/task/exchange.ts";
import { answerOf, answers, runPath } from "./operation.ts";

const span = z.number().min(0);
const headers = z.array(z.tuple([z.string(), z.string()])).openapi({
  description: "Names and values in their order; what is secret stands as ***.",
});
const bodyPart = z.strictObject({
  text: z.string().openapi({ description: "The beginning: of a request 4 KiB, of an answer 64 KiB." }),
  isHex: z.literal(true).optional().openapi({ description: "It is no text: the first 4 KiB as hex digits." }),
  bytes: z.number().int().openapi({ description: "Of the whole, as far as it was read." }),
});

export const exchange = z.strictObject({
  peer: z.string(),
  n: z.number().int().min(1),
  request: z.strictObject({ method: z.string(), url: z.string(), headers, body: bodyPart.optional() }),
  response: z.strictObject({ status: z.number().int(), headers, body: bodyPart.optional() }).optional(),
  timings: z.strictObject({
    connection: span.openapi({ description: "Until there was a connection: one that was free, or a new one." }),
    made: z.strictObject({ lookup: span, connect: span, tls: span.optional() }).optional().openapi({
      description: "Of that, when a new one was made.",
    }),
    wait: span.optional().openapi({ description: "Until the head of the answer, or its absence." }),
    read: span.optional().openapi({ description: "Until its end." }),
  }).openapi({ description: "In ms, each from the end of the one before." }),
}).openapi("Exchange");

export const EXCHANGE_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/runs/{id}/attempts/{n}/exchange",
    tags: ["runs"],
    summary: "What an attempt over HTTP sent and what came back",
    description:
      `It is kept by the peer that made the attempt, and asked for there through the mesh: the last ${EXCHANGES_MAX}, and ` +
      "nothing of a delivery that was answered without a body.",
    request: {
      params: runPath.extend({ n: z.string() }),
      query: z.object({
        peer: z.string().optional().openapi({ description: "Of two peers that each made this attempt, which." }),
      }),
    },
    responses: answers({ 200: answerOf("The exchange.", exchange) }, 404, 502, 504),
  },
];
