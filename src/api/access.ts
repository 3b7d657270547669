// Access is denied by default, at the root: what is not on the list of public paths needs a token or a session. The
// list is of exact texts; no prefix, suffix or pattern opens anything.

import type { Peer } from "../peer.ts";
import { problem } from "./problem.ts";
import { digest, isToken, matcher } from "./secret.ts";
import { findToken } from "./token.ts";

/** Who asks, and how long that holds. */
export type Access =
  /** With a secret of the settings or the data folder: it holds as long as the peer runs. */
  | { readonly kind: "key" }
  | { readonly kind: "token" | "session"; readonly key: string };

export type AccessSettings = {
  /** The token of the settings, METRONOME_ADMIN_TOKEN. */
  readonly adminToken?: string;
  /** The key that the data folder holds for this machine's own command line. */
  readonly localKey?: string;
};

export type AccessDoors = {
  readonly peer: Pick<Peer, "entity" | "now">;
  readonly settings: AccessSettings;
  readonly cookieName: () => string;
};

export type Gatekeeper = {
  /** Who sends this request; or the answer that turns it away. */
  admit(request: Request): Promise<Access | Response>;
  /** What this secret opens, whatever it came in; absent when nothing. */
  recognize(secret: string): Promise<Access | undefined>;
  /** Whether the access holds still. */
  holds(access: Access): Promise<boolean>;
};

/** Health says nothing of what the peer holds, the description neither; the session is where a secret is shown. */
const PUBLIC: ReadonlySet<string> = new Set([
  "GET /healthz",
  "GET /readyz",
  "GET /api/v1/healthz",
  "GET /api/v1/readyz",
  "GET /api/v1/openapi.json",
  "POST /api/v1/auth/session",
]);

/** `path` as it was sent, not decoded. */
export function isPublic(method: string, path: string, assets: ReadonlyMap<string, unknown>): boolean {
  const read = method === "HEAD" ? "GET" : method;
  return PUBLIC.has(`${read} ${path}`) || (read === "GET" && assets.has(path));
}

export function createGatekeeper(doors: AccessDoors): Gatekeeper {
  const { peer, settings, cookieName } = doors;
  const isAdminToken = matcher(settings.adminToken);
  const isLocalKey = matcher(settings.localKey);
  const stored = async (secret: string, kind: "api" | "session"): Promise<Access | undefined> => {
    if (!isToken(secret)) return undefined;
    const token = await findToken(peer, digest(secret));
    if (token === undefined || token.kind !== kind) return undefined;
    return { kind: kind === "api" ? "token" : "session", key: token.key };
  };
  const recognize = async (secret: string): Promise<Access | undefined> => {
    if (isAdminToken(secret) || isLocalKey(secret)) return { kind: "key" };
    return await stored(secret, "api");
  };
  return {
    recognize,
    async admit(request) {
      const authorization = request.headers.get("authorization");
      if (authorization !== null) {
        const secret = BEARER_PATTERN.exec(authorization)?.[1];
        const access = secret === undefined ? undefined : await recognize(secret);
        return access ??
          turnedAway("That token opens nothing here: it is unknown, revoked or over.", ', error="invalid_token"');
      }
      const secret = cookieOf(request, cookieName());
      if (secret === undefined) return turnedAway("This needs a token (Authorization: Bearer …) or a session.");
      return await stored(secret, "session") ?? turnedAway("The session is over. Sign in again.");
    },
    async holds(access) {
      return access.kind === "key" || await findToken(peer, access.key) !== undefined;
    },
  };
}

/** The value of a cookie; absent when there is none, or more than one of that name. */
export function cookieOf(request: Request, name: string): string | undefined {
  const header = request.headers.get("cookie");
  if (header === null) return undefined;
  const values = header.split(";").map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

const BEARER_PATTERN = /^Bearer +([\x21-\x7e]+)$/i;

function turnedAway(detail: string, more = ""): Response {
  return problem(401, detail, { headers: { "www-authenticate": `Bearer realm="metronome"${more}` } });
}
