// The shapes of what is asked and told about deliveries that fail or wait, declared for the description.

import { z } from "@hono/zod-openapi";
import { instant } from "./shapes.ts";

export const breaker = z.strictObject({
  target: z.string().openapi({
    description: "The origin of the target, or its name.",
    example: "https://example.org:443",
  }),
  breaker: z.enum(["closed", "open", "half-open"]),
  until: instant().nullable().openapi({ description: "When the next event is tried." }),
  failures: z.number().int().min(0).openapi({ description: "In a row." }),
  error: z.string().nullable(),
  inFlight: z.number().int().min(0),
  waiting: z.number().int().min(0).openapi({ description: "Events that wait for their turn." }),
  tasksWaiting: z.number().int().min(0).openapi({ description: "Tasks that wait with all that they have due." }),
}).openapi("Breaker");

export const breakerPage = z.strictObject({ peer: z.string(), items: z.array(breaker) });
