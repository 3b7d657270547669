// The routes of runs: what became of occurrences, of one task or of all.

import type { Hono } from "hono";
import { type OwnerWord, withOpen } from "../../core/ownership/owner-word.ts";
import { isOccurrenceId, type OccurrenceId } from "../../core/task/occurrence.ts";
import { KEPT_STATES, OUTCOMES, type Run } from "../../core/task/run.ts";
import { TASK_ID_MAX } from "../../core/task/task.ts";
import { canonicalId } from "../../core/values/canonical.ts";
import { Faults } from "../../core/values/faults.ts";
import { taskGuid } from "../../core/values/ids.ts";
import type { Peer } from "../../peer.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { cursor, moment, oneOf, type ReadQuery, readQuery, sealCursor, whole, word } from "../request/query.ts";
import { staleness } from "../request/stale.ts";
import { idOf, noSuchTask, PAGE, PAGE_MAX } from "../tasks/tasks.ts";
import { runView } from "../tasks/view.ts";
import { ownRun } from "./dead-letters.ts";
import { drive } from "./drive.ts";

function runsOfTaskQuery() {
  return {
    limit: whole(1, PAGE_MAX, PAGE),
    cursor: cursor(),
    outcome: oneOf(OUTCOMES),
    state: oneOf(KEPT_STATES),
    from: moment(),
    until: moment(),
  };
}

function runsQuery() {
  return { ...runsOfTaskQuery(), task: word(TASK_ID_MAX) };
}

export function addRuns(app: Hono<ApiEnv>, { peer, quotas }: Doors): void {
  app.get("/api/v1/tasks/:id/runs", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const query = readQuery(c.env.url, runsOfTaskQuery());
    if (query instanceof Response) return query;
    const guid = taskGuid(c.env.user, id);
    // The runs of a deleted task are still there to be read.
    if ((await peer.dossier(guid)).entity === undefined) return noSuchTask(id);
    const { cursor, outcome, state } = query;
    // Runs in flight are on the first page, and neither have an outcome nor wait.
    if (cursor !== undefined || outcome !== undefined || state !== undefined) return await list({ guid }, query);
    return await list({ guid }, query, await peer.ownerWord(guid));
  });

  app.get("/api/v1/runs", async (c) => {
    const query = readQuery(c.env.url, runsQuery());
    if (query instanceof Response) return query;
    const { user, isEveryone } = c.env;
    if (query.task !== undefined) return await list({ guid: taskGuid(user, canonicalId(query.task)) }, query);
    return await list(isEveryone ? {} : { user }, query);
  });

  app.get("/api/v1/runs/:id", async (c) => {
    const id = c.req.param("id");
    if (!isOccurrenceId(id)) return noRunId();
    const run = await ownRun({ run: (id) => peer.seekRun(id) }, c, id);
    return run === undefined ? noSuchRun(id) : json(200, runView(run));
  });

  app.post("/api/v1/runs/:id/retry", async (c) => {
    const id = c.req.param("id");
    if (!isOccurrenceId(id)) return noRunId();
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", []);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const run = await ownRun(peer, c, id);
    if (run === undefined) return noSuchRun(id);
    const over = await quotas.fire(c.env.user);
    if (over !== undefined) return refusalResponse(over);
    const { runs: [again], refused: [refusal] } = await drive(peer, [run], { start: peer.now() });
    if (again !== undefined) return json(202, runView(again), { location: `/api/v1/runs/${id}` });
    return problem(409, `The run is not sent again: ${refusal?.message ?? "its task is gone"}.`, { field: "id" });
  });

  async function list(
    whose: Pick<Parameters<Peer["runs"]>[0], "guid" | "user">,
    query: ReadQuery<ReturnType<typeof runsOfTaskQuery>>,
    word: OwnerWord = { kind: "nothing" },
  ): Promise<Response> {
    const { limit, cursor, outcome, state, from, until } = query;
    if (from !== undefined && until !== undefined && until <= from) {
      const message = '"until" is later than "from": it lists what is planned at or after "from", and before "until".';
      return problem(400, message, { field: "until" });
    }
    const page = await peer.runs({
      ...whose,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(state === undefined ? {} : { state }),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    });
    const isWithin = ({ instant }: Run) => instant >= (from ?? -Infinity) && instant < (until ?? Infinity);
    const items = word.kind === "dossier"
      ? withOpen(page.items, word.dossier.open.filter(isWithin), page.cursor === undefined)
      : page.items;
    return json(200, { items: items.map(runView), cursor: sealCursor(page.cursor) }, staleness(word));
  }
}

export function noRunId(): Response {
  return problem(400, "The id of a run has 32 hex digits, in lower case.", { field: "id", suggestion: "/api/v1/runs" });
}

export function noSuchRun(id: OccurrenceId): Response {
  return problem(404, `There is no run with the id ${id}.`, { field: "id" });
}
