// The routes of the session: a browser shows a secret once and gets a cookie, which its scripts can't read.

import type { Hono } from "hono";
import { ADMIN, SCOPES_OF, userOf } from "../../core/people/user.ts";
import { fault } from "../../core/values/fault.ts";
import { Faults, text } from "../../core/values/faults.ts";
import { type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import { type Access, ALL } from "../access/access.ts";
import { findToken, openedBy, revokeToken } from "../access/token.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { type JsonObject, readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { readQuery } from "../request/query.ts";
import { digest, newToken } from "../request/secret.ts";
import { submit } from "../tasks/put.ts";
import { type Credentials, credentialsIn, signIn, tooMany, wrongCredentials } from "./sign-in.ts";

export type SessionSettings = {
  /** Uses the one-time code of the first start up: true once, for the right one, while it is young. */
  redeemCode(code: string): boolean;
};

const SESSION_S = 30 * 86_400;
export const SECRET_MAX = 1_024;

export function addSession(app: Hono<ApiEnv>, doors: Doors, settings: SessionSettings): void {
  const { peer, gatekeeper, issuer, cookieName, turnstile } = doors;

  app.post("/api/v1/auth/session", async (c) => {
    const body = await readObject(c.req.raw);
    if (body instanceof Response) return body;
    const shown = shownIn(body);
    if (shown instanceof Response) return shown;
    const { writable, why } = peer.status();
    // Said before the code is used up: it opens only once.
    if (!writable) return problem(507, `The disk takes no writes now, so no session can be kept: ${why ?? "unknown"}.`);
    const now = peer.now();
    const opened = await opens(shown, c.env.remote ?? "");
    if (opened instanceof Response) return opened;
    const secret = newToken();
    const { user, scopes, parent } = opened;
    const over = parent === undefined ? undefined : (await findToken(peer, parent))?.expiresAt;
    const expiresAt = Math.min(now + SESSION_S * 1000, over ?? INSTANT_MAX) as Instant;
    const result = await issuer.issue({
      ...{ key: digest(secret), name: "session", kind: "session", user, scopes, createdAt: now, expiresAt },
      ...openedBy(c.req.raw, c.env.remote),
      ...(parent === undefined ? {} : { parent }),
    });
    if (result.kind === "refused") return refusalResponse(result);
    return empty(204, { "set-cookie": cookie(secret, Math.floor((expiresAt - now) / 1000), c.env.isSecure) });
  });

  app.get("/api/v1/auth/session", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    return json(200, await sessionView(doors, c.env.access));
  });

  app.delete("/api/v1/auth/session", async (c) => {
    const { access } = c.env;
    if (access.kind === "session") {
      const entity = await peer.entity("token", access.key);
      const result = entity === undefined ? undefined : await submit(peer, revokeToken(entity));
      if (result?.kind === "refused") return refusalResponse(result);
    }
    return empty(204, { "set-cookie": cookie("", 0, c.env.isSecure) });
  });

  async function opens(shown: Shown, remote: string): Promise<Access | Response> {
    if (shown.kind === "password") {
      const signedIn = await signIn(doors, shown, remote);
      if (signedIn.kind === "wait") return signedIn.response;
      if (signedIn.kind === "wrong") return wrongCredentials();
      const { id, role } = signedIn.user;
      return { kind: "key", user: id, role, scopes: SCOPES_OF[role] };
    }
    const pass = turnstile.enter(remote, peer.now());
    if (pass.kind === "wait") return tooMany(pass.seconds);
    const opened = shown.kind === "token"
      ? await gatekeeper.recognize(shown.secret)
      : settings.redeemCode(shown.secret)
      ? { kind: "key" as const, ...ALL }
      : undefined;
    if (opened === undefined) {
      return problem(401, `That ${shown.kind} opens nothing here: it is wrong, used or over.`, {
        field: shown.kind,
        headers: { "www-authenticate": 'Bearer realm="metronome"' },
      });
    }
    pass.forgive();
    return opened;
  }

  /**
   * `Strict` keeps it from requests that other sites start. Without TLS, as on a loopback address, there is no `Secure`, and
   * so no `__Host-` before its name, which keeps it from being set by another host of the same domain.
   */
  function cookie(value: string, maxAgeS: number, isSecure: boolean): string {
    return `${cookieName(isSecure)}=${value}; Path=/; ${
      isSecure ? "Secure; " : ""
    }HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}`;
  }
}

/** Who is signed in, and at which peer: what a page has to know before it shows anything. */
export async function sessionView({ peer, directory }: Doors, { user, role, scopes }: Access) {
  const name = user === ADMIN ? ADMIN : userOf(await directory.entity(user))?.name ?? user;
  return { user, name, role, scopes, peer: { id: peer.id, name: peer.name } };
}

type Shown =
  | { readonly kind: "code" | "token"; readonly secret: string }
  | ({ readonly kind: "password" } & Credentials);

function shownIn(body: JsonObject): Shown | Response {
  const faults = new Faults();
  if (body.name !== undefined || body.password !== undefined) {
    faults.unknown(body, "", ["name", "password"]);
    const credentials = credentialsIn(body, faults);
    return faults.all.length > 0 ? faultsResponse(faults.all) : { kind: "password", ...credentials };
  }
  faults.unknown(body, "", ["code", "token", "name", "password"]);
  const kind = body.code === undefined ? "token" : "code";
  if ((body.code === undefined) === (body.token === undefined)) {
    faults.take(
      fault("", 'Either a "code" (of the first start\'s address), a "token", or a "name" and a "password" is sent.'),
    );
  } else {
    text(body[kind], kind, 1, SECRET_MAX, faults);
  }
  return faults.all.length > 0 ? faultsResponse(faults.all) : { kind, secret: String(body[kind]) };
}
