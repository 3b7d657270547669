// The routes of tokens: what scripts and other programs sign in with. A token's secret is shown once.

import type { Hono } from "hono";
import { Faults, number, text } from "../core/faults.ts";
import { type Instant, INSTANT_MAX } from "../core/instant.ts";
import { empty, json } from "./answer.ts";
import { readObject } from "./body.ts";
import type { ApiEnv, Doors } from "./doors.ts";
import { faultsResponse, problem, refusalResponse } from "./problem.ts";
import { submit } from "./put.ts";
import { readQuery } from "./query.ts";
import { digest, newToken } from "./secret.ts";
import { issueToken, revokeToken, type Token, tokenOf, tokenView } from "./token.ts";

export const TOKEN_NAME_MAX = 256;
/** Ten years. */
export const TOKEN_TTL_MAX_S = 315_360_000;
/** Tokens and sessions that are looked through. */
const TOKENS_MAX = 10_000;

export function addTokens(app: Hono<ApiEnv>, { peer }: Doors): void {
  app.post("/api/v1/tokens", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["name", "ttlSeconds"]);
    const name = body.name === undefined ? "" : text(body.name, "name", 0, TOKEN_NAME_MAX, faults);
    const ttlS = body.ttlSeconds === undefined
      ? undefined
      : number(body.ttlSeconds, "ttlSeconds", 1, TOKEN_TTL_MAX_S, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const secret = newToken();
    const createdAt = peer.now();
    const token: Token = {
      key: digest(secret),
      name,
      kind: "api",
      createdAt,
      ...(ttlS === undefined ? {} : { expiresAt: Math.min(createdAt + ttlS * 1000, INSTANT_MAX) as Instant }),
    };
    const result = await submit(peer, issueToken(token));
    if (result.kind === "refused") return refusalResponse(result);
    const { id, ...view } = tokenView(token);
    return json(201, { id, token: secret, ...view }, { location: `/api/v1/tokens/${id}` });
  });

  app.get("/api/v1/tokens", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const now = peer.now();
    const tokens = (await peer.entities("token", TOKENS_MAX)).flatMap((entity) => tokenOf(entity, now) ?? []);
    const items = tokens.filter(({ kind }) => kind === "api").sort((a, b) => a.createdAt - b.createdAt).map(tokenView);
    return json(200, { items, cursor: null });
  });

  app.delete("/api/v1/tokens/:id", async (c) => {
    const id = c.req.param("id");
    const entity = /^[0-9a-f]{64}$/.test(id) ? await peer.entity("token", id) : undefined;
    if (entity === undefined || tokenOf(entity, peer.now())?.kind !== "api") {
      return problem(404, "There is no token with this id.", { field: "id" });
    }
    const result = await submit(peer, revokeToken(entity));
    return result.kind === "refused" ? refusalResponse(result) : empty(204);
  });
}
