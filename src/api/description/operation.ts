// What the descriptions of operations are made of: parameters that come again, answers, and every way of saying no.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { KEPT_STATES, OUTCOMES } from "../../core/task/run.ts";
import { TASK_ID_MAX } from "../../core/task/task.ts";
import { WAIT_MAX_S, WAIT_S } from "../request/prefer.ts";
import { PAGE, PAGE_MAX } from "../tasks/tasks.ts";
import * as shapes from "./shapes.ts";

type Answers = RouteConfig["responses"];
export type Answer = Answers[string];

const jsonOf = (schema: z.ZodType) => ({ "application/json": { schema } });
export const body = (schema: z.ZodType, isRequired = true) => ({
  body: { content: jsonOf(schema), required: isRequired },
});

export const taskPath = z.object({ id: z.string().min(1).max(TASK_ID_MAX).openapi({ example: "backup" }) });
export const runPath = z.object({ id: z.string().openapi({ example: "9f86d081884c7d659a2feaa0c55ad015" }) });

export const ifMatch = z.string().optional().openapi({
  description: "Entity tags, or *: 412 when what is there has none of them.",
});
export const ifNoneMatch = z.string().optional().openapi({ description: "Entity tags, or *." });
const prefer = z.string().optional().openapi({
  description:
    `replicas=2: answered when so many peers have on their disks what was written; wait=10: after so many seconds at most ` +
    `(${WAIT_S} unless said, up to ${WAIT_MAX_S}). See Preference-Applied.`,
});

/** Of what is written, other peers may be waited for. */
export function withPrefer(write: RouteConfig): RouteConfig {
  const { request = {}, responses } = write;
  const headers = request.headers instanceof z.ZodObject ? request.headers : z.object({});
  return {
    ...write,
    request: { ...request, headers: headers.extend({ Prefer: prefer }) },
    responses: { ...answers({}, 412, 504), ...responses },
  };
}
export const idempotencyKey = z.string().min(1).max(255).optional().openapi({
  description: "The same key with the same request gives the same answer again, for a day.",
});

export const page = {
  limit: z.number().int().min(1).max(PAGE_MAX).default(PAGE).optional(),
  cursor: z.string().optional().openapi({ description: "The cursor of the page before." }),
};
const when = (description: string) => z.string().optional().openapi({ format: "date-time", description });
/** Which runs a list is to hold. */
export const whichRuns = {
  outcome: z.enum(OUTCOMES).optional(),
  state: z.enum(KEPT_STATES).optional().openapi({
    description: "What waits for a retry comes in the order of the tasks, and within a page the latest first.",
  }),
  from: when("Planned at or after this instant."),
  until: when("Planned before this instant."),
};

export const answers = (entries: Answers, ...problems: readonly number[]): Answers => ({
  ...entries,
  ...Object.fromEntries([...problems, ...ALWAYS].map((status) => [status, problemAnswer(status)])),
});

/** What any request may be told. */
const ALWAYS = [400, 401, 403, 421, 503];

export function problemAnswer(status: number): Answer {
  return {
    description: PROBLEMS[status] ?? "Refused.",
    content: { "application/problem+json": { schema: shapes.problem } },
  };
}

const PROBLEMS: { readonly [status: number]: string } = {
  400: "The request can't be read: its JSON, its query, a header or the path.",
  401: "No token, or one that opens nothing.",
  403: "Another origin's page may not change anything; or the scope that this needs is missing.",
  404: "There is none.",
  408: "The body did not come in time.",
  409: "It exists already, there are as many as there may be, or the same request is still being carried out.",
  412: "A precondition does not hold.",
  413: "The body is too large.",
  415: "The body is of another type.",
  421: "The host name is not one of this peer's.",
  422: "The content is not what it must be; every fault is named with its field.",
  429: "Too many attempts, or streams; see Retry-After.",
  431: "The headers are too long to be sent on.",
  502: "The peer that it is for can't be reached from here.",
  503: "Not now; see Retry-After.",
  504: "Not in time. What was written is durable here; or, of another peer, may have been.",
  508: "It has come through the mesh already, and is not sent on.",
  507: "The disk takes no writes now. Nothing was changed.",
};

export const etag = { ETag: { schema: { type: "string" as const }, description: "The revision of what is shown." } };
export const location = { Location: { schema: { type: "string" as const } } };

export const taskAnswer = (description: string): Answer => ({
  description,
  headers: etag,
  content: jsonOf(shapes.task),
});
export const newTaskAnswer: Answer = {
  description: "Created.",
  headers: { ...etag, ...location },
  content: jsonOf(shapes.task),
};
export const answerOf = (description: string, schema: z.ZodType): Answer => ({ description, content: jsonOf(schema) });
export const done: Answer = { description: "Done." };
/** Of a write whose task had nothing left to do. */
export const removed = { 204: { description: "It has nothing left to do, and is removed (policy.removeWhenDone)." } };

export const BODY = [408, 413, 415, 422];
export const WRITE = [...BODY, 507];
