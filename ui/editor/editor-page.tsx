/** @jsxImportSource preact */
// The editor of a task, with what the peer says of its schedule while it is being written.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { say } from "../parts/notice.tsx";
import { navigate, pageOf, parameter, taskPage } from "../router.ts";
import type { Task } from "../views.ts";
import { ConflictView } from "./conflict-view.tsx";
import {
  begin,
  draft,
  isSending,
  isTouched,
  otherProblems,
  problemOf,
  send,
  text,
  theirs,
  toggleRaw,
  write,
  writePaused,
  writeRaw,
} from "./draft.ts";
import { FIELDS } from "./fields.ts";
import { useOpened } from "./opened.ts";
import { PolicyFields } from "./policy-fields.tsx";
import { PreviewPane } from "./preview-pane.tsx";
import { keepPreview, preview } from "./preview.ts";
import { ScheduleHelper } from "./schedule-helper.tsx";
import { keepSent } from "./sent.ts";
import { TargetFields } from "./target-fields.tsx";

export function EditorPage() {
  const id = parameter("id");
  const problem = useOpened(id, parameter("copy"));
  const form = useRef<HTMLFormElement>(null);
  const isShown = useShown(id);
  useEffect(keepPreview, []);
  useEffect(keepSent, []);
  useEffect(() => {
    if (id === "") document.getElementById("name")?.focus();
  }, [isShown]);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const task = await send();
    if (task !== undefined) {
      say(id === "" ? `${task.name} is added.` : `${task.name} is changed.`);
      navigate(taskPage(task));
      return;
    }
    const first = ["raw", ...Object.keys(FIELDS)].find((field) => problemOf(field) !== undefined);
    if (first !== undefined) document.getElementById(first)?.focus();
  }

  if (problem !== undefined) {
    return (
      <div class="blank" role="alert">
        <p>{problem}</p>
        <p>
          <a href={pageOf("tasks")}>To the tasks</a>
        </p>
      </div>
    );
  }
  if (!isShown) return <p class="blank" key="blank">Loading…</p>;
  const { raw } = draft.value;
  return (
    <form
      class="editor"
      ref={form}
      onSubmit={(event) => void submit(event)}
      noValidate
      aria-labelledby="editor-title"
    >
      <div class="head">
        <h1 id="editor-title">{id === "" ? "New task" : <>Edit {<bdi>{id}</bdi>}</>}</h1>
        <button type="button" onClick={toggleRaw}>
          <Icon name="book" /> {raw === undefined ? "As JSON" : "As a form"}
        </button>
      </div>
      {theirs.value !== undefined && <ConflictView theirs={theirs.value.task} />}
      <div class="form">
        {raw === undefined ? <Fields isNew={id === ""} /> : (
          <section class="card panel">
            <Field
              id="raw"
              label="The whole task"
              isCode
              rows={24}
              value={raw}
              onText={writeRaw}
              problem={problemOf("raw")}
              hint="As the REST API takes it: every field is described at /api/v1/openapi.json."
            />
          </section>
        )}
        <PreviewPane />
      </div>
      <div role="alert">
        {otherProblems.value.map(({ field, message }) => (
          <p class="wrong" key={field}>{field !== "" && <code>{field}:</code>} {message}</p>
        ))}
      </div>
      <div class="answers foot-bar">
        {isTouched.value && (
          <button type="button" class="quiet" onClick={() => startAnew(id)}>
            {id === "" ? "Clear all" : "Undo all changes"}
          </button>
        )}
        <a class="button" href={id === "" ? pageOf("tasks") : taskPage({ id, user: parameter("user") })}>Back</a>
        <button type="submit" class="primary" aria-disabled={isSending.value}>
          {isSending.value ? "Saving…" : id === "" ? "Add task" : "Save"}
        </button>
      </div>
    </form>
  );
}

/** So long a form waits for what the peer says of its schedule. */
const WAIT_MS = 1_000;

/** Once it is known what the choices above a schedule begin with: shown later, they would move what is below them. */
function useShown(id: string): boolean {
  const isShown = useSignal(false);
  const isRead = id === draft.value.id && (id === "" || draft.value.before !== undefined);
  const isKnown = isRead && (text("schedule") === "" || draft.value.raw !== undefined || preview.value.kind !== "none");
  useEffect(() => {
    const timer = setTimeout(() => isShown.value = true, WAIT_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (isKnown) isShown.value = true;
  }, [isKnown]);
  return isShown.value || isKnown;
}

function startAnew(id: string): void {
  const { before, etag } = draft.peek();
  if (id === "" || before === undefined) begin();
  else begin({ ...before, id } as Task, etag);
}

function Fields({ isNew }: { readonly isNew: boolean }) {
  const bind = (path: string) => ({
    id: path,
    value: text(path),
    onText: (value: string) => write(path, value),
    problem: path === "schedule" && preview.value.kind === "wrong" ? preview.value.problem : problemOf(path),
  });
  return (
    <div class="sections">
      <section class="card panel">
        <h2>What</h2>
        <div class="pair">
          <Field {...bind("name")} label="Name" isOptional placeholder="Nightly backup" />
          {isNew
            ? (
              <Field
                {...bind("id")}
                label="Id"
                isOptional
                isCode
                hint="What scripts call it. Made of the name when left out."
              />
            )
            : (
              <div class="field">
                <span class="label-of">Id</span>
                <code class="fixed">{draft.value.id}</code>
              </div>
            )}
        </div>
      </section>
      <section class="card panel">
        <h2>When</h2>
        <ScheduleHelper schedule={text("schedule").trim()} onText={(value) => write("schedule", value)} />
        <Field
          {...bind("schedule")}
          label="Schedule"
          isCode
          placeholder="R/2026-12-01T09:00:00Z/PT1H"
          hint="An ISO 8601 repeating interval, one instant, or cron. Choose above, or write it."
        />
      </section>
      <TargetFields bind={bind} />
      <section class="card panel">
        <h2>And if…</h2>
        <PolicyFields bind={bind} />
        <Field
          {...bind("labels")}
          label="Labels"
          isOptional
          isCode
          rows={2}
          placeholder="team: ops"
          hint="One to a line, name: value. Lists are filtered by them."
        />
        {isNew && (
          <label class="check">
            <input
              type="checkbox"
              checked={draft.value.isPaused}
              onChange={(event) => writePaused(event.currentTarget.checked)}
            />
            <span>Add it paused: it fires nothing until it is resumed</span>
          </label>
        )}
      </section>
    </div>
  );
}
