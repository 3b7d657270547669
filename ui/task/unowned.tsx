/** @jsxImportSource preact */
// A task that nobody is able to fire: why, and what to do about it.

import { pageOf, taskPage } from "../router.ts";
import type { Task } from "../views.ts";

export function Unowned({ task }: { readonly task: Task }) {
  if (task.unowned === undefined) return null;
  const hasPlacement = task.policy.placement !== undefined;
  return (
    <div class="note bad" role="alert">
      <p>Nobody fires it now: {task.unowned}.</p>
      <p>
        {hasPlacement
          ? (
            <>
              Start a peer with the labels that its placement asks for, or{" "}
              <a href={taskPage(task, "edit")}>let others fire it</a>.
            </>
          )
          : (
            <>
              See in <a href={pageOf("mesh")}>the mesh</a> what keeps them from it, and end a drain or start one again.
            </>
          )} What is due meanwhile is made up for as its policy says.
      </p>
    </div>
  );
}
