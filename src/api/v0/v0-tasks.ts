// The seed's routes of tasks: written whole, deleted, listed whole.

import type { Context, Hono } from "hono";
import { URN_MAX } from "../../core/targets/target-urn.ts";
import { isFaults, parseDefinition, parseTaskId } from "../../core/task/definition.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import { TASK_ID_MAX, TASK_NAME_MAX } from "../../core/task/task.ts";
import { canonicalId } from "../../core/values/canonical.ts";
import { isFault } from "../../core/values/fault.ts";
import { taskGuid } from "../../core/values/ids.ts";
import { whileHeld } from "../access/held.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { refusalResponse } from "../request/problem.ts";
import { newTaskId } from "../request/secret.ts";
import { putTask, submit } from "../tasks/put.ts";
import { definitionOf } from "../tasks/view.ts";
import { type V0Fault, v0Faults } from "./v0-answer.ts";
import { readV0 } from "./v0-body.ts";
import { v0Listed, v0Task } from "./v0-view.ts";

const TEXT_MAX = 65_536;
const PAGE = 250;

export function addV0Tasks(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer } = doors;

  for (const slash of ["", "/"]) {
    app.post(`/task${slash}`, async (c) => {
      const body = await readV0(c.req.raw, {
        id: { min: 1, max: TASK_ID_MAX, pattern: /^\S+$/ },
        name: { isRequired: true, min: 1, max: TASK_NAME_MAX, pattern: /^\S(?:.*\S)?$/s },
        schedule: { isRequired: true, min: 1, max: TEXT_MAX },
        urn: { isRequired: true, min: 1, max: URN_MAX, pattern: /^\S+:\/\/\S+$/ },
        payload: {},
      });
      if (body instanceof Response) return body;
      const { user } = c.env.access;
      const id = body.id === undefined ? newTaskId() : canonicalId(String(body.id));
      const parsed = parseDefinition({ ...await kept(user, id), ...written(body), id }, {});
      if (isFaults(parsed)) {
        return v0Faults(parsed.map(({ field, message }): V0Fault => ({
          field: field.startsWith("target") ? "urn" : field,
          type: "pattern",
          description: message,
        })));
      }
      const result = await putTask({ ...doors, user }, parsed, { mode: "put" });
      if (result.kind === "refused") return refusalResponse(result);
      if (result.kind !== "task") throw new Error(`a put was answered with ${result.kind}`);
      const { guid, entity } = result.dossier;
      const createdAt = peer.now();
      // One that has nothing left to do may be removed already; it is shown as it was written.
      return json(200, v0Task(taskOf(entity) ?? { guid, user, definition: parsed.definition, createdAt }));
    });

    app.delete(`/task/:id${slash}`, async (c) => {
      const id = parseTaskId(c.req.param("id"));
      // What can't be an id is the id of no task.
      if (isFault(id)) return new Response("");
      const guid = taskGuid(c.env.access.user, id);
      const result = await submit(peer, { kind: "task", guid, command: { kind: "remove" } });
      return result.kind === "refused" && result.why !== "not-found" ? refusalResponse(result) : new Response("");
    });

    app.get(`/tasks${slash}`, (c) => {
      const body = c.req.method === "HEAD" ? null : whileHeld(list(c), c.env.access, doors.gatekeeper);
      return new Response(body, { headers: { "content-type": "application/json" } });
    });
  }

  /** What the seed knows nothing of stays as it is. */
  async function kept(user: string, id: string): Promise<{ readonly [field: string]: unknown }> {
    const task = taskOf((await peer.dossier(taskGuid(user, id))).entity);
    if (task === undefined) return {};
    const { policy, labels, state } = definitionOf(task, peer.now());
    return { policy, labels, ...(state === undefined ? {} : { state }) };
  }

  /** One array, as it is read: `null` when there is nothing in it. */
  function list(c: Context<ApiEnv>): ReadableStream<Uint8Array> {
    const { user } = c.env.access;
    const encoder = new TextEncoder();
    let cursor: string | undefined;
    let count = 0;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (doors.closing.aborted) return controller.error(new Error("the peer is stopping"));
        let text = "";
        do {
          const page = await peer.tasks({ user, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
          for (const dossier of page.items) {
            const task = v0Listed(dossier);
            if (task !== undefined) text += `${count++ === 0 ? "[" : ","}${JSON.stringify(task)}`;
          }
          cursor = page.cursor;
          // A pull that brings nothing would not be followed by another.
        } while (text === "" && cursor !== undefined);
        if (cursor === undefined) text += count === 0 ? "null" : "]";
        controller.enqueue(encoder.encode(text));
        if (cursor === undefined) controller.close();
      },
    });
  }
}

function written({ name, schedule, urn, payload }: { readonly [name: string]: unknown }) {
  return { name, schedule: scheduleIn(String(schedule)), target: urn, ...(payload === undefined ? {} : { payload }) };
}

/** A schedule that the seed has no word for was shown as JSON, and comes back so. */
function scheduleIn(text: string): unknown {
  if (!text.startsWith("{") && !text.startsWith("[")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
