// The routes of what holds for all users of the mesh: who may sign up, and what a user may have.

import type { Hono } from "hono";
import { changeUserSettings, QUOTA, SIGN_UPS, USER_SETTINGS, userSettingsOf } from "../../core/people/user-settings.ts";
import type { Entity } from "../../core/register/register.ts";
import { Faults } from "../../core/values/faults.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { hasTag, matchOf, readTags } from "../request/etag.ts";
import { faultsResponse, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { change, revisionRead } from "./change.ts";
import { quotaIn, wordIn } from "./user-body.ts";

export function addSettings(app: Hono<ApiEnv>, { peer }: Doors): void {
  const read = () => peer.entity("setting", USER_SETTINGS);

  app.get("/api/v1/settings", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const noneMatch = readTags(c.req.raw, "If-None-Match");
    if (noneMatch instanceof Response) return noneMatch;
    const entity = await read();
    const etag = tagOf(entity);
    return noneMatch !== undefined && hasTag(noneMatch, etag) ? empty(304, { etag }) : shown(entity);
  });

  app.patch("/api/v1/settings", async (c) => {
    const match = readTags(c.req.raw, "If-Match");
    if (match instanceof Response) return match;
    const body = await readObject(c.req.raw, { types: ["application/merge-patch+json", "application/json"] });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["signUp", "quota"]);
    const signUp = body.signUp === undefined ? undefined : wordIn(body.signUp, "signUp", SIGN_UPS, faults);
    const quota = body.quota === undefined ? undefined : quotaIn(body.quota, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const result = await change({ peer, read }, matchOf(match), (entity) => {
      const before = userSettingsOf(entity).quota;
      const limits = quota === undefined ? undefined : {
        tasks: changed(quota.tasks, before.tasks, QUOTA.tasks),
        payloadBytes: changed(quota.payloadBytes, before.payloadBytes, QUOTA.payloadBytes),
        firesPerMinute: changed(quota.firesPerMinute, before.firesPerMinute, QUOTA.firesPerMinute),
      };
      return changeUserSettings(entity, {
        ...(signUp === undefined ? {} : { signUp }),
        ...(limits === undefined ? {} : { quota: limits }),
      });
    });
    return result.kind === "refused" ? refusalResponse(result) : shown(await read());
  });
}

function shown(entity: Entity | undefined): Response {
  return json(200, userSettingsOf(entity), { etag: tagOf(entity) });
}

function tagOf(entity: Entity | undefined): string {
  return `"${revisionRead(entity)}"`;
}

/** A merge patch: null is what it is at first. */
function changed(patch: number | null | undefined, before: number, first: number): number {
  return patch === undefined ? before : patch ?? first;
}
