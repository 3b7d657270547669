// The operations of named targets, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import * as shapes from "../targets/target-shapes.ts";
import {
  type Answer,
  answerOf,
  answers,
  body,
  done,
  etag,
  ifMatch,
  ifNoneMatch,
  location,
  page,
  WRITE,
} from "./operation.ts";
import { cursor, nothing } from "./shapes.ts";

const path = z.object({ name: z.string() });
const matching = z.object({ "If-Match": ifMatch });
const one = (description: string): Answer => ({ ...answerOf(description, shapes.namedTarget), headers: etag });
const created: Answer = { ...answerOf("Created.", shapes.namedTarget), headers: { ...etag, ...location } };
const targetPage = z.strictObject({ items: z.array(shapes.namedTarget), cursor });

export const TARGET_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/targets",
    tags: ["targets"],
    summary: "List the named targets",
    request: { query: z.object(page) },
    responses: answers({ 200: answerOf("A page of targets, in the order of their names.", targetPage) }),
  },
  {
    method: "post",
    path: "/api/v1/targets",
    tags: ["targets"],
    summary: "Make a named target, that tasks refer to",
    request: body(shapes.targetDefinition),
    responses: answers({ 201: created }, 409, 412, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/targets/{name}",
    tags: ["targets"],
    summary: "Read a target; its credentials are never shown",
    request: { params: path, headers: z.object({ "If-None-Match": ifNoneMatch }) },
    responses: answers({ 200: one("The target."), 304: { description: "It is as it was." } }, 404),
  },
  {
    method: "put",
    path: "/api/v1/targets/{name}",
    tags: ["targets"],
    summary: "Make or replace a target; credentials that are left out stay",
    request: {
      params: path,
      headers: z.object({ "If-Match": ifMatch, "If-None-Match": ifNoneMatch }),
      ...body(shapes.targetBody),
    },
    responses: answers({ 200: one("Replaced."), 201: created }, 409, 412, ...WRITE),
  },
  {
    method: "patch",
    path: "/api/v1/targets/{name}",
    tags: ["targets"],
    summary: "Change some of a target, for all tasks that refer to it, at once",
    request: {
      params: path,
      headers: matching,
      body: {
        content: {
          "application/merge-patch+json": { schema: shapes.targetPatch },
          "application/json": { schema: shapes.targetPatch },
        },
        required: true,
      },
    },
    responses: answers({ 200: one("Changed.") }, 404, 409, 412, ...WRITE),
  },
  {
    method: "delete",
    path: "/api/v1/targets/{name}",
    tags: ["targets"],
    summary: "Delete a target that no task refers to",
    request: {
      params: path,
      headers: matching,
      query: z.object({
        force: z.enum(["true", "false"]).optional().openapi({ description: "Even when tasks refer to it." }),
      }),
    },
    responses: answers({ 204: done }, 404, 409, 412, 507),
  },
  {
    method: "post",
    path: "/api/v1/targets/{name}/test",
    tags: ["targets"],
    summary: "Send one real event to a target from this peer, and say what became of it",
    request: { params: path, ...body(shapes.targetTestBody, false) },
    responses: answers({ 200: answerOf("What became of it.", shapes.targetTest) }, 404, 408, 413, 415, 422),
  },
  {
    method: "post",
    path: "/api/v1/targets/{name}/rotate",
    tags: ["targets"],
    summary: "Bring new credentials beside the old ones",
    request: { params: path, headers: matching, ...body(shapes.rotation) },
    responses: answers({ 200: one("Both are good.") }, 404, 409, 412, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/targets/{name}/confirm",
    tags: ["targets"],
    summary: "Forget the old credentials of a rotation",
    request: { params: path, headers: matching, ...body(nothing, false) },
    responses: answers({ 200: one("The new ones alone are good.") }, 404, 409, 412, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/targets/{name}/revert",
    tags: ["targets"],
    summary: "Go back to the old credentials of a rotation",
    request: { params: path, headers: matching, ...body(nothing, false) },
    responses: answers({ 200: one("The old ones alone are good.") }, 404, 409, 412, ...WRITE),
  },
];
