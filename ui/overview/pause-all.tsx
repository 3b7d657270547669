/** @jsxImportSource preact */
// Everything stands still: each task that is not paused is, until it is resumed. Asked for by typing it.

import { useSignal } from "@preact/signals";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { doToFound } from "../tasks/selection.ts";
import { NO_SEARCH } from "../tasks/task-list.ts";

const WORDS = "pause all";

export function PauseAll({ onClose }: { readonly onClose: () => void }) {
  const note = useSignal("");
  const typed = useSignal("");
  const isBusy = useSignal(false);
  const isSure = typed.value.trim().toLowerCase() === WORDS;
  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    if (!isSure || isBusy.value) return;
    isBusy.value = true;
    const given = note.value.trim() === "" ? {} : { note: note.value.trim() };
    await doToFound({ name: "Pause", do: "pause", with: given, done: "paused" }, { ...NO_SEARCH, paused: "false" });
    onClose();
  }
  return (
    <Dialog title="Pause all tasks?" onClose={onClose}>
      <form class="asked" onSubmit={(event) => void confirm(event)}>
        <p>
          Nothing fires until it is resumed, and what lies in the pause is not made up for. To go on, select all in the
          list of tasks and resume them.
        </p>
        <Field id="all-note" label="Why" isOptional value={note.value} onText={(text) => note.value = text} />
        <Field
          id="all-sure"
          label={`Type ${WORDS} to be sure`}
          value={typed.value}
          onText={(text) => typed.value = text}
        />
        <div class="answers">
          <button type="button" onClick={onClose}>Let them run</button>
          <button type="submit" class="primary danger" aria-disabled={!isSure || isBusy.value}>
            {isBusy.value ? "Pausing…" : "Pause all"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
