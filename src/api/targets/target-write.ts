// Writing a target: its definition and its credentials become one change, sealed, under a condition.

import { TARGETS_MAX } from "../../core/delivery/target-book.ts";
import { targetKey, targetOf, targetValues } from "../../core/delivery/target-entity.ts";
import { ADMIN } from "../../core/people/user.ts";
import type { Match } from "../../core/protocol/command.ts";
import { changed, type CredentialChanges, type Credentials, pruned } from "../../core/targets/credentials.ts";
import type { ParsedTarget, TargetDefinition } from "../../core/targets/target-definition.ts";
import { isUsed, usageFault } from "../../core/targets/target-use.ts";
import type { Fault } from "../../core/values/fault.ts";
import type { UserId } from "../../core/values/ids.ts";
import { roleOf } from "../access/access.ts";
import type { Doors } from "../doors.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { submit } from "../tasks/put.ts";
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
  const full = found === undefined ? await fullness(peer, user) : undefined;
  if (full !== undefined) {
    return problem(409, `There are ${full} targets, which is all that there may be. Delete some first.`);
  }
  const sealed = found?.target.credentials;
  const current = sealed === undefined ? {} : targets.open(sealed.sealed, key);
  // What can't be opened can't be kept beside what is new: all of it is written again, or none.
  const held = kept(change(pruned(current ?? {}, peer.now()), changes), (name) => isUsed(definition, name));
  const isTouched = current !== undefined || Object.keys(changes).length > 0;
  const wrong = (isTouched ? usageFault(definition, changes, held) : undefined) ??
    await outOfReach({ peer, user, targets }, definition, found?.target.definition);
  if (wrong !== undefined) return faultsResponse([wrong]);
  const credentials = isTouched ? targets.close(held, key) : sealed;
  const values = targetValues(found?.entity ?? await peer.entity("target", key), {
    user,
    definition,
    credentials,
    now: peer.now(),
  });
  const entity = found?.entity ?? { kind: "target", key, registers: {} } as const;
  const result = await submit(peer, { kind: "entity", entity, values, match });
  if (result.kind === "refused") {
    if (result.why !== "exists") return refusalResponse(result);
    return problem(409, `A target named "${definition.name}" exists: change that one, or choose another name.`, {
      field: "name",
    });
  }
  const written = foundIn(await peer.entity("target", key));
  return written ?? problem(409, "The target was deleted meanwhile.");
}

/** What names an address where no event of this user is sent; what stays as it was is not judged anew. */
async function outOfReach(
  { peer, user, targets }: WriteDoors,
  { urn, auth }: TargetDefinition,
  before: TargetDefinition | undefined,
): Promise<Fault | undefined> {
  const isGuarded = await roleOf(peer, user) !== "admin";
  const wrong = urn === before?.urn ? undefined : targets.outOfReach(urn, isGuarded, "urn");
  if (wrong !== undefined || auth?.kind !== "oauth2") return wrong;
  const { tokenUrl } = auth;
  const isOld = before?.auth?.kind === "oauth2" && before.auth.tokenUrl === tokenUrl;
  return isOld ? undefined : targets.outOfReach(tokenUrl, isGuarded, "auth.tokenUrl");
}

function kept(credentials: Credentials, isWanted: (name: string) => boolean): Credentials {
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => isWanted(name)));
}

/** One user of many may not take all that there is. */
const TARGETS_OF_USER_MAX = 512;

/** As many as there may be, when there are: of all users, or of one that is no admin by itself. */
async function fullness(peer: WriteDoors["peer"], user: UserId): Promise<number | undefined> {
  const living = (await peer.entities("target", TARGETS_MAX * 4)).flatMap((entity) => targetOf(entity) ?? []);
  if (living.length >= TARGETS_MAX) return TARGETS_MAX;
  const own = user === ADMIN ? 0 : living.filter((target) => target.user === user).length;
  return own >= TARGETS_OF_USER_MAX ? TARGETS_OF_USER_MAX : undefined;
}
