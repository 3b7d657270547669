// Driving runs again: settled runs whose events were not delivered, and occurrences of the past that nobody ever took up
// (a backfill). What is let in begins another round of its run, and bears the id of the occurrence as ever.

import { dueRun, redriven } from "../delivery/run-step.ts";
import type { Again, CommandResult, RedriveRefusal } from "../protocol/command.ts";
import type { Known } from "../protocol/follows.ts";
import { nextAtOrAfter } from "../schedule/schedule.ts";
import type { ActiveTask } from "../task/active-task.ts";
import { type OccurrenceId, occurrenceId } from "../task/occurrence.ts";
import { OPEN_MAX } from "../task/overlap.ts";
import type { Run } from "../task/run.ts";
import type { Instant } from "../values/instant.ts";
import type { OpenRuns } from "./open-runs.ts";
import type { Turn } from "./turn.ts";

/** From `next` on occurrences come up by themselves. `known` are the stored records. */
export function redrive(
  turn: Turn,
  asked: readonly Again[],
  task: ActiveTask,
  { runs, known, next, isElsewhere }: {
    readonly runs: OpenRuns;
    readonly known: Known;
    readonly next: Instant | undefined;
    readonly isElsewhere: (run: Run) => boolean;
  },
): Extract<CommandResult, { kind: "redriven" }> {
  const accepted: Run[] = [];
  const refused: RedriveRefusal[] = [];
  const seen = new Set<OccurrenceId>();
  for (const again of asked) {
    const { id, at } = again;
    if (seen.has(id)) continue;
    seen.add(id);
    const was = known(id);
    const message = wrong(again, was, task, runs, next);
    if (message !== undefined) {
      refused.push({ id, message });
      continue;
    }
    const run = redriven(was ?? dueRun(task, id, again.instant ?? turn.now), at, turn.now);
    runs.adopt(run, true, isElsewhere);
    turn.write({ kind: "run", run, wasOpen: false, ...(was === undefined ? {} : { was }) });
    turn.notify({ kind: "run", run });
    accepted.push(run);
  }
  return { kind: "redriven", runs: accepted, refused };
}

function wrong(
  { id, instant }: Again,
  was: Run | undefined,
  task: ActiveTask,
  runs: OpenRuns,
  next: Instant | undefined,
): string | undefined {
  if (task.timing === undefined) return "the schedule of its task can't be read by this peer";
  if (runs.size >= OPEN_MAX) return `${OPEN_MAX} occurrences of the task are not settled`;
  if (runs.get(id) !== undefined) return "it is not settled yet";
  if (was !== undefined && was.guid !== task.guid) return "it is a run of another task";
  if (was?.outcome === "delivered") return "it was delivered";
  if (was !== undefined) return was.state === "settled" ? undefined : "it is not settled yet";
  if (instant === undefined) return "the owner of the task knows no such run";
  if (next !== undefined && instant >= next) return "it is still to come up by itself";
  const isOfTask = nextAtOrAfter(task.timing.schedule, instant) === instant && occurrenceId(task.guid, instant) === id;
  return isOfTask ? undefined : "the task has no occurrence then";
}
