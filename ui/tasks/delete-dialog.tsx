/** @jsxImportSource preact */
// The second step of a deletion.

import { signal, useSignal } from "@preact/signals";
import { failureText } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import type { Task } from "../views.ts";
import { remove } from "./deeds.ts";

const asked = signal<Task | undefined>(undefined);

export function askDelete(task: Task): void {
  asked.value = task;
}

export function DeleteDialog({ onDeleted }: { readonly onDeleted: (task: Task) => void }) {
  const task = asked.value;
  return task === undefined ? null : <Sure key={task.id} task={task} onDeleted={onDeleted} />;
}

function Sure({ task, onDeleted }: { readonly task: Task; readonly onDeleted: (task: Task) => void }) {
  const problem = useSignal("");
  const shut = () => asked.value = undefined;

  async function confirm(): Promise<void> {
    const answer = await remove(task);
    if (answer.kind === "done") {
      shut();
      onDeleted(task);
    } else problem.value = failureText(answer);
  }

  return (
    <Dialog title={<>Delete {<bdi>{task.name}</bdi>}?</>} onClose={shut}>
      <p>
        It stops firing at once, and a delivery that waits for another attempt is given up. This can't be undone; to
        stop it for a while, pause it.
      </p>
      {problem.value !== "" && <p class="wrong" role="alert">{problem.value}</p>}
      <div class="answers">
        <button type="button" data-first onClick={shut}>Keep it</button>
        <button type="button" class="primary danger" onClick={() => void confirm()}>Delete the task</button>
      </div>
    </Dialog>
  );
}
