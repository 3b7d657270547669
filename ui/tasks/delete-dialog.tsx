/** @jsxImportSource preact */
// The second step of a deletion. The browser's own dialog keeps the focus, closes on Escape, and gives the focus back.

import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { failureText } from "../api.ts";
import type { Task } from "../views.ts";
import { remove } from "./deeds.ts";

const asked = signal<Task | undefined>(undefined);

export function askDelete(task: Task): void {
  asked.value = task;
}

export function DeleteDialog({ onDeleted }: { readonly onDeleted: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const problem = useSignal("");
  const task = asked.value;

  useEffect(() => {
    problem.value = "";
    if (task !== undefined) dialog.current?.showModal();
  }, [task]);

  async function confirm(): Promise<void> {
    if (task === undefined) return;
    const answer = await remove(task);
    if (answer.kind === "done") {
      dialog.current?.close();
      onDeleted();
    } else problem.value = failureText(answer);
  }

  return (
    <dialog ref={dialog} class="card" aria-labelledby="delete-title" onClose={() => asked.value = undefined}>
      <h2 id="delete-title">
        Delete <bdi>{task?.name}</bdi>?
      </h2>
      <p>
        It stops firing at once, and a delivery that waits for another attempt is given up. This can't be undone; to
        stop it for a while, pause it.
      </p>
      {problem.value !== "" && <p class="wrong" role="alert">{problem.value}</p>}
      <div class="answers">
        <button type="button" autofocus onClick={() => dialog.current?.close()}>Keep it</button>
        <button type="button" class="primary danger" onClick={() => void confirm()}>Delete the task</button>
      </div>
    </dialog>
  );
}
