/** @jsxImportSource preact */
// The second step of a deletion.

import { signal, useSignal } from "@preact/signals";
import { failureText } from "../api.ts";
import { Sure } from "../parts/sure.tsx";
import type { Task } from "../views.ts";
import { remove } from "./deeds.ts";

const asked = signal<Task | undefined>(undefined);

export function askDelete(task: Task): void {
  asked.value = task;
}

export function DeleteDialog({ onDeleted }: { readonly onDeleted: (task: Task) => void }) {
  const task = asked.value;
  return task === undefined ? null : <AskedFor key={task.id} task={task} onDeleted={onDeleted} />;
}

function AskedFor({ task, onDeleted }: { readonly task: Task; readonly onDeleted: (task: Task) => void }) {
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
    <Sure
      title={<>Delete {<bdi>{task.name}</bdi>}?</>}
      deed="Delete the task"
      problem={problem.value}
      onSure={() => void confirm()}
      onClose={shut}
    >
      It stops firing at once, and a delivery that waits for another attempt is given up. This can't be undone; to stop
      it for a while, pause it.
    </Sure>
  );
}
