// What a task's actor is told, one message at a time: it waits here while the actor is read from the store.

import type { DeliveryResult } from "../delivery/delivery.ts";
import type { Polled } from "../hold/ballots.ts";
import type { Command, CommandResult } from "../protocol/command.ts";
import type { Followed, Known } from "../protocol/follows.ts";
import type { Entity } from "../register/register.ts";
import type { OccurrenceId } from "../task/occurrence.ts";

/** Messages that wait for one task's activation; what comes then is refused. */
export const MAILBOX_MAX = 1_024;

/** What a task's actor is told of other peers; `done` when what comes of it is on its way to the disk. */
export type TaskMail =
  | { readonly kind: "merge"; readonly entity: Entity; readonly done: () => void }
  | {
    readonly kind: "follow";
    readonly told: Followed;
    readonly known: Known;
    readonly done: () => void;
  }
  | Polled;

export type Message =
  | { readonly kind: "wake" }
  | {
    readonly kind: "command";
    readonly ticket: number;
    readonly command: Extract<Command, { kind: "task" }>;
    /** The stored records of the runs that it names. */
    readonly known?: Known;
  }
  | { readonly kind: "attempted"; readonly id: OccurrenceId; readonly result: DeliveryResult }
  /** The shard goes to another peer. */
  | { readonly kind: "release" }
  | TaskMail;

/** Whether it may change what the task waits for. */
export function isMove({ kind }: Message): boolean {
  return kind === "wake" || kind === "command" || kind === "merge";
}

export const CROWDED: CommandResult = {
  kind: "refused",
  why: "busy",
  message: "too many commands wait for this task",
};
export const UNWRITABLE: CommandResult = {
  kind: "refused",
  why: "unwritable",
  message: "the disk takes no writes now",
};

/** The actor has thrown. */
export function ill(error: unknown): CommandResult {
  const why = error instanceof Error ? error.message : String(error);
  return { kind: "refused", why: "unhealthy", message: `the task can't be handled now: ${why}` };
}
