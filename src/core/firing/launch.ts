// The launch of an attempt: whether it may start at all, and by whom it is made.

import { deliveryOf } from "../delivery/delivery.ts";
import { aimedOn, laneOn, wayOf } from "../delivery/fallback.ts";
import { attempting } from "../delivery/run-step.ts";
import type { Target } from "../targets/target.ts";
import type { ActiveTask } from "../task/active-task.ts";
import type { Progress } from "../task/dossier.ts";
import type { PeerGroup } from "../task/peer-group.ts";
import type { ResolvedPolicy } from "../task/policy.ts";
import { attemptsOf, type Outcome, type Run } from "../task/run.ts";
import type { Instant } from "../values/instant.ts";
import type { Turn } from "./turn.ts";

/** Starts the next attempt of the run, which is returned as it then is. `last` was settled last of the task. */
export function launch(
  turn: Turn,
  run: Run,
  { task, policy, last, group }: {
    readonly task: ActiveTask;
    readonly policy: ResolvedPolicy;
    readonly last: Progress["last"];
    readonly group: PeerGroup | undefined;
  },
): Run {
  const { user, definition } = task;
  const isFirst = run.attempts.length === 0;
  const after = policy.delivery === "at-most-once" || (run.manual === true && isFirst) ? "durable" : "now";
  const way = wayOf(run);
  // What holds is sent under a lease, which is its owner's alone; and nobody is asked for what is not to be repeated.
  const isOwn = after === "durable" || policy.partition === "hold";
  const by = isOwn ? undefined : turn.standIn(laneOn(task, way), group);
  const started = attempting(run, turn.self, turn.now, by);
  const aimed = aimedOn(definition, way);
  const told = turn.sending(user, last);
  if (by === undefined) turn.send(deliveryOf(started, aimed, policy, told), after);
  else turn.lend({ to: by, user, delivery: deliveryOf(started, aimed, policy, { ...told, resolve: asWritten }) });
  return started;
}

function asWritten(target: Target): Target {
  return target;
}

/** How a run ends that may not start, or not once more; absent when it may. */
export function endOf(
  run: Run,
  policy: ResolvedPolicy,
  now: Instant,
): { readonly outcome: Outcome; readonly reason: string } | undefined {
  const isFirst = attemptsOf(run).length === 0;
  const isNew = run.attempts.length === 0;
  const isAsked = run.manual !== undefined || run.redriven !== undefined;
  if (isNew && policy.expires && !isAsked && now - run.instant > policy.toleranceMs) {
    return { outcome: "expired", reason: `later than the tolerance of ${policy.toleranceMs} ms` };
  }
  if (policy.delivery === "at-most-once" && !isFirst) {
    return { outcome: "failed", reason: "the peer stopped during the attempt; at-most-once sends no second one" };
  }
  return undefined;
}
