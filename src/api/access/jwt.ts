// The tokens of the seed's API: JWTs with the mesh's key, so that one peer's token serves at all. Each is bound to the
// refresh token that it was given out with: when that is revoked, at whichever peer, it opens nothing any more.

import { sign, verify } from "hono/jwt";
import { SCOPES_OF, type User, userOf } from "../../core/people/user.ts";
import type { Entity } from "../../core/register/register.ts";
import { isObject } from "../../core/values/faults.ts";
import { type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { digest, isToken } from "../request/secret.ts";
import type { Access } from "./access.ts";
import { news } from "./news.ts";
import { isKept, isOfPassword, tokenOf } from "./token.ts";

const JWT_TTL_S = 3_600;

/**
 * The key alone opens nothing, since a peer that was revoked knows it still: the refresh token of one that is so young may
 * not have come yet.
 */
const YOUNG_MS = 60_000;

export type Jwts = {
  issue(user: Pick<User, "id" | "role">, refreshToken: string): Promise<string>;
  /** What it opens; absent when nothing. `isPatient`: it waits for what may be on its way from another peer. */
  read(token: string, isPatient: boolean): Promise<Access | undefined>;
};

export function createJwts(
  { key, peer }: { readonly key: string; readonly peer: Pick<Peer, "entity" | "now"> },
): Jwts {
  return {
    async issue({ id, role }, refreshToken) {
      const iat = Math.floor(peer.now() / 1_000);
      return await sign({ sub: id, iat, exp: iat + JWT_TTL_S, roles: [role], refreshToken }, key, ALGORITHM);
    },
    async read(token, isPatient) {
      const claims = await verified(token);
      if (claims === undefined) return undefined;
      const now = peer.now();
      if (claims.exp * 1_000 <= now) return undefined;
      const parent = digest(claims.refreshToken);
      const waits = isPatient && now - claims.iat * 1_000 < YOUNG_MS;
      const refresh = tokenOf(await heardOf("token", parent, waits), now);
      if (refresh?.kind !== "refresh" || refresh.user !== claims.sub) return undefined;
      const user = userOf(await heardOf("user", claims.sub, waits));
      if (user === undefined) return undefined;
      if (!isOfPassword(refresh, user) && !(isPatient && await isKept(peer, refresh, user))) return undefined;
      const { role } = user;
      const expiresAt = Math.min(claims.exp * 1_000, INSTANT_MAX) as Instant;
      return { kind: "jwt", key: token, parent, expiresAt, user: claims.sub, role, scopes: SCOPES_OF[role] };
    },
  };

  async function heardOf(kind: "token" | "user", key: string, waits: boolean): Promise<Entity | undefined> {
    const entity = await peer.entity(kind, key);
    if (entity !== undefined || !waits) return entity;
    return await news(async () => await peer.entity(kind, key));
  }

  async function verified(token: string): Promise<Claims | undefined> {
    if (!JWT_PATTERN.test(token)) return undefined;
    try {
      // Times are this peer's, by its own clock: they are looked at above.
      return claimsOf(await verify(token, key, { alg: ALGORITHM, exp: false, iat: false, nbf: false }));
    } catch {
      return undefined;
    }
  }
}

const ALGORITHM = "HS256";
/** About 400 characters are of ours. */
const JWT_PATTERN = /^[A-Za-z0-9_-]{1,128}\.[A-Za-z0-9_-]{1,1024}\.[A-Za-z0-9_-]{1,128}$/;

export function isJwt(text: string): boolean {
  return JWT_PATTERN.test(text);
}

type Claims = {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly refreshToken: string;
};

function claimsOf(value: unknown): Claims | undefined {
  if (!isObject(value)) return undefined;
  const { sub, iat, exp, refreshToken } = value;
  const isWhole = typeof sub === "string" && typeof iat === "number" && typeof exp === "number";
  return isWhole && typeof refreshToken === "string" && isToken(refreshToken)
    ? { sub, iat, exp, refreshToken }
    : undefined;
}
