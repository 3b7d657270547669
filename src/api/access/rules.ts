// What each route needs, in one table. A route that is not in it is an admin's: whoever adds one says here who else may.
// It is asked for the route that the request has come to, not for its path, so that no spelling leads past it.

import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { ADMIN, type Scope, userOf } from "../../core/people/user.ts";
import type { UserId } from "../../core/values/ids.ts";
import type { ApiEnv } from "../doors.ts";
import { FORWARD_PATH } from "../mesh/forward.ts";
import { problem } from "../request/problem.ts";
import { isAdmin, PUBLIC, turnedAway } from "./access.ts";
import type { Directory } from "./directory.ts";

/** `anybody`: also who has shown nothing. `member`: everybody who has signed in. */
export type Need = Scope | "anybody" | "member";

const NEEDS: { readonly [need in Need]: readonly string[] } = {
  anybody: [...PUBLIC],
  member: [
    "GET /api/v1/auth/session",
    "DELETE /api/v1/auth/session",
    "GET /api/v1/auth/sessions",
    "DELETE /api/v1/auth/sessions",
    "DELETE /api/v1/auth/sessions/:id",
    "POST /api/v1/tokens",
    "GET /api/v1/tokens",
    "DELETE /api/v1/tokens/:id",
    "GET /api/v1/users/:id",
    "PATCH /api/v1/users/:id",
    ...slashed("GET /user", "PATCH /user", "POST /auth/logout"),
    // The other peer asks for what its route needs.
    `GET ${FORWARD_PATH}`,
    `POST ${FORWARD_PATH}`,
    `PUT ${FORWARD_PATH}`,
    `PATCH ${FORWARD_PATH}`,
    `DELETE ${FORWARD_PATH}`,
  ],
  read: [
    "GET /api/v1/tasks",
    "GET /api/v1/tasks/:id",
    "GET /api/v1/tasks/:id/next",
    "GET /api/v1/tasks/:id/runs",
    "GET /api/v1/tasks/:id/days",
    "GET /api/v1/tasks/:id/explain",
    "GET /api/v1/tasks/:id/versions",
    "GET /api/v1/tasks:export",
    "POST /api/v1/schedules/preview",
    "POST /api/v1/templates/preview",
    "GET /api/v1/runs",
    "GET /api/v1/runs/:id",
    "GET /api/v1/runs/:id/attempts/:n/exchange",
    "GET /api/v1/dead-letters",
    "GET /api/v1/dead-letters/causes",
    "GET /api/v1/events",
    "GET /api/v1/overview",
    "GET /metrics",
    "GET /api/v1/metrics",
    "GET /api/v1/conflicts",
    "GET /api/v1/mesh",
    "GET /api/v1/peers",
    "GET /api/v1/peers/:id",
    "GET /api/v1/plan",
    "GET /api/v1/targets",
    "GET /api/v1/targets/:name",
    ...slashed("GET /tasks"),
  ],
  run: [
    "POST /api/v1/tasks/:id/trigger",
    "POST /api/v1/tasks/:id/pause",
    "POST /api/v1/tasks/:id/resume",
    "POST /api/v1/tasks/:id/cancel",
    "POST /api/v1/tasks/:id/backfill",
    "POST /api/v1/tasks/:id/skip",
    // Each of them is asked for what its deed needs.
    "POST /api/v1/tasks:each",
    "POST /api/v1/runs/:id/retry",
    "POST /api/v1/dead-letters/redrive",
    "POST /api/v1/dead-letters/dismiss",
  ],
  edit: [
    "POST /api/v1/tasks",
    "PUT /api/v1/tasks/:id",
    "PATCH /api/v1/tasks/:id",
    "DELETE /api/v1/tasks/:id",
    "POST /api/v1/tasks:batch",
    "POST /api/v1/conflicts/:id/restore",
    "POST /api/v1/tasks/:id/versions/:revision/restore",
    ...slashed("POST /task", "DELETE /task/:id"),
  ],
  targets: [
    "POST /api/v1/targets",
    "PUT /api/v1/targets/:name",
    "PATCH /api/v1/targets/:name",
    "DELETE /api/v1/targets/:name",
    "POST /api/v1/targets/:name/test",
    "POST /api/v1/targets/:name/rotate",
    "POST /api/v1/targets/:name/confirm",
    "POST /api/v1/targets/:name/revert",
  ],
  admin: [
    // Ways to the targets of all users.
    "GET /api/v1/breakers",
    "GET /api/v1/audit",
    "GET /api/v1/audit:verify",
    "GET /api/v1/audit:export",
    "POST /api/v1/peers/:id/drain",
    "POST /api/v1/peers/:id/revoke",
    "POST /api/v1/tickets",
    "GET /api/v1/users",
    "DELETE /api/v1/users/:id",
    "GET /api/v1/settings",
    "PATCH /api/v1/settings",
    "POST /api/v1/invites",
    "GET /api/v1/invites",
    "DELETE /api/v1/invites/:id",
  ],
};

/** The seed's routes are there with a slash behind, too. */
function slashed(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => [line, `${line}/`]);
}

const NEED_OF: ReadonlyMap<string, Need> = new Map(
  (Object.entries(NEEDS) as [Need, readonly string[]][]).flatMap(([need, lines]) =>
    lines.map((line): [string, Need] => [line, need])
  ),
);

/** Absent: nobody has said so, and it is an admin's. */
export function needOf(line: string): Need | undefined {
  return NEED_OF.get(line);
}

/** Stands before every route. It turns away who may not, and says whose things are asked for. */
export function createRules(directory: Directory): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { access } = c.env;
    const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
    const need = route === undefined ? "member" : needOf(`${route.method} ${route.path}`) ?? "admin";
    if (need === "anybody") return await next();
    if (access.kind === "nobody") return turnedAway("This needs a token (Authorization: Bearer …) or a session.");
    if (need !== "member" && !access.scopes.includes(need)) {
      return problem(403, `This needs the scope "${need}", which this access as ${access.role} does not have.`, {
        field: "Authorization",
      });
    }
    const whose = await whoseThings(c, directory);
    if (whose instanceof Response) return whose;
    c.env = { ...c.env, ...whose };
    await next();
  };
}

type Whose = Pick<ApiEnv["Bindings"], "user" | "isEveryone" | "url">;

/** `?user=` names another user, by name or id; without it an admin's lists hold what is everyone's. */
async function whoseThings(c: Context<ApiEnv>, directory: Directory): Promise<Whose | Response> {
  const { access, url } = c.env;
  // What is for another peer is read there.
  const isElsewhere = matchedRoutes(c).some(({ path }) => path === FORWARD_PATH);
  const named = isElsewhere ? [] : url.searchParams.getAll("user");
  if (named.length === 0) return { user: access.user, isEveryone: isAdmin(access), url };
  if (named.length > 1) return problem(400, '"user" is sent once.', { field: "user" });
  const [text = ""] = named;
  const id = await idOf(text, directory);
  if (!isAdmin(access) && id !== access.user) {
    return problem(403, "Only an admin sees what is another user's.", { field: "user" });
  }
  if (id === undefined) {
    return problem(404, "There is no user of this name or id.", { field: "user", suggestion: "/api/v1/users" });
  }
  const rest = new URL(url);
  rest.searchParams.delete("user");
  return { user: id, isEveryone: false, url: rest };
}

async function idOf(text: string, directory: Directory): Promise<UserId | undefined> {
  if (text === ADMIN) return ADMIN;
  return (userOf(await directory.entity(text)) ?? await directory.named(text))?.id;
}
