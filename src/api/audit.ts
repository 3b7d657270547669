// The routes of the audit: what was done at this peer, and whether its record is whole. Another peer's is asked for
// through the mesh.

import type { Hono } from "hono";
import { TASK_ID_MAX } from "../core/task/task.ts";
import type { AuditPlace } from "../peer.ts";
import { whileHeld } from "./access/held.ts";
import type { ApiEnv, Doors } from "./doors.ts";
import { json } from "./request/answer.ts";
import { problem } from "./request/problem.ts";
import { cursor, moment, readQuery, sealCursor, whole, word } from "./request/query.ts";
import { LINES_TYPE } from "./tasks/batch.ts";
import { PAGE, PAGE_MAX } from "./tasks/tasks.ts";

function auditQuery() {
  return {
    ...{ limit: whole(1, PAGE_MAX, PAGE), cursor: cursor() },
    ...{ what: word(WORD_MAX), on: word(WORD_MAX), from: moment(), until: moment() },
  };
}

export function addAudit(app: Hono<ApiEnv>, { peer, audit, gatekeeper, closing }: Doors): void {
  app.get("/api/v1/audit", async (c) => {
    const query = readQuery(c.env.url, auditQuery());
    if (query instanceof Response) return query;
    const place = query.cursor === undefined ? undefined : placeOf(query.cursor);
    if (place === null) {
      return problem(400, '"cursor" is the cursor of the page before, unchanged.', { field: "cursor" });
    }
    const { limit, what, on, from, until } = query;
    const { user, isEveryone } = c.env;
    const filter = {
      ...(isEveryone ? {} : { user }),
      ...(what === undefined ? {} : { what }),
      ...(on === undefined ? {} : { on }),
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    };
    const page = await audit.page({ limit, filter, ...(place === undefined ? {} : { cursor: place }) });
    return json(200, {
      peer: peer.id,
      items: page.items.map(({ n, hash, entry }) => ({ ...entry, n, hash })),
      cursor: sealCursor(page.cursor === undefined ? undefined : `${page.cursor.file}/${page.cursor.end ?? ""}`),
    });
  });

  app.get("/api/v1/audit:verify", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const { first, head, sealed, broken } = await audit.verify();
    return json(200, { peer: peer.id, whole: broken === undefined, first, head, sealed, broken: broken ?? null });
  });

  app.get("/api/v1/audit:export", (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const headers = { "content-type": LINES_TYPE, "content-disposition": 'attachment; filename="audit.log"' };
    if (c.req.method === "HEAD") return new Response(null, { headers });
    const bytes = audit.bytes()[Symbol.asyncIterator]();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (closing.aborted) {
          await bytes.return?.();
          return controller.error(new Error("the peer is stopping"));
        }
        const { done, value } = await bytes.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await bytes.return?.();
      },
    });
    return new Response(whileHeld(body, c.env.access, gatekeeper), { headers });
  });
}

/** Of a deed, and of what it was done to: a task's id is the longest. */
const WORD_MAX = TASK_ID_MAX;

/** `null`: it is no place. */
function placeOf(cursor: string): AuditPlace | null {
  const [, file, end] = /^(\d)\/(\d{0,12})$/.exec(cursor) ?? [];
  if (file === undefined || end === undefined || Number(file) > 3) return null;
  return { file: Number(file), ...(end === "" ? {} : { end: Number(end) }) };
}
