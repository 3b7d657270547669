// Joining, before the peer starts: with the ticket it gets the mesh's key and list of members; with those in its folder
// it starts as one of them. A refusal leaves the folder as it was, and a crash as one that can join.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { parseTicket } from "./core/membership/ticket.ts";
import type { Write } from "./core/protocol/write.ts";
import { type Entity, isAlive, mergeEntities, stampsChanged } from "./core/register/register.ts";
import { isFault } from "./core/values/fault.ts";
import type { Origin } from "./core/values/stamp.ts";
import type { Log } from "./log.ts";
import { type Identity, keepTicket, loadMeshKey, loadTicket, replaceMeshKey } from "./mesh/identity.ts";
import { askToJoin } from "./mesh/joining.ts";
import type { Mesh, MeshListener } from "./mesh/mesh.ts";
import type { Store } from "./store/store.ts";

/** Why this peer is not in the mesh, and what to do. */
export class JoinRefusal extends Error {
  override readonly name = "JoinRefusal";
  /** `elsewhere`: the peer is in another mesh. */
  readonly kind: "mistyped" | "elsewhere" | "refused" | "unreachable";
  constructor(kind: JoinRefusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

export type Joining = {
  readonly ticket: string;
  readonly data: string;
  readonly store: Store;
  readonly identity: Identity;
  readonly name: string;
  readonly origin: Origin;
  /** Another one, by chance. */
  readonly nextOrigin: () => Origin;
  readonly log: Log;
  /** Opens a mesh with that key, for the joining alone: it listens nowhere. */
  readonly openMesh: (meshKey: Uint8Array, listener: MeshListener) => Promise<Mesh>;
};

/**
 * Twice is once: who has come with this ticket is in its mesh. One of its members that shows another ticket may have been
 * removed while it was off, without having heard of it: it asks, and goes on as the member that it is when it is not let in.
 * Resolves to the origin to stamp with. Rejects with `JoinRefusal`.
 */
export async function join(
  { ticket: text, data, store, identity, name, log, openMesh, ...own }: Joining,
): Promise<Origin> {
  const ticket = parseTicket(text);
  if (isFault(ticket)) throw new JoinRefusal("mistyped", ticket.message);
  const meshKey = new Uint8Array(Buffer.from(ticket.meshKey, "base64url"));
  const known = await store.entities("member", MEMBERS_MAX);
  const isSame = Buffer.from(await loadMeshKey(data)).equals(meshKey);
  const isMember = isSame && known.some((entity) => entity.key === identity.peer && isAlive(entity));
  const digest = createHash("sha256").update(ticket.secret).digest();
  const isKnown = ticket.inviter === identity.peer || digest.equals(await loadTicket(data) ?? NONE);
  if (isMember && isKnown) return own.origin;
  // Who was removed may be invited again.
  if (!isSame && known.length > 1) {
    throw new JoinRefusal(
      "elsewhere",
      "this peer is in another mesh: start it with an empty data folder, or have it revoked there first",
    );
  }
  // The others have forgotten what it may still hold: it is a newcomer, under an origin that nobody knows.
  const wasRemoved = isSame && known.some((entity) => entity.key === identity.peer);
  const origin = wasRemoved ? own.nextOrigin() : own.origin;
  const mesh = await openMesh(meshKey, SILENT);
  try {
    const answer = await askToJoin(mesh, ticket, { peer: identity.peer, name, origin, addresses: [] });
    if (answer.kind !== "admitted" && isMember) {
      log("info", "the ticket was not taken; this peer starts as the member that it is", { why: answer.why });
      return own.origin;
    }
    if (answer.kind !== "admitted") throw new JoinRefusal(answer.kind, `not joined: ${answer.why}`);
    if (wasRemoved) await store.renew(answer.vector, origin);
    // First the key: who has it and no members, after a crash, is let in with another ticket; with members and without the
    // key it would be in a mesh that nobody else is in.
    await replaceMeshKey(data, meshKey);
    const members = answer.members.map((entity): Write => written(entity, known));
    await store.commit([...members, { kind: "electors" }]);
  } finally {
    await mesh.close();
  }
  await keepTicket(data, digest);
  log("info", "joined the mesh", { inviter: ticket.inviter });
  return origin;
}

/** Nobody is a member yet, so nobody says anything. */
const SILENT: MeshListener = {
  linked: () => {},
  unlinked: () => {},
  heard: () => {},
  published: () => {},
  opened: (_from, _protocol, channel) => channel.abort("joining"),
};

const MEMBERS_MAX = 4_096;

const NONE = new Uint8Array(0);

function written(entity: Entity, known: readonly Entity[]): Write {
  const before = known.find(({ key }) => key === entity.key);
  const merged = before === undefined ? entity : mergeEntities(before, entity).entity;
  return { kind: "entity", entity: merged, ...stampsChanged(before, merged), isOwn: false };
}
