// Whoever fires a task that is placed elsewhere breaks the promise of its placement.

import { groupOf, weightInGroup } from "../core/task/peer-group.ts";
import type { Policy } from "../core/task/task.ts";
import type { PeerId } from "../core/values/ids.ts";
import { placementOf } from "./placement.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** Whether the peer may fire the task. */
export function mayFire({ peers }: World, peer: PeerId, policy: Policy): boolean {
  const group = groupOf(policy);
  const labels = peers.find(({ id }) => id === peer)?.parts.labels ?? {};
  return group === undefined || weightInGroup(group, { peer, name: peer, labels }) > 0;
}

export function checkPlacement(world: World): readonly Violation[] {
  if (world.plan.labels !== undefined) return [];
  return world.targets.sent.flatMap(({ peer, task, at, id }): readonly Violation[] =>
    mayFire(world, peer, placementOf(task))
      ? []
      : [{ promise: "placement", text: `${peer} sent what is not placed there`, task, at, id }]
  );
}
