// A command is what a user asks a task to do. It is sent at any peer, decided by the task's actor at its owner, and
// answered when what it changed is durable.

import type { Entity } from "../register/register.ts";
import type { Dossier } from "../task/dossier.ts";
import { keyedOccurrenceId, type OccurrenceId } from "../task/occurrence.ts";
import type { Run } from "../task/run.ts";
import type { TaskDefinition } from "../task/task.ts";
import type { Fault } from "../values/fault.ts";
import type { PeerId, TaskGuid, UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Stamp } from "../values/stamp.ts";

/** Runs that are driven again in one command. */
export const REDRIVE_MAX = 100;

export type Again = {
  readonly id: OccurrenceId;
  /** When it is to go. */
  readonly at: Instant;
  /** Of an occurrence of the schedule, which need not have a record. */
  readonly instant?: Instant;
};

export type RedriveRefusal = { readonly id: OccurrenceId; readonly message: string };

/** A revision that the task must have for the command to be carried out, or `"*"` for any: If-Match. */
export type Match = "*" | readonly Stamp[];

/** A key under which the answer is kept, so that a request sent twice is carried out once. */
export type OnceKey = { readonly key: string; readonly fingerprint: string; readonly expiresAt: Instant };

export type TaskCommand =
  /** `create` refuses a task that exists, `replace` one that does not, `put` takes both. */
  | {
    readonly kind: "put";
    readonly user: UserId;
    readonly definition: TaskDefinition;
    readonly mode: "create" | "replace" | "put";
    /** Whether the task starts paused; left as it is when absent. */
    readonly paused?: boolean;
    readonly match?: Match;
  }
  | { readonly kind: "remove"; readonly match?: Match }
  | { readonly kind: "pause"; readonly note?: string; readonly until?: Instant; readonly match?: Match }
  | { readonly kind: "resume"; readonly match?: Match }
  /** A manual fire, now. `payload` in place of the task's own. */
  | { readonly kind: "trigger"; readonly payload?: Json }
  /** Settled runs that were not delivered, or occurrences of the past, go once more: at most `REDRIVE_MAX`. */
  | { readonly kind: "redrive"; readonly runs: readonly Again[] }
  /** Runs that failed are no dead letters any more: at most `REDRIVE_MAX`. */
  | { readonly kind: "dismiss"; readonly runs: readonly OccurrenceId[] }
  /** The next occurrences, or the one at `instant`, are not to be sent. */
  | { readonly kind: "skip"; readonly count?: number; readonly instant?: Instant; readonly match?: Match }
  /** Ends what is open: waiting retries are settled, attempts in flight are aborted. */
  | { readonly kind: "cancel" };

export type Command =
  | { readonly kind: "task"; readonly guid: TaskGuid; readonly command: TaskCommand; readonly once?: OnceKey }
  /**
   * A replicated thing that is no task and needs no actor: these values are written over the entity as it was read.
   * `match`: only if it lives and has one of these revisions, or if it does not live (`absent`).
   */
  | {
    readonly kind: "entity";
    readonly entity: Entity;
    readonly values: { readonly [register: string]: Json };
    readonly match?: Match | "absent";
  };

export type EntityCommand = Extract<Command, { readonly kind: "entity" }>;

/** What only the owner of a task can do: it is done to its occurrences. The rest is written, anywhere. */
export function isOwners({ kind }: TaskCommand): boolean {
  return kind === "trigger" || kind === "cancel" || kind === "redrive" || kind === "dismiss";
}

/** The runs whose stored records the command needs. */
export function runsNamed(
  { guid, command, once }: Extract<Command, { kind: "task" }>,
): readonly OccurrenceId[] | undefined {
  if (command.kind === "dismiss") return command.runs;
  if (command.kind === "redrive") return command.runs.map(({ id }) => id);
  return command.kind === "trigger" && once !== undefined ? [keyedOccurrenceId(guid, once.key)] : undefined;
}

/** A place in a peer's run log: see `Carry.seq`. */
export type LogPlace = { readonly author: PeerId; readonly seq: number };

/** Where others are told of it; absent when no record came of it, or there are no others. */
type Logged = { readonly logged?: LogPlace };

export type CommandResult =
  /** `before`: as its registers were, when it was known. */
  | {
    readonly kind: "task";
    readonly dossier: Dossier;
    readonly created: boolean;
    readonly before: Entity | undefined;
  }
  | { readonly kind: "removed" }
  | Logged & { readonly kind: "run"; readonly run: Run }
  | Logged & { readonly kind: "redriven"; readonly runs: readonly Run[]; readonly refused: readonly RedriveRefusal[] }
  | Logged & { readonly kind: "dismissed"; readonly runs: readonly Run[]; readonly refused: readonly RedriveRefusal[] }
  | Logged & { readonly kind: "cancelled"; readonly runs: number }
  | { readonly kind: "written" }
  | Refusal;

export type Refusal =
  | {
    readonly kind: "refused";
    readonly why: "not-found" | "exists" | "conflict" | "busy" | "unhealthy";
    readonly message: string;
  }
  /** If-Match did not hold: `revision` is what the task has now. */
  | { readonly kind: "refused"; readonly why: "changed"; readonly message: string; readonly revision: Stamp }
  /** The disk does not take writes now; nothing was changed. */
  | { readonly kind: "refused"; readonly why: "unwritable"; readonly message: string }
  | { readonly kind: "refused"; readonly why: "invalid"; readonly message: string; readonly fault: Fault };
