// The route of exchanges: what an attempt sent and what came back. It is kept by the peer that made the attempt, and asked
// for through the mesh.

import type { Hono } from "hono";
import { EXCHANGES_MAX } from "../../core/task/exchange.ts";
import { isOccurrenceId } from "../../core/task/occurrence.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { pass } from "../mesh/forward.ts";
import { PEER_ID_MAX } from "../mesh/mesh.ts";
import { json } from "../request/answer.ts";
import { problem } from "../request/problem.ts";
import { readQuery, word } from "../request/query.ts";
import { ownRun } from "./dead-letters.ts";
import { noRunId, noSuchRun } from "./runs.ts";

function exchangeQuery() {
  return { peer: word(PEER_ID_MAX) };
}

export function addExchanges(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, exchanges } = doors;

  app.get("/api/v1/runs/:id/attempts/:n/exchange", async (c) => {
    const query = readQuery(c.env.url, exchangeQuery());
    if (query instanceof Response) return query;
    const id = c.req.param("id");
    if (!isOccurrenceId(id)) return noRunId();
    const run = await ownRun({ run: (id) => peer.seekRun(id) }, c, id);
    if (run === undefined) return noSuchRun(id);
    const n = c.req.param("n");
    const made = run.attempts.filter((attempt) => String(attempt.n) === n);
    // Two peers may each have made it: the later one is meant unless one is named.
    const attempt = made.findLast((each) => query.peer === undefined || each.peer === query.peer);
    if (attempt === undefined) {
      const of = query.peer === undefined || made.length === 0 ? "" : ` by the peer ${query.peer}`;
      return problem(404, `The run has no attempt ${n}${of}; it has ${run.attempts.length}.`, {
        field: made.length === 0 ? "n" : "peer",
        suggestion: `/api/v1/runs/${id}`,
      });
    }
    const by = peer.mesh().peers.find((each) => each.peer === attempt.peer);
    const name = by?.name || attempt.peer;
    if (attempt.peer === peer.id) {
      const exchange = await exchanges.find(id, attempt.n);
      return exchange === undefined
        ? nothingKept(name, attempt)
        : json(200, { peer: peer.id, n: attempt.n, ...exchange });
    }
    if (by === undefined || by.state === "left" || c.env.isForwarded === true) {
      return problem(
        404,
        `What the attempt exchanged stayed at the peer ${name}, which made it${
          c.env.isForwarded === true ? "" : " and is no member of the mesh any more"
        }.`,
        { field: "n" },
      );
    }
    const target = new URL(`/api/v1/runs/${id}/attempts/${attempt.n}/exchange`, c.env.url.origin);
    target.searchParams.set("peer", attempt.peer);
    return await pass(doors, { id: attempt.peer, name }, target, c.req.raw, c.env.access);
  });
}

function nothingKept(name: string, { endedAt, status, error }: { endedAt?: number; status?: number; error?: string }) {
  if (endedAt === undefined) return problem(404, "The attempt is under way: what it exchanges is seen when it ends.");
  const why = status === undefined && error !== undefined
    ? `nothing came back, and it may be that nothing was sent: ${error}`
    : error === undefined
    ? "an answer without a body leaves nothing to see, nor do deliveries that come faster than is kept"
    : "it is no attempt over HTTP, or has been written over";
  return problem(
    404,
    `The peer ${name} has kept nothing of this attempt: ${why}. A peer keeps the last ${EXCHANGES_MAX} at most.`,
    { field: "n" },
  );
}
