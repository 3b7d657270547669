// Whether the peer lives, and whether it does its work: for those who watch it, without a token.

import type { Hono } from "hono";
import type { ApiEnv, Doors } from "./doors.ts";
import { json } from "./request/answer.ts";
import { problem } from "./request/problem.ts";

export function addHealth(app: Hono<ApiEnv>, { peer }: Doors): void {
  for (const base of ["", "/api/v1"]) {
    app.get(`${base}/healthz`, () => json(200, { status: "ok" }));
    app.get(`${base}/readyz`, () => {
      const { ready, writable } = peer.status();
      const headers = { "retry-after": "1" };
      // Why the disk refuses may name a path; that is for those who are signed in, and for the log.
      if (!writable) return problem(503, "The disk takes no writes now.", { headers });
      if (!ready) return problem(503, "The tasks are still being read.", { headers });
      return json(200, { status: "ok" });
    });
  }
}
