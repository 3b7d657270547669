// An edit: what a command makes of the registers of a task, or why it is refused. It fires nothing by itself.

import { PLACEMENTS_MAX } from "../ownership/groups.ts";
import type { Refusal, TaskCommand } from "../protocol/command.ts";
import { type Entity, revisionOf } from "../register/register.ts";
import { parseSchedule } from "../schedule/schedule-source.ts";
import type { Target } from "../targets/target.ts";
import { groupOf, type PeerGroup } from "../task/peer-group.ts";
import {
  nextOccurrence,
  removeTask,
  scheduleOf,
  type Task,
  taskOf,
  writeState,
  writeTask,
} from "../task/task-entity.ts";
import type { TaskState } from "../task/task.ts";
import { type Fault, fault, isFault } from "../values/fault.ts";
import type { TaskGuid, UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";

export type EditCommand = Extract<TaskCommand, { kind: "put" | "pause" | "resume" | "skip" | "remove" }>;

export type Edit = {
  readonly kind: "edit";
  /** The registers afterwards: the same object when nothing changes. */
  readonly entity: Entity;
  readonly created: boolean;
};

export type Told = {
  readonly guid: TaskGuid;
  readonly stamp: () => Stamp;
  readonly now: Instant;
  /** What lies up to here is taken up. */
  readonly through: Instant;
  readonly outOfReach: (user: UserId, target: Target, field: string) => Fault | undefined;
  readonly mayPlace: (group: PeerGroup) => boolean;
};

/** `entity`: the registers before; absent when the peer has never heard of the task. */
export function edit(
  command: EditCommand,
  entity: Entity | undefined,
  told: Told,
): Edit | Refusal {
  if (command.kind === "put") return put(command, entity, told);
  const before = taskOf(entity);
  if (entity === undefined || before === undefined) return NOT_FOUND;
  const refusal = changed(command, entity);
  if (refusal !== undefined) return refusal;
  const { skips } = before.state;
  const kept = skips === undefined ? {} : { skips };
  if (command.kind === "skip") return skip(command, entity, before, told);
  const stamp = told.stamp();
  switch (command.kind) {
    case "remove":
      return { kind: "edit", entity: removeTask(entity, stamp), created: false };
    case "pause":
      return {
        kind: "edit",
        entity: writeState(entity, { ...paused(command), ...kept }, stamp, told.now),
        created: false,
      };
    case "resume":
      return { kind: "edit", entity: writeState(entity, { paused: false, ...kept }, stamp, told.now), created: false };
  }
}

export const NOT_FOUND: Refusal = notFound("there is no such task");

function put(
  command: Extract<EditCommand, { kind: "put" }>,
  entity: Entity | undefined,
  { guid, stamp, now, mayPlace, outOfReach }: Told,
): Edit | Refusal {
  const { user, definition, mode } = command;
  const before = taskOf(entity);
  if (before !== undefined && mode === "create") {
    return { kind: "refused", why: "exists", message: `a task with the id ${definition.id} exists` };
  }
  if (before === undefined && mode === "replace") return notFound(`there is no task with the id ${definition.id}`);
  const refusal = changed(command, entity);
  if (refusal !== undefined) return refusal;
  const schedule = parseSchedule(definition.schedule);
  if (isFault(schedule)) return { kind: "refused", why: "invalid", message: schedule.message, fault: schedule };
  const { target, policy: { fallback } } = definition;
  const unreachable = outOfReach(user, target, "target") ??
    fallback?.map((each, n) => outOfReach(user, each, `policy.fallback.${n}`)).find((each) => each !== undefined);
  if (unreachable !== undefined) {
    return { kind: "refused", why: "invalid", message: unreachable.message, fault: unreachable };
  }
  const group = groupOf(definition.policy);
  if (group !== undefined && !mayPlace(group)) return CROWDED;
  const state = command.paused === undefined || command.paused === before?.state.paused
    ? before?.state ?? { paused: false }
    : { paused: command.paused, ...(before?.state.skips === undefined ? {} : { skips: before.state.skips }) };
  const written = writeTask(entity, { guid, user, definition, state }, stamp(), now);
  return { kind: "edit", entity: written, created: before === undefined };
}

const TOO_MANY = fault(
  "policy.placement",
  `The tasks of a mesh have at most ${PLACEMENTS_MAX} different placements at a time: take one that is in use, or delete its tasks.`,
);

const CROWDED: Refusal = { kind: "refused", why: "invalid", message: TOO_MANY.message, fault: TOO_MANY };

function paused({ note, until }: Extract<EditCommand, { kind: "pause" }>): TaskState {
  return { paused: true, ...(note === undefined ? {} : { note }), ...(until === undefined ? {} : { until }) };
}

/** Occurrences to come that may be skipped at one time. */
export const SKIPS_MAX = 100;

/** The next occurrences, or the named one, are not to be sent: that is recorded when their time comes. */
function skip(
  { count = 1, instant }: Extract<EditCommand, { kind: "skip" }>,
  entity: Entity,
  task: Task,
  { stamp, now, through }: { readonly stamp: () => Stamp; readonly now: Instant; readonly through: Instant },
): Edit | Refusal {
  const schedule = scheduleOf(task);
  if (isFault(schedule)) return { kind: "refused", why: "invalid", message: schedule.message, fault: schedule };
  const skips = new Set(task.state.skips?.filter((at) => at > now));
  const from = Math.max(through, now) as Instant;
  let at = instant === undefined ? nextOccurrence(schedule, task, from) : (instant - 1) as Instant;
  if (instant !== undefined) {
    at = nextOccurrence(schedule, task, Math.max(at ?? from, from) as Instant);
    if (at !== instant) return conflict("the task has no occurrence to come at that instant");
  }
  for (
    let left = instant === undefined ? count : 1;
    at !== undefined && left > 0;
    at = nextOccurrence(schedule, task, at)
  ) {
    if (skips.has(at)) continue;
    skips.add(at);
    left--;
  }
  if (skips.size === 0) return conflict("the task has no occurrence to come that could be skipped");
  if (skips.size > SKIPS_MAX) return conflict(`at most ${SKIPS_MAX} occurrences to come can be skipped at one time`);
  const state = { ...task.state, skips: [...skips].sort((a, b) => a - b) };
  return { kind: "edit", entity: writeState(entity, state, stamp(), now), created: false };
}

function conflict(message: string): Refusal {
  return { kind: "refused", why: "conflict", message };
}

/** The refusal of a command that names a revision which the task does not have. */
function changed({ match }: Pick<EditCommand, "match">, entity: Entity | undefined): Refusal | undefined {
  if (match === undefined) return undefined;
  if (entity === undefined || taskOf(entity) === undefined) {
    return notFound("there is no such task, so it has no revision to match");
  }
  const revision = revisionOf(entity);
  if (match === "*" || match.includes(revision)) return undefined;
  return { kind: "refused", why: "changed", message: "the task was changed since it was read", revision };
}

function notFound(message: string): Refusal {
  return { kind: "refused", why: "not-found", message };
}
