/** @jsxImportSource preact */
// One task: how it stands, when it is next, how its year was, what became of its runs, and who fires it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { tick } from "../clock.ts";
import { localText, offsetOf } from "../local-time.ts";
import { Fact, Facts } from "../parts/facts.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { Values } from "../parts/values.tsx";
import { type Reading, useReading } from "../reading.ts";
import { pageOf, parameter } from "../router.ts";
import { RunList } from "../runs/run-list.tsx";
import { RunFilters } from "../runs/run-filters.tsx";
import { whichHere } from "../runs/which.ts";
import { browserZone, zoneChoice } from "../settings.ts";
import { Paused, TargetText } from "../tasks/task-row.tsx";
import { shownZone } from "../time.ts";
import type { Days, Explanation, Page, Preview, Run, Task } from "../views.ts";
import { Heatmap, HeatmapSpace } from "./heatmap.tsx";
import { Lateness } from "./lateness.tsx";
import { Owner } from "./owner.tsx";
import { TaskDeeds } from "./task-deeds.tsx";
import { Unowned } from "./unowned.tsx";
import { Versions } from "./versions.tsx";

const NEXT = 10;
const LATENESS_RUNS = 120;

export function TaskPage() {
  const id = parameter("id");
  const path = `/tasks/${encodeURIComponent(id)}`;
  const { value: task, why, status, again } = useReading<Task>(path, {}, { after: ["task", "run"], task: id });
  const choice = { task: undefined, browser: browserZone, UTC: "UTC" }[zoneChoice.value];
  const next = useReading<Preview>(`${path}/next`, { count: NEXT, zone: choice }, { after: ["task"], task: id });
  const shown = useRef("");
  const hasRuns = useSignal(false);
  useEffect(() => {
    if (task !== undefined) document.title = `${task.name} · Metronome`;
  }, [task?.name]);
  // What comes next is so high as it is: shown later, it would move all that is below.
  if (task !== undefined && (next.value !== undefined || next.why !== undefined)) shown.current = id;
  if (task === undefined || shown.current !== id) {
    return (
      <div class="blank" key="blank" role={why === undefined ? undefined : "alert"}>
        <p>{status === 404 ? `There is no task with the id ${id}. It may have been deleted.` : why ?? "Loading…"}</p>
        {why !== undefined && (
          <p>
            <a href={pageOf("tasks")}>To the tasks</a>
          </p>
        )}
      </div>
    );
  }
  const zone = shownZone(zoneChoice.value, task.schedule);
  return (
    <div class="task-page">
      <div class="head">
        <div class="titled">
          <h1>
            <bdi>{task.name}</bdi>
          </h1>
          {task.state.paused && <Paused state={task.state} zone={zone} />}
        </div>
        <TaskDeeds task={task} onChanged={again} />
      </div>
      <p class="lead">{task.sentence}</p>
      <Unowned task={task} />
      {task.state.note !== undefined && <p class="note">Paused because: {task.state.note}</p>}
      <div class="beside">
        <section class="card panel" aria-labelledby="next-title">
          <h2 id="next-title">Next</h2>
          <Next task={task} reading={next} zone={zone} />
        </section>
        <section class="card panel" aria-labelledby="what-title">
          <h2 id="what-title">What it is</h2>
          <Definition task={task} zone={zone} />
        </section>
      </div>
      <section class="card panel" aria-labelledby="year-title">
        <h2 id="year-title">The year</h2>
        <Year key={String(task.last === null)} id={id} path={path} zone={zone} />
      </section>
      <section class="card panel" aria-labelledby="runs-title">
        <div class="panel-head">
          <h2 id="runs-title">Runs</h2>
          <RunFilters path={`${path}/runs`} which={whichHere()} zone={zone} />
        </div>
        <RunList
          task={id}
          which={whichHere()}
          zone={zone}
          onReady={() => hasRuns.value = true}
        />
      </section>
      {hasRuns.value && (
        <>
          <div class="beside">
            <section class="card panel" aria-labelledby="late-title">
              <h2 id="late-title">How late it began</h2>
              <Late id={id} path={path} />
            </section>
            <section class="card panel" aria-labelledby="owner-title">
              <h2 id="owner-title">Who fires it, and why</h2>
              <Why id={id} path={path} zone={zone} />
            </section>
          </div>
          <Versions task={task} zone={zone} />
        </>
      )}
    </div>
  );
}

/** Asked anew when the first of them has passed: only the peer's engine says what comes then. */
function Next({ task, reading: { value, again }, zone }: {
  readonly task: Task;
  readonly reading: Reading<Preview>;
  readonly zone: string;
}) {
  const first = value?.next[0];
  const isOver = first !== undefined && Date.parse(first) < tick.value;
  useEffect(() => {
    if (isOver) again();
  }, [isOver, first]);
  if (task.state.paused && task.state.until === undefined) return <p class="none">Nothing, until it is resumed.</p>;
  if (value === undefined) return <p class="none">Loading…</p>;
  if (value.neverFires) return <p class="none">Never again: its schedule is used up.</p>;
  const offset = offsetOf(value.local);
  return (
    <>
      <table class="times">
        <caption class="hidden">The next {value.next.length} occurrences</caption>
        <thead>
          <tr>
            <th scope="col">
              {offset === undefined || value.zone === "UTC" ? value.zone : `${value.zone}, ${offset}`}
            </th>
            <th scope="col">
              <span class="hidden">From now</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {value.next.filter((at) => !task.state.skips?.includes(at)).slice(0, task.state.paused ? 3 : NEXT).map((
            at,
            n,
          ) => (
            // By its place: what has fired goes, and nothing moves but the words.
            <tr key={n}>
              <td>{localText(value.local[n] ?? at, { hasOffset: offset === undefined })}</td>
              <td>
                <Countdown at={at} past="now" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {task.state.until !== undefined && (
        <p class="none">
          What lies before <Moment at={task.state.until} zone={zone} /> is left out: it is paused until then.
        </p>
      )}
      {(task.state.skips ?? []).map((at) => (
        <p class="none" key={at}>
          <Moment at={at} zone={zone} /> is left out.
        </p>
      ))}
      {value.notes.length > 0 && <ul class="notes">{value.notes.map((note) => <li key={note}>{note}</li>)}</ul>}
    </>
  );
}

function Definition({ task, zone }: { readonly task: Task; readonly zone: string }) {
  const labels = Object.entries(task.labels);
  return (
    <Facts>
      <Fact name="Id">
        <code>
          <bdi>{task.id}</bdi>
        </code>
      </Fact>
      <Fact name="Schedule">
        <code>{typeof task.schedule === "string" ? task.schedule : JSON.stringify(task.schedule)}</code>
      </Fact>
      <Fact name="Target">
        <TargetText task={task} />
      </Fact>
      <Fact name="Last run">
        {task.last === null ? <span class="none">not yet</span> : (
          <>
            <OutcomeMark outcome={task.last.outcome} /> <Countdown at={task.last.instant} />
          </>
        )}
      </Fact>
      {task.payload !== null && (
        <Fact name={task.template === true ? "Payload, filled in for each attempt" : "Payload"}>
          <pre tabIndex={0} aria-label="Payload">{JSON.stringify(task.payload, null, 2)}</pre>
        </Fact>
      )}
      {Object.keys(task.policy).length > 0 && (
        <Fact name="Policy">
          <Values of={task.policy} words={POLICY} />
        </Fact>
      )}
      {labels.length > 0 && (
        <Fact name="Labels">
          {labels.map(([name, value]) => (
            <a class="label" key={name} href={pageOf("tasks", { label: `${name}=${value}` })}>{name}={value}</a>
          ))}
        </Fact>
      )}
      <Fact name="Added">
        <Moment at={task.createdAt} zone={zone} isWhole />
      </Fact>
      <Fact name="Changed">
        <Moment at={task.updatedAt} zone={zone} isWhole />
      </Fact>
    </Facts>
  );
}

/** As the editor calls them. */
const POLICY = {
  misfire: "when the peer was off: send",
  misfireWindow: "missed ones, back to",
  overlap: "while the one before is sent:",
  partition: "when the mesh is cut in two:",
  delivery: "when the peer dies while it sends:",
  tolerance: "may be late by",
  pauseAfterFailures: "pause after failures:",
  removeWhenDone: "delete when used up:",
  "retry.limit": "retries:",
  "retry.base": "first wait",
  "retry.factor": "each wait, times",
  "retry.cap": "longest wait",
  "retry.maxAge": "give up after",
  "timeout.connect": "connect within",
  "timeout.total": "answer within",
};

const YEAR_EVERY_MS = 60_000;

function Year({ id, path, zone }: { readonly id: string; readonly path: string; readonly zone: string }) {
  const { value, why } = useReading<Days>(`${path}/days`, { zone }, { task: id, everyMs: YEAR_EVERY_MS });
  if (value === undefined) return <HeatmapSpace why={why ?? "Loading…"} />;
  const user = parameter("user");
  return <Heatmap days={value} addressOf={({ from, until }) => pageOf("runs", { task: id, user, from, until })} />;
}

function Late({ id, path }: { readonly id: string; readonly path: string }) {
  const { value } = useReading<Page<Run>>(`${path}/runs`, { limit: LATENESS_RUNS }, { task: id, everyMs: 10_000 });
  return value === undefined ? <p class="none">Loading…</p> : <Lateness runs={value.items} />;
}

function Why({ id, path, zone }: { readonly id: string; readonly path: string; readonly zone: string }) {
  const { value, why } = useReading<Explanation>(`${path}/explain`, {}, { after: ["mesh"], task: id, everyMs: 10_000 });
  return value === undefined
    ? <p class="none">{why ?? "Loading…"}</p>
    : <Owner explanation={value} zone={zone} isShort />;
}
