// What is due may wait for its target without being taken up, for as long as nothing would come of that but waiting: a
// burst is then taken up one by one, as it goes, and what it makes in memory is gone again a moment later.

import type { ActiveTask } from "../task/active-task.ts";
import type { Instant } from "../values/instant.ts";

/** Where it waits, and until when at most: from then on it would be late. */
export type Patience = { readonly lane: string; readonly until: Instant };

/** `next` is the first occurrence that is not taken up; no other of the task is open. Absent: there is more to it. */
export function patienceOf(
  task: ActiveTask | undefined,
  next: Instant | undefined,
  now: Instant,
): Patience | undefined {
  const timing = task?.timing;
  if (task === undefined || timing === undefined || next === undefined) return undefined;
  const until = next + timing.policy.toleranceMs as Instant;
  return next <= now && now < until && task.state.skips === undefined ? { lane: task.lane, until } : undefined;
}
