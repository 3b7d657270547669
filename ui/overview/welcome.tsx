/** @jsxImportSource preact */
// The welcome of a peer that has no task yet: from nothing to a first delivered event in three steps, on one screen.

import { useSignal } from "@preact/signals";
import { failureText } from "../api.ts";
import { Copy } from "../parts/copy.tsx";
import { Field } from "../parts/field.tsx";
import { Countdown } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { pageOf } from "../router.ts";
import { useReading } from "../reading.ts";
import type { Page, Run } from "../views.ts";
import { addFirstTask, RECEIVER_URL } from "./first-task.ts";
import { welcomed } from "./welcomed.ts";

const RECEIVER =
  `node -e 'require("http").createServer((q,s)=>{console.log(new Date().toISOString(),q.headers["ce-id"]);s.end()}).listen(9000)'`;

export function Welcome() {
  const target = useSignal(RECEIVER_URL);
  const problem = useSignal("");
  const isMade = welcomed.value !== "";

  async function add(event: Event): Promise<void> {
    event.preventDefault();
    problem.value = "";
    const answer = await addFirstTask(target.value.trim());
    if (answer.kind !== "done") problem.value = failureText(answer);
  }

  return (
    <section class="welcome card" aria-labelledby="welcome-title">
      <h2 id="welcome-title">Welcome. No tasks yet</h2>
      <p class="lead">
        A task is a <strong>schedule</strong> and a{" "}
        <strong>target</strong>: at each instant of the schedule, an event is sent to the target's URL, tried again when
        that fails, and what became of it is kept. See one arrive:
      </p>
      <ol class="steps">
        <li>
          <h3>Start something that listens</h3>
          <p>In a terminal on the peer's machine. It prints each event that arrives.</p>
          <Copy label="Copy the command" text={RECEIVER} />
        </li>
        <li>
          <h3>Add a task that fires every five seconds</h3>
          <form class="first-form" onSubmit={(event) => void add(event)} noValidate>
            <Field
              id="first-target"
              label="Target"
              isCode
              value={target.value}
              onText={(text) => {
                target.value = text;
                problem.value = "";
              }}
              problem={problem.value === "" ? undefined : { field: "target", message: problem.value }}
            />
            <button type="submit" class={isMade ? "" : "primary"} aria-disabled={isMade}>
              {isMade ? "Added" : "Add the task"}
            </button>
          </form>
        </li>
        <li>
          <h3>Watch it arrive</h3>
          {isMade
            ? <First id={welcomed.value} />
            : <p class="none">Its first event comes a second after it is added.</p>}
        </li>
      </ol>
      <p class="answers">
        <a class="button" href={pageOf("edit")}>Write a task of your own</a>
        <a class="button" href={pageOf("join")}>Join another machine's mesh</a>
      </p>
    </section>
  );
}

function First({ id }: { readonly id: string }) {
  const { value } = useReading<Page<Run>>(`/tasks/${encodeURIComponent(id)}/runs`, { limit: 5 }, {
    after: ["run"],
    task: id,
    everyMs: 1_000,
  });
  const runs = value?.items ?? [];
  const isThere = runs.some(({ outcome }) => outcome === "delivered");
  const error = runs.find(({ attempts }) => attempts.at(-1)?.error !== undefined)?.attempts.at(-1)?.error;
  return (
    <div role="status">
      <ol class="rows firsts">
        {runs.map((run) => (
          <li key={run.id}>
            <OutcomeMark outcome={run.outcome ?? (run.state === "settled" ? "skipped" : run.state)} />
            <Countdown at={run.instant} />
            <a href={pageOf("run", { id: run.id })}>What happened</a>
          </li>
        ))}
      </ol>
      {runs.length === 0 && <p class="none">Any moment now…</p>}
      {!isThere && error !== undefined && (
        <p class="wrong">
          Nothing has arrived yet: {error}. Is step 1 running? It is tried again by itself.
        </p>
      )}
      {isThere && (
        <p class="answers done">
          <strong>Delivered.</strong>
          <a class="button primary" href={pageOf("task", { id })} onClick={() => welcomed.value = ""}>See the task</a>
        </p>
      )}
    </div>
  );
}
