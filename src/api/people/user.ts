// The routes of one user: who it is, what it may do, its password, its end. `me` is who asks.

import type { Context, Hono } from "hono";
import { ADMIN, changeUser, PASSWORD_MAX, type Quota, removeUser, type User, userOf } from "../../core/people/user.ts";
import { type Entity, isAlive, revisionOf } from "../../core/register/register.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import { Faults, text } from "../../core/values/faults.ts";
import type { UserId } from "../../core/values/ids.ts";
import type { Peer } from "../../peer.ts";
import { isAdmin } from "../access/access.ts";
import { listTokens, renewToken, revokeToken, type TokenKind } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { hasTag, matchOf, readTags } from "../request/etag.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { oneOf, readQuery } from "../request/query.ts";
import { submit } from "../tasks/put.ts";
import { change } from "./change.ts";
import { tooBusy, tooMany } from "./sign-in.ts";
import { passwordIn, quotaIn, roleIn } from "./user-body.ts";
import { userTag, userView } from "./user-view.ts";

const TASKS_AT_ONCE = 100;

function userQuery() {
  return { tasks: oneOf(["delete"]) };
}

export function addUser(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, directory, passwords, turnstile } = doors;

  app.get("/api/v1/users/:id", async (c) => {
    const noneMatch = readTags(c.req.raw, "If-None-Match");
    if (noneMatch instanceof Response) return noneMatch;
    const found = await find(c);
    if (found instanceof Response) return found;
    const view = userView(found.user, await directory.settings());
    const etag = userTag(found.entity, view);
    return noneMatch !== undefined && hasTag(noneMatch, etag) ? empty(304, { etag }) : json(200, view, { etag });
  });

  app.patch("/api/v1/users/:id", async (c) => {
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const found = await find(c);
    if (found instanceof Response) return found;
    const { user } = found;
    const { access } = c.env;
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const isSelf = user.id === access.user;
    const faults = new Faults();
    faults.unknown(body, "", ["role", "quota", "password", "currentPassword"]);
    const role = body.role === undefined ? undefined : roleIn(body.role, faults);
    const quota = body.quota === undefined ? undefined : quotaIn(body.quota, faults);
    const password = body.password === undefined ? undefined : passwordIn(body.password, "password", faults);
    const current = body.currentPassword === undefined
      ? undefined
      : text(body.currentPassword, "currentPassword", 1, PASSWORD_MAX, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    if ((role !== undefined || quota !== undefined) && !isAdmin(access)) {
      const field = role === undefined ? "quota" : "role";
      return problem(403, `Only an admin changes the ${field} of a user.`, { field });
    }
    if (password !== undefined && isSelf) {
      const refused = await checkCurrent(user, current, c.env.remote ?? "");
      if (refused !== undefined) return refused;
    }
    const hash = password === undefined ? undefined : await passwords.hash(password);
    if (password !== undefined && hash === undefined) return tooBusy();
    const read = () => directory.entity(user.id);
    const result = await change({ peer, read }, matchOf(match), (entity = found.entity) =>
      changeUser(entity, {
        ...(role === undefined ? {} : { role }),
        ...(quota === undefined ? {} : { quota: limits(userOf(entity)?.quota ?? {}, quota) }),
        ...(hash === undefined ? {} : { password: hash }),
      }));
    if (result.kind === "refused") return refusalResponse(result);
    directory.forget();
    if (hash !== undefined) {
      // Whoever signed in with the old one is signed out; who changes it stays.
      const own = access.kind === "jwt" ? access.parent : "key" in access ? access.key : undefined;
      const refused = await keepSignedIn(peer, own) ?? await revokeAll(peer, user.id, SESSIONS, own);
      if (refused !== undefined) return refused;
    }
    const entity = await read();
    const changed = userOf(entity);
    if (entity === undefined || changed === undefined) return noSuchUser();
    const view = userView(changed, await directory.settings());
    return json(200, view, { etag: userTag(entity, view) });
  });

  app.delete("/api/v1/users/:id", async (c) => {
    const query = readQuery(c.env.url, userQuery());
    if (query instanceof Response) return query;
    const tags = readTags(c.req.raw, "If-Match");
    if (tags instanceof Response) return tags;
    const found = await find(c);
    if (found instanceof Response) return found;
    const { entity, user } = found;
    const match = matchOf(tags);
    if (match !== undefined && match !== "*" && !match.includes(revisionOf(entity))) {
      return problem(412, "The user was changed since it was read.", { field: "If-Match" });
    }
    for (;;) {
      const { items, cursor } = await peer.tasks({ user: user.id, limit: TASKS_AT_ONCE });
      const tasks = items.filter((dossier) => taskOf(dossier.entity) !== undefined);
      if (tasks.length === 0 && cursor === undefined) break;
      if (query.tasks === undefined) {
        return problem(409, `${user.name} has tasks. Delete them first, or with the user: ?tasks=delete.`, {
          field: "tasks",
          suggestion: "delete",
        });
      }
      const results = await Promise.all(
        tasks.map(({ guid }) => submit(peer, { kind: "task", guid, command: { kind: "remove" } })),
      );
      for (const result of results) {
        if (result.kind === "refused" && result.why !== "not-found") return refusalResponse(result);
      }
    }
    const result = await submit(peer, { ...removeUser(entity), ...(match === undefined ? {} : { match }) });
    if (result.kind === "refused") return refusalResponse(result);
    directory.forget();
    return await revokeAll(peer, user.id, ["api", ...SESSIONS, "invite"]) ?? empty(204);
  });

  async function find(
    c: Context<ApiEnv, "/api/v1/users/:id">,
  ): Promise<{ readonly entity: Entity; readonly user: User } | Response> {
    const { access } = c.env;
    const asked = c.req.param("id");
    const id = asked === "me" ? access.user : asked;
    if (id !== access.user && !isAdmin(access)) {
      return problem(403, "Only an admin sees other users; you are at /api/v1/users/me.", { field: "id" });
    }
    if (id === ADMIN) {
      return problem(
        409,
        "The peer's own keys stand for the user admin, which has no password, role or quota to set.",
        {
          field: "id",
        },
      );
    }
    const entity = await directory.entity(id);
    const user = userOf(entity);
    return entity === undefined || user === undefined ? noSuchUser() : { entity, user };
  }

  /** Who finds an open page is not to lock its user out. */
  async function checkCurrent(user: User, current: string | undefined, remote: string): Promise<Response | undefined> {
    if (current === undefined) {
      return problem(422, 'Your own password is changed with "currentPassword" beside it.', {
        field: "currentPassword",
      });
    }
    const pass = turnstile.enter(remote, peer.now());
    if (pass.kind === "wait") return tooMany(pass.seconds, "give a password");
    const isRight = await passwords.matches(current, user.password);
    if (isRight === undefined) return tooBusy();
    if (!isRight) return problem(403, "That is not your password.", { field: "currentPassword" });
    pass.forgive();
    return undefined;
  }
}

/** What a user has signed in with, in a browser or by the seed's API. */
export const SESSIONS: readonly TokenKind[] = ["session", "refresh"];

/** All of these kinds that the user has, `but` one; the answer when they can't be. */
export async function revokeAll(
  peer: Pick<Peer, "entities" | "now" | "submit">,
  user: UserId,
  kinds: readonly TokenKind[],
  but?: string,
): Promise<Response | undefined> {
  for (const [token, entity] of await listTokens(peer, kinds)) {
    if (token.user !== user || token.key === but) continue;
    const result = await submit(peer, revokeToken(entity));
    if (result.kind === "refused") return refusalResponse(result);
  }
  return undefined;
}

/** After its password was changed with it. */
export async function keepSignedIn(
  peer: Pick<Peer, "entity" | "submit">,
  key: string | undefined,
): Promise<Response | undefined> {
  const entity = key === undefined ? undefined : await peer.entity("token", key);
  if (entity === undefined || !isAlive(entity)) return undefined;
  const result = await submit(peer, renewToken(entity));
  return result.kind === "refused" ? refusalResponse(result) : undefined;
}

function limits(
  before: Partial<Quota>,
  change: { readonly [name in keyof Quota]?: number | null },
): Partial<Quota> {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, limit]) => limit !== null));
}

function noSuchUser(): Response {
  return problem(404, "There is no user with this id.", { field: "id", suggestion: "/api/v1/users" });
}
