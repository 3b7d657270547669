// An active task is a living task with what its actor works by: its schedule and its policy, read from the registers.

import type { Entity } from "../register/register.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { laneOf } from "../targets/target.ts";
import { isFault } from "../values/fault.ts";
import type { TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { type OccurrenceId, occurrenceId } from "./occurrence.ts";
import { type ResolvedPolicy, resolvePolicy } from "./policy.ts";
import { nextOccurrence, scheduleOf, type Task, taskOf } from "./task-entity.ts";

export type ActiveTask = Task & {
  /** The lane that its attempts need. */
  readonly lane: string;
  /** The lanes of the targets that stand in for its own. */
  readonly fallbackLanes?: readonly string[];
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
  const fallbackLanes = definition.policy.fallback?.map((target) => laneOf(task.user, target));
  const lanes = fallbackLanes === undefined ? { lane } : { lane, fallbackLanes };
  const schedule = scheduleOf(task);
  if (isFault(schedule)) return { ...task, ...lanes };
  return { ...task, ...lanes, timing: { schedule, policy: resolvePolicy(definition.policy, schedule) } };
}

/** What comes next of a task, found once for each state that it is in: a turn asks some times. */
export class NextOccurrence {
  #found: { readonly task: ActiveTask; readonly through: Instant; readonly at: Instant | undefined } | undefined;
  #named: { readonly at: Instant; readonly id: OccurrenceId } | undefined;

  of(task: ActiveTask | undefined, through: Instant): Instant | undefined {
    if (task?.timing === undefined) return undefined;
    if (this.#found?.task !== task || this.#found.through !== through) {
      this.#found = { task, through, at: nextOccurrence(task.timing.schedule, task, through) };
    }
    return this.#found.at;
  }

  /** Works out its id while there is time: in a burst, each of thousands would take 2 µs. */
  prepare(task: ActiveTask | undefined, through: Instant): void {
    const at = this.of(task, through);
    if (task !== undefined && at !== undefined) this.idOf(task.guid, at);
  }

  /** The id of the task's occurrence at that instant. */
  idOf(guid: TaskGuid, at: Instant): OccurrenceId {
    if (this.#named?.at !== at) this.#named = { at, id: occurrenceId(guid, at) };
    return this.#named.id;
  }
}
