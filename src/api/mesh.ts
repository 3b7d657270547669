// The routes of the mesh: who is a member, alive, and fires what.

import type { Hono } from "hono";
import { json } from "./answer.ts";
import type { ApiEnv, Doors } from "./doors.ts";
import { readQuery } from "./query.ts";

export function addMesh(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.get("/api/v1/mesh", (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    return json(200, peer.mesh());
  });
}
