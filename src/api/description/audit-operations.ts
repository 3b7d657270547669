// The operations of the audit, and the shapes of what they answer, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { TASK_ID_MAX } from "../../core/task/task.ts";
import { LINES_TYPE } from "../tasks/batch.ts";
import { answerOf, answers, page } from "./operation.ts";
import { instant } from "./shapes.ts";

const moment = z.string().optional();
const head = z.strictObject({ n: z.number().int(), hash: z.string() });

const auditPage = z.strictObject({
  peer: z.string(),
  items: z.array(z.strictObject({
    n: z.number().int().openapi({ description: "Its place in the chain, from 1 on." }),
    hash: z.string(),
    at: instant(),
    user: z.string(),
    by: z.string().openapi({ description: "key, token, session, jwt, or mesh: another peer asked." }),
    from: z.string().optional(),
    what: z.string(),
    on: z.string(),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
  })),
  cursor: z.string().nullable(),
});
const auditVerdict = z.strictObject({
  peer: z.string(),
  whole: z.boolean(),
  first: z.number().int(),
  head,
  sealed: z.number().int(),
  broken: z.strictObject({ n: z.number().int(), why: z.string() }).nullable(),
});

export const AUDIT_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/audit",
    tags: ["audit"],
    summary: "Who did what at this peer, the latest first",
    request: {
      query: z.object({
        ...page,
        what: z.string().max(TASK_ID_MAX).optional().openapi({
          description: "The whole deed, task put, or its first word.",
          example: "task",
        }),
        on: z.string().max(TASK_ID_MAX).optional().openapi({ description: "What it was done to: the id of a task." }),
        from: moment.openapi({ description: "RFC 3339; inclusive." }),
        until: moment.openapi({ description: "RFC 3339; exclusive." }),
      }),
    },
    responses: answers({ 200: answerOf("A page of records.", auditPage) }),
  },
  {
    method: "get",
    path: "/api/v1/audit:verify",
    tags: ["audit"],
    summary: "Whether the chain of this peer's records is whole",
    responses: answers({ 200: answerOf("The verdict.", auditVerdict) }),
  },
  {
    method: "get",
    path: "/api/v1/audit:export",
    tags: ["audit"],
    summary: "The chain as it stands on the disk, hashes and seals included",
    responses: answers({ 200: { description: "Its lines.", content: { [LINES_TYPE]: { schema: z.string() } } } }),
  },
];
