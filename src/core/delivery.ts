// A delivery is one attempt to hand an event to its target: all that a trigger has to know, and what it may answer.

import type { Instant } from "./instant.ts";
import type { Json } from "./json.ts";
import type { OccurrenceId } from "./occurrence.ts";
import type { ResolvedPolicy } from "./policy.ts";
import { lastAttempt, type Run } from "./run.ts";
import type { ResolvedTarget } from "./target-book.ts";
import type { TaskDefinition } from "./task.ts";

export type Delivery = {
  readonly id: OccurrenceId;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly task: string;
  /** The planned instant. */
  readonly instant: Instant;
  readonly toleranceMs: number;
  readonly target: ResolvedTarget;
  readonly payload: Json;
  readonly connectMs: number;
  /** The whole attempt, connecting included. */
  readonly totalMs: number;
};

/** The attempt that is the last of the run. */
export function deliveryOf(
  run: Run,
  definition: TaskDefinition,
  { toleranceMs, connectMs, totalMs }: ResolvedPolicy,
  target: ResolvedTarget,
): Delivery {
  const { id, task, instant, payload } = run;
  return {
    ...{ id, attempt: lastAttempt(run), task, instant, toleranceMs, target },
    payload: payload === undefined ? definition.payload : payload,
    ...{ connectMs, totalMs },
  };
}

export type DeliveryResult =
  | { readonly kind: "delivered"; readonly status?: number }
  | {
    readonly kind: "failed";
    readonly status?: number;
    /** For a human: what happened, at which target. Never holds a credential. */
    readonly error: string;
    /** Whether another attempt may end otherwise. */
    readonly retryable: boolean;
    /** The target says that it is no more, and never will be: its tasks are not to go on. */
    readonly gone?: true;
    /** How long the target asks to be left alone. */
    readonly retryAfterMs?: number;
    /**
     * Where it failed, when not at the target or on the way back: `unreached`, no connection came about, so that nothing of
     * the event has left; `ours`, this peer did not try, or ended the attempt, which says nothing of the target; `refused`,
     * the target is well, and did not take this event.
     */
    readonly cause?: "unreached" | "ours" | "refused";
  };
