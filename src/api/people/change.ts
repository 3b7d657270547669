// A change of a user, or of what holds for all of them, is made of what was read: when another write comes between, it is
// made anew of what is there then, unless the request says by If-Match what it had read.

import type { CommandResult, EntityCommand, Match } from "../../core/protocol/command.ts";
import { type Entity, revisionOf } from "../../core/register/register.ts";
import { makeStamp, type Stamp } from "../../core/values/stamp.ts";
import type { Peer } from "../../peer.ts";
import { submit } from "../tasks/put.ts";

/** Of what nobody has written yet. */
const UNWRITTEN: Stamp = makeStamp(0, 0, 0);

/** Whoever loses so often in a row is told so. */
const TRIES = 8;

export function revisionRead(entity: Entity | undefined): Stamp {
  return entity === undefined ? UNWRITTEN : revisionOf(entity);
}

export async function change(
  { peer, read }: { readonly peer: Pick<Peer, "submit">; readonly read: () => Promise<Entity | undefined> },
  wanted: Match | undefined,
  changeOf: (entity: Entity | undefined) => EntityCommand,
): Promise<CommandResult> {
  const isNamed = wanted !== undefined && wanted !== "*";
  for (let tries = 1;; tries++) {
    const entity = await read();
    const revision = revisionRead(entity);
    if (isNamed && !wanted.includes(revision)) {
      return { kind: "refused", why: "changed", message: "it was changed since it was read", revision };
    }
    const command = changeOf(entity);
    const result = await submit(peer, { ...command, match: entity === undefined ? "absent" : [revision] });
    const isRaced = result.kind === "refused" && (result.why === "changed" || result.why === "exists");
    if (!isRaced || isNamed || tries === TRIES) return result;
  }
}
