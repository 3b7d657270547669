// All that was stored at the start, told to the core page by page while it does its work: its digest is known whole then.

import type { CoreEvent, LogFacts } from "../core/protocol/event.ts";
import { type DotWalk, StoreFailure } from "../store/store.ts";

/** Living stamps that the digest tree is told of at a time, and the pause between: a start has better things to do. */
const DOTS_AT_ONCE = 500;
const DOTS_PAUSE_MS = 5;

export type DotDoors = {
  readonly tell: (event: CoreEvent) => void;
  readonly isClosed: () => boolean;
  readonly later: (ms: number, deed: () => void) => void;
  readonly log: (level: "warning", message: string, facts: LogFacts) => void;
};

/** Ends when all is told, or nobody wants to hear it any more. */
export async function tellOfDots(dots: DotWalk, { tell, isClosed, later, log }: DotDoors): Promise<void> {
  try {
    while (!isClosed()) {
      const page = await dots.take(DOTS_AT_ONCE);
      if (isClosed()) return;
      tell({ kind: "dots", dots: page });
      if (page.length < DOTS_AT_ONCE) return tell({ kind: "digested" });
      await new Promise<void>((resolve) => later(DOTS_PAUSE_MS, resolve));
    }
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    log("warning", "the digest of the store is not known: it could not be read", { error: error.message });
  } finally {
    await dots.close();
  }
}
