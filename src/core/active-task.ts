// An active task is a living task with what its actor works by: its schedule and its policy, read from the registers.

import { isFault } from "./fault.ts";
import { type ResolvedPolicy, resolvePolicy } from "./policy.ts";
import type { Entity } from "./register.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";
import { laneOf } from "./target.ts";
import { type Task, taskOf } from "./task-entity.ts";

export type ActiveTask = Task & {
  /** The lane that its attempts need. */
  readonly lane: string;
  /** Absent when this program can't read the schedule that stands in the registers: then the task never fires. */
  readonly timing?: Timing;
};

export type Timing = { readonly schedule: Schedule; readonly policy: ResolvedPolicy };

/** The task of the registers; absent when it is deleted or never was. */
export function activeTask(entity: Entity | undefined): ActiveTask | undefined {
  const task = taskOf(entity);
  if (task === undefined) return undefined;
  const { definition } = task;
  const lane = laneOf(task.user, definition.target);
  const schedule = parseSchedule(definition.schedule);
  if (isFault(schedule)) return { ...task, lane };
  return { ...task, lane, timing: { schedule, policy: resolvePolicy(definition.policy, schedule) } };
}
