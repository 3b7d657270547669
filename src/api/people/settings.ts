// The routes of what holds for all users of the mesh: who may sign up, and what a user may have.

import type { Hono } from "hono";
import { changeUserSettings, QUOTA, SIGN_UPS, USER_SETTINGS } from "../../core/people/user-settings.ts";
import { Faults } from "../../core/values/faults.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { submit } from "../tasks/put.ts";
import { quotaIn, wordIn } from "./user-body.ts";

export function addSettings(app: Hono<ApiEnv>, { peer, directory }: Doors): void {
  app.get("/api/v1/settings", async (c) => {
    const query = readQuery(c.env.url, {});
    return query instanceof Response ? query : json(200, await directory.settings());
  });

  app.patch("/api/v1/settings", async (c) => {
    const body = await readObject(c.req.raw, { types: ["application/merge-patch+json", "application/json"] });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["signUp", "quota"]);
    const signUp = body.signUp === undefined ? undefined : wordIn(body.signUp, "signUp", SIGN_UPS, faults);
    const quota = body.quota === undefined ? undefined : quotaIn(body.quota, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const before = await directory.settings();
    const limits = quota === undefined ? undefined : {
      tasks: changed(quota.tasks, before.quota.tasks, QUOTA.tasks),
      payloadBytes: changed(quota.payloadBytes, before.quota.payloadBytes, QUOTA.payloadBytes),
      firesPerMinute: changed(quota.firesPerMinute, before.quota.firesPerMinute, QUOTA.firesPerMinute),
    };
    const result = await submit(
      peer,
      changeUserSettings(await peer.entity("setting", USER_SETTINGS), {
        ...(signUp === undefined ? {} : { signUp }),
        ...(limits === undefined ? {} : { quota: limits }),
      }),
    );
    return result.kind === "refused" ? refusalResponse(result) : json(200, await directory.settings());
  });
}

/** A merge patch: null is what it is at first. */
function changed(patch: number | null | undefined, before: number, first: number): number {
  return patch === undefined ? before : patch ?? first;
}
