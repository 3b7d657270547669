// The routes of invitations: each lets one person sign up, with a role that is set here. Its secret is shown once.

import type { Hono } from "hono";
import { Faults, number } from "../../core/values/faults.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import { revokeToken, type Token, tokenOf } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { digest, newToken } from "../request/secret.ts";
import { submit } from "../tasks/put.ts";
import { tokenPage, tokenPageQuery } from "./token-page.ts";
import { roleIn } from "./user-body.ts";

/** Time to read a letter, and not for ever. */
const INVITE_TTL_S = 7 * 86_400;
export const INVITE_TTL_MIN_S = 60;
export const INVITE_TTL_MAX_S = 30 * 86_400;

export function addInvites(app: Hono<ApiEnv>, { peer, issuer }: Doors): void {
  app.post("/api/v1/invites", async (c) => {
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["role", "ttlSeconds"]);
    const role = body.role === undefined ? "editor" : roleIn(body.role, faults);
    const ttlS = body.ttlSeconds === undefined
      ? INVITE_TTL_S
      : number(body.ttlSeconds, "ttlSeconds", INVITE_TTL_MIN_S, INVITE_TTL_MAX_S, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const secret = newToken();
    const createdAt = peer.now();
    const token: Token = {
      ...{ key: digest(secret), name: "", kind: "invite", user: c.env.access.user, scopes: [], role, createdAt },
      expiresAt: createdAt + ttlS * 1000 as Instant,
    };
    const result = await issuer.issue(token);
    if (result.kind === "refused") return refusalResponse(result);
    const { id, ...view } = inviteView(token);
    return json(201, { id, invite: secret, ...view });
  });

  app.get("/api/v1/invites", async (c) => {
    const query = readQuery(c.env.url, tokenPageQuery());
    if (query instanceof Response) return query;
    const { items, cursor } = await tokenPage(peer, "invite", query);
    return json(200, { items: items.map(inviteView), cursor });
  });

  app.delete("/api/v1/invites/:id", async (c) => {
    const id = c.req.param("id");
    const entity = /^[0-9a-f]{64}$/.test(id) ? await peer.entity("token", id) : undefined;
    if (entity === undefined || tokenOf(entity, peer.now())?.kind !== "invite") {
      return problem(404, "There is no invitation with this id.", { field: "id" });
    }
    const result = await submit(peer, revokeToken(entity));
    return result.kind === "refused" ? refusalResponse(result) : empty(204);
  });
}

function inviteView({ key, role, user, createdAt, expiresAt }: Token) {
  return {
    ...{ id: key, role: role ?? "viewer", user },
    createdAt: formatInstant(createdAt),
    expiresAt: expiresAt === undefined ? null : formatInstant(expiresAt),
  };
}
