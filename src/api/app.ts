// The root of the API: what stands before every route, in order, and what every answer bears. A web standard in and
// out: `fetch(request)` is the whole of it, for a server and for a test.

import { Hono } from "hono";
import type { AuditAccess, ExchangeAccess, MeshAccess, Peer, TargetAccess } from "../peer.ts";
import { type Access, isPublic, NOBODY, turnedAway } from "./access/access.ts";
import { createDirectory } from "./access/directory.ts";
import { type AccessSettings, createGatekeeper } from "./access/gatekeeper.ts";
import { createIssuer } from "./access/issuer.ts";
import { createJwts } from "./access/jwt.ts";
import { readFor } from "./access/on-behalf.ts";
import { createPasswords } from "./access/password.ts";
import { createQuotas } from "./access/quotas.ts";
import { createRules } from "./access/rules.ts";
import { createSightings } from "./access/sightings.ts";
import { createTurnstile, SIGN_IN_ATTEMPTS } from "./access/turnstile.ts";
import { createWitness } from "./access/witness.ts";
import { createWriteConcern } from "./access/write-concern.ts";
import { type Asset, assetResponse } from "./assets.ts";
import { addAudit } from "./audit.ts";
import { addDescription } from "./description/description.ts";
import type { ApiEnv, Doors, Log } from "./doors.ts";
import { addHealth } from "./health.ts";
import { addForward } from "./mesh/forward.ts";
import { addMesh } from "./mesh/mesh.ts";
import { addTickets } from "./mesh/tickets.ts";
import { addMetrics } from "./metrics/metrics.ts";
import { addAuth } from "./people/auth.ts";
import { addInvites } from "./people/invites.ts";
import { addSession, type SessionSettings } from "./people/session.ts";
import { addSessions } from "./people/sessions.ts";
import { addSettings } from "./people/settings.ts";
import { addTokens } from "./people/tokens.ts";
import { addUser } from "./people/user.ts";
import { addUsers, createSignUps } from "./people/users.ts";
import { createCors } from "./request/cors.ts";
import { addExport } from "./request/export.ts";
import { createGuard } from "./request/guard.ts";
import { createOnce } from "./request/once.ts";
import { problem } from "./request/problem.ts";
import type { Accept } from "./request/socket.ts";
import { addDeadLetters } from "./runs/dead-letters.ts";
import { addExchanges } from "./runs/exchanges.ts";
import { addOverview } from "./runs/overview.ts";
import { addRuns } from "./runs/runs.ts";
import { addStream } from "./stream.ts";
import { addBreakers } from "./targets/breakers.ts";
import { addTargets } from "./targets/targets.ts";
import { addBackfill } from "./tasks/backfill.ts";
import { addBatch } from "./tasks/batch.ts";
import { Catalogue } from "./tasks/catalogue.ts";
import { addConflicts } from "./tasks/conflicts.ts";
import { addDays } from "./tasks/days.ts";
import { addEach } from "./tasks/each.ts";
import { addExplain } from "./tasks/explain.ts";
import { addSchedules } from "./tasks/schedules.ts";
import { addTasks } from "./tasks/tasks.ts";
import { addTemplates } from "./tasks/templates.ts";
import { addVersions } from "./tasks/versions.ts";
import { asV0, isV0 } from "./v0/v0-answer.ts";
import { addV0People } from "./v0/v0-people.ts";
import { createV0Sockets } from "./v0/v0-socket.ts";
import { addV0Tasks } from "./v0/v0-tasks.ts";

export type ApiSettings = {
  readonly peer: Peer;
  readonly mesh: MeshAccess;
  readonly targets: TargetAccess;
  readonly audit: AuditAccess;
  readonly exchanges: ExchangeAccess;
  readonly auth: AccessSettings & SessionSettings;
  /** Names and addresses, without a port, that the peer answers to beside the loopback ones: where it is bound, and by which name it is known. */
  readonly hosts: readonly string[];
  /** Origins of other sites whose pages may ask, exact: `https://board.example`. */
  readonly origins: readonly string[];
  /** Signs the tokens of the seed's API: the same at every peer of the mesh, and at no other. */
  readonly jwtKey: string;
  /** The page, by URL path: `/` and what it loads. */
  readonly assets: ReadonlyMap<string, Asset>;
  readonly version: string;
  /** The port that the server listens on: it names the session's cookie. */
  readonly port: () => number;
  readonly log: Log;
};

/** What is known of a request beside itself. */
export type Connection = {
  readonly remote?: string;
  /** It came over TLS. */
  readonly isSecure?: boolean;
  /**
   * It came from a member, which has made sure who asks, and says so: it is carried out for them, and not sent on. Only
   * the composition root says so of what comes over the mesh; the server, which says where it was sent from, can't.
   */
  readonly isTrusted?: boolean;
};

export type Api = {
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /** What takes the connection over as a WebSocket, or the answer that it gets instead. */
  upgrade(request: Request): Accept | Response;
  /** Ends the streams; what is asked from now on is refused. */
  close(): void;
};

export function createApi(settings: ApiSettings): Api {
  const { mesh, targets, audit, exchanges, auth, hosts, origins, jwtKey, assets, version, port, log } = settings;
  const witness = createWitness(settings.peer, audit);
  const { peer } = witness;
  const closing = new AbortController();
  const cookieName = (isSecure: boolean) => `${isSecure ? "__Host-" : ""}metronome-${port()}`;
  const jwts = createJwts({ key: jwtKey, peer });
  const gatekeeper = createGatekeeper({ peer, settings: auth, cookieName, jwts });
  const cors = createCors(origins);
  const guard = createGuard(hosts, (request) => cors.allowed(request) !== undefined);
  const directory = createDirectory(peer);
  const doors: Doors = {
    peer,
    mesh,
    targets,
    audit,
    exchanges,
    witness,
    gatekeeper,
    directory,
    quotas: createQuotas(peer, directory),
    passwords: createPasswords(),
    turnstile: createTurnstile(SIGN_IN_ATTEMPTS),
    once: createOnce(peer),
    issuer: createIssuer(peer),
    // Not through the witness: nobody has done that.
    sightings: createSightings(settings.peer),
    catalogue: new Catalogue(peer, closing.signal),
    cookieName,
    log,
    closing: closing.signal,
    here: async (request, env) => await routes.fetch(request, env),
  };
  const routes = addRoutes(doors);
  const v0Sockets = createV0Sockets(doors);

  return {
    async fetch(request, connection = {}) {
      const url = new URL(request.url);
      let response: Response;
      try {
        response = await answer(request, url, connection);
        if (isV0(url.pathname)) response = await asV0(response);
      } catch (error) {
        response = broken(error, `${request.method} ${url.pathname}`, log);
      }
      secure(response);
      const origin = cors.allowed(request);
      if (origin !== undefined) cors.open(response, origin);
      return response;
    },
    upgrade(request) {
      const url = new URL(request.url);
      const refused = guard.check(request, url) ?? guard.checkOrigin(request, url);
      if (refused !== undefined) return secure(refused);
      if (closing.signal.aborted) return secure(problem(503, "The peer is stopping."));
      if (url.pathname !== "/ws" && url.pathname !== "/ws/") {
        return secure(problem(404, "There is no WebSocket at this path.", { suggestion: "/ws" }));
      }
      return v0Sockets() ?? secure(problem(503, "As many sockets are open as this peer serves."));
    },
    close() {
      closing.abort();
    },
  };

  async function answer(request: Request, url: URL, connection: Connection): Promise<Response> {
    const path = url.pathname;
    const { remote, isSecure = false, isTrusted = false } = connection;
    const refused = isTrusted ? undefined : guard.check(request, url);
    if (refused !== undefined) return refused;
    const preflight = isTrusted ? undefined : cors.preflight(request);
    if (preflight !== undefined) return preflight;
    if (closing.signal.aborted) return problem(503, "The peer is stopping.", { headers: { connection: "close" } });
    const isOpen = isPublic(request.method, path, assets);
    const asset = isOpen ? assets.get(path) : undefined;
    if (asset !== undefined) return assetResponse(asset, request);
    const access = await whoAsks(request, { isOpen, isTrusted, isSecure });
    if (access instanceof Response) return access;
    if (!isDecodable(path)) {
      return problem(400, "The path holds a % that is no percent-encoding of UTF-8.", { field: "path" });
    }
    if (!isTrusted) doors.sightings.saw(access, remote ?? "");
    const env = {
      ...{ url, path, access, user: access.user, isEveryone: false, isSecure, isForwarded: isTrusted },
      ...(remote === undefined ? {} : { remote }),
    };
    const asked = { access, method: request.method, path, ...(remote === undefined ? {} : { remote }) };
    return await witness.during(asked, async () => await routes.fetch(request, env));
  }

  async function whoAsks(
    request: Request,
    { isOpen, isTrusted, isSecure }: {
      readonly isOpen: boolean;
      readonly isTrusted: boolean;
      readonly isSecure: boolean;
    },
  ): Promise<Access | Response> {
    if (isTrusted) return readFor(request.headers) ?? turnedAway("The peer that sent this did not say who asks.");
    const access = await gatekeeper.admit(request, { isForeign: cors.allowed(request) !== undefined, isSecure });
    // What is public is not closed to who shows something that is over.
    return isOpen && access instanceof Response ? NOBODY : access;
  }

  function addRoutes(doors: Doors): Hono<ApiEnv> {
    const app = new Hono<ApiEnv>({ getPath: (_request, options) => (options?.env as ApiEnv["Bindings"]).path });
    app.use("*", createRules(doors.directory));
    app.use("*", createWriteConcern(doors));
    addTasks(app, doors);
    addBatch(app, doors);
    addEach(app, doors);
    addExport(app, doors);
    addRuns(app, doors);
    addOverview(app, doors);
    addDays(app, doors);
    addBackfill(app, doors);
    addDeadLetters(app, doors);
    addBreakers(app, doors);
    addExchanges(app, doors);
    addExplain(app, doors);
    addVersions(app, doors);
    addSchedules(app, doors);
    addTemplates(app, doors);
    addTargets(app, doors);
    addStream(app, doors);
    addMesh(app, doors);
    addTickets(app, doors);
    addConflicts(app, doors);
    addForward(app, doors);
    addTokens(app, doors);
    addInvites(app, doors);
    addSettings(app, doors);
    const signUps = createSignUps(doors, auth);
    addUsers(app, doors, signUps);
    addUser(app, doors);
    addAuth(app, doors);
    addSession(app, doors, auth);
    addSessions(app, doors);
    addAudit(app, doors);
    addV0People(app, doors, jwts, signUps);
    addV0Tasks(app, doors);
    addHealth(app, doors);
    addMetrics(app, doors, version);
    addDescription(app, version);
    refuseOtherMethods(app);
    app.notFound(() => problem(404, "There is nothing at this path.", { suggestion: "/api/v1/openapi.json" }));
    app.onError((error, c) => broken(error, `${c.req.method} ${c.env.path}`, log));
    return app;
  }
}

/** A path that exists says which methods it knows. */
function refuseOtherMethods(app: Hono<ApiEnv>): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of app.routes.filter(({ method }) => method !== "ALL")) {
    methods.set(path, [...methods.get(path) ?? [], method]);
  }
  for (const [path, known] of methods) {
    const allow = known.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
    app.all(path, () => problem(405, `This path knows ${allow}.`, { headers: { allow } }));
  }
}

const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  ],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
];

function secure(response: Response): Response {
  for (const [name, value] of SECURITY_HEADERS) response.headers.set(name, value);
  if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
  return response;
}

/** What the peer threw. Its store's errors are known by name: this room does not import that one. */
function broken(error: unknown, what: string, log: Log): Response {
  switch (error instanceof Error ? error.name : undefined) {
    case "BadCursor":
      return problem(400, '"cursor" is the cursor of the page before, unchanged.', { field: "cursor" });
    // A read that failed; the store has said so in the log, and is opened again.
    case "StoreFailure":
      return problem(503, "The store can't be read now.", { headers: { "retry-after": "1" } });
  }
  log("error", "a request failed", {
    request: what,
    error: error instanceof Error ? error.stack ?? error.message : String(error),
  });
  return problem(500, "Something broke here; it is in the log.");
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
