// The gatekeeper finds out who sends a request, by what it bears, and whether that holds still.

import { ADMIN, userOf } from "../../core/people/user.ts";
import type { Peer } from "../../peer.ts";
import { digest, isToken, matcher } from "../request/secret.ts";
import { type Access, ALL, cookieOf, turnedAway, within } from "./access.ts";
import { isJwt, type Jwts } from "./jwt.ts";
import { findToken, isOfPassword } from "./token.ts";

export type AccessSettings = {
  /** The token of the settings, METRONOME_ADMIN_TOKEN. */
  readonly adminToken?: string;
  /** The key that the data folder holds for this machine's own command line. */
  readonly localKey?: string;
};

export type AccessDoors = {
  readonly peer: Pick<Peer, "entity" | "now">;
  readonly settings: AccessSettings;
  readonly cookieName: (isSecure: boolean) => string;
  readonly jwts: Pick<Jwts, "read">;
};

export type Gatekeeper = {
  /** Who sends this request; or the answer that turns it away. `isForeign`: it is a page of another origin's, whose cookies count for nothing. */
  admit(request: Request, how: { readonly isForeign: boolean; readonly isSecure: boolean }): Promise<Access | Response>;
  /** What this secret opens, whatever it came in; absent when nothing. */
  recognize(secret: string): Promise<Access | undefined>;
  /** Whether the access holds still, for the same. */
  holds(access: Access): Promise<boolean>;
};

const BEARER_PATTERN = /^Bearer +([\x21-\x7e]+)$/i;

export function createGatekeeper(doors: AccessDoors): Gatekeeper {
  const { peer, settings, cookieName, jwts } = doors;
  const isAdminToken = matcher(settings.adminToken);
  const isLocalKey = matcher(settings.localKey);

  const recognize = async (secret: string): Promise<Access | undefined> => {
    if (isAdminToken(secret) || isLocalKey(secret)) return { kind: "key", ...ALL };
    if (isToken(secret)) return await stored(digest(secret), "token");
    return isJwt(secret) ? await jwts.read(secret, true) : undefined;
  };

  async function stored(key: string, kind: "token" | "session"): Promise<Access | undefined> {
    const token = await findToken(peer, key);
    if (token === undefined || token.kind !== (kind === "token" ? "api" : "session")) return undefined;
    const user = token.user === ADMIN ? undefined : userOf(await peer.entity("user", token.user));
    const role = token.user === ADMIN ? "admin" : user?.role;
    if (role === undefined || (kind === "session" && user !== undefined && !isOfPassword(token, user))) {
      return undefined;
    }
    const parent = kind === "token" ? key : token.parent;
    return {
      ...{ kind, key, user: token.user, role, scopes: within(token.scopes, role) },
      ...(parent === undefined ? {} : { parent }),
    };
  }

  return {
    recognize,
    async admit(request, { isForeign, isSecure }) {
      const authorization = request.headers.get("authorization");
      if (authorization !== null) {
        // The seed's clients write a token alone.
        const secret = BEARER_PATTERN.exec(authorization)?.[1] ?? (isJwt(authorization) ? authorization : undefined);
        const access = secret === undefined ? undefined : await recognize(secret);
        return access ??
          turnedAway("That token opens nothing here: it is unknown, revoked or over.", ', error="invalid_token"');
      }
      const secret = isForeign ? undefined : cookieOf(request, cookieName(isSecure));
      if (secret === undefined) return turnedAway("This needs a token (Authorization: Bearer …) or a session.");
      const access = isToken(secret) ? await stored(digest(secret), "session") : undefined;
      return access ?? turnedAway("The session is over. Sign in again.");
    },
    async holds(access) {
      switch (access.kind) {
        case "key":
        case "mesh":
        case "nobody":
          return true;
        case "jwt": {
          // One that waits would hold up the others that are looked after.
          const now = await jwts.read(access.key, false);
          return now !== undefined && now.role === access.role;
        }
        case "token":
        case "session": {
          const now = await stored(access.key, access.kind);
          return now !== undefined && now.role === access.role;
        }
      }
    },
  };
}
