// The routes of tasks: make, list, read, change, and ask them to do something.

import { Buffer } from "node:buffer";
import type { Context, Hono } from "hono";
import { withWord } from "../../core/ownership/owner-word.ts";
import type { CommandResult, Match, Refusal, TaskCommand } from "../../core/protocol/command.ts";
import { revisionOf } from "../../core/register/register.ts";
import { maskTarget, TARGET_NAME_MAX } from "../../core/targets/target.ts";
import {
  isFaults,
  mergePatch,
  type ParsedDefinition,
  parseDefinition,
  parseTaskId,
  pauseIn,
  payloadIn,
} from "../../core/task/definition.ts";
import type { Dossier } from "../../core/task/dossier.ts";
import { OUTCOMES } from "../../core/task/run.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import { fault, isFault } from "../../core/values/fault.ts";
import { Faults, isObject } from "../../core/values/faults.ts";
import { type TaskGuid, taskGuid } from "../../core/values/ids.ts";
import { LABELS_MAX } from "../../core/values/labels.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, type Headers, json } from "../request/answer.ts";
import { type JsonObject, parseObject, readObject, readText } from "../request/body.ts";
import { type EntityTags, hasTag, matchOf, readTags } from "../request/etag.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { cursor, labels, oneOf, readQuery, sealCursor, whole, word } from "../request/query.ts";
import { newTaskId } from "../request/secret.ts";
import { staleness } from "../request/stale.ts";
import { type PutDoors, putTask, submit } from "./put.ts";
import { Recent, RECENT_MAX } from "./recent.ts";
import { search, SORT_ORDERS } from "./search.ts";
import { definitionOf, ownershipOf, runView, type Shown, showTask } from "./view.ts";

export const PAGE_MAX = 500;
export const PAGE = 50;
export const SEARCH_MAX = 256;

/** A patch without If-Match is tried again when another write comes between its read and its write. */
const PATCH_TRIES = 8;

const JSON_TYPE = ["application/json"];
const PATCH_TYPES = ["application/merge-patch+json", "application/json"];

function tasksQuery() {
  return {
    limit: whole(1, PAGE_MAX, PAGE),
    cursor: cursor(),
    q: word(SEARCH_MAX),
    paused: oneOf(["true", "false"]),
    label: labels(LABELS_MAX),
    target: word(TARGET_NAME_MAX),
    urn: word(SEARCH_MAX),
    outcome: oneOf(OUTCOMES),
    sort: oneOf(SORT_ORDERS),
    recent: whole(0, RECENT_MAX, 0),
  };
}

export function addTasks(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, once, quotas, catalogue, witness, closing } = doors;
  const recent = new Recent(peer, closing);

  app.post("/api/v1/tasks", async (c) => {
    const text = await readText(c.req.raw, JSON_TYPE);
    if (text instanceof Response) return text;
    const body = parseObject(text);
    if (body instanceof Response) return body;
    const parsed = parseDefinition(body, body.id === undefined ? { id: newTaskId() } : {});
    if (isFaults(parsed)) return faultsResponse(parsed);
    const ticket = await once.open(c.req.raw, c.env, text);
    if (ticket instanceof Response) return ticket;
    if (ticket.kind === "done") {
      witness.wrote({ kind: "task", key: taskGuid(c.env.user, parsed.definition.id) });
      return answerTask(ticket.result, 201, { "idempotent-replayed": "true" });
    }
    let result: CommandResult;
    try {
      result = await putTask(putDoors(c), parsed, { mode: "create", ...onceOf(ticket) });
    } finally {
      ticket.close();
    }
    if (result.kind === "refused" && result.why === "exists") return taskExists(parsed.definition.id);
    return answerTask(result, 201);
  });

  app.get("/api/v1/tasks", async (c) => {
    const query = readQuery(c.env.url, tasksQuery());
    if (query instanceof Response) return query;
    const now = peer.now();
    const { user, isEveryone } = c.env;
    const whose = isEveryone ? {} : { user };
    const shown = async (dossiers: readonly Dossier[]) => {
      const views = dossiers.map(async (dossier) => {
        const view = showTask(dossier, ownershipOf(peer, dossier), now)?.view;
        if (view === undefined || query.recent === 0) return view ?? [];
        return { ...view, recent: await recent.of(dossier.guid, query.recent) };
      });
      return (await Promise.all(views)).flat();
    };
    const found = await search(catalogue, whose, query);
    if (found instanceof Response) return found;
    if (found !== undefined) {
      const dossiers = await Promise.all(found.guids.map((guid) => peer.dossier(guid)));
      return json(200, { items: await shown(dossiers), cursor: sealCursor(found.cursor), total: found.total });
    }
    const page = await peer.tasks({
      ...whose,
      now,
      limit: query.limit,
      ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
      ...(query.q === undefined ? {} : { text: query.q }),
      ...(query.paused === undefined ? {} : { paused: query.paused === "true" }),
      ...(query.label === undefined ? {} : { labels: query.label }),
      ...(query.target === undefined ? {} : { target: query.target }),
    });
    return json(200, { items: await shown(page.items), cursor: sealCursor(page.cursor), total: null });
  });

  app.get("/api/v1/tasks/:id", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const noneMatch = readTags(c.req.raw, "If-None-Match");
    if (noneMatch instanceof Response) return noneMatch;
    const guid = taskGuid(c.env.user, id);
    const own = await peer.dossier(guid);
    if (taskOf(own.entity) === undefined) return noSuchTask(id);
    const word = await peer.ownerWord(guid);
    const dossier = withWord(own, word);
    const shown = showTask(dossier, ownershipOf(peer, dossier), peer.now());
    if (shown === undefined || dossier.entity === undefined) return noSuchTask(id);
    const stale = staleness(word);
    const wanted = matchOf(match);
    if (wanted !== undefined && wanted !== "*" && !wanted.includes(revisionOf(dossier.entity))) {
      return problem(412, "The task was changed since it was read.", { field: "If-Match" });
    }
    if (noneMatch !== undefined && hasTag(noneMatch, shown.tag)) return empty(304, { etag: shown.tag, ...stale });
    return json(200, shown.view, { etag: shown.tag, ...stale });
  });

  app.put("/api/v1/tasks/:id", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const condition = await putCondition(c.req.raw, taskGuid(c.env.user, id));
    if (condition instanceof Response) return condition;
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const parsed = parseNamed(body, id);
    if (parsed instanceof Response) return parsed;
    const result = await putTask(putDoors(c), parsed, condition);
    // The precondition failed, whatever the task is now: RFC 9110 §13.1.
    if (result.kind === "refused" && (result.why === "exists" || result.why === "not-found")) {
      return problem(412, result.why === "exists" ? "The task exists." : "There is no such task.", {
        field: condition.mode === "create" ? "If-None-Match" : "If-Match",
      });
    }
    return answerTask(result, result.kind === "task" && result.created ? 201 : 200);
  });

  app.patch("/api/v1/tasks/:id", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const patch = await readObject(c.req.raw, { types: PATCH_TYPES });
    if (patch instanceof Response) return patch;
    return await patchTask(c, id, patch, match);
  });

  app.delete("/api/v1/tasks/:id", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const guid = taskGuid(c.env.user, id);
    const result = await ask(guid, { kind: "remove", ...matchPart(match) });
    return result.kind === "refused" ? refusedTask(id, result) : empty(204);
  });

  app.post("/api/v1/tasks/:id/trigger", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const text = await readText(c.req.raw, JSON_TYPE);
    if (text instanceof Response) return text;
    const body = text === "" ? {} : parseObject(text);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["payload"]);
    const payload = body.payload === undefined ? undefined : payloadIn(body.payload, "payload", faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const ticket = await once.open(c.req.raw, c.env, text);
    if (ticket instanceof Response) return ticket;
    if (ticket.kind === "done") {
      if ("logged" in ticket.result && ticket.result.logged !== undefined) {
        witness.wrote({ kind: "log", ...ticket.result.logged });
      }
      return answerRun(ticket.result, { "idempotent-replayed": "true" });
    }
    try {
      const payloadBytes = payload === undefined ? 0 : Buffer.byteLength(JSON.stringify(payload));
      const over = await quotas.fire(c.env.user, { payloadBytes });
      if (over !== undefined) return answerRun(over);
      const command: TaskCommand = { kind: "trigger", ...(payload === undefined ? {} : { payload }) };
      const guid = taskGuid(c.env.user, id);
      const result = await submit(peer, { kind: "task", guid, command, ...onceOf(ticket) });
      return result.kind === "refused" ? refusedTask(id, result) : answerRun(result);
    } finally {
      ticket.close();
    }
  });

  app.post("/api/v1/tasks/:id/pause", async (c) => {
    const id = idOf(c);
    if (id instanceof Response) return id;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["note", "until"]);
    const pause = pauseIn(body, "", faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const guid = taskGuid(c.env.user, id);
    const result = await ask(guid, { kind: "pause", ...pause, ...matchPart(match) });
    return result.kind === "refused" ? refusedTask(id, result) : answerTask(result, 200);
  });

  app.post("/api/v1/tasks/:id/resume", async (c) => {
    const id = await bare(c);
    if (id instanceof Response) return id;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const guid = taskGuid(c.env.user, id);
    const result = await ask(guid, { kind: "resume", ...matchPart(match) });
    return result.kind === "refused" ? refusedTask(id, result) : answerTask(result, 200);
  });

  app.post("/api/v1/tasks/:id/cancel", async (c) => {
    const id = await bare(c);
    if (id instanceof Response) return id;
    const result = await ask(taskGuid(c.env.user, id), { kind: "cancel" });
    switch (result.kind) {
      case "cancelled":
        return json(200, { cancelled: result.runs });
      case "refused":
        return refusedTask(id, result);
      case "task":
      case "removed":
      case "run":
      case "redriven":
      case "dismissed":
      case "written":
        throw new Error(`a cancel was answered with ${result.kind}`);
    }
  });

  function putDoors(c: Context<ApiEnv>): PutDoors {
    return { ...doors, user: c.env.user };
  }

  function ask(guid: TaskGuid, command: TaskCommand): Promise<CommandResult> {
    return submit(peer, { kind: "task", guid, command });
  }

  /** What a PUT may find: by If-Match a task of one of these revisions, by If-None-Match none, or none of these. */
  async function putCondition(
    request: Request,
    guid: TaskGuid,
  ): Promise<{ readonly mode: "create" | "replace" | "put"; readonly match?: Match } | Response> {
    const match = readTags(request, "If-Match");
    if (match instanceof Response) return match;
    const noneMatch = readTags(request, "If-None-Match");
    if (noneMatch instanceof Response) return noneMatch;
    if (noneMatch === undefined) {
      return match === undefined ? { mode: "put" } : { mode: "replace", ...matchPart(match) };
    }
    if (noneMatch === "*") {
      if (match === undefined) return { mode: "create" };
      return problem(412, "A task can't both be absent and have a revision.", { field: "If-Match" });
    }
    const dossier = await peer.dossier(guid);
    const shown = showTask(dossier, ownershipOf(peer, dossier), peer.now());
    if (shown === undefined || dossier.entity === undefined) {
      return match === undefined ? { mode: "create" } : { mode: "replace", ...matchPart(match) };
    }
    if (hasTag(noneMatch, shown.tag)) {
      return problem(412, "The task is still the one that If-None-Match names.", { field: "If-None-Match" });
    }
    return { mode: "replace", ...(match === undefined ? { match: [revisionOf(dossier.entity)] } : matchPart(match)) };
  }

  async function patchTask(
    c: Context<ApiEnv>,
    id: string,
    patch: JsonObject,
    tags: EntityTags | undefined,
  ): Promise<Response> {
    const guid = taskGuid(c.env.user, id);
    const wanted = matchOf(tags);
    for (let tries = 1;; tries++) {
      const { entity } = await peer.dossier(guid);
      const task = taskOf(entity);
      if (task === undefined || entity === undefined) return noSuchTask(id);
      const revision = revisionOf(entity);
      if (wanted !== undefined && wanted !== "*" && !wanted.includes(revision)) {
        return problem(412, "The task was changed since it was read.", { field: "If-Match" });
      }
      const { state, ...definition } = definitionOf(task, peer.now());
      // A resumed task has no note: what a patch does not name is not carried over into a state that can't have it.
      const isResumed = isObject(patch.state) && patch.state.paused === false;
      const base = isResumed || state === undefined ? definition : { ...definition, state };
      const { target } = task.definition;
      const parsed = parseNamed(
        mergePatch({ ...base, target: doors.targets.openTarget(target) ?? maskTarget(target) }, patch),
        id,
      );
      if (parsed instanceof Response) return parsed;
      const resumed = state !== undefined && parsed.state === undefined
        ? { ...parsed, state: { paused: false } }
        : parsed;
      const result = await putTask(putDoors(c), resumed, { mode: "replace", match: [revision] });
      const isRaced = result.kind === "refused" && result.why === "changed";
      if (!isRaced || wanted !== undefined && wanted !== "*" || tries === PATCH_TRIES) return answerTask(result, 200);
    }
  }

  function answerTask(result: CommandResult, status: number, headers: Headers = {}): Response {
    switch (result.kind) {
      case "task": {
        const { dossier } = result;
        const shown = showTask(dossier, ownershipOf(peer, dossier), peer.now());
        // It has nothing left to do, and was to be removed then (removeWhenDone).
        if (shown === undefined) return empty(204, headers);
        return json(status, shown.view, { ...taskHeaders(shown, status), ...headers });
      }
      case "refused":
        return refusalResponse(result);
      case "removed":
      case "run":
      case "redriven":
      case "dismissed":
      case "cancelled":
      case "written":
        throw new Error(`a command for a task was answered with ${result.kind}`);
    }
  }
}

/** The id in the path, decoded once. */
export function idOf(c: Context<ApiEnv, "/api/v1/tasks/:id">): string | Response {
  const id = parseTaskId(c.req.param("id"));
  return isFault(id) ? faultsResponse([id], 400) : id;
}

export function noSuchTask(id: string): Response {
  return problem(404, `There is no task with the id ${id}.`, { field: "id" });
}

/** Why a command of this task was not carried out. */
export function refusedTask(id: string, refusal: Refusal): Response {
  return refusal.why === "not-found" ? noSuchTask(id) : refusalResponse(refusal);
}

function taskExists(id: string): Response {
  return problem(409, `A task with the id ${id} exists: change that one, or choose another id.`, { field: "id" });
}

/** The id of a request whose body says nothing. */
export async function bare(c: Context<ApiEnv, "/api/v1/tasks/:id">): Promise<string | Response> {
  const id = idOf(c);
  if (id instanceof Response) return id;
  const body = await readObject(c.req.raw, { isOptional: true });
  if (body instanceof Response) return body;
  return refuseUnknown(body, []) ?? id;
}

/** The definition of the task whose id is in the path. */
function parseNamed(body: unknown, id: string): ParsedDefinition | Response {
  const parsed = parseDefinition(body, { id });
  if (isFaults(parsed)) return faultsResponse(parsed);
  if (parsed.definition.id === id) return parsed;
  return faultsResponse([
    fault("id", "A task keeps its id: the one of the path, or none, stands in the body.", { suggestion: id }),
  ]);
}

function answerRun(result: CommandResult, headers: Headers = {}): Response {
  switch (result.kind) {
    case "run":
      return json(202, runView(result.run), { location: `/api/v1/runs/${result.run.id}`, ...headers });
    case "refused":
      return refusalResponse(result);
    case "task":
    case "removed":
    case "redriven":
    case "dismissed":
    case "cancelled":
    case "written":
      throw new Error(`a trigger was answered with ${result.kind}`);
  }
}

function taskHeaders({ view, tag }: Shown, status: number): Headers {
  return status === 201 ? { etag: tag, location: `/api/v1/tasks/${encodeURIComponent(view.id)}` } : { etag: tag };
}

function matchPart(tags: EntityTags | undefined): { readonly match?: Match } {
  const match = matchOf(tags);
  return match === undefined ? {} : { match };
}

function onceOf<T>(ticket: { readonly once?: T }): { readonly once?: T } {
  return ticket.once === undefined ? {} : { once: ticket.once };
}

function refuseUnknown(body: JsonObject, known: readonly string[]): Response | undefined {
  const faults = new Faults();
  faults.unknown(body, "", known);
  return faults.all.length > 0 ? faultsResponse(faults.all) : undefined;
}
