// Tasks whose actor threw: each is started again with back-off, longer each time until a turn of it goes well.

import type { Effect } from "../protocol/event.ts";
import type { TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MAX } from "../values/instant.ts";

const BASE_MS = 1_000;
const CAP_MS = 300_000;

type Illness = { readonly failures: number; readonly until: Instant };

export class Infirmary {
  readonly #ill = new Map<TaskGuid, Illness>();

  /** Until when the task is left alone. */
  until(guid: TaskGuid): Instant | undefined {
    return this.#ill.size === 0 ? undefined : this.#ill.get(guid)?.until;
  }

  /** Its actor threw this: when it is to be started again, and what is to be said of it. */
  fell(guid: TaskGuid, error: unknown, now: Instant): { readonly until: Instant; readonly log: Effect } {
    const failures = (this.#ill.get(guid)?.failures ?? 0) + 1;
    const waitMs = Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1));
    const until = Math.min(INSTANT_MAX, now + waitMs) as Instant;
    this.#ill.set(guid, { failures, until });
    const said = error instanceof Error ? error.stack ?? error.message : String(error);
    const facts = { task: guid, failures, waitMs, error: said };
    return {
      until,
      log: { kind: "log", level: "error", message: "a task's actor failed and is started again", facts },
    };
  }

  recovered(guid: TaskGuid): void {
    if (this.#ill.size > 0) this.#ill.delete(guid);
  }
}
