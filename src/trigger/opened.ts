// What is secret of a task's own target is opened here, just before it is sent to: up to here it is sealed.

import type { Delivery } from "../core/delivery/delivery.ts";
import type { ResolvedTarget } from "../core/delivery/resolved-target.ts";
import { isSealed } from "../core/targets/target.ts";
import { Memo } from "../core/values/memo.ts";
import type { Trigger } from "./trigger.ts";

/** Targets that are kept open, the latest: an attempt should not have to open its own each time. */
const OPEN_MAX = 4_096;

/** `open`: absent when it was sealed for another mesh. */
export function openedTrigger(
  trigger: Trigger,
  open: (target: ResolvedTarget) => ResolvedTarget | undefined,
): Trigger {
  const known = new Memo<string, ResolvedTarget>(OPEN_MAX);
  const opened = (target: ResolvedTarget) => {
    const key = JSON.stringify(target);
    const found = known.get(key) ?? open(target);
    return found === undefined ? undefined : known.set(key, found);
  };
  return {
    schemes: trigger.schemes,
    send(delivery: Delivery, signal) {
      if (!isSealed(delivery.target)) return trigger.send(delivery, signal);
      const target = opened(delivery.target);
      if (target !== undefined) return trigger.send({ ...delivery, target }, signal);
      return Promise.resolve({
        kind: "failed",
        error: "what is secret of the target can't be opened here: it was sealed in another mesh; write it again",
        retryable: true,
        cause: "ours",
      });
    },
    close: () => trigger.close(),
  };
}
