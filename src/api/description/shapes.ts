// The shapes of what is sent and answered, declared for the description. What reads requests is written by hand, for
// its speed and its words (core/task/definition.ts); a test holds that the two take and refuse the same.

import { z } from "@hono/zod-openapi";
import { SHARDS } from "../../core/ownership/shard.ts";
import { UNITS, WEEK } from "../../core/schedule/choices.ts";
import { parseSchedule } from "../../core/schedule/schedule-source.ts";
import {
  DELIVERIES,
  MISFIRES,
  NOTE_MAX,
  OVERLAPS,
  parseInstant,
  PARTITIONS,
  payloadIn,
  TIMEOUT_MAX_MS,
  WAIT_MAX_MS,
} from "../../core/task/definition.ts";
import { MATCH_LABELS_MAX, MATCH_VALUES_MAX, PLACEMENT_WEIGHT_MAX, WEIGHTS_MAX } from "../../core/task/placement.ts";
import { OUTCOMES } from "../../core/task/run.ts";
import { FALLBACKS_MAX, PAYLOAD_MAX_BYTES, TASK_ID_MAX, TASK_NAME_MAX } from "../../core/task/task.ts";
import { parseDuration } from "../../core/values/duration.ts";
import { isFault } from "../../core/values/fault.ts";
import { Faults } from "../../core/values/faults.ts";
import { LABEL_NAME_MAX, LABEL_VALUE_MAX, LABELS_MAX } from "../../core/values/labels.ts";
import { target } from "../targets/target-shapes.ts";
import { DEEDS, EACH_MAX } from "../tasks/each.ts";
import { RECENT_MAX } from "../tasks/recent.ts";
import { PREVIEW_MAX, ZONE_MAX } from "../tasks/schedules.ts";

const EXAMPLE_INSTANT = "2026-12-01T09:00:00.000Z";

export const written = (min: number, max: number) => z.string().min(min).max(max).refine((text) => text.isWellFormed());

/** As it is sent: RFC 3339, with Z or any offset. */
export const moment = () =>
  z.string().refine((text) => parseInstant(text) !== undefined).openapi({
    format: "date-time",
    example: EXAMPLE_INSTANT,
  });

/** As it is answered: RFC 3339 UTC with milliseconds. */
export const instant = () =>
  z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/).openapi({
    format: "date-time",
    example: EXAMPLE_INSTANT,
  });

const duration = (minMs: number, maxMs: number, otherwise: string) =>
  z.string().refine((text) => {
    const ms = parseDuration(text, "");
    return !isFault(ms) && ms >= minMs && ms <= maxMs;
  }).openapi({
    format: "duration",
    example: otherwise,
    description: `An exact ISO 8601 duration. ${otherwise} when absent.`,
  });

const json = () => z.unknown().openapi({ description: "Any JSON." });

export const payload = () =>
  z.unknown().refine((value) => {
    const faults = new Faults();
    payloadIn(value, "payload", faults);
    return faults.all.length === 0;
  }).openapi({ description: `Any JSON, at most ${PAYLOAD_MAX_BYTES} bytes. null when absent.` });

const schedule = () =>
  z.union([z.string(), z.record(z.string(), z.unknown())]).refine((source) => !isFault(parseSchedule(source))).openapi(
    "Schedule",
    {
      description:
        "An ISO 8601 repeating interval with an optional tolerance, one instant, or a schedule as an object.",
      example: "R/2026-01-01T00:00:00Z/PT1H/ET30S",
    },
  );

const match = z.record(
  z.string().regex(new RegExp(`^[A-Za-z0-9._/-]{1,${LABEL_NAME_MAX}}$`)),
  z.union([written(0, LABEL_VALUE_MAX), z.array(written(0, LABEL_VALUE_MAX)).min(1).max(MATCH_VALUES_MAX)]),
).refine((value) => Object.keys(value).length > 0 && Object.keys(value).length <= MATCH_LABELS_MAX);

export const placement = z.strictObject({
  match: match.optional().openapi({ description: "Only peers that have all these labels fire the task." }),
  weights: z.array(z.strictObject({ match, weight: z.number().min(0).max(PLACEMENT_WEIGHT_MAX) }))
    .min(1).max(WEIGHTS_MAX).optional().openapi({
      description: "A peer's weight is multiplied by that of the first of these that it matches; 0 takes it out.",
    }),
}).refine((value) => value.match !== undefined || value.weights !== undefined).openapi("Placement", {
  description: "Which peers fire the task, by their labels; `name` and `peer` (the id) are such too.",
  example: { match: { site: "lyon", arch: ["arm64", "x64"] } },
});

const policy = z.strictObject({
  tolerance: duration(0, WAIT_MAX_MS, "PT1M").optional(),
  misfire: z.enum(MISFIRES).optional(),
  fallback: z.array(target()).min(1).max(FALLBACKS_MAX).refine((all) => all.every((each) => typeof each === "object"))
    .optional(),
  misfireWindow: duration(0, WAIT_MAX_MS, "PT1H").optional(),
  overlap: z.enum(OVERLAPS).optional(),
  retry: z.strictObject({
    limit: z.number().int().min(0).max(20).optional(),
    base: duration(1, WAIT_MAX_MS, "PT1S").optional(),
    factor: z.number().min(1).max(10).optional(),
    cap: duration(1, WAIT_MAX_MS, "PT5M").optional(),
    maxAge: duration(0, WAIT_MAX_MS, "PT1H").optional(),
  }).optional(),
  timeout: z.strictObject({
    connect: duration(1, TIMEOUT_MAX_MS, "PT5S").optional(),
    total: duration(1, TIMEOUT_MAX_MS, "PT30S").optional(),
  }).optional(),
  delivery: z.enum(DELIVERIES).optional(),
  partition: z.enum(PARTITIONS).optional(),
  placement: placement.optional(),
  pauseAfterFailures: z.number().int().min(1).max(1_000).optional(),
  removeWhenDone: z.boolean().optional(),
}).openapi("Policy");

const labels = z.record(
  z.string().regex(new RegExp(`^[A-Za-z0-9._/-]{1,${LABEL_NAME_MAX}}$`)),
  written(0, LABEL_VALUE_MAX),
)
  .refine((value) => Object.keys(value).length <= LABELS_MAX).openapi("Labels", { example: { site: "lyon" } });

const pause = { note: written(0, NOTE_MAX).optional(), until: moment().optional() };

const state = z.union([
  z.strictObject({ paused: z.literal(true), ...pause }),
  z.strictObject({ paused: z.literal(false) }),
]).openapi("State");

const id = written(1, TASK_ID_MAX).refine((text) => !/[\s\p{Cc}]/u.test(text) && text !== "." && text !== "..");

export const definition = z.strictObject({
  id: id.optional().openapi({
    description: "Made when absent. 1 to 256 characters, no white space.",
    example: "backup",
  }),
  name: written(1, TASK_NAME_MAX).optional().openapi({ description: "The id when absent." }),
  schedule: schedule(),
  target: target(),
  payload: payload().optional(),
  template: z.boolean().optional().openapi({
    description: "Whether {{…}} in the payload, in headers and in the URN's path are filled in for each attempt.",
  }),
  policy: policy.optional(),
  labels: labels.optional(),
  state: state.optional(),
}).openapi("Definition");

export const patch = z.record(z.string(), z.unknown()).openapi("Patch", {
  description: "A JSON merge patch (RFC 7396) of a definition: null takes a property away.",
  example: { schedule: "R/2026-01-01T00:00:00Z/PT2H" },
});

const stateView = z.strictObject({
  paused: z.boolean(),
  note: z.string().optional(),
  until: instant().optional(),
  skips: z.array(instant()).optional().openapi({ description: "Occurrences to come that are not sent." }),
});

export const task = z.strictObject({
  id: z.string(),
  guid: z.string().regex(/^[0-9a-f]{64}$/),
  user: z.string(),
  name: z.string(),
  schedule: schedule(),
  sentence: z.string().openapi({ description: "What the schedule says, in words." }),
  target: target(),
  payload: json(),
  template: z.literal(true).optional(),
  policy,
  state: stateView,
  labels,
  createdAt: instant(),
  updatedAt: instant(),
  owner: z.string().nullable().openapi({ description: "The peer that fires it; null when nobody is able to." }),
  unowned: z.string().optional().openapi({ description: "Why nobody is." }),
  next: instant().nullable(),
  last: z.strictObject({ instant: instant(), outcome: z.enum(OUTCOMES), peer: z.string() }).nullable(),
  recent: z.array(z.strictObject({ instant: instant(), outcome: z.enum(OUTCOMES) })).max(RECENT_MAX).optional().openapi(
    {
      description: "In a list, when it is asked for: what became of the last runs that are over, the latest last.",
    },
  ),
}).openapi("Task");

export const run = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/).openapi({ description: "The occurrence's id, which every attempt bears." }),
  task: z.string(),
  user: z.string(),
  instant: instant(),
  state: z.enum(["due", "attempting", "retrying", "settled"]),
  outcome: z.enum(OUTCOMES).nullable(),
  reason: z.string().optional(),
  manual: z.literal(true).optional(),
  duplicate: z.literal(true).optional().openapi({ description: "Two peers fired it, each without knowing." }),
  target: z.string().optional().openapi({ description: "Of a run that failed: an origin, or @user/name." }),
  dismissedAt: instant().optional().openapi({ description: "When it was taken off the dead letters." }),
  redriven: z.strictObject({ times: z.number().int().min(1), at: instant() }).optional().openapi({
    description: "It was settled, and driven again.",
  }),
  attempts: z.array(z.strictObject({
    n: z.number().int().min(1),
    startedAt: instant(),
    endedAt: instant().nullable(),
    peer: z.string().openapi({ description: "The peer that sent it." }),
    askedBy: z.string().optional().openapi({
      description: "The owner, when it could not reach the target itself and asked that peer to send it.",
    }),
    status: z.number().int().optional(),
    error: z.string().optional(),
  })),
  latenessMs: z.number().int().nullable(),
  retryAt: instant().optional(),
}).openapi("Run");

const finding = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("run"), run }),
  z.strictObject({ kind: z.literal("no-occurrence"), before: instant().nullable(), after: instant().nullable() }),
  z.strictObject({ kind: z.literal("not-active-yet"), since: instant() }),
  z.strictObject({ kind: z.literal("paused"), until: instant().nullable(), note: z.string().optional() }),
  z.strictObject({ kind: z.enum(["not-due", "waiting", "no-record", "never-again"]) }),
  z.strictObject({ kind: z.literal("unreadable"), why: z.string() }),
]);

export const explanation = z.strictObject({
  task: z.string(),
  guid: z.string(),
  shard: z.number().int().min(0).max(SHARDS - 1).openapi({
    description: "Of 4,096; of a task with a placement, of the 256 of that.",
  }),
  placement: placement.nullable(),
  now: instant(),
  at: instant().nullable().openapi({ description: "The occurrence that is explained; null when none is to come." }),
  sentence: z.string(),
  owner: z.string().nullable().openapi({ description: "The peer that fires the task now; null when none is able to." }),
  here: z.strictObject({ peer: z.string(), state: z.enum(["owned", "awaiting", "releasing", "foreign"]) }),
  candidates: z.array(z.strictObject({
    peer: z.string(),
    name: z.string(),
    weight: z.number(),
    score: z.number(),
    eligible: z.boolean(),
    reason: z.enum(["dead", "left", "unheard", "draining", "clock", "fenced", "format", "disk", "placement"])
      .optional(),
  })).openapi({ description: "All members, the highest score first: the first that is eligible owns the task." }),
  ownerThen: z.strictObject({ peer: z.string(), from: z.enum(["attempts", "record"]) }).nullable().openapi({
    description: "Who owned it when the occurrence came up, as far as its run tells: no other record is kept of that.",
  }),
  finding,
});

export const cursor = z.string().nullable().openapi({
  description: "Where the next page starts; null: this is the last.",
});

export const taskPage = z.strictObject({
  items: z.array(task),
  cursor,
  total: z.number().int().min(0).nullable().openapi({
    description: "How many match; null when nothing but a page in the order of ids was asked for.",
  }),
});
export const runPage = z.strictObject({ items: z.array(run), cursor });

export const trigger = z.strictObject({ payload: payload().optional() });
export const pauseBody = z.strictObject(pause);
export const nothing = z.strictObject({});
export const cancelled = z.strictObject({ cancelled: z.number().int().min(0) });

export const previewBody = z.strictObject({
  schedule: schedule(),
  from: moment().optional(),
  count: z.number().int().min(1).max(PREVIEW_MAX).optional(),
  zone: z.string().min(1).max(ZONE_MAX).optional(),
});

const where = { zone: z.string(), time: z.string().openapi({ example: "09:00" }) };
const choices = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("every"),
    count: z.number().int().min(1),
    unit: z.enum(UNITS),
    start: z.string().openapi({ example: "2026-12-01T09:00:00[Europe/Paris]" }),
    ...where,
  }),
  z.strictObject({ kind: z.literal("week"), days: z.array(z.enum(WEEK)), ...where }),
  z.strictObject({ kind: z.literal("month"), day: z.string().openapi({ example: "LW" }), ...where }),
  z.strictObject({ kind: z.literal("once"), at: instant(), ...where }),
  z.strictObject({ kind: z.literal("other"), ...where }),
]).openapi({
  description: "The few choices that say all of the schedule, for a form to begin with; `other` when they would not.",
});

export const preview = z.strictObject({
  sentence: z.string(),
  next: z.array(instant()),
  local: z.array(z.string()),
  notes: z.array(z.string()),
  neverFires: z.boolean(),
  zone: z.string(),
  canonical: schedule(),
  choices,
}).openapi("Preview");

export const health = z.strictObject({ status: z.literal("ok") });

const place = { position: z.number().int().optional(), suggestion: z.string().optional() };

export const problem = z.strictObject({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  field: z.string().optional(),
  ...place,
  errors: z.array(z.strictObject({ field: z.string(), message: z.string(), ...place })).optional(),
}).openapi("Problem", { description: "RFC 9457." });

export const eachBody = z.strictObject({
  do: z.enum(DEEDS),
  ids: z.array(id).min(1).max(EACH_MAX).refine((ids) => new Set(ids).size === ids.length),
  with: z.record(z.string(), z.unknown()).optional().openapi({
    description: "The body that each is asked with: of a pause its note, of a change the merge patch.",
  }),
}).refine((body) => body.do === "change" ? body.with !== undefined : body.do !== "delete" || body.with === undefined)
  .openapi("Each", { example: { do: "pause", ids: ["nightly", "weekly"], with: { note: "the ledger is closed" } } });

export const eachAnswer = z.strictObject({
  items: z.array(z.strictObject({ id: z.string(), status: z.number().int(), problem: problem.optional() })).openapi({
    description: "What each was answered, in the order of the ids.",
  }),
});

export const lineAnswer = z.union([
  z.strictObject({ line: z.number().int().min(1), status: z.union([z.literal(200), z.literal(201)]), id: z.string() }),
  z.strictObject({ line: z.number().int().min(1), status: z.number().int().min(400), problem }),
]).openapi("LineAnswer");
