// How the seed shows tasks and what became of their occurrences.

import { hash } from "node:crypto";
import { isNamed, maskTarget, type Target } from "../../core/targets/target.ts";
import type { Dossier } from "../../core/task/dossier.ts";
import type { Outcome, Run } from "../../core/task/run.ts";
import { type Task, taskOf } from "../../core/task/task-entity.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { Json } from "../../core/values/json.ts";

export type V0Task = {
  readonly guid: string;
  readonly id: string;
  readonly user_id: string;
  readonly name: string;
  /** What the seed has no word for is shown as JSON in the text. */
  readonly schedule: string;
  readonly URN: string;
  readonly payload: Json;
  readonly created_at: string;
};

export function v0Task(
  { guid, user, createdAt, definition }: Pick<Task, "guid" | "user" | "createdAt" | "definition">,
): V0Task {
  const { id, name, schedule, target, payload } = definition;
  return {
    ...{ guid, id, user_id: user, name, payload },
    schedule: typeof schedule === "string" ? schedule : JSON.stringify(schedule),
    URN: urnOf(target),
    created_at: formatInstant(createdAt),
  };
}

/** With the last outcome, when there is one: the seed said that a task which never ran had succeeded in 1970. */
export function v0Listed(
  dossier: Dossier,
): (V0Task & { readonly runAt?: number; readonly runCode?: number }) | undefined {
  const task = taskOf(dossier.entity);
  if (task === undefined) return undefined;
  const { last } = dossier.progress;
  if (last === undefined) return v0Task(task);
  return { ...v0Task(task), runAt: seconds(last.instant), runCode: codeOf(last.outcome) };
}

/** Of a deleted task: who it was. */
export function v0Removed(
  task: { readonly guid: string; readonly id: string; readonly user: string },
  now: Instant,
): V0Task {
  const { guid, id, user } = task;
  const nothing = { name: "", schedule: "", URN: "", payload: null };
  return { guid, id, user_id: user, ...nothing, created_at: formatInstant(now) };
}

/** Of a settled run; absent while it is open. */
export function v0State(run: Run, urn: string) {
  const { guid, user, instant, outcome, attempts, settledAt } = run;
  if (outcome === undefined || settledAt === undefined) return undefined;
  const last = attempts.at(-1);
  const took = last?.endedAt === undefined ? 0 : last.endedAt - last.startedAt;
  const at = seconds(instant);
  return {
    id: hash("sha256", guid + String(at), "hex"),
    ...{ taskGUID: guid, userID: user, at },
    doneAt: seconds(last?.endedAt ?? settledAt),
    /** µs. */
    duration: took * 1_000,
    URN: urn,
    state: codeOf(outcome),
  };
}

export function urnOf(target: Target): string {
  const masked = maskTarget(target);
  return isNamed(masked) ? masked.name : masked.urn;
}

function seconds(at: Instant): number {
  return Math.floor(at / 1_000);
}

/** What was not sent at all is what the seed calls expired. */
function codeOf(outcome: Outcome): number {
  switch (outcome) {
    case "delivered":
      return 0;
    case "failed":
      return 1;
    case "expired":
    case "missed":
    case "skipped":
      return 2;
  }
}
