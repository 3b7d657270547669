// Stands before every route that writes, behind the rules: with `Prefer: replicas=2` what a request has written, whatever
// it was, is waited for before it is answered. A route need not know of it.

import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { ApiEnv, Doors } from "../doors.ts";
import { FORWARD_PATH } from "../mesh/forward.ts";
import { readConcern } from "../request/prefer.ts";

/** What is for another peer is waited for there; each line of a batch is waited for by itself. */
const ELSEWHERE: readonly string[] = [FORWARD_PATH, "/api/v1/tasks:batch"];
const SAFE: readonly string[] = ["GET", "HEAD", "OPTIONS"];

export function createWriteConcern({ peer, witness }: Pick<Doors, "peer" | "witness">): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const isElsewhere = matchedRoutes(c).some(({ path }) => ELSEWHERE.includes(path));
    // Who has shown nothing is told nothing of the mesh, and holds nothing up.
    const isHeard = c.env.access.kind !== "nobody" && !SAFE.includes(c.req.method) && !isElsewhere;
    const concern = isHeard ? readConcern(c.req.raw, peer) : undefined;
    if (concern === undefined) return await next();
    if (concern instanceof Response) return concern;
    const written = witness.collect();
    await next();
    const answer = await concern.fulfil([...written.values()], c.res);
    if (answer === c.res) return;
    // Else the headers of what is there stay.
    c.res = undefined;
    c.res = answer;
  };
}
