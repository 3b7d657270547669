// Orders are what users tell one task: to be otherwise, to fire now, to drive runs again, to end what is open. They are
// carried out by its actor; this says how.

import { dueRun } from "../delivery/run-step.ts";
import type { Again, CommandResult, OnceKey, TaskCommand } from "../protocol/command.ts";
import type { Known } from "../protocol/follows.ts";
import type { Entity } from "../register/register.ts";
import type { ActiveTask } from "../task/active-task.ts";
import type { Dossier } from "../task/dossier.ts";
import { keyedOccurrenceId, manualOccurrenceId } from "../task/occurrence.ts";
import type { Run } from "../task/run.ts";
import type { TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { dismiss } from "./dismiss.ts";
import { edit, type EditCommand, NOT_FOUND } from "./edit.ts";
import type { OpenRun } from "./open-runs.ts";
import { redrive } from "./redrive.ts";
import type { Turn } from "./turn.ts";

export const DELETED = { outcome: "skipped", reason: "the task was deleted" } as const;
const CANCELLED = { outcome: "failed", reason: "cancelled by a user" } as const;

/** What an order asks of the actor. */
export type OrderDoors = {
  readonly guid: TaskGuid;
  readonly entity: Entity | undefined;
  readonly task: ActiveTask | undefined;
  /** Up to where it is taken up. */
  readonly through: Instant;
  dossier(): Dossier;
  write(entity: Entity): void;
  /** Its records are to be kept in this turn. */
  change(): void;
  admit(task: ActiveTask, run: Run): Run;
  endAll(how: "cancel" | "settle", ending: NonNullable<OpenRun["ending"]>): number;
  readonly redriving: Omit<Parameters<typeof redrive>[3], "known">;
};

/** `once`: it may have been carried out before. `known` are the stored records of the runs that it names. */
export function obey(
  turn: Turn,
  { command, once, known }: {
    readonly command: TaskCommand;
    readonly once: OnceKey | undefined;
    readonly known: Known;
  },
  doors: OrderDoors,
): CommandResult {
  switch (command.kind) {
    case "put":
    case "pause":
    case "resume":
    case "skip":
    case "remove":
      return change(turn, command, doors);
    case "trigger":
      return fireNow(turn, command, { ...doors, once, known });
    case "redrive":
      return driveAgain(turn, command.runs, known, doors);
    case "dismiss":
      doors.change();
      return dismiss(turn, command.runs, { guid: doors.guid, runs: doors.redriving.runs, known });
    case "cancel":
      if (doors.task === undefined) return NOT_FOUND;
      return { kind: "cancelled", runs: doors.endAll("cancel", CANCELLED) };
  }
}

function change(turn: Turn, command: EditCommand, doors: OrderDoors): CommandResult {
  const { task, entity: before, through } = doors;
  const edited = edit(command, before, turn.told(through));
  if (edited.kind === "refused") return edited;
  if (edited.entity !== before) {
    doors.write(edited.entity);
    if (command.kind !== "remove") turn.notify({ kind: "task", dossier: doors.dossier() });
  }
  const { created } = edited;
  if (command.kind !== "remove") return { kind: "task", dossier: doors.dossier(), created, before };
  if (turn.isOwner) doors.endAll("settle", DELETED);
  if (task !== undefined) turn.notify({ kind: "removed", user: task.user, task: task.definition.id });
  return { kind: "removed" };
}

/** How long a key stands for what was done with it: as long as an answer is kept. */
const KEY_GOOD_MS = 86_400_000;

function fireNow(
  turn: Turn,
  command: Extract<TaskCommand, { kind: "trigger" }>,
  doors: OrderDoors & { readonly once: OnceKey | undefined; readonly known: Known },
): CommandResult {
  const { task, guid, once, known } = doors;
  if (task === undefined) return NOT_FOUND;
  const keyed = once === undefined ? undefined : keyedOccurrenceId(guid, once.key);
  const was = keyed === undefined ? undefined : doors.redriving.runs.get(keyed)?.run ?? known(keyed);
  // Its answer was lost, or was given at another peer.
  if (was !== undefined && was.instant > turn.now - KEY_GOOD_MS) return { kind: "run", run: was };
  const id = keyed === undefined || was !== undefined ? manualOccurrenceId(guid, turn.stamp()) : keyed;
  const due = dueRun(task, id, turn.now);
  const { payload } = command;
  // Its record is kept before it is answered and sent: no schedule could tell of it again.
  doors.change();
  return {
    kind: "run",
    run: doors.admit(task, { ...due, manual: true, ...(payload === undefined ? {} : { payload }) }),
  };
}

function driveAgain(
  turn: Turn,
  asked: readonly Again[],
  known: Known,
  { task, redriving, change }: OrderDoors,
): CommandResult {
  if (task === undefined) return NOT_FOUND;
  const result = redrive(turn, asked, task, { ...redriving, known });
  if (result.runs.length > 0) change();
  return result;
}
