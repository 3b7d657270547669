// One real event to a target, for whoever sets it up: it belongs to no task, leaves no run, and waits for no lane.

import { randomBytes } from "node:crypto";
import type { ResolvedTarget } from "./core/delivery/resolved-target.ts";
import { isOccurrenceId } from "./core/task/occurrence.ts";
import type { Instant } from "./core/values/instant.ts";
import type { Json } from "./core/values/json.ts";
import type { TargetTest } from "./peer.ts";
import type { Trigger } from "./trigger/trigger.ts";

/** On their way at one time. */
const TESTS_MAX = 8;

/** A person waits for it. */
const TIMEOUT = { connectMs: 5_000, totalMs: 15_000 };

/** What the event says that its task is: no task has an id with a space in it. */
const TASK = "test of the target";

export function targetTester(
  { trigger, now }: { readonly trigger: Trigger; readonly now: () => Instant },
): (target: ResolvedTarget, payload: Json) => Promise<TargetTest | undefined> {
  let running = 0;
  return async (target, payload) => {
    if (running >= TESTS_MAX) return undefined;
    running++;
    const id = randomBytes(16).toString("hex");
    if (!isOccurrenceId(id)) throw new Error(`${id} is no id of an occurrence`);
    const startedAt = now();
    const begun = performance.now();
    try {
      const delivery = { id, attempt: 1, task: TASK, instant: startedAt, toleranceMs: 0, target, payload };
      const result = await trigger.send({ ...delivery, ...TIMEOUT }, new AbortController().signal);
      return { id, startedAt, ms: Math.round(performance.now() - begun), result };
    } finally {
      running--;
    }
  };
}
