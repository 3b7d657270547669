/** @jsxImportSource preact */
// What became of the last runs of a task, a mark for each, the latest at the right: what was delivered is low, what was not
// is tall, and what was left out is a dot. In words it says how many.

import type { Outcome, Recent } from "../views.ts";

export const STRIP_RUNS = 20;
const STEP = 4;
const TALL = 12;

type Tone = "good" | "bad" | "idle";
const TONES: readonly Tone[] = ["good", "bad", "idle"];
const TALL_OF: { readonly [tone in Tone]: number } = { good: 6, bad: TALL, idle: 2 };
const TONE_OF: { readonly [O in Outcome]: Tone } = {
  delivered: "good",
  failed: "bad",
  expired: "bad",
  missed: "bad",
  skipped: "idle",
};

export function Strip({ runs }: { readonly runs: readonly Recent[] }) {
  const first = STRIP_RUNS - runs.length;
  const text = stripText(runs);
  // Of each tone one path: a list of a thousand rows has as many marks as twenty thousand elements.
  const marks = (tone: Tone) =>
    runs.flatMap(({ outcome }, n) =>
      TONE_OF[outcome] === tone
        ? [`M${(first + n) * STEP} ${TALL - TALL_OF[tone]}h${STEP - 1}V${TALL}h${1 - STEP}z`]
        : []
    ).join("");
  return (
    <span class="strip" role="img" aria-label={text} title={text}>
      <svg viewBox={`0 0 ${STRIP_RUNS * STEP - 1} ${TALL}`} aria-hidden="true">
        {first > 0 && <path class="idle" d={`M0 ${TALL - 1}H${first * STEP - 1}v1H0z`} />}
        {TONES.map((tone) => {
          const path = marks(tone);
          return path === "" ? null : <path key={tone} class={tone} d={path} />;
        })}
      </svg>
    </span>
  );
}

/** `Of the last 20: 18 delivered, 2 failed` */
function stripText(runs: readonly Recent[]): string {
  const said = (["delivered", "failed", "expired", "missed", "skipped"] as const)
    .map((outcome) => ({ outcome, count: runs.filter((each) => each.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${outcome}`).join(", ");
  return runs.length === 1 ? `Its only run: ${said}` : `Of the last ${runs.length}: ${said}`;
}
