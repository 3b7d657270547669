// How a task's actor takes in the runs that another peer has carried: each is joined with what is known of it here, and
// what comes of that is kept, told, and gone on with.

import type { Known } from "../protocol/follows.ts";
import { joinRuns, type Run } from "../task/run.ts";
import type { Ledger } from "./ledger.ts";
import type { OpenRuns } from "./open-runs.ts";
import type { Turn } from "./turn.ts";

/** `known` are the stored records of the same occurrences. */
export function followRuns(
  told: readonly Run[],
  known: Known,
  turn: Turn,
  task: {
    readonly runs: OpenRuns;
    readonly ledger: Ledger;
    readonly isElsewhere: (run: Run) => boolean;
  },
): void {
  const { runs, ledger, isElsewhere } = task;
  for (const theirs of told) {
    const open = runs.get(theirs.id);
    const mine = open?.run ?? known(theirs.id);
    const run = mine === undefined ? theirs : joinRuns(mine, theirs);
    if (run === mine || (mine !== undefined && JSON.stringify(run) === JSON.stringify(mine))) continue;
    if (open?.phase === "flying") {
      if (run.state !== "settled") continue;
      // Its own attempt goes on; when it ends, both are known. What the other has made of it is kept at once.
      const before = open.other;
      open.other = before === undefined ? run : joinRuns(before, run);
      turn.write({
        kind: "run",
        run: open.other,
        wasOpen: open.stored,
        ...(before === undefined ? {} : { was: before }),
      });
      open.stored = false;
      continue;
    }
    const wasStored = open?.stored ?? mine !== undefined;
    const wasOpen = wasStored && mine?.state !== "settled";
    const was = mine?.state === "settled" ? { was: mine } : {};
    if (run.state === "settled") {
      runs.delete(run.id);
      turn.write({ kind: "run", run, wasOpen, ...was });
      if (run.outcome !== undefined && run.settledAt !== undefined) {
        const { instant, outcome, settledAt, settledBy = turn.self } = run;
        ledger.followLast({ instant, outcome, settledAt, peer: settledBy });
      }
    } else {
      turn.write({ kind: "run", run, wasOpen, ...was });
      runs.adopt(run, true, isElsewhere);
    }
    turn.notify({ kind: "run", run });
  }
}
