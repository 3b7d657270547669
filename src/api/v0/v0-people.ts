// The seed's routes of users and sessions. A client of it signs up, signs in, gets a token for an hour and one that
// gives the next, and signs out, at any peer.

import type { Hono } from "hono";
import { changeUser, PASSWORD_MAX, type User, USER_NAME_MAX, userOf } from "../../core/people/user.ts";
import { formatInstant, type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import type { Jwts } from "../access/jwt.ts";
import { isKept, isOfPassword, openedBy, revokeToken, tokenOf } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { signIn, tooBusy } from "../people/sign-in.ts";
import { keepSignedIn, revokeAll, SESSIONS } from "../people/user.ts";
import { UNSEEN } from "../people/user-body.ts";
import type { SignUps } from "../people/users.ts";
import { json } from "../request/answer.ts";
import { isLocal } from "../request/local.ts";
import { refusalResponse } from "../request/problem.ts";
import { digest, isToken, newToken } from "../request/secret.ts";
import { submit } from "../tasks/put.ts";
import { v0Error, v0Faults } from "./v0-answer.ts";
import { readV0 } from "./v0-body.ts";

/** A month, as that of a session. */
const REFRESH_TTL_MS = 30 * 86_400_000;
const TEXT_MAX = 1_024;

/** No outer blanks, and nothing that can't be seen. */
const NAME_PATTERN = new RegExp(`^(?!.*${UNSEEN.source})\\S(?:.*\\S)?$`, "su");
const NAME = { isRequired: true, min: 1, max: USER_NAME_MAX, pattern: NAME_PATTERN } as const;
const PASSWORD = { isRequired: true, min: 1, max: PASSWORD_MAX } as const;

export function addV0People(app: Hono<ApiEnv>, doors: Doors, jwts: Jwts, signUps: SignUps): void {
  const { peer, directory, passwords, issuer } = doors;
  for (const slash of ["", "/"]) {
    app.post(`/user${slash}`, async (c) => {
      const body = await readV0(c.req.raw, { name: NAME, password: PASSWORD });
      if (body instanceof Response) return body;
      const [name, password] = [String(body.name), String(body.password)];
      const from = { remote: c.env.remote ?? "", isLocal: isLocal(c.req.raw, c.env.remote) };
      const user = await signUps.signUp({ name, password }, from);
      if (!("response" in user)) return json(200, v0User(user));
      if (user.kind !== "taken") return user.response;
      return v0Faults([{ field: "name", type: "duplicated", description: "name is duplicated" }]);
    });

    app.get(`/user${slash}`, async (c) => {
      const user = userOf(await directory.entity(c.env.access.user));
      return user === undefined ? v0Error(404, "Not found") : json(200, v0User(user));
    });

    app.patch(`/user${slash}`, async (c) => {
      const body = await readV0(c.req.raw, { password: PASSWORD });
      if (body instanceof Response) return body;
      const { access } = c.env;
      const entity = await directory.entity(access.user);
      const user = userOf(entity);
      if (entity === undefined || user === undefined) return v0Error(404, "Not found");
      // Whoever finds a token of a program, which may be for reading alone, is not to have the user with it.
      if (access.kind !== "jwt") return v0Error(403, "A password is changed by who has signed in by POST /auth");
      const hash = await passwords.hash(String(body.password));
      if (hash === undefined) return tooBusy();
      const result = await submit(peer, changeUser(entity, { password: hash }));
      if (result.kind === "refused") return refusalResponse(result);
      directory.forget();
      const refused = await keepSignedIn(peer, access.parent) ??
        await revokeAll(peer, user.id, SESSIONS, access.parent);
      return refused ?? new Response("");
    });

    app.post(`/auth${slash}`, async (c) => {
      const body = await readV0(c.req.raw, {
        type: { isRequired: true, min: 1, max: TEXT_MAX, oneOf: ["bearer", "access"] },
        username: { min: 1, max: USER_NAME_MAX },
        password: { min: 1, max: PASSWORD_MAX },
        refreshToken: { min: 1, max: TEXT_MAX },
      });
      if (body instanceof Response) return body;
      const missing = (body.type === "access" ? ["refreshToken"] : ["username", "password"])
        .filter((name) => body[name] === undefined);
      if (missing.length > 0) {
        return v0Faults(missing.map((field) => ({ field, type: "required", description: `${field} is required` })));
      }
      if (body.type === "access") return await renew(String(body.refreshToken));
      const credentials = { name: String(body.username), password: String(body.password) };
      const signedIn = await signIn(doors, credentials, c.env.remote ?? "");
      if (signedIn.kind === "wait") return signedIn.response;
      if (signedIn.kind === "wrong") return v0Error(401, "Unknown user");
      const { user } = signedIn;
      const refreshToken = newToken();
      const createdAt = peer.now();
      const result = await issuer.issue({
        ...{ key: digest(refreshToken), name: "", kind: "refresh", user: user.id, scopes: [], createdAt },
        expiresAt: Math.min(createdAt + REFRESH_TTL_MS, INSTANT_MAX) as Instant,
        ...openedBy(c.req.raw, c.env.remote),
      });
      return result.kind === "refused" ? refusalResponse(result) : await tokens(user, refreshToken);
    });

    app.post(`/auth/logout${slash}`, async (c) => {
      const { access } = c.env;
      const key = access.kind === "jwt" ? access.parent : "key" in access ? access.key : undefined;
      const entity = key === undefined ? undefined : await peer.entity("token", key);
      const result = entity === undefined ? undefined : await submit(peer, revokeToken(entity));
      return result?.kind === "refused" ? refusalResponse(result) : json(200, true);
    });
  }

  async function renew(refreshToken: string): Promise<Response> {
    const entity = isToken(refreshToken) ? await peer.entity("token", digest(refreshToken)) : undefined;
    const token = tokenOf(entity, peer.now());
    const user = token?.kind === "refresh" ? userOf(await directory.entity(token.user)) : undefined;
    const isGood = token !== undefined && user !== undefined &&
      (isOfPassword(token, user) || await isKept(peer, token, user));
    return isGood ? await tokens(user, refreshToken) : v0Error(401, "No such refresh token");
  }

  async function tokens(user: User, refreshToken: string): Promise<Response> {
    return json(200, { token: await jwts.issue(user, refreshToken), tokenType: "bearer", refreshToken });
  }
}

function v0User({ id, name, role, createdAt }: User) {
  return { id, name, created_at: formatInstant(createdAt), roles: [role] };
}
