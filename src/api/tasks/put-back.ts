// What a task was, put back: a new edit, which is checked like each edit.

import { admissionOf } from "../../core/membership/membership-list.ts";
import { revisionOf } from "../../core/register/register.ts";
import { maskTarget } from "../../core/targets/target.ts";
import { isFaults, parseDefinition } from "../../core/task/definition.ts";
import { type Task, taskOf } from "../../core/task/task-entity.ts";
import type { PeerId, TaskGuid, UserId } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Origin } from "../../core/values/stamp.ts";
import type { Peer, TargetAccess } from "../../peer.ts";
import type { Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { faultsResponse, problem, refusalResponse } from "../request/problem.ts";
import { putTask } from "./put.ts";
import { definitionOf, ownershipOf, showTask } from "./view.ts";

/** It is tried again when another write comes between its read and its write. */
const TRIES = 8;
const MEMBERS_MAX = 4_096;

/** `definition`: what its user would write; absent when there is nothing to be put back into a task that lives. */
export async function putBack(
  doors: Pick<Doors, "peer" | "quotas" | "targets">,
  { guid, user }: { readonly guid: TaskGuid; readonly user: UserId },
  definition: (now: Task) => unknown,
): Promise<Response> {
  const { peer } = doors;
  for (let tries = 1;; tries++) {
    const { entity } = await peer.dossier(guid);
    const task = taskOf(entity);
    if (entity === undefined || task === undefined || task.user !== user) {
      return problem(409, "The task is deleted: create it again, and with what it lost.");
    }
    const written = definition(task);
    if (written === undefined) return problem(409, "What was lost is the end of the task, and it lives.");
    const parsed = parseDefinition(written, {});
    if (isFaults(parsed)) return faultsResponse(parsed);
    const result = await putTask({ ...doors, user }, parsed, { mode: "replace", match: [revisionOf(entity)] });
    if (result.kind === "refused") {
      if (result.why === "changed" && tries < TRIES) continue;
      return refusalResponse(result);
    }
    const dossier = result.kind === "task" ? result.dossier : await peer.dossier(guid);
    const shown = showTask(dossier, ownershipOf(peer, dossier), peer.now());
    if (shown === undefined) return problem(409, "The task has nothing left to do, and is removed.");
    return json(200, shown.view, { etag: shown.tag });
  }
}

/** What its user would write to have the task as it is: with its secrets where they can be opened, and not its pause. */
export function writtenAs(
  task: Task,
  now: Instant,
  targets: Pick<TargetAccess, "openTarget">,
): { readonly [field: string]: unknown } {
  const { target } = task.definition;
  return { ...definitionOf(task, now), target: targets.openTarget(target) ?? maskTarget(target), state: undefined };
}

/** Which peer writes with which origin. */
export async function writersOf(peer: Pick<Peer, "entities">): Promise<ReadonlyMap<Origin, PeerId>> {
  const admissions = (await peer.entities("member", MEMBERS_MAX)).flatMap((entity) => admissionOf(entity) ?? []);
  return new Map(admissions.map(({ origin, peer }) => [origin, peer]));
}
