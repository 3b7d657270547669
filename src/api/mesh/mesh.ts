// The routes of the mesh and its peers: who is a member, alive, and fires what; and what an operator does with a peer.

import type { Context, Hono } from "hono";
import type { MeshState, PeerState } from "../../core/machine/mesh-state.ts";
import { type Moves, planWithout } from "../../core/machine/plan.ts";
import { isAlive } from "../../core/register/register.ts";
import { describeValue, Faults } from "../../core/values/faults.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { empty, json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { cursor, readQuery, sealCursor, whole, word } from "../request/query.ts";
import { submit } from "../tasks/put.ts";
import { PAGE, PAGE_MAX } from "../tasks/tasks.ts";

export const PEER_ID_MAX = 128;

function peersQuery() {
  return { limit: whole(1, PAGE_MAX, PAGE), cursor: cursor(/^[!-~]+$/) };
}

function planQuery() {
  return { without: word(PEER_ID_MAX) };
}

export function addMesh(app: Hono<ApiEnv>, { peer, here }: Doors): void {
  app.get("/api/v1/mesh", (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    return json(200, meshView(peer.mesh()));
  });

  app.get("/api/v1/peers", (c) => {
    const query = readQuery(c.env.url, peersQuery());
    if (query instanceof Response) return query;
    const { limit, cursor = "" } = query;
    const peers = peer.mesh().peers.filter((each) => each.peer > cursor).sort((a, b) => a.peer < b.peer ? -1 : 1);
    const items = peers.slice(0, limit);
    const last = peers.length > limit ? items[limit - 1]?.peer : undefined;
    return json(200, { items: items.map(peerView), cursor: sealCursor(last) });
  });

  app.get("/api/v1/peers/:id", (c) => {
    const found = find(c.req.param("id"));
    return found instanceof Response ? found : json(200, peerView(found));
  });

  app.post("/api/v1/peers/:id/drain", async (c) => {
    const found = find(c.req.param("id"));
    if (found instanceof Response) return found;
    // Only the peer itself hands its shards over.
    if (found.peer !== peer.id) return await askIt(c, found.peer);
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["drain"]);
    const { drain = true } = body;
    if (typeof drain !== "boolean") faults.add("drain", `"drain" is true or false, not ${describeValue(drain)}.`);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    peer.yield(drain === true);
    const drained = find(peer.id);
    return drained instanceof Response ? drained : json(200, peerView(drained));
  });

  app.post("/api/v1/peers/:id/revoke", async (c) => {
    const id = c.req.param("id");
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", []);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    if (id === peer.id) {
      return problem(409, "A peer does not revoke itself: the others would not learn of it. Ask another peer to.", {
        field: "id",
        suggestion: "/api/v1/peers",
      });
    }
    const member = id.length <= PEER_ID_MAX ? await peer.entity("member", id) : undefined;
    if (member === undefined || !isAlive(member)) return noSuchPeer(id);
    const life = member.registers.life?.value;
    const values = { life: typeof life === "number" ? life + 1 : 2 };
    const result = await submit(peer, { kind: "entity", entity: member, values });
    return result.kind === "refused" ? refusalResponse(result) : empty(204);
  });

  app.get("/api/v1/plan", (c) => {
    const query = readQuery(c.env.url, planQuery());
    if (query instanceof Response) return query;
    if (query.without === undefined) {
      return problem(400, 'A plan is asked for with "without", the id of the peer that would leave.', {
        field: "without",
        suggestion: peer.id,
      });
    }
    const mesh = peer.mesh();
    if (!mesh.peers.some((each) => each.peer === query.without)) return noSuchPeer(query.without, "without");
    const { shards, moves, groups } = planWithout(mesh, query.without);
    const names = new Map(mesh.peers.map((each) => [each.peer, each.name]));
    const named = (all: Moves["moves"]) =>
      all.map((move) => ({ peer: move.peer, name: names.get(move.peer) ?? "", shards: move.shards }));
    return json(200, {
      without: query.without,
      shards,
      moves: named(moves),
      placements: groups.map(({ group, ...each }) => ({
        placement: group.placement,
        shards: each.shards,
        moves: named(each.moves),
      })),
    });
  });

  function find(id: string): PeerState | Response {
    return peer.mesh().peers.find((each) => each.peer === id) ?? noSuchPeer(id);
  }

  /** The same request, by the way that goes through the mesh to another peer's API. */
  async function askIt(c: Context<ApiEnv>, id: string): Promise<Response> {
    const { env, req: { raw } } = c;
    const url = new URL(`/api/v1/peers/${id}${env.path}`, env.url);
    const init: RequestInit & { readonly duplex: "half" } = {
      method: raw.method,
      headers: raw.headers,
      signal: raw.signal,
      ...(raw.body === null ? {} : { body: raw.body }),
      duplex: "half",
    };
    return await here(new Request(url, init), { ...env, url, path: url.pathname });
  }
}

function noSuchPeer(id: string, field = "id"): Response {
  return problem(404, `There is no peer with the id ${id.slice(0, PEER_ID_MAX)} in this mesh.`, {
    field,
    suggestion: "/api/v1/peers",
  });
}

function meshView({ peers, groups: _, tasks, runLogs, ...mesh }: MeshState) {
  return { ...mesh, tasks: tasks ?? null, runLogs: Object.fromEntries(runLogs), peers: peers.map(peerView) };
}

function peerView({ skewMs, rttMs, format, ...peer }: PeerState) {
  return { ...peer, format: format ?? null, skewMs: skewMs ?? null, rttMs: rttMs ?? null };
}

/** What the stream says of the mesh: what a page needs to know that it changed, and what of. */
export function meshNews({ self, digest, converged, fenced, peers }: MeshState) {
  return {
    ...{ self, digest, converged, fenced },
    peers: peers.map(({ peer, name, state, shards, draining, writable }) => ({
      ...{ peer, name, state, shards, draining, writable },
    })),
  };
}
