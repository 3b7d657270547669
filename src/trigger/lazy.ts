// A trigger that is loaded when the first event is sent by it: a peer without such targets carries none of its library.

import type { Trigger } from "./trigger.ts";

export function lazyTrigger(schemes: readonly string[], load: () => Promise<Trigger>): Trigger {
  let loaded: Promise<Trigger> | undefined;
  let isClosed = false;
  return {
    schemes,
    async send(delivery, signal) {
      if (isClosed) return { kind: "failed", error: "the peer is stopping", retryable: true, cause: "ours" };
      return await (await (loaded ??= load())).send(delivery, signal);
    },
    async close() {
      isClosed = true;
      await (await loaded)?.close();
    },
  };
}
