// The ways of a task's events: its target, and the targets that are tried in its place, in order, when it is given up or
// left alone. Way 0 is the task's own target.

import type { ActiveTask } from "../task/active-task.ts";
import { attemptsOf, type Run } from "../task/run.ts";
import type { TaskDefinition } from "../task/task.ts";
import type { Instant } from "../values/instant.ts";
import type { DeliveryResult } from "./delivery.ts";
import { retry } from "./retry.ts";
import { retrying } from "./run-step.ts";

export function wayOf({ via }: Run): number {
  return via?.way ?? 0;
}

/** The lane of the way; of one that the task has no more, its own. */
export function laneOn({ lane, fallbackLanes }: ActiveTask, way: number): string {
  return (way === 0 ? undefined : fallbackLanes?.[way - 1]) ?? lane;
}

/** The definition with the target of the way. */
export function aimedOn(definition: TaskDefinition, way: number): TaskDefinition {
  const target = way === 0 ? undefined : definition.policy.fallback?.[way - 1];
  return target === undefined ? definition : { ...definition, target };
}

/** The first way from `way` on whose target is not left alone; `way` when all are. */
export function openWay(task: ActiveTask, way: number, told: { isShut(lane: string): boolean }): number {
  if (task.fallbackLanes === undefined) return way;
  for (let each = way; each <= task.fallbackLanes.length; each++) if (!told.isShut(laneOn(task, each))) return each;
  return way;
}

/** The run on this way, with all its tries there. */
export function onWay(run: Run, way: number): Run {
  return way === wayOf(run) ? run : { ...run, via: { way, after: run.attempts.length } };
}

export type AfterFailure =
  /** The run as it goes on. */
  | { readonly kind: "again"; readonly run: Run }
  /** `isGone`: the task's own target is no more. Of one that stands in for it that says nothing. */
  | { readonly kind: "over"; readonly reason: string; readonly isGone: boolean };

/** Another attempt at the same target, or the first one at the next, or the end. */
export function afterFailure(
  task: ActiveTask | undefined,
  run: Run,
  failure: Extract<DeliveryResult, { kind: "failed" }>,
  told: { readonly now: Instant; readonly chance: () => number },
): AfterFailure {
  const policy = task?.timing?.policy;
  if (task === undefined || policy === undefined) {
    return { kind: "over", reason: `${failure.error}; the task was deleted`, isGone: false };
  }
  const decision = retry(policy, attemptsOf(run), failure, told);
  if (decision.kind === "again") return { kind: "again", run: retrying(run, decision.at) };
  const way = wayOf(run);
  const isLast = way >= (task.fallbackLanes?.length ?? 0) || policy.delivery === "at-most-once";
  if (!isLast) return { kind: "again", run: retrying(onWay(run, way + 1), told.now) };
  return { ...decision, isGone: failure.gone === true && way === 0 };
}
