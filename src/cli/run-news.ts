// What is new of runs: each state of each run once, though they are heard twice, late, or in another order.

import type { Run } from "./shapes.ts";

/** Runs that are remembered: as many as a peer lists at a time, and those in flight beside them. */
const REMEMBERED_MAX = 2_000;

const PHASES = ["due", "attempting", "retrying"];

/** Whether this is further than what was heard of the run before; it is remembered. */
export function createNews(): (run: Run) => boolean {
  const known = new Map<string, number>();
  return (run) => {
    const reached = progress(run);
    const before = known.get(run.id);
    if (before !== undefined && before >= reached) return false;
    // The ones that moved last stay longest.
    known.delete(run.id);
    known.set(run.id, reached);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
    return true;
  };
}

/** More steps than a run makes before it is settled. */
const ROUND = 1e6;

/** The order of the run lattice: due < attempting(n) < retrying(n) < settled, and above that the next round. */
function progress({ outcome, attempts, state, redriven }: Run): number {
  const step = outcome === undefined ? attempts.length * PHASES.length + PHASES.indexOf(state) : ROUND - 1;
  return redriven * ROUND + step;
}
