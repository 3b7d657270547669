// The operations of sessions, tokens, users and invitations, for the description.

import { type RouteConfig, z } from "@hono/zod-openapi";
import { PAGE_MAX } from "../tasks/tasks.ts";
import * as access from "./access-shapes.ts";
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

/** Few have more than a page. */
const wholePage = { ...page, limit: z.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX).optional() };
const idPath = z.object({ id: z.string() });
const reading = z.object({ "If-None-Match": ifNoneMatch });
const matching = z.object({ "If-Match": ifMatch });
const unchanged = { 304: { description: "It is as it was." } };
const tagged = (description: string, schema: z.ZodType): Answer => ({
  ...answerOf(description, schema),
  headers: etag,
});
const userPath = z.object({ id: z.string().openapi({ description: 'A user\'s id, or "me".' }) });

export const ACCESS_OPERATIONS: readonly RouteConfig[] = [
  {
    method: "get",
    path: "/api/v1/auth",
    tags: ["access"],
    summary: "Who asks, and who may sign up",
    security: [],
    responses: answers({ 200: answerOf("As it stands.", access.auth) }),
  },
  {
    method: "post",
    path: "/api/v1/auth/session",
    tags: ["access"],
    summary: "Sign in a browser",
    security: [],
    request: body(access.sessionBody),
    responses: answers(
      { 204: { description: "Signed in.", headers: { "Set-Cookie": { schema: { type: "string" as const } } } } },
      429,
      ...WRITE,
    ),
  },
  {
    method: "get",
    path: "/api/v1/auth/session",
    tags: ["access"],
    summary: "Who is signed in, and where",
    responses: answers({ 200: answerOf("The session.", access.session) }),
  },
  {
    method: "delete",
    path: "/api/v1/auth/session",
    tags: ["access"],
    summary: "Sign out",
    responses: answers({ 204: done }, 507),
  },
  {
    method: "get",
    path: "/api/v1/auth/sessions",
    tags: ["access"],
    summary: "One's sessions: when and from where they were opened, and last used",
    description: "Of who asks, at every peer; an admin lists those of another by `user`.",
    responses: answers({ 200: answerOf("The sessions, the eldest first.", access.sessionPage) }),
  },
  {
    method: "delete",
    path: "/api/v1/auth/sessions/{id}",
    tags: ["access"],
    summary: "End one session, at every peer",
    request: { params: idPath },
    responses: answers({ 204: done }, 404, 507),
  },
  {
    method: "delete",
    path: "/api/v1/auth/sessions",
    tags: ["access"],
    summary: "Sign out everywhere else",
    description: "Ends all sessions of who asks, at every peer, but the one that asks. Tokens stay. " +
      "An admin ends those of another by `user`: `admin` is whom the peers' own keys stand for.",
    responses: answers({ 204: done }, 507),
  },
  {
    method: "post",
    path: "/api/v1/auth/token",
    tags: ["access"],
    summary: "Sign in a program: a token for a name and a password",
    security: [],
    request: body(access.loginBody),
    responses: answers({ 201: { ...answerOf("The token.", access.newToken), headers: location } }, 429, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/tokens",
    tags: ["access"],
    summary: "Make a token",
    request: body(access.tokenBody),
    responses: answers({ 201: { ...answerOf("The token.", access.newToken), headers: location } }, 409, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/tokens",
    tags: ["access"],
    summary: "List one's tokens; an admin's list holds all",
    request: { query: z.object(wholePage) },
    responses: answers({ 200: answerOf("The tokens.", access.tokenPage) }),
  },
  {
    method: "delete",
    path: "/api/v1/tokens/{id}",
    tags: ["access"],
    summary: "Revoke a token",
    request: { params: idPath },
    responses: answers({ 204: done }, 404, 507),
  },
  {
    method: "post",
    path: "/api/v1/users",
    tags: ["users"],
    summary: "Sign up; or, as an admin, make a user",
    security: [],
    request: body(access.newUserBody),
    responses: answers({ 201: { ...answerOf("The user.", access.user), headers: location } }, 409, 429, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/users",
    tags: ["users"],
    summary: "List the users",
    request: { query: z.object(page) },
    responses: answers({ 200: answerOf("A page of users, in the order of their names.", access.userPage) }),
  },
  {
    method: "get",
    path: "/api/v1/users/{id}",
    tags: ["users"],
    summary: "Read a user",
    request: { params: userPath, headers: reading },
    responses: answers({ 200: tagged("The user.", access.user), ...unchanged }, 404, 409),
  },
  {
    method: "patch",
    path: "/api/v1/users/{id}",
    tags: ["users"],
    summary: "Change a user's password; or, as an admin, its role and quota",
    description: "A new password ends the user's other sessions. Tokens stay: revoke those that are to go.",
    request: { params: userPath, headers: matching, ...body(access.userPatch) },
    responses: answers({ 200: tagged("The user.", access.user) }, 404, 409, 412, 429, ...WRITE),
  },
  {
    method: "delete",
    path: "/api/v1/users/{id}",
    tags: ["users"],
    summary: "Delete a user, and what it signed in with",
    request: {
      params: userPath,
      headers: matching,
      query: z.object({ tasks: z.enum(["delete"]).optional().openapi({ description: "Its tasks go with it." }) }),
    },
    responses: answers({ 204: done }, 404, 409, 412, 507),
  },
  {
    method: "get",
    path: "/api/v1/settings",
    tags: ["users"],
    summary: "Who may sign up, and what a user may have",
    request: { headers: reading },
    responses: answers({ 200: tagged("The settings.", access.settings), ...unchanged }),
  },
  {
    method: "patch",
    path: "/api/v1/settings",
    tags: ["users"],
    summary: "Change who may sign up, and what a user may have",
    request: {
      headers: matching,
      body: {
        content: {
          "application/merge-patch+json": { schema: access.settingsPatch },
          "application/json": { schema: access.settingsPatch },
        },
        required: true,
      },
    },
    responses: answers({ 200: tagged("The settings.", access.settings) }, 412, ...WRITE),
  },
  {
    method: "post",
    path: "/api/v1/invites",
    tags: ["users"],
    summary: "Invite somebody to sign up",
    request: body(access.inviteBody, false),
    responses: answers({ 201: answerOf("The invitation.", access.newInvite) }, 409, ...WRITE),
  },
  {
    method: "get",
    path: "/api/v1/invites",
    tags: ["users"],
    summary: "List the invitations that nobody has used yet",
    request: { query: z.object(wholePage) },
    responses: answers({ 200: answerOf("The invitations.", access.invitePage) }),
  },
  {
    method: "delete",
    path: "/api/v1/invites/{id}",
    tags: ["users"],
    summary: "Take an invitation back",
    request: { params: idPath },
    responses: answers({ 204: done }, 404, 507),
  },
];
