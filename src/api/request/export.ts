// All tasks as lines that a batch takes: read page by page, as fast as they are fetched. Secrets stay masked; where the
// task still is, a batch puts them back.

import type { Hono } from "hono";
import { maskTarget } from "../../core/targets/target.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import { whileHeld } from "../access/held.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { LINES_TYPE } from "../tasks/batch.ts";
import { definitionOf, plainTarget } from "../tasks/view.ts";
import { readQuery } from "./query.ts";

const PAGE = 250;

export function addExport(app: Hono<ApiEnv>, doors: Doors): void {
  app.get("/api/v1/tasks:export", (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const body = c.req.method === "HEAD" ? null : whileHeld(lines(doors, c.env), c.env.access, doors.gatekeeper);
    return new Response(body, {
      headers: { "content-type": LINES_TYPE, "content-disposition": 'attachment; filename="tasks.ndjson"' },
    });
  });
}

function lines(
  { peer, closing }: Doors,
  { user, isEveryone }: ApiEnv["Bindings"],
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor: string | undefined;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (closing.aborted) return controller.error(new Error("the peer is stopping"));
      let text = "";
      do {
        const page = await peer.tasks({
          ...(isEveryone ? {} : { user }),
          limit: PAGE,
          ...(cursor === undefined ? {} : { cursor }),
        });
        for (const { entity } of page.items) {
          const task = taskOf(entity);
          if (task === undefined) continue;
          const target = plainTarget(maskTarget(task.definition.target));
          text += JSON.stringify({ ...definitionOf(task, peer.now()), target }) + "\n";
        }
        cursor = page.cursor;
        // A pull that brings nothing would not be followed by another.
      } while (text === "" && cursor !== undefined);
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (cursor === undefined) controller.close();
    },
  });
}
