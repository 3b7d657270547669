/** @jsxImportSource preact */
// How late the last runs of a task began: a mark for each, on a scale in which ten times as late is one step higher.

import { spanText } from "../time.ts";
import type { Run } from "../views.ts";

const WIDE = 600;
const TALL = 96;
/** 1 ms to 1 h. */
const DECADES = 6.6;

export function Lateness({ runs }: { readonly runs: readonly Run[] }) {
  const shown = runs.filter(({ latenessMs }) => latenessMs !== null).toReversed();
  const sorted = shown.map(({ latenessMs }) => Math.max(0, latenessMs ?? 0)).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const worst = sorted.at(-1);
  if (median === undefined || worst === undefined) return <p class="none">Nothing was attempted yet.</p>;
  const step = WIDE / Math.max(shown.length, 30);
  const tallOf = (ms: number) => Math.max(2, Math.min(1, Math.log10(Math.max(1, ms)) / DECADES) * (TALL - 4));
  return (
    <figure class="chart late-chart">
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" aria-hidden="true">
        {[100, 1_000, 60_000].map((ms) => <path key={ms} class="grid" d={`M0 ${TALL - tallOf(ms)}H${WIDE}`} />)}
        {shown.map((run, n) => {
          const tall = tallOf(run.latenessMs ?? 0);
          return (
            <rect
              key={run.id}
              class={run.outcome === "delivered" ? "mark-past" : "mark-bad"}
              x={WIDE - (shown.length - n) * step + 0.5}
              y={TALL - tall}
              width={Math.max(1, step - 1)}
              height={tall}
            />
          );
        })}
      </svg>
      <figcaption class="none">
        The last {shown.length === 1 ? "run" : `${shown.length} runs`}: {spanText(median)} at the median,{" "}
        {spanText(worst)} at the worst. Lines at 100 ms, 1 s and 1 min.
      </figcaption>
    </figure>
  );
}
