// The routes of named targets: make, list, read, change, delete, try out, and rotate what is secret of them. Credentials
// come in and never go out: what is shown is that they are held, and since when.

import type { Context, Hono } from "hono";
import { plainOf } from "../../core/delivery/target-book.ts";
import { removedValues, targetKey } from "../../core/delivery/target-entity.ts";
import { revisionOf } from "../../core/register/register.ts";
import { isTargetFaults, type ParsedTarget, parseTargetDefinition } from "../../core/targets/target-definition.ts";
import { TARGET_NAME_MAX, targetNameFault } from "../../core/targets/target.ts";
import { mergePatch, payloadIn } from "../../core/task/definition.ts";
import { fault } from "../../core/values/fault.ts";
import { Faults, isObject } from "../../core/values/faults.ts";
import type { UserId } from "../../core/values/ids.ts";
import { roleOf } from "../access/access.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { hasTag, readTags } from "../request/etag.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { cursor, oneOf, readQuery, sealCursor, whole } from "../request/query.ts";
import { submit } from "../tasks/put.ts";
import { changedSince, type Found, foundIn, isMatched, tagOf } from "./found-target.ts";
import { addRotation } from "./target-rotation.ts";
import { definitionOf, targetView, testView } from "./target-view.ts";
import { writeTarget } from "./target-write.ts";

const TARGETS_PAGE_MAX = 500;
const PAGE = 50;
/** Targets that ever were, of all users. */
const ENTITIES_MAX = 16_384;
const PATCH_TRIES = 8;
const PATCH_TYPES = ["application/merge-patch+json", "application/json"];

function targetsQuery() {
  return { limit: whole(1, TARGETS_PAGE_MAX, PAGE), cursor: cursor(/^[0-9a-z-]+\/[A-Za-z0-9._-]+$/) };
}

export function addTargets(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, targets } = doors;

  app.get("/api/v1/targets", async (c) => {
    const query = readQuery(c.env.url, targetsQuery());
    if (query instanceof Response) return query;
    const { cursor: after = "" } = query;
    const { user, isEveryone } = c.env;
    const all = (await peer.entities("target", ENTITIES_MAX)).flatMap((entity) => foundIn(entity) ?? [])
      .filter((each) => (isEveryone || each.target.user === user) && placeOf(each) > after)
      .sort((a, b) => placeOf(a) < placeOf(b) ? -1 : 1);
    const page = all.slice(0, query.limit);
    const last = page[page.length - 1];
    const isMore = all.length > page.length && last !== undefined;
    return json(200, {
      items: page.map((each) => targetView(each, peer.now())),
      cursor: sealCursor(isMore ? placeOf(last) : undefined),
    });
  });

  app.post("/api/v1/targets", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const parsed = parseTargetDefinition(body);
    if (isTargetFaults(parsed)) return faultsResponse(parsed);
    return await write(c, parsed, undefined, "absent");
  });

  app.get("/api/v1/targets/:name", async (c) => {
    const found = await find(c);
    if (found instanceof Response) return found;
    const noneMatch = readTags(c.req.raw, "If-None-Match");
    if (noneMatch instanceof Response) return noneMatch;
    const etag = tagOf(found);
    if (noneMatch !== undefined && hasTag(noneMatch, etag)) return empty(304, { etag });
    return json(200, targetView(found, peer.now()), { etag });
  });

  app.put("/api/v1/targets/:name", async (c) => {
    const name = nameOf(c);
    if (name instanceof Response) return name;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const noneMatch = readTags(c.req.raw, "If-None-Match");
    if (noneMatch instanceof Response) return noneMatch;
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const parsed = parseNamed(body, name);
    if (parsed instanceof Response) return parsed;
    const found = foundIn(await peer.entity("target", targetKey(c.env.user, name)));
    if (found === undefined) {
      return match === undefined ? await write(c, parsed, undefined, "absent") : noneNow();
    }
    if (noneMatch !== undefined && hasTag(noneMatch, tagOf(found))) {
      return problem(412, "The target exists.", { field: "If-None-Match" });
    }
    if (!isMatched(found, match)) return changedSince();
    return await write(c, parsed, found, [revisionOf(found.entity)]);
  });

  app.patch("/api/v1/targets/:name", async (c) => {
    const name = nameOf(c);
    if (name instanceof Response) return name;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const body = await readObject(c.req.raw, { types: PATCH_TYPES });
    if (body instanceof Response) return body;
    // Apart: the null of a credential takes it away, and what is held is no part of what is shown.
    const { credentials, ...patch } = body;
    for (let tries = 1;; tries++) {
      const found = await find(c);
      if (found instanceof Response) return found;
      if (!isMatched(found, match)) return changedSince();
      const merged = mergePatch(definitionOf(found.target), patch);
      const whole = isObject(merged) ? merged : {};
      const parsed = parseNamed(credentials === undefined ? whole : { ...whole, credentials }, name);
      if (parsed instanceof Response) return parsed;
      const answer = await write(c, parsed, found, [revisionOf(found.entity)]);
      if (answer.status !== 412 || match !== undefined || tries === PATCH_TRIES) return answer;
    }
  });

  app.delete("/api/v1/targets/:name", async (c) => {
    const query = readQuery(c.env.url, { force: oneOf(["true", "false"]) });
    if (query instanceof Response) return query;
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const found = await find(c);
    if (found instanceof Response) return found;
    if (!isMatched(found, match)) return changedSince();
    const { name } = found.target;
    const referring = query.force === "true" ? undefined : await anyTaskOf(c.env.user, name);
    if (referring !== undefined) {
      return problem(
        409,
        `Tasks refer to this target, "${referring}" among them. Point them elsewhere, or delete it with force=true: ` +
          "their attempts then fail until there is a target of this name again.",
        { suggestion: `/api/v1/tasks?target=${encodeURIComponent(name)}` },
      );
    }
    const result = await submit(peer, {
      kind: "entity",
      entity: found.entity,
      values: removedValues(found.entity, found.target),
      match: match === undefined ? "*" : [revisionOf(found.entity)],
    });
    return result.kind === "refused" ? refusalResponse(result) : empty(204);
  });

  app.post("/api/v1/targets/:name/test", async (c) => {
    const found = await find(c);
    if (found instanceof Response) return found;
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["payload"]);
    const payload = body.payload === undefined ? { test: true } : payloadIn(body.payload, "payload", faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    // It reaches no further than the user's tasks do.
    const isTrusted = await roleOf(peer, found.target.user) === "admin";
    const target = plainOf(found.target);
    const tested = await targets.test(isTrusted ? target : { ...target, isGuarded: true }, payload);
    if (tested !== undefined) return json(200, testView(tested));
    return problem(503, "Other tests are under way.", { headers: { "retry-after": "5" } });
  });

  addRotation(app, doors, find);

  async function write(
    c: Context<ApiEnv>,
    parsed: ParsedTarget,
    found: Found | undefined,
    match: Parameters<typeof writeTarget>[1]["match"],
  ): Promise<Response> {
    const written = await writeTarget({ peer, targets, user: c.env.user }, { parsed, found, match });
    if (written instanceof Response) return written;
    const location = `/api/v1/targets/${written.target.name}`;
    return found === undefined
      ? json(201, targetView(written, peer.now()), { etag: tagOf(written), location })
      : json(200, targetView(written, peer.now()), { etag: tagOf(written) });
  }

  async function find(c: Context<ApiEnv>): Promise<Found | Response> {
    const name = nameOf(c);
    if (name instanceof Response) return name;
    const found = foundIn(await peer.entity("target", targetKey(c.env.user, name)));
    return found ??
      problem(404, `There is no target named "${name}".`, { field: "name", suggestion: "/api/v1/targets" });
  }

  /** The id of some task that refers to the target. */
  async function anyTaskOf(user: UserId, name: string): Promise<string | undefined> {
    let next: string | undefined;
    do {
      const page = await peer.tasks({ user, target: name, limit: 1, ...(next === undefined ? {} : { cursor: next }) });
      const [first] = page.items;
      const meta = first?.entity?.registers.meta?.value;
      if (meta !== undefined) return String((meta as { readonly id?: unknown }).id);
      next = page.cursor;
    } while (next !== undefined);
    return undefined;
  }
}

/** Where it stands in the list. */
function placeOf({ target: { user, name } }: Found): string {
  return `${user}/${name}`;
}

function noneNow(): Response {
  return problem(412, "There is no such target.", { field: "If-Match" });
}

function nameOf(c: Context<ApiEnv>): string | Response {
  const name = c.req.param("name") ?? "";
  const wrong = targetNameFault(name.slice(0, TARGET_NAME_MAX + 1), "name");
  return wrong === undefined ? name : faultsResponse([wrong], 400);
}

function parseNamed(body: { readonly [name: string]: unknown }, name: string): ParsedTarget | Response {
  const parsed = parseTargetDefinition(body, { name });
  if (isTargetFaults(parsed)) return faultsResponse(parsed);
  if (parsed.definition.name === name) return parsed;
  return faultsResponse([
    fault("name", "A target keeps its name: the one of the path, or none, stands in the body.", { suggestion: name }),
  ]);
}
