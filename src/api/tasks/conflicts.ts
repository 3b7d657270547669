// The routes of conflicts: values that lost against a write made without knowledge of them, as this peer has seen them.
// A value of a task can be put back: that is a new edit, which is checked like each edit, and what is there now goes.

import type { Hono } from "hono";
import { type Conflict, conflictPlace } from "../../core/register/conflict.ts";
import type { Register } from "../../core/register/register.ts";
import { maskTarget, type Target } from "../../core/targets/target.ts";
import { type Task, taskOf } from "../../core/task/task-entity.ts";
import { isObject } from "../../core/values/faults.ts";
import type { PeerId, TaskGuid, UserId } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { Json } from "../../core/values/json.ts";
import { type Origin, stampMs, stampOrigin } from "../../core/values/stamp.ts";
import type { TargetAccess } from "../../peer.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { problem } from "../request/problem.ts";
import { cursor, openCursor, readQuery, sealCursor, whole } from "../request/query.ts";
import { putBack, writersOf, writtenAs } from "./put-back.ts";
import { PAGE, PAGE_MAX } from "./tasks.ts";
import { plainTarget } from "./view.ts";

function conflictsQuery() {
  return { limit: whole(1, PAGE_MAX, PAGE), cursor: cursor() };
}

export function addConflicts(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer } = doors;

  app.get("/api/v1/conflicts", async (c) => {
    const query = readQuery(c.env.url, conflictsQuery());
    if (query instanceof Response) return query;
    const { limit, cursor } = query;
    const writers = await writersOf(peer);
    const { user, isEveryone } = c.env;
    const items = [];
    for await (const [conflict, task] of conflictsFrom(cursor)) {
      if (!isEveryone && task?.user !== user) continue;
      // The place of the last that is shown: that of another may be another user's, and names what is theirs.
      if (items.length === limit) return json(200, { items, cursor: items.at(-1)?.id ?? null });
      items.push(conflictView(conflict, task, writers));
    }
    return json(200, { items, cursor: null });
  });

  /** The latest first, each with its task: there are some thousands at most. */
  async function* conflictsFrom(cursor: string | undefined): AsyncGenerator<readonly [Conflict, Task | undefined]> {
    for (let at = cursor;;) {
      const page = await peer.conflicts({ limit: PAGE_MAX, ...(at === undefined ? {} : { cursor: at }) });
      for (const conflict of page.items) {
        yield [conflict, conflict.entity.kind === "task" ? await taskIn(conflict) : undefined];
      }
      if (page.cursor === undefined) return;
      at = page.cursor;
    }
  }

  app.post("/api/v1/conflicts/:id/restore", async (c) => {
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const [unknown] = Object.keys(body);
    if (unknown !== undefined) return problem(422, "A restore takes no properties.", { field: unknown.slice(0, 64) });
    const id = c.req.param("id");
    const conflict = await find(id);
    const task = conflict?.entity.kind === "task" ? await taskIn(conflict) : undefined;
    // What is another's is not said to be there.
    if (conflict === undefined || (task?.user !== c.env.user && !c.env.isEveryone)) {
      return problem(404, "This peer has no conflict with this id.", { field: "id", suggestion: "/api/v1/conflicts" });
    }
    if (conflict.entity.kind !== "task") {
      return problem(409, `A value of a ${conflict.entity.kind} is not put back: only those of tasks are.`);
    }
    return await restore(conflict, task?.user ?? c.env.user);
  });

  async function restore({ entity: { key }, register, lost }: Conflict, user: UserId): Promise<Response> {
    const told = { now: peer.now(), targets: doors.targets };
    return await putBack(doors, { guid: key as TaskGuid, user }, (task) => restored(task, register, lost.value, told));
  }

  async function find(id: string): Promise<Conflict | undefined> {
    const place = openCursor(id);
    if (place === undefined || !/^\d{15}\//.test(place)) return undefined;
    // The list goes back from its cursor: the next key after that place.
    const { items: [conflict] } = await peer.conflicts({ cursor: `${place}\0`, limit: 1 });
    return conflict !== undefined && conflictPlace(conflict) === place ? conflict : undefined;
  }

  async function taskIn({ entity }: Conflict): Promise<Task | undefined> {
    return taskOf((await peer.dossier(entity.key as TaskGuid)).entity);
  }
}

/** What the user would write to have the lost value again; absent when the value says that there is none. */
function restored(
  task: Task,
  register: string,
  value: Json,
  { now, targets }: { readonly now: Instant; readonly targets: Pick<TargetAccess, "openTarget"> },
): unknown {
  const definition = writtenAs(task, now, targets);
  if (!isObject(value)) return undefined;
  switch (register) {
    case "schedule":
      return { ...definition, schedule: value.source };
    case "target": {
      const { payload, template, ...lost } = value;
      const target = targets.openTarget(lost as Target) ?? maskTarget(lost as Target);
      return { ...definition, target, payload, template };
    }
    case "policy":
      return { ...definition, policy: value };
    case "meta":
      return { ...definition, name: value.name, labels: value.labels };
    case "state":
      return { ...definition, state: stateOf(value) };
    default:
      return undefined;
  }
}

type Value = { readonly [name: string]: unknown };

function stateOf({ paused, note, until }: Value) {
  if (paused !== true) return { paused: false };
  return {
    paused: true,
    ...(note === undefined ? {} : { note }),
    ...(typeof until === "number" ? { until: formatInstant(until as Instant) } : {}),
  };
}

function conflictView(conflict: Conflict, task: Task | undefined, writers: ReadonlyMap<Origin, PeerId>) {
  const { entity, register, lost, kept, at } = conflict;
  const side = ({ value, stamp }: Register) => ({
    value: entity.kind === "task" ? shownValue(register, value) : null,
    at: formatInstant(stampMs(stamp)),
    by: writers.get(stampOrigin(stamp)) ?? null,
  });
  return {
    id: sealCursor(conflictPlace(conflict)),
    kind: entity.kind,
    key: entity.key,
    task: task?.definition.id ?? null,
    register,
    at: formatInstant(at),
    lost: side(lost),
    kept: side(kept),
  };
}

/** As a task shows it: no secrets, and nothing that only the engine knows. */
function shownValue(register: string, value: Json): unknown {
  if (!isObject(value)) return null;
  switch (register) {
    case "schedule":
      return value.source;
    case "target": {
      const { payload, ...target } = value as Target & { readonly payload: Json };
      return { target: plainTarget(maskTarget(target)), payload };
    }
    case "policy":
      return value;
    case "meta":
      return { name: value.name, labels: value.labels };
    case "state":
      return stateOf(value);
    default:
      return null;
  }
}
