// The shapes of targets, declared for the description: as they stand in a task, and by themselves.

import { z } from "@hono/zod-openapi";
import { isFault } from "../core/fault.ts";
import { CLOUD_EVENTS, METHODS } from "../core/target-http.ts";
import { SASL_MECHANISMS } from "../core/target-kafka.ts";
import { URN_EXAMPLE, URN_MAX } from "../core/target-urn.ts";
import { parseTarget, TARGET_NAME_MAX } from "../core/target.ts";

const success = z.strictObject({
  status: z.array(z.union([z.number().int(), z.enum(["2xx", "4xx", "5xx"])])).optional(),
  body: z.union([
    z.strictObject({ contains: z.string() }),
    z.strictObject({ pointer: z.string(), equals: z.unknown() }),
  ]).optional(),
}).openapi("SuccessRule", {
  description: "Which answers mean that the event was taken; each 2xx when absent. A body is looked at up to 64 KiB.",
  example: { status: [200, 202], body: { pointer: "/ok", equals: true } },
});

const lasting = z.string().openapi({ format: "duration", example: "PT1H" });

const options = {
  method: z.enum(METHODS).optional().openapi({ description: "HTTP's alone." }),
  headers: z.record(z.string(), z.string()).optional(),
  cloudEvents: z.enum(CLOUD_EVENTS).optional().openapi({ description: "HTTP's alone; binary when absent." }),
  success: success.optional(),
  amqp: z.strictObject({
    persistent: z.boolean().optional().openapi({ description: "Delivery mode 2. Default true." }),
    priority: z.number().int().min(0).max(255).optional(),
    expiration: lasting.optional(),
  }).optional(),
  kafka: z.strictObject({
    key: z.string().max(1_024).optional().openapi({ description: "Default the task's id." }),
    partition: z.number().int().min(0).max(99_999).optional(),
    sasl: z.enum(SASL_MECHANISMS).optional().openapi({ description: "Default plain." }),
  }).optional(),
  mqtt: z.strictObject({ retain: z.boolean().optional(), expiry: lasting.optional() }).optional(),
};

const urn = z.string().max(URN_MAX).openapi({
  description:
    "Where the event goes: http(s)://host/path, amqp(s)://host/vhost/exchange/routing.key, kafka(s)://host,host/topic, mqtt(s)://host/topic/path",
  example: URN_EXAMPLE,
});

const name = z.string().max(TARGET_NAME_MAX).openapi({ example: "billing" });

export const target = () =>
  z.union([
    z.string(),
    z.strictObject({ urn, ...options }),
    z.strictObject({
      name: name.openapi({ description: "Of a target of its own: see /api/v1/targets." }),
      path: z.string().optional().openapi({
        description: "Goes behind the path of the target's URN.",
        example: "/tick",
      }),
      ...options,
    }),
  ]).refine((value) => !isFault(parseTarget(value))).openapi(
    "Target",
    {
      description:
        "A URN, an object with a URN and how to send, or one with the name of a target. Passwords are shown as ***.",
      example: URN_EXAMPLE,
    },
  );
