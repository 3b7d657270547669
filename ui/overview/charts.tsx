/** @jsxImportSource preact */
// The two drawings of the overview: what comes up, and how the last hour went. Each says in words what it shows.

import { momentText } from "../time.ts";
import type { Overview } from "../views.ts";

const WIDE = 900;
const TALL = 64;

/** Few occurrences are single marks, many are a height. */
export function Ahead({ ahead, now, zone }: {
  readonly ahead: Overview["ahead"];
  readonly now: string;
  readonly zone: string;
}) {
  const { pieces, pieceMs, isAll } = ahead;
  const total = pieces.reduce((sum, each) => sum + each, 0);
  const most = Math.max(1, ...pieces);
  const step = WIDE / pieces.length;
  const minutes = pieces.length * pieceMs / 60_000;
  const at = (minute: number) =>
    momentText(new Date(Date.parse(now) + minute * 60_000).toISOString(), zone, Date.now());
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" aria-hidden="true">
        {[0, 1, 2, 3].map((n) => <path key={n} class="grid" d={`M${n * WIDE / 3} 0V${TALL}`} />)}
        {pieces.map((count, n) => {
          const tall = count === 0 ? 0 : Math.max(6, count / most * (TALL - 4));
          return count === 0
            ? null
            : (
              <rect key={n} class="mark-ahead" x={n * step + 1} y={TALL - tall} width={step - 2} height={tall} rx="1" />
            );
        })}
      </svg>
      <div class="axis" aria-hidden="true">
        <span>now</span>
        <span>5 min</span>
        <span>10 min</span>
        <span>15 min</span>
      </div>
      <figcaption class="none">
        {total === 0
          ? "Nothing fires."
          : `${isAll ? "" : "At least "}${total.toLocaleString("en")} ${
            total === 1 ? "occurrence" : "occurrences"
          } until ${timeOf(at(minutes))}, ${most} in the busiest ${pieceMs / 1_000} s.`}
      </figcaption>
    </figure>
  );
}

export function Hour({ minutes }: { readonly minutes: readonly number[] }) {
  const most = Math.max(1, ...minutes);
  const step = WIDE / minutes.length;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" aria-hidden="true">
        {minutes.map((count, n) => {
          const tall = count === 0 ? 1 : Math.max(3, count / most * (TALL - 4));
          return (
            <rect key={n} class="mark-past" x={n * step + 1} y={TALL - tall} width={step - 2} height={tall} rx="1" />
          );
        })}
      </svg>
      <div class="axis" aria-hidden="true">
        <span>60 min ago</span>
        <span>30 min ago</span>
        <span>now</span>
      </div>
      <figcaption class="hidden">At most {most} runs in a minute.</figcaption>
    </figure>
  );
}

function timeOf(text: string): string {
  return text.split(" ").slice(3).join(" ").replace(/\.\d+/, "");
}
