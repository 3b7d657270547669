// Access is denied by default, at the root: what is not on the list of public paths needs a token or a session. The
// list is of exact texts; no prefix, suffix or pattern opens anything.

import { ADMIN, type Role, type Scope, SCOPES, SCOPES_OF, userOf } from "../core/people/user.ts";
import type { UserId } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Peer } from "../peer.ts";
import { isJwt, type Jwts } from "./jwt.ts";
import { problem } from "./problem.ts";
import { digest, isToken, matcher } from "./secret.ts";
import { findToken } from "./token.ts";

/** Who asks, what that is good for, and how long it holds. */
export type Access =
  & {
    readonly user: UserId;
    readonly role: Role;
    readonly scopes: readonly Scope[];
  }
  & (
    /** With a secret of the settings or the data folder, or through the mesh: it holds as long as the peer runs. */
    | { readonly kind: "key" | "mesh" }
    | { readonly kind: "token" | "session"; readonly key: string }
    /** With a token of the seed's API, which is the key. */
    | { readonly kind: "jwt"; readonly key: string; readonly expiresAt: Instant }
    /** Without anything: what is public is open to it. */
    | { readonly kind: "nobody" }
  );

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

export const NOBODY: Access = { kind: "nobody", user: "", role: "viewer", scopes: [] };

/** Health says nothing of what the peer holds, the description neither; the others are where a secret is shown. */
export const PUBLIC: ReadonlySet<string> = new Set([
  "GET /healthz",
  "GET /readyz",
  "GET /api/v1/healthz",
  "GET /api/v1/readyz",
  "GET /api/v1/openapi.json",
  "GET /api/v1/auth",
  "POST /api/v1/auth/session",
  "POST /api/v1/auth/token",
  "POST /api/v1/users",
  "POST /user",
  "POST /user/",
  "POST /auth",
  "POST /auth/",
]);

/** `path` as it was sent, not decoded. */
export function isPublic(method: string, path: string, assets: ReadonlyMap<string, unknown>): boolean {
  const read = method === "HEAD" ? "GET" : method;
  return PUBLIC.has(`${read} ${path}`) || (read === "GET" && assets.has(path));
}

export function isAdmin({ role, scopes }: Access): boolean {
  return role === "admin" && scopes.includes("admin");
}

export function createGatekeeper(doors: AccessDoors): Gatekeeper {
  const { peer, settings, cookieName, jwts } = doors;
  const isAdminToken = matcher(settings.adminToken);
  const isLocalKey = matcher(settings.localKey);

  const recognize = async (secret: string): Promise<Access | undefined> => {
    if (isAdminToken(secret) || isLocalKey(secret)) return { kind: "key", ...ALL };
    if (isToken(secret)) return await stored(digest(secret), "token");
    return isJwt(secret) ? await jwts.read(secret) : undefined;
  };

  async function stored(key: string, kind: "token" | "session"): Promise<Access | undefined> {
    const token = await findToken(peer, key);
    if (token === undefined || token.kind !== (kind === "token" ? "api" : "session")) return undefined;
    const role = await roleOf(peer, token.user);
    if (role === undefined) return undefined;
    return { kind, key, user: token.user, role, scopes: within(token.scopes, role) };
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
          const now = await jwts.read(access.key);
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

/** What the user may do now; absent when there is no such user any more. */
export async function roleOf(peer: Pick<Peer, "entity">, user: UserId): Promise<Role | undefined> {
  return user === ADMIN ? "admin" : userOf(await peer.entity("user", user))?.role;
}

/** Those of the scopes that the role allows. */
export function within(scopes: readonly Scope[], role: Role): readonly Scope[] {
  return scopes.filter((scope) => SCOPES_OF[role].includes(scope));
}

/** The value of a cookie; absent when there is none, or more than one of that name. */
export function cookieOf(request: Request, name: string): string | undefined {
  const header = request.headers.get("cookie");
  if (header === null) return undefined;
  const values = header.split(";").map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

/** What the peer's own keys open. */
export const ALL = { user: ADMIN, role: "admin", scopes: SCOPES } as const;

const BEARER_PATTERN = /^Bearer +([\x21-\x7e]+)$/i;

export function turnedAway(detail: string, more = ""): Response {
  return problem(401, detail, { headers: { "www-authenticate": `Bearer realm="metronome"${more}` } });
}
