// The operations of the mesh, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import * as mesh from "./mesh-shapes.ts";
import { answerOf, answers, BODY, body, done, page, taskAnswer, WRITE } from "./operation.ts";
import * as shapes from "./shapes.ts";

const peerPath = z.object({ id: z.string() });

export const MESH_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/mesh",
    tags: ["mesh"],
    summary: "Who is a member, alive, and fires what, as this peer sees it",
    responses: answers({ 200: answerOf("The mesh.", mesh.mesh) }),
  },
  {
    method: "post",
    path: "/api/v1/tickets",
    tags: ["mesh"],
    summary: "Make a ticket, which lets other peers join",
    request: body(mesh.ticketBody, false),
    responses: answers({ 201: answerOf("The ticket.", mesh.ticket) }, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/peers",
    tags: ["mesh"],
    summary: "List the peers",
    request: { query: z.object(page) },
    responses: answers({ 200: answerOf("A page of peers, in the order of their ids.", mesh.peerPage) }),
  },
  {
    method: "get",
    path: "/api/v1/peers/{id}",
    tags: ["mesh"],
    summary: "Read a peer",
    request: { params: peerPath },
    responses: answers({ 200: answerOf("The peer.", mesh.peer) }, 404),
  },
  {
    method: "post",
    path: "/api/v1/peers/{id}/drain",
    tags: ["mesh"],
    summary: "Let a peer hand over all that it fires, or take part again",
    request: { params: peerPath, ...body(mesh.drainBody, false) },
    responses: answers({ 200: answerOf("The peer, as it begins.", mesh.peer) }, 404, 502, 504, 508, ...BODY),
  },
  {
    method: "post",
    path: "/api/v1/peers/{id}/revoke",
    tags: ["mesh"],
    summary: "Remove a peer from the mesh, for as long as nobody invites it again",
    request: { params: peerPath, ...body(shapes.nothing, false) },
    responses: answers({ 204: done }, 404, 409, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/plan",
    tags: ["mesh"],
    summary: "If a peer leaves, what moves where",
    request: { query: z.object({ without: z.string() }) },
    responses: answers({ 200: answerOf("How many shards go to whom.", mesh.plan) }, 404),
  },
  {
    method: "get",
    path: "/api/v1/conflicts",
    tags: ["mesh"],
    summary: "Values that lost against a write made without knowledge of them, the latest first, as this peer saw it",
    request: { query: z.object(page) },
    responses: answers({ 200: answerOf("A page of conflicts.", mesh.conflictPage) }),
  },
  {
    method: "post",
    path: "/api/v1/conflicts/{id}/restore",
    tags: ["mesh"],
    summary: "Put the lost value of a task back, as a new edit",
    request: { params: z.object({ id: z.string() }), ...body(shapes.nothing, false) },
    responses: answers({ 200: taskAnswer("Restored.") }, 404, 409, 412, ...WRITE),
  },
];
