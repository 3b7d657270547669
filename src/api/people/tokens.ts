// The routes of tokens: what scripts and other programs sign in with. A token's secret is shown once. It opens no more
// than what it was made with, and no longer than that does.

import type { Hono } from "hono";
import { type Scope, SCOPES } from "../../core/people/user.ts";
import { describeValue, Faults, number, text } from "../../core/values/faults.ts";
import { type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import { type Access, roleOf, within } from "../access/access.ts";
import { findToken, PARENTS_MAX, revokeToken, type Token, tokenOf, tokenView } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { digest, newToken } from "../request/secret.ts";
import { submit } from "../tasks/put.ts";
import { tokenPage, tokenPageQuery } from "./token-page.ts";
import { wordIn } from "./user-body.ts";

export const TOKEN_NAME_MAX = 256;
/** Ten years. */
export const TOKEN_TTL_MAX_S = 315_360_000;

export function addTokens(app: Hono<ApiEnv>, { peer, issuer, sightings }: Doors): void {
  app.post("/api/v1/tokens", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["name", "ttlSeconds", "scopes"]);
    const name = body.name === undefined ? "" : text(body.name, "name", 0, TOKEN_NAME_MAX, faults);
    const ttlS = body.ttlSeconds === undefined
      ? undefined
      : number(body.ttlSeconds, "ttlSeconds", 1, TOKEN_TTL_MAX_S, faults);
    const wanted = body.scopes === undefined ? undefined : scopesIn(body.scopes, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const { access, user } = c.env;
    const role = await roleOf(peer, user);
    const able = role === undefined ? [] : within(access.scopes, role);
    const beyond = wanted?.find((scope) => !able.includes(scope));
    if (beyond !== undefined) {
      return problem(
        403,
        `A token opens no more than what it is made with: that does not have the scope "${beyond}".`,
        {
          field: "scopes",
        },
      );
    }
    if (await isTooFar(access)) {
      return problem(409, `A token made with one that was made with one … ends after ${PARENTS_MAX}. Sign in instead.`);
    }
    const secret = newToken();
    const createdAt = peer.now();
    const token: Token = {
      ...{ key: digest(secret), name, kind: "api", user, scopes: wanted ?? able, createdAt },
      ...(ttlS === undefined ? {} : { expiresAt: Math.min(createdAt + ttlS * 1000, INSTANT_MAX) as Instant }),
      ...(access.parent === undefined ? {} : { parent: access.parent }),
    };
    const result = await issuer.issue(token);
    if (result.kind === "refused") return refusalResponse(result);
    const { id, ...view } = tokenView(token);
    return json(201, { id, token: secret, ...view }, { location: `/api/v1/tokens/${id}` });
  });

  app.get("/api/v1/tokens", async (c) => {
    const query = readQuery(c.env.url, tokenPageQuery());
    if (query instanceof Response) return query;
    const { user, isEveryone } = c.env;
    const { items, cursor } = await tokenPage(peer, "api", query, (token) => isEveryone || token.user === user);
    return json(200, { items: items.map((token) => tokenView(token, sightings.last(token))), cursor });
  });

  app.delete("/api/v1/tokens/:id", async (c) => {
    const id = c.req.param("id");
    const { user, isEveryone, access } = c.env;
    const entity = /^[0-9a-f]{64}$/.test(id) ? await peer.entity("token", id) : undefined;
    const token = tokenOf(entity, peer.now());
    if (entity === undefined || token?.kind !== "api" || (token.user !== user && !isEveryone)) {
      return problem(404, "There is no token with this id.", { field: "id" });
    }
    // One that leaked, and opens little, is not to end all others.
    const beyond = within(token.scopes, await roleOf(peer, token.user) ?? "viewer")
      .find((scope) => !access.scopes.includes(scope));
    if (beyond !== undefined) {
      return problem(403, `That token opens more than this access does: it has the scope "${beyond}".`, {
        field: "id",
      });
    }
    const result = await submit(peer, revokeToken(entity));
    return result.kind === "refused" ? refusalResponse(result) : empty(204);
  });

  async function isTooFar({ parent }: Access): Promise<boolean> {
    let token = parent === undefined ? undefined : await findToken(peer, parent);
    for (let depth = 0; token !== undefined; depth++) {
      if (depth === PARENTS_MAX) return true;
      token = token.parent === undefined ? undefined : tokenOf(await peer.entity("token", token.parent), peer.now());
    }
    return false;
  }
}

function scopesIn(value: unknown, faults: Faults): readonly Scope[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > SCOPES.length) {
    faults.add("scopes", `"scopes" is a list of ${SCOPES.join(", ")}, not ${describeValue(value)}.`);
    return [];
  }
  const wanted = value.map((each, i) => wordIn(each, `scopes.${i}`, SCOPES, faults));
  return SCOPES.filter((scope) => wanted.includes(scope));
}
