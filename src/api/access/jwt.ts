// The tokens of the seed's API: JWTs with the mesh's key, so that one peer's token serves at all. Each is bound to the
// refresh token that it was given out with: when that is revoked, at whichever peer, it opens nothing any more.

import { sign, verify } from "hono/jwt";
import { type Role, ROLES, SCOPES_OF, type User } from "../../core/people/user.ts";
import { isObject } from "../../core/values/faults.ts";
import { type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { digest, isToken } from "../request/secret.ts";
import type { Access } from "./access.ts";
import { tokenOf } from "./token.ts";

export const JWT_TTL_S = 3_600;

/**
 * How long a token is good at a peer that has never heard of its refresh token: news of that takes less than a second,
 * and longer only where the mesh is cut.
 */
const UNHEARD_MS = 60_000;

export type Jwts = {
  issue(user: Pick<User, "id" | "role">, refreshToken: string): Promise<string>;
  /** What it opens; absent when nothing. */
  read(token: string): Promise<Access | undefined>;
  /** The refresh token that it is bound to, of a token that has been read. */
  refreshKey(access: Access): string | undefined;
};

/** `roleOf`: what the user may do now; absent when this peer knows of no such user. */
export function createJwts(
  { key, peer, roleOf }: {
    readonly key: string;
    readonly peer: Pick<Peer, "entity" | "now">;
    readonly roleOf: (user: string) => Promise<Role | undefined>;
  },
): Jwts {
  return {
    async issue({ id, role }, refreshToken) {
      const iat = Math.floor(peer.now() / 1_000);
      return await sign({ sub: id, iat, exp: iat + JWT_TTL_S, roles: [role], refreshToken }, key, ALGORITHM);
    },
    async read(token) {
      const claims = await verified(token);
      if (claims === undefined) return undefined;
      const now = peer.now();
      if (claims.exp * 1_000 <= now) return undefined;
      const refreshKey = digest(claims.refreshToken);
      const entity = await peer.entity("token", refreshKey);
      const isUnheard = entity === undefined && now - claims.iat * 1_000 < UNHEARD_MS;
      const refresh = tokenOf(entity, now);
      if (!isUnheard && (refresh?.kind !== "refresh" || refresh.user !== claims.sub)) return undefined;
      const role = await roleOf(claims.sub) ?? (isUnheard ? claims.role : undefined);
      if (role === undefined) return undefined;
      const expiresAt = Math.min(claims.exp * 1_000, INSTANT_MAX) as Instant;
      return { kind: "jwt", key: token, expiresAt, user: claims.sub, role, scopes: SCOPES_OF[role] };
    },
    refreshKey(access) {
      const claims = access.kind === "jwt" ? decoded(access.key) : undefined;
      return claims === undefined ? undefined : digest(claims.refreshToken);
    },
  };

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
  readonly role: Role;
  readonly refreshToken: string;
};

function claimsOf(value: unknown): Claims | undefined {
  if (!isObject(value)) return undefined;
  const { sub, iat, exp, roles, refreshToken } = value;
  const role = Array.isArray(roles) ? ROLES.find((each) => each === roles[0]) : undefined;
  const isWhole = typeof sub === "string" && typeof iat === "number" && typeof exp === "number" && role !== undefined;
  return isWhole && typeof refreshToken === "string" && isToken(refreshToken)
    ? { sub, iat, exp, role, refreshToken }
    : undefined;
}

function decoded(token: string): Claims | undefined {
  return claimsOf(JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))));
}
