// Dismissing dead letters: what was given up stays recorded as failed, and is no dead letter any more. It may still be
// driven again by its id.

import type { CommandResult, RedriveRefusal } from "../protocol/command.ts";
import type { Known } from "../protocol/follows.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { Run } from "../task/run.ts";
import type { TaskGuid } from "../values/ids.ts";
import type { OpenRuns } from "./open-runs.ts";
import type { Turn } from "./turn.ts";

/** `known` are the stored records. The task itself may be deleted. */
export function dismiss(
  turn: Turn,
  asked: readonly OccurrenceId[],
  { guid, runs, known }: { readonly guid: TaskGuid; readonly runs: OpenRuns; readonly known: Known },
): Extract<CommandResult, { kind: "dismissed" }> {
  const dismissed: Run[] = [];
  const refused: RedriveRefusal[] = [];
  for (const id of new Set(asked)) {
    const was = known(id);
    const message = wrong(was, guid, runs.get(id) !== undefined);
    if (was === undefined || message !== undefined) {
      refused.push({ id, message: message ?? "the owner of the task knows no such run" });
      continue;
    }
    const run: Run = { ...was, dismissedAt: turn.now };
    turn.write({ kind: "run", run, wasOpen: false, was });
    turn.notify({ kind: "run", run });
    dismissed.push(run);
  }
  return { kind: "dismissed", runs: dismissed, refused };
}

function wrong(was: Run | undefined, guid: TaskGuid, isOpen: boolean): string | undefined {
  if (isOpen) return "it is not settled yet";
  if (was === undefined) return undefined;
  if (was.guid !== guid) return "it is a run of another task";
  if (was.state !== "settled") return "it is not settled yet";
  if (was.outcome !== "failed") return `it is no dead letter: it was ${was.outcome}`;
  return was.dismissedAt === undefined ? undefined : "it was dismissed already";
}
