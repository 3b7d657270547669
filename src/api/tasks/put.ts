// Putting a task: the one way in which a definition of a request becomes a command, alone or in a batch.

import type { CommandResult, Match, OnceKey } from "../../core/protocol/command.ts";
import { isNamed, maskTarget, type Target } from "../../core/targets/target.ts";
import type { ParsedDefinition } from "../../core/task/definition.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import type { TaskState } from "../../core/task/task.ts";
import { fault } from "../../core/values/fault.ts";
import { taskGuid, type UserId } from "../../core/values/ids.ts";
import type { Peer, TargetAccess } from "../../peer.ts";
import type { Quotas } from "../access/quotas.ts";

export type PutDoors = {
  readonly peer: Pick<Peer, "submit" | "dossier">;
  readonly quotas: Pick<Quotas, "put" | "forget">;
  readonly targets: Pick<TargetAccess, "closeTarget" | "openTarget">;
  readonly user: UserId;
};

export type PutHow = {
  readonly mode: "create" | "replace" | "put";
  readonly match?: Match;
  readonly once?: OnceKey;
};

export async function putTask(doors: PutDoors, parsed: ParsedDefinition, how: PutHow): Promise<CommandResult> {
  const { peer, quotas, targets, user } = doors;
  const { state } = parsed;
  const { mode, match, once } = how;
  const guid = taskGuid(user, parsed.definition.id);
  let { definition } = parsed;
  if (hasMask(definition.target)) {
    const task = taskOf((await peer.dossier(guid)).entity);
    const target = unmask(definition.target, task && targets.openTarget(task.definition.target));
    if (target === undefined) return MASKED;
    definition = { ...definition, target };
  }
  definition = { ...definition, target: targets.closeTarget(definition.target, definition.template === true) };
  const over = await quotas.put(user, definition);
  if (over !== undefined) return over;
  const result = await submit(peer, {
    kind: "task",
    guid,
    command: {
      kind: "put",
      user,
      definition,
      mode,
      ...(state === undefined ? {} : { paused: state.paused }),
      ...(match === undefined ? {} : { match }),
    },
    ...(once === undefined ? {} : { once }),
  });
  if (result.kind === "refused") quotas.forget(user);
  if (result.kind !== "task" || state?.paused !== true || isState(taskOf(result.dossier.entity)?.state, state)) {
    return result;
  }
  // The command carries no note and no end; they follow as a pause of their own.
  const { paused: _, ...pause } = state;
  const paused = await submit(peer, { kind: "task", guid, command: { kind: "pause", ...pause } });
  return paused.kind === "task" ? { ...paused, created: result.created } : paused;
}

/** A peer that is being closed takes no commands any more: for who asks, it is busy. */
export async function submit(
  peer: Pick<Peer, "submit">,
  command: Parameters<Peer["submit"]>[0],
): Promise<CommandResult> {
  try {
    return await peer.submit(command);
  } catch {
    return { kind: "refused", why: "busy", message: "the peer is stopping" };
  }
}

const MASKED: CommandResult = {
  kind: "refused",
  why: "invalid",
  message: "the target's secret is masked",
  fault: fault(
    "target",
    "The target holds *** in place of a secret, and no task here has the secret that belongs there: write it out.",
  ),
};

/** Whether something in the target is shown as `***`. */
function hasMask(target: Target): boolean {
  if (!isNamed(target) && target.urn.includes("***")) return true;
  return target.headers !== undefined && Object.values(target.headers).includes("***");
}

/** The target with what is masked as in `current` put back; absent when a mask is left. */
function unmask(target: Target, current: Target | undefined): Target | undefined {
  const shown = current === undefined ? undefined : maskTarget(current);
  const headers = target.headers === undefined ? undefined : Object.fromEntries(
    Object.entries(target.headers).map((
      [name, value],
    ) => [name, value === shown?.headers?.[name] ? current?.headers?.[name] ?? value : value]),
  );
  const named: Target = isNamed(target) ? target : { ...target, urn: unmaskUrn(target.urn, shown, current) };
  const whole: Target = headers === undefined ? named : { ...named, headers };
  // What masking would not change holds no secret that a mask could stand for, or is itself one.
  return hasMask(whole) && sameTarget(maskTarget(whole), whole) ? undefined : whole;
}

function unmaskUrn(urn: string, shown: Target | undefined, current: Target | undefined): string {
  if (shown === undefined || current === undefined || isNamed(shown) || isNamed(current)) return urn;
  return urn === shown.urn ? current.urn : urn;
}

function sameTarget(a: Target, b: Target): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isState(now: TaskState | undefined, wanted: TaskState): boolean {
  return now?.paused === wanted.paused && now.note === wanted.note && now.until === wanted.until;
}
