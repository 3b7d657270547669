// The former schedule of a task that was edited. An edit is on its way for a while, and meanwhile whoever fires the task
// goes on by the former one: what the new one had to come then is still to be sent, but for what both of them have.

import type { Schedule } from "../schedule/schedule.ts";
import type { ActiveTask } from "../task/active-task.ts";
import { nextOccurrence } from "../task/task-entity.ts";
import { type Instant, INSTANT_MIN } from "../values/instant.ts";

/** Occurrences that are looked at one by one: what lies further on is looked at when it is taken up. */
const LOOKED_MAX = 1_000;

/** The latest moment, `through` at most, up to which all occurrences of the task after `from` are carried. */
export function carriedThrough(
  task: ActiveTask | undefined,
  from: Instant,
  through: Instant,
  isCarried: (at: Instant) => boolean,
): Instant {
  if (task?.timing === undefined) return through;
  const { schedule } = task.timing;
  let at = nextOccurrence(schedule, task, from);
  for (let looked = 0; at !== undefined && at <= through; looked++) {
    if (looked === LOOKED_MAX || !isCarried(at)) return (at - 1) as Instant;
    at = nextOccurrence(schedule, task, at);
  }
  return through;
}

/** What its occurrences follow from. */
type Course = Pick<ActiveTask, "state" | "since"> & { readonly schedule: Schedule; readonly through: Instant };

export class Former {
  #course: Course | undefined;

  /** `before` was carried `through` when `task` took its place: returns how far all of `task` is. */
  replace(before: ActiveTask | undefined, task: ActiveTask | undefined, through: Instant): Instant {
    if (before?.timing === undefined) return through;
    const { state, since, timing: { schedule } } = before;
    this.#course = { state, since, schedule, through };
    return carriedThrough(task, INSTANT_MIN, through, (at) => this.has(at));
  }

  /** Whether it was carried by the former schedule. */
  has(at: Instant): boolean {
    const course = this.#course;
    return course !== undefined && at <= course.through &&
      nextOccurrence(course.schedule, course, (at - 1) as Instant) === at;
  }
}
