// The API's own description, OpenAPI 3.1: made when it is first asked for, since what makes it (zod) weighs 16 MB that
// an idle peer has no use for.

import type { Hono } from "hono";
import type { ApiEnv } from "../doors.ts";

export function addDescription(app: Hono<ApiEnv>, version: string): void {
  let made: Promise<string> | undefined;
  app.get("/api/v1/openapi.json", async () => {
    made ??= import("./openapi.ts").then(({ openapi }) => JSON.stringify(openapi(version)));
    return new Response(await made, { headers: { "content-type": "application/json" } });
  });
}
