// The definition of a task of a world.

import type { TaskDefinition } from "../core/task/task.ts";
import type { UserAction } from "./plan.ts";

export function definitionOf(
  { task, schedule, policy, payload }: Extract<UserAction, { kind: "put" }>,
): TaskDefinition {
  return {
    id: task,
    name: task,
    schedule,
    target: { urn: `http://target.test/${task}` },
    payload,
    policy,
    labels: {},
  };
}
