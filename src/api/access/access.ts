// Access is denied by default, at the root: what is not on the list of public paths needs a token or a session. The
// list is of exact texts; no prefix, suffix or pattern opens anything.

import { ADMIN, type Role, type Scope, SCOPES, SCOPES_OF, userOf } from "../../core/people/user.ts";
import type { UserId } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { problem } from "../request/problem.ts";

/** Who asks, what that is good for, and how long it holds. */
export type Access =
  & {
    readonly user: UserId;
    readonly role: Role;
    readonly scopes: readonly Scope[];
    /** The key of the token that it hangs on, where it does: what is made with it ends when that one does. */
    readonly parent?: string;
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

export function turnedAway(detail: string, more = ""): Response {
  return problem(401, detail, {
    field: "Authorization",
    headers: { "www-authenticate": `Bearer realm="metronome"${more}` },
  });
}
