// Many triggers behind one door: each event goes to the one that serves its URN's scheme.

import type { Delivery, DeliveryResult } from "../core/delivery/delivery.ts";
import type { StopSignal, Trigger } from "./trigger.ts";

/** Closes them all when it is closed. Throws when two serve one scheme. */
export function triggers(list: readonly Trigger[]): Trigger {
  const bySchemes = new Map<string, Trigger>();
  for (const trigger of list) {
    for (const scheme of trigger.schemes) {
      if (bySchemes.has(scheme)) throw new Error(`two triggers serve ${scheme}`);
      bySchemes.set(scheme, trigger);
    }
  }
  const schemes = [...bySchemes.keys()];
  // As nearly all are written.
  const byStarts = Array.from(bySchemes, ([scheme, trigger]) => ({ start: `${scheme}:`, trigger }));
  return {
    schemes,
    send(delivery: Delivery, signal: StopSignal): Promise<DeliveryResult> {
      const { urn, unsendable } = delivery.target;
      if (unsendable !== undefined) {
        return Promise.resolve({ kind: "failed", error: unsendable, retryable: true, cause: "ours" });
      }
      const written = byStarts.find(({ start }) => urn.startsWith(start));
      if (written !== undefined) return written.trigger.send(delivery, signal);
      const scheme = urn.slice(0, Math.max(0, urn.indexOf(":"))).toLowerCase();
      const trigger = bySchemes.get(scheme);
      if (trigger !== undefined) return trigger.send(delivery, signal);
      const error = `nothing here sends to ${scheme}://; this peer knows ${schemes.join(", ")}`;
      return Promise.resolve({ kind: "failed", error, retryable: false });
    },
    async close(): Promise<void> {
      await Promise.all(list.map((trigger) => trigger.close()));
    },
  };
}
