/** @jsxImportSource preact */
// What an opened task says of itself, and its recent runs.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { Countdown, Moment } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { momentText, spanText } from "../time.ts";
import { type Attempt, type Run, targetUrn, type Task } from "../views.ts";
import { closeRuns, openRuns } from "./task-runs.ts";

export function TaskDetail({ task, zone }: { readonly task: Task; readonly zone: string }) {
  return (
    <div class="columns-2">
      <section>
        <h2>Definition</h2>
        <Definition task={task} zone={zone} />
      </section>
      <section>
        <h2>Recent runs</h2>
        <Runs id={task.id} zone={zone} />
      </section>
    </div>
  );
}

function Definition({ task, zone }: { readonly task: Task; readonly zone: string }) {
  const labels = Object.entries(task.labels);
  return (
    <dl class="facts">
      <Fact name="Id">
        <code>{task.id}</code>
      </Fact>
      <Fact name="Schedule">
        <code>{typeof task.schedule === "string" ? task.schedule : JSON.stringify(task.schedule)}</code>
      </Fact>
      <Fact name="Target">
        <code>{targetUrn(task.target)}</code>
      </Fact>
      <Fact name="Payload">
        <pre tabIndex={0} aria-label="Payload">{JSON.stringify(task.payload, null, 2)}</pre>
      </Fact>
      {Object.keys(task.policy).length > 0 && (
        <Fact name="Policy">
          <code>{JSON.stringify(task.policy)}</code>
        </Fact>
      )}
      {labels.length > 0 && (
        <Fact name="Labels">{labels.map(([name, value]) => <code class="label" key={name}>{name}={value}</code>)}</Fact>
      )}
      {task.state.note !== undefined && <Fact name="Paused because">{task.state.note}</Fact>}
      <Fact name="Changed">
        <Moment at={task.updatedAt} zone={zone} />
      </Fact>
      <Fact name="Owner">
        <code>{task.owner}</code>
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Runs({ id, zone }: { readonly id: string; readonly zone: string }) {
  const runs = useMemo(() => openRuns(id), [id]).value;
  useEffect(() => () => closeRuns(id), [id]);
  switch (runs.kind) {
    case "loading":
      return <p class="none">Loading…</p>;
    case "failed":
      return <p class="none">{runs.why}</p>;
    case "ready":
      return runs.items.length === 0
        ? <p class="none">None yet.</p>
        : <ol class="runs">{runs.items.map((run) => <RunItem key={run.id} run={run} zone={zone} />)}</ol>;
  }
}

function RunItem({ run, zone }: { readonly run: Run; readonly zone: string }) {
  return (
    <li data-run={run.id}>
      <p class="run">
        <OutcomeMark outcome={run.outcome ?? (run.state === "settled" ? "skipped" : run.state)} />
        <Moment at={run.instant} zone={zone} />
        {run.manual && <span class="manual">by hand</span>}
        {run.latenessMs !== null && (
          <span class="late" title="From the planned instant to the start of the first attempt">
            {latenessText(run.latenessMs)}
          </span>
        )}
      </p>
      {run.reason !== undefined && <p class="reason">{run.reason}</p>}
      {run.attempts.length > 0 && (
        <ol class="attempts">{run.attempts.map((each) => <AttemptItem key={each.n} attempt={each} zone={zone} />)}</ol>
      )}
      {run.state === "retrying" && run.retryAt !== undefined && (
        <p class="retry">
          attempt {run.attempts.length + 1}{" "}
          <strong>
            <Countdown at={run.retryAt} past="now" />
          </strong>
        </p>
      )}
    </li>
  );
}

function AttemptItem({ attempt, zone }: { readonly attempt: Attempt; readonly zone: string }) {
  const { n, startedAt, endedAt, status, error } = attempt;
  const took = endedAt === null ? "in flight" : spanText(Date.parse(endedAt) - Date.parse(startedAt));
  return (
    <li title={momentText(startedAt, zone, Date.now())}>
      attempt {n} · {status !== undefined && (
        <>
          <b>{status}</b> ·
        </>
      )}
      {took}
      {error !== undefined && <span class="error">· {error}</span>}
    </li>
  );
}

function latenessText(ms: number): string {
  return ms <= 0 ? "on time" : `${spanText(ms)} late`;
}
