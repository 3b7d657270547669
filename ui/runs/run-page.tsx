/** @jsxImportSource preact */
// One run: each attempt with its time, what was sent and what came back, who owned the task and why.

import { useEffect } from "preact/hooks";
import { peerName } from "../mesh-news.ts";
import { Copy } from "../parts/copy.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { useReading } from "../reading.ts";
import { pageOf, parameter, self, taskPage } from "../router.ts";
import { zoneChoice } from "../settings.ts";
import { Owner } from "../task/owner.tsx";
import { retry, trigger } from "../tasks/deeds.ts";
import { shownZone, spanText } from "../time.ts";
import { type Attempt, type Explanation, type Run, targetUrn, type Task } from "../views.ts";
import { ExchangeOf } from "./exchange.tsx";
import { latenessText } from "./lateness-text.ts";
import { requestOf } from "./request.ts";

export function RunPage() {
  const id = parameter("id");
  const { value: run, why, status, again } = useReading<Run>(`/runs/${encodeURIComponent(id)}`, {}, { after: ["run"] });
  const path = run === undefined ? undefined : `/tasks/${encodeURIComponent(run.task)}`;
  const { value: task } = useReading<Task>(path, { user: whoseOf(run) });
  const { value: explanation } = useReading<Explanation>(
    path === undefined || run?.manual ? undefined : `${path}/explain`,
    { at: run?.instant, user: whoseOf(run) },
  );
  useEffect(() => {
    if (run !== undefined) document.title = `Run of ${run.task} · Metronome`;
  }, [run?.task]);
  if (run === undefined) {
    return (
      <div class="blank" key="blank" role={why === undefined ? undefined : "alert"}>
        <p>
          {status === 404
            ? "There is no such run here: its record is no longer kept, or has not come yet."
            : why ?? "Loading…"}
        </p>
        {why !== undefined && (
          <p>
            <a href={pageOf("runs")}>To the runs</a>
          </p>
        )}
      </div>
    );
  }
  const zone = shownZone(zoneChoice.value, task?.schedule);
  return (
    <div class="task-page">
      <p class="crumb">
        <a href={taskPage({ id: run.task, user: run.user })}>
          <bdi>{task?.name ?? run.task}</bdi>
        </a>
      </p>
      <div class="head">
        <div class="titled">
          <h1>
            Run of <Moment at={run.instant} zone={zone} />
          </h1>
          <OutcomeMark outcome={run.outcome ?? (run.state === "settled" ? "skipped" : run.state)} />
        </div>
        <div class="task-deeds">
          {run.state === "settled" && run.outcome !== "delivered" && (
            <button
              type="button"
              class="primary"
              onClick={() => void retry(run).then(again)}
            >
              <Icon name="again" /> Send it again
            </button>
          )}
          {task !== undefined && (
            <button
              type="button"
              onClick={() => void trigger(task)}
              title="A new run, beside the schedule"
            >
              <Icon name="bolt" /> Trigger anew
            </button>
          )}
        </div>
      </div>
      <p class="lead">
        {sentence(run)} {run.outcome === "failed" && "Mend the target, then send it again: it keeps its id."}
      </p>
      <section class="card panel" aria-labelledby="attempts-title">
        <h2 id="attempts-title">Attempts</h2>
        <Attempts run={run} zone={zone} />
      </section>
      <div class="beside">
        <section class="card panel" aria-labelledby="facts-title">
          <h2 id="facts-title">The record</h2>
          <Facts>
            <Fact name="Id and trace">
              <code>{run.id}</code>
            </Fact>
            <Fact name="Planned">
              <Moment at={run.instant} zone={zone} />
            </Fact>
            <Fact name="Began">{run.latenessMs === null ? "never" : latenessText(run.latenessMs)}</Fact>
            {run.manual && <Fact name="By hand">yes, beside the schedule</Fact>}
            {run.duplicate && <Fact name="Twice">Two peers fired it, each without knowing: with the same id</Fact>}
            {run.reason !== undefined && <Fact name="Because">{run.reason}</Fact>}
          </Facts>
        </section>
        <section class="card panel" aria-labelledby="why-title">
          <h2 id="why-title">Who owned it, and why</h2>
          {explanation !== undefined ? <Owner explanation={explanation} zone={zone} isShort /> : (
            <p class="none">
              {run.attempts[0] === undefined
                ? "Nobody attempted it."
                : `It was fired by ${peerName(run.attempts[0].askedBy ?? run.attempts[0].peer)}.`}
            </p>
          )}
        </section>
      </div>
      {task !== undefined && <Request run={run} task={task} />}
    </div>
  );
}

/** Only when it is not who looks. */
function whoseOf(run: Run | undefined): string | undefined {
  return run === undefined || run.user === self.value ? undefined : run.user;
}

function sentence(run: Run): string {
  const last = run.attempts.at(-1);
  const times = run.attempts.length === 1 ? "one attempt" : `${run.attempts.length} attempts`;
  if (run.outcome === "delivered") {
    return `Delivered after ${times}${last?.status === undefined ? "" : `, with ${last.status}`}.`;
  }
  if (run.outcome === "failed") {
    return `Not delivered after ${times}: ${last?.error ?? run.reason ?? `the target answered ${last?.status}`}.`;
  }
  if (run.outcome !== null) return run.reason ?? `It was ${run.outcome}.`;
  if (run.state === "retrying") {
    const why = last?.error === undefined ? "" : `: ${last.error}`;
    return `Tried ${times === "one attempt" ? "once" : `in ${times}`}, and will be tried again${why}.`;
  }
  return run.state === "attempting" ? "An attempt is under way." : "It is due.";
}

function Attempts({ run, zone }: { readonly run: Run; readonly zone: string }) {
  const first = run.attempts[0];
  if (first === undefined) return <p class="none">None: {run.reason ?? "it was not sent"}.</p>;
  const last = run.attempts.findLast(({ endedAt }) => endedAt !== null);
  const from = Math.min(Date.parse(run.instant), Date.parse(first.startedAt));
  const until = Math.max(...run.attempts.map(({ startedAt, endedAt }) => Date.parse(endedAt ?? startedAt)), from + 1);
  return (
    <ol class="attempts-of">
      {run.attempts.map((attempt) => (
        <AttemptRow
          key={`${attempt.peer} ${attempt.n}`}
          {...{ run, attempt, from, until, zone }}
          isLast={attempt === last}
        />
      ))}
      {run.state === "retrying" && run.retryAt !== undefined && (
        <li>
          <p class="wait-line">
            Attempt {run.attempts.length + 1} <Countdown at={run.retryAt} past="now" />
          </p>
        </li>
      )}
    </ol>
  );
}

function AttemptRow({ run, attempt, from, until, zone, isLast }: {
  readonly run: Run;
  readonly attempt: Attempt;
  /** Of those that have ended. */
  readonly isLast: boolean;
  readonly from: number;
  readonly until: number;
  readonly zone: string;
}) {
  const { n, startedAt, endedAt, status, error, peer, askedBy } = attempt;
  const start = Date.parse(startedAt);
  const end = Date.parse(endedAt ?? startedAt);
  const isWell = error === undefined && status !== undefined && status < 300;
  return (
    <li>
      <p class="attempt-head">
        <strong>Attempt {n}</strong>
        <span>
          {status !== undefined && <b>{status}</b>} {error !== undefined && <span class="error">{error}</span>}
        </span>
        <span class="none">
          by {peerName(peer)}
          {askedBy !== undefined && `, for ${peerName(askedBy)}, which did not reach the target`}
        </span>
        <span class="number">{endedAt === null ? "under way" : spanText(end - start)}</span>
      </p>
      <svg class={isWell ? "span good" : "span bad"} viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="ground" width="1000" height="8" rx="2" />
        <rect
          x={(start - from) / (until - from) * 1_000}
          width={Math.max(4, (end - start) / (until - from) * 1_000)}
          height="8"
          rx="2"
        />
      </svg>
      <p class="none">
        started <Moment at={startedAt} zone={zone} />
      </p>
      {endedAt !== null && <ExchangeOf run={run} attempt={attempt} isOpen={isLast} />}
    </li>
  );
}

function Request({ run, task }: { readonly run: Run; readonly task: Task }) {
  const request = requestOf(run, task);
  return (
    <section class="card panel" aria-labelledby="request-title">
      <h2 id="request-title">What is sent</h2>
      {request === undefined
        ? (
          <Facts>
            <Fact name="Target">
              <code>{targetUrn(task.target)}</code>
            </Fact>
          </Facts>
        )
        : (
          <>
            <p class="none">
              As the task says it now, with the id that every attempt bears; secrets are left out. The same, by hand:
            </p>
            <Copy label="Copy as curl" text={request} isWhole />
          </>
        )}
    </section>
  );
}
