// Writing a target: its definition and its credentials become one change, sealed, under a condition.

import type { Match } from "../core/command.ts";
import { changed, type CredentialChanges, type Credentials, type SealedCredentials } from "../core/credentials.ts";
import { isAlive } from "../core/register.ts";
import { TARGETS_MAX } from "../core/target-book.ts";
import type { ParsedTarget } from "../core/target-definition.ts";
import { targetKey, targetValues } from "../core/target-entity.ts";
import { isUsed, usageFault } from "../core/target-use.ts";
import type { UserId } from "../core/task.ts";
import type { Doors } from "./doors.ts";
import { faultsResponse, problem, refusalResponse } from "./problem.ts";
import { submit } from "./put.ts";
import { type Found, foundIn } from "./found-target.ts";

export type WriteDoors = Pick<Doors, "peer" | "targets"> & { readonly user: UserId };

export type TargetWrite = {
  readonly parsed: ParsedTarget;
  /** What stands there now. */
  readonly found: Found | undefined;
  readonly match: Match | "absent";
  /** How the changes of credentials are made; the old values are forgotten when absent. */
  readonly change?: (current: Credentials, changes: CredentialChanges) => Credentials;
};

/** The target as it then stands. */
export async function writeTarget(
  { peer, user, targets }: WriteDoors,
  { parsed, found, match, change = (current, changes) => changed(current, changes, peer.now()) }: TargetWrite,
): Promise<Found | Response> {
  const { definition, credentials: changes } = parsed;
  const key = targetKey(user, definition.name);
  if (found === undefined && await count(peer) >= TARGETS_MAX) {
    return problem(409, `There are ${TARGETS_MAX} targets, which is all that there may be. Delete some first.`);
  }
  const sealed = found?.target.credentials;
  const current = sealed === undefined ? {} : targets.open(sealed.sealed, key);
  // What can't be opened can't be kept beside what is new: all of it is written again, or none.
  const held = kept(change(current ?? {}, changes), (name) => isUsed(definition, name));
  const isTouched = current !== undefined || Object.keys(changes).length > 0;
  const wrong = isTouched ? usageFault(definition, changes, held) : undefined;
  if (wrong !== undefined) return faultsResponse([wrong]);
  const credentials = isTouched ? resealed(held, current, sealed) ?? targets.close(held, key) : sealed;
  const values = targetValues(found?.entity ?? await peer.entity("target", key), {
    user,
    definition,
    credentials,
    now: peer.now(),
  });
  const entity = found?.entity ?? { kind: "target", key, registers: {} } as const;
  const result = await submit(peer, { kind: "entity", entity, values, match });
  if (result.kind === "refused") return refusalResponse(result);
  const written = foundIn(await peer.entity("target", key));
  return written ?? problem(409, "The target was deleted meanwhile.");
}

/** As they stand sealed, when nothing of them changes: what is sealed anew would look like a change. */
function resealed(
  held: Credentials,
  current: Credentials | undefined,
  sealed: SealedCredentials | undefined,
): SealedCredentials | undefined {
  return JSON.stringify(held) === JSON.stringify(current) ? sealed : undefined;
}

function kept(credentials: Credentials, isWanted: (name: string) => boolean): Credentials {
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => isWanted(name)));
}

/** Targets that live, of all users. */
async function count(peer: WriteDoors["peer"]): Promise<number> {
  return (await peer.entities("target", TARGETS_MAX * 4)).filter(isAlive).length;
}
