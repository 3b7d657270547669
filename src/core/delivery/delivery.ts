// A delivery is one attempt to hand an event to its target: all that a trigger has to know, and what it may answer.

import type { Target } from "../targets/target.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { ResolvedPolicy } from "../task/policy.ts";
import { lastAttempt, type Run } from "../task/run.ts";
import type { TaskDefinition } from "../task/task.ts";
import { fillPayload, fillTarget, type TemplateEvent } from "../task/template.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { ResolvedTarget } from "./resolved-target.ts";

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

/** The attempt that is the last of the run, and starts now; `last` was settled last of its task. */
export function deliveryOf<T>(
  run: Run,
  definition: TaskDefinition,
  { toleranceMs, connectMs, totalMs }: ResolvedPolicy,
  { now, last, resolve }: {
    readonly now: Instant;
    readonly last: TemplateEvent["previous"];
    readonly resolve: (target: Target) => T;
  },
): Omit<Delivery, "target"> & { readonly target: T } {
  const { id, task, instant, payload: given } = run;
  const attempt = lastAttempt(run);
  let { target, payload } = definition;
  if (definition.template === true) {
    const { name } = definition;
    const event = { id, task, name, attempt, instant, now, ...(last === undefined ? {} : { previous: last }) };
    target = fillTarget(target, event);
    // What a manual fire brings is meant as it stands.
    if (given === undefined) payload = fillPayload(payload, event);
  }
  payload = given === undefined ? payload : given;
  return { id, attempt, task, instant, toleranceMs, target: resolve(target), payload, connectMs, totalMs };
}

/** A delivery whose target is as the task names it: whoever makes the attempt looks it up. */
export type Unaddressed = Omit<Delivery, "target"> & { readonly target: Target };

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
