/** @jsxImportSource preact */
// A year of a task: a square for each day, 53 weeks of them, in the zone in which times are shown. A day that had runs
// leads to them. Only one of these is on the way of the Tab key; the arrows go from day to day.

import { useSignal } from "@preact/signals";
import { Moment } from "../parts/moment.tsx";
import type { Days } from "../views.ts";

const WEEKS = 53;
const CELL = 13;
const DAY_MS = 86_400_000;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Days to go: a column is a week. */
const STEPS: { readonly [key: string]: number } = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -7, ArrowRight: 7 };

const VIEW_BOX = `0 0 ${WEEKS * CELL + 28} ${7 * CELL + 16}`;

type Day = Days["days"][number];

export function Heatmap({ days: { days, today, zone, from, isAll }, addressOf }: {
  readonly days: Days;
  /** Where the runs of a day are listed. */
  readonly addressOf: (day: { readonly from: string; readonly until: string }) => string;
}) {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const last = Date.parse(`${today}T00:00:00Z`);
  // Weeks begin on Monday; the last column is this week.
  const weekday = (new Date(last).getUTCDay() + 6) % 7;
  const first = last - (weekday + (WEEKS - 1) * 7) * DAY_MS;
  const most = Math.max(1, ...days.map(({ delivered }) => delivered));
  const cells = Array.from({ length: (WEEKS - 1) * 7 + weekday + 1 }, (_, n) => {
    const date = new Date(first + n * DAY_MS).toISOString().slice(0, 10);
    return { n, date, day: byDay.get(date) };
  });
  const linked = cells.flatMap(({ n, day }) => day === undefined ? [] : [n]);
  const here = useSignal<number | undefined>(undefined);
  const stop = here.value !== undefined && linked.includes(here.value) ? here.value : linked.at(-1);
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || stop === undefined || !(event.currentTarget instanceof Element)) return;
    event.preventDefault();
    const to = step > 0 ? linked.find((n) => n >= stop + step) : linked.findLast((n) => n <= stop + step);
    if (to === undefined) return;
    here.value = to;
    event.currentTarget.querySelector<SVGAElement>(`[data-day="${to}"]`)?.focus();
  };
  const total = days.reduce((sum, day) => sum + day.delivered, 0);
  const bad = days.reduce((sum, day) => sum + day.failed + day.expired + day.missed, 0);
  return (
    <figure class="year">
      <div class="year-scroll" tabIndex={0} role="group" aria-label="The last 53 weeks, a square for each day">
        <svg
          viewBox={VIEW_BOX}
          role="group"
          onKeyDown={walk}
          aria-label={`${total} delivered, ${bad} not delivered, on ${days.length} days`}
        >
          {months(first).map(({ name, week }) => <text key={week} x={28 + week * CELL} y="9">{name}</text>)}
          {["Mon", "Wed", "Fri"].map((name, n) => <text key={name} x="0" y={16 + (n * 2 + 1) * CELL - 3}>{name}</text>)}
          {cells.map(({ n, date, day }) => {
            const square = (
              <rect
                key={date}
                class={`day ${tone(day, most)}`}
                x={28 + Math.floor(n / 7) * CELL}
                y={16 + n % 7 * CELL}
                width={CELL - 3}
                height={CELL - 3}
                rx="2"
              >
                <title>{titleOf(date, day)}</title>
              </rect>
            );
            return day === undefined ? square : (
              <a
                key={date}
                href={addressOf(day)}
                aria-label={titleOf(date, day)}
                data-day={n}
                tabindex={n === stop ? 0 : -1}
                onFocus={() => here.value = n}
              >
                {square}
              </a>
            );
          })}
        </svg>
      </div>
      <figcaption class="none legend">
        <span>
          {from === null ? "No runs yet" : (
            <>
              {isAll ? "Since" : "The latest records, since"} <Moment at={from} zone={zone} isWhole />
            </>
          )}; days in {zone}
        </span>
        <span class="key">
          none <i class="day empty" /> few <i class="day good1" />
          <i class="day good2" />
          <i class="day good3" /> many, some failed <i class="day some" /> all failed <i class="day bad" />
        </span>
      </figcaption>
    </figure>
  );
}

/** The room that it takes, and why it is not there. */
export function HeatmapSpace({ why }: { readonly why: string }) {
  return (
    <figure class="year">
      <div class="year-scroll still">
        <svg viewBox={VIEW_BOX} aria-hidden="true" />
      </div>
      <figcaption class="none legend">{why}</figcaption>
    </figure>
  );
}

function tone(day: Day | undefined, most: number): string {
  if (day === undefined) return "empty";
  const bad = day.failed + day.expired + day.missed;
  if (bad > 0) return day.delivered > 0 ? "some" : "bad";
  if (day.delivered === 0) return "skip";
  return `good${Math.min(3, Math.ceil(day.delivered / most * 3))}`;
}

function titleOf(date: string, day: Day | undefined): string {
  if (day === undefined) return `${date}: none`;
  const said = (["delivered", "failed", "expired", "missed", "skipped"] as const)
    .filter((outcome) => day[outcome] > 0).map((outcome) => `${day[outcome]} ${outcome}`);
  return `${date}: ${said.join(", ")}`;
}

/** Where each month begins, but for one that has no room. */
function months(first: number): readonly { readonly name: string; readonly week: number }[] {
  const found: { name: string; week: number }[] = [];
  for (let week = 0; week < WEEKS; week++) {
    const name = MONTHS[new Date(first + week * 7 * DAY_MS).getUTCMonth()] ?? "";
    const before = found.at(-1);
    if (before === undefined || (before.name !== name && week - before.week > 2)) found.push({ name, week });
  }
  return found;
}
