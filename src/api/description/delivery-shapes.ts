// The shapes of what is asked and told about deliveries that fail or wait, declared for the description.

import { z } from "@hono/zod-openapi";
import { SKIPS_MAX } from "../../core/firing/edit.ts";
import { OUTCOMES } from "../../core/task/run.ts";
import { TASK_ID_MAX, TASK_NAME_MAX } from "../../core/task/task.ts";
import { ERROR_MAX, IDS_MAX, LETTERS_MAX, TARGET_MAX } from "../runs/dead-letters.ts";
import { PER_SECOND_MAX, PER_SECOND_MIN, REFUSALS_MAX } from "../runs/drive.ts";
import { target } from "../targets/target-shapes.ts";
import { BACKFILL_MAX } from "../tasks/backfill.ts";
import { ATTEMPT_MAX } from "../tasks/templates.ts";
import { cursor, instant, moment, payload } from "./shapes.ts";

export const breaker = z.strictObject({
  target: z.string().openapi({
    description: "The origin of the target, or its name.",
    example: "https://example.org:443",
  }),
  breaker: z.enum(["closed", "open", "half-open"]),
  until: instant().nullable().openapi({ description: "When the next event is tried." }),
  failures: z.number().int().min(0).openapi({ description: "In a row." }),
  error: z.string().nullable(),
  by: z.string().nullable().openapi({
    description:
      "The peer that is asked to send its events, since this one does not reach the target and that one does.",
  }),
  inFlight: z.number().int().min(0),
  waiting: z.number().int().min(0).openapi({ description: "Events that wait for their turn." }),
  tasksWaiting: z.number().int().min(0).openapi({ description: "Tasks that wait with all that they have due." }),
}).openapi("Breaker");

export const breakerPage = z.strictObject({ peer: z.string(), items: z.array(breaker) });

export const causePage = z.strictObject({
  items: z.array(z.strictObject({
    target: z.string(),
    error: z.string().openapi({ description: "HTTP and the status, or what happened.", example: "HTTP 503" }),
    count: z.number().int().min(1),
    isMore: z.boolean().openapi({ description: "There are more than were counted." }),
    latest: instant(),
  })),
  cursor,
});

const perSecond = z.number().min(PER_SECOND_MIN).max(PER_SECOND_MAX).optional().openapi({
  description: "How many go in a second, from now on; all at once when absent, as fast as their targets take them.",
});

const which = {
  target: z.string().max(TARGET_MAX).optional(),
  error: z.string().min(1).max(ERROR_MAX).optional(),
  task: z.string().min(1).max(TASK_ID_MAX).optional(),
};

const chosen = {
  ids: z.array(z.string().regex(/^[0-9a-f]{32}$/)).min(1).max(IDS_MAX).optional(),
  ...which,
  all: z.literal(true).optional(),
  limit: z.number().int().min(1).max(LETTERS_MAX).optional(),
};

/** One way of saying which, and no other. */
function isChoice(body: { readonly ids?: unknown; readonly all?: unknown }): boolean {
  const ways = [
    body.ids !== undefined,
    Object.keys(which).some((name) => Object.hasOwn(body, name)),
    body.all === true,
  ];
  return ways.filter(Boolean).length === 1;
}

const CHOICE = `Which: "ids", or some of "target", "error" and "task", or "all". At most ${LETTERS_MAX}, the latest.`;

export const redriveBody = z.strictObject({ ...chosen, perSecond }).refine(isChoice).openapi("Redrive", {
  description: CHOICE,
  example: { target: "https://example.org:443", perSecond: 10 },
});

export const dismissBody = z.strictObject(chosen).refine(isChoice).openapi("Dismiss", {
  description: CHOICE,
  example: { target: "https://example.org:443" },
});

const refusals = {
  refused: z.number().int().min(0),
  refusals: z.array(z.strictObject({ id: z.string(), reason: z.string() })).openapi({
    description: `The first ${REFUSALS_MAX}.`,
  }),
};

const more = z.boolean().openapi({ description: "There are more dead letters than the limit." });

export const dismissed = z.strictObject({ dismissed: z.number().int().min(0), ...refusals, more });

const driven = {
  redriven: z.number().int().min(0),
  ...refusals,
  until: instant().nullable().openapi({ description: "When the last one goes." }),
};

export const redriven = z.strictObject({
  ...driven,
  more,
});

export const backfillBody = z.strictObject({
  from: moment(),
  until: moment().optional().openapi({ description: "Exclusive; now when absent." }),
  count: z.number().int().min(1).max(BACKFILL_MAX).optional(),
  perSecond,
}).openapi("Backfill");

export const backfilled = z.strictObject({
  ...driven,
  next: instant().nullable().openapi({ description: "The first occurrence of the span that count has left out." }),
});

export const skipBody = z.strictObject({
  count: z.number().int().min(1).max(SKIPS_MAX).optional(),
  instant: moment().optional(),
}).refine(({ count, instant }) => count === undefined || instant === undefined);

export const templateBody = z.strictObject({
  payload: payload().optional(),
  target: target().optional(),
  instant: moment().optional().openapi({ description: "The planned instant; now when absent." }),
  attempt: z.number().int().min(1).max(ATTEMPT_MAX).optional(),
  id: z.string().min(1).max(TASK_ID_MAX).optional(),
  name: z.string().min(1).max(TASK_NAME_MAX).optional(),
  previous: z.enum(OUTCOMES).nullable().optional(),
}).openapi("Template", {
  description:
    "Names: id, task, name, attempt, instant, now, previous.outcome, previous.instant. Forms of a moment: iso, " +
    "date, time, compact, year, month, day, hour, minute, second, weekday, unix, ms; and a zone.",
  example: { payload: { day: "{{instant:date@Europe/Paris}}", id: "{{id}}", n: "{{attempt}}" } },
});

export const templatePreview = z.strictObject({ payload: z.unknown(), target: target().optional() });
