// What is told when the breaker of a target opens or closes: to those who watch, and in the log.

import type { LaneState } from "../delivery/lane.ts";
import type { Effect } from "../protocol/event.ts";

export function newsOf(changed: readonly LaneState[]): readonly Effect[] {
  return changed.flatMap((lane): readonly Effect[] => {
    const { target, failures, error = "" } = lane;
    const told: Effect = { kind: "notify", notice: { kind: "lane", lane } };
    if (lane.breaker === "closed") return [told];
    const message = "the breaker of a target has opened: it is left alone for a while";
    return [told, { kind: "log", level: "warning", message, facts: { target, failures, error } }];
  });
}
