/** @jsxImportSource preact */
// The form of a new task, with what the peer says of its schedule while it is being written.

import { useEffect, useRef } from "preact/hooks";
import { Field } from "../parts/field.tsx";
import { say } from "../parts/notice.tsx";
import {
  draft,
  type Field as FieldName,
  FIELDS,
  isFormOpen,
  isSending,
  justAdded,
  otherProblems,
  problemOf,
  send,
  write,
} from "./new-task.ts";
import { PreviewPane } from "./preview-pane.tsx";
import { ScheduleHelper } from "./schedule-helper.tsx";

export function NewTaskForm() {
  const form = useRef<HTMLFormElement>(null);
  const bind = (field: FieldName) => ({
    id: field,
    value: draft[field].value,
    onText: (text: string) => write(field, text),
    problem: problemOf(field),
  });

  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const task = await send();
    if (task !== undefined) {
      isFormOpen.value = false;
      justAdded.value = task.id;
      say(`${task.name} is added.`);
      return;
    }
    const first = FIELDS.find((field) => problemOf(field) !== undefined);
    if (first !== undefined) form.current?.querySelector<HTMLElement>(`#${first}`)?.focus();
  }

  return (
    <form
      id="new-task"
      class="new-task card"
      ref={form}
      onSubmit={(event) => void submit(event)}
      noValidate
      aria-labelledby="new-task-title"
    >
      <h2 id="new-task-title">New task</h2>
      <div class="form">
        <div class="fields">
          <div class="pair">
            <Field {...bind("name")} label="Name" isOptional />
            <Field {...bind("id")} label="Id" isOptional isCode />
          </div>
          <Field
            {...bind("schedule")}
            label="Schedule"
            isCode
            placeholder="R/2026-12-01T09:00:00Z/PT1H"
            hint="An ISO 8601 repeating interval, one instant, or cron. Write it, or let it be written:"
          />
          <ScheduleHelper onText={(text) => write("schedule", text)} />
        </div>
        <PreviewPane />
        <div class="fields">
          <Field
            {...bind("target")}
            label="Target"
            isCode
            placeholder="https://example.org/hook"
            hint="The URL that each event is sent to."
          />
          <Field {...bind("payload")} label="Payload" isOptional isCode rows={3} placeholder='{"any": "JSON"}' />
        </div>
      </div>
      <div role="alert">
        {otherProblems.value.map(({ field, message }) => (
          <p class="wrong" key={field}>{field !== "" && <code>{field}:</code>}{message}</p>
        ))}
      </div>
      <div class="answers">
        <button type="button" onClick={() => isFormOpen.value = false}>Close</button>
        <button type="submit" class="primary" aria-disabled={isSending.value}>
          {isSending.value ? "Adding…" : "Add task"}
        </button>
      </div>
    </form>
  );
}
