// The routes of one's sessions, at every peer, of browsers and of the seed's clients: which there are, and their end.

import type { Hono } from "hono";
import { type Role, SCOPES_OF, userOf } from "../../core/people/user.ts";
import type { UserId } from "../../core/values/ids.ts";
import { type Access, roleOf } from "../access/access.ts";
import { keyOf } from "../access/sightings.ts";
import { findToken, isOfPassword, listTokens, revokeToken, timesOf, type Token } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { problem, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { submit } from "../tasks/put.ts";
import { revokeAll, SESSIONS } from "./user.ts";

export function addSessions(app: Hono<ApiEnv>, { peer, directory, sightings }: Doors): void {
  app.get("/api/v1/auth/sessions", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const own = keyOf(c.env.access);
    const tokens = (await sessionsOf(c.env.user)).map(([token]) => token);
    const items = tokens.sort((a, b) => a.createdAt - b.createdAt).map((token) => view(token, own));
    return json(200, { items, cursor: null });
  });

  app.delete("/api/v1/auth/sessions", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const { access, user } = c.env;
    const beyond = beyondOf(access, await roleOf(peer, user) ?? "viewer");
    return beyond ?? await revokeAll(peer, user, SESSIONS, keyOf(access)) ?? empty(204);
  });

  app.delete("/api/v1/auth/sessions/:id", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const { access, user } = c.env;
    const [, entity] = (await sessionsOf(user)).find(([{ key }]) => key === c.req.param("id")) ?? [];
    if (entity === undefined) {
      return problem(404, "There is no session with this id: it may have ended.", {
        field: "id",
        suggestion: "/api/v1/auth/sessions",
      });
    }
    const beyond = entity.key === keyOf(access) ? undefined : beyondOf(access, await roleOf(peer, user) ?? "viewer");
    if (beyond !== undefined) return beyond;
    const result = await submit(peer, revokeToken(entity));
    return result.kind === "refused" ? refusalResponse(result) : empty(204);
  });

  /** Those that open something still. */
  async function sessionsOf(user: UserId) {
    const known = userOf(await directory.entity(user));
    const found = (await listTokens(peer, SESSIONS)).filter(([token]) =>
      token.user === user && (known === undefined || isOfPassword(token, known))
    );
    const living = await Promise.all(found.map(async ([{ key }]) => await findToken(peer, key) !== undefined));
    return found.filter((_, at) => living[at]);
  }

  function view(token: Token, own: string | undefined) {
    const { key, kind, from, agent, createdAt, expiresAt } = token;
    return {
      ...{ id: key, kind: kind === "refresh" ? "seed" : "browser", isThis: key === own },
      ...{ from: from ?? null, agent: agent ?? null },
      ...timesOf({ createdAt, expiresAt }, sightings.last(token)),
    };
  }
}

/** One that leaked, and opens little, is not to end what opens more. */
function beyondOf(access: Access, role: Role): Response | undefined {
  const beyond = SCOPES_OF[role].find((scope) => !access.scopes.includes(scope));
  if (beyond === undefined) return undefined;
  return problem(403, `Sessions open more than this access does: they have the scope "${beyond}".`, {
    field: "Authorization",
  });
}
