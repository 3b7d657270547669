// The routes that say who asks, and what gives a program a token for a name and a password.

import type { Hono } from "hono";
import { ADMIN, SCOPES_OF, userOf } from "../../core/people/user.ts";
import { Faults, number, text } from "../../core/values/faults.ts";
import { type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import type { Access } from "../access/access.ts";
import { type Token, tokenView } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { digest, newToken } from "../request/secret.ts";
import { credentialsIn, signIn, wrongCredentials } from "./sign-in.ts";
import { TOKEN_NAME_MAX, TOKEN_TTL_MAX_S } from "./tokens.ts";

/** A month, as that of a session. */
const LOGIN_TTL_S = 30 * 86_400;

export function addAuth(app: Hono<ApiEnv>, doors: Doors): void {
  const { peer, directory, issuer } = doors;

  app.get("/api/v1/auth", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    const { access } = c.env;
    const { signUp } = await directory.settings();
    const canSignUp = signUp === "open" || signUp === "invite" ||
      (signUp === "first" && (await directory.all()).length === 0);
    const user = access.kind === "nobody" ? null : await whoIs(access);
    return json(200, { signUp, canSignUp, user, scopes: access.scopes });
  });

  app.post("/api/v1/auth/token", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["name", "password", "for", "ttlSeconds"]);
    const credentials = credentialsIn(body, faults);
    const name = body.for === undefined ? "" : text(body.for, "for", 0, TOKEN_NAME_MAX, faults);
    const ttlS = body.ttlSeconds === undefined
      ? LOGIN_TTL_S
      : number(body.ttlSeconds, "ttlSeconds", 1, TOKEN_TTL_MAX_S, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    const signedIn = await signIn(doors, credentials, c.env.remote ?? "");
    if (signedIn.kind === "wait") return signedIn.response;
    if (signedIn.kind === "wrong") return wrongCredentials();
    const { user } = signedIn;
    const secret = newToken();
    const createdAt = peer.now();
    const token: Token = {
      ...{ key: digest(secret), name, kind: "api", user: user.id, scopes: SCOPES_OF[user.role], createdAt },
      expiresAt: Math.min(createdAt + ttlS * 1000, INSTANT_MAX) as Instant,
    };
    const result = await issuer.issue(token);
    if (result.kind === "refused") return refusalResponse(result);
    const { id, ...view } = tokenView(token);
    return json(201, { id, token: secret, ...view }, { location: `/api/v1/tokens/${id}` });
  });

  async function whoIs({ user, role }: Access) {
    const known = user === ADMIN ? undefined : userOf(await directory.entity(user));
    return { id: user, name: known?.name ?? user, role };
  }
}
