// What can be done to a task. Each says how it went; what changed is shown from the peer's own answer.

import { type Answer, ask, failureText } from "../api.ts";
import { say } from "../parts/notice.tsx";
import type { Run, Task } from "../views.ts";

type Named = Pick<Task, "id" | "name">;

/** Absent when it failed, which was then said. */
export async function pause(
  task: Named,
  why: { readonly note?: string; readonly until?: string } = {},
): Promise<Task | undefined> {
  const until = why.until === undefined ? "until it is resumed" : "until its pause ends";
  return await change(task, "pause", why, `${task.name} is paused: it fires no more ${until}.`);
}

export async function resume(task: Named): Promise<Task | undefined> {
  return await change(task, "resume", {}, `${task.name} is resumed.`);
}

/** Its run is seen when the peer tells of it. */
export async function trigger(task: Named, body: { readonly payload?: unknown } = {}): Promise<Run | undefined> {
  const answer = await ask<Run>("POST", `${pathOf(task)}/trigger`, { body });
  if (answer.kind !== "done") return sayFailure(task, answer);
  say(`${task.name} is fired once now; its schedule stays as it is.`);
  return answer.value;
}

export async function cancel(task: Named): Promise<void> {
  const answer = await ask<{ cancelled: number }>("POST", `${pathOf(task)}/cancel`, { body: {} });
  if (answer.kind !== "done") return sayFailure(task, answer);
  const { cancelled } = answer.value;
  say(
    cancelled === 0 ? `${task.name} has nothing open.` : `${cancelled} open ${cancelled === 1 ? "run" : "runs"} ended.`,
  );
}

export async function remove(task: Named): Promise<Answer<undefined>> {
  const answer = await ask<undefined>("DELETE", pathOf(task));
  // Somebody else may have been first.
  const isGone = answer.kind === "done" || (answer.kind === "problem" && answer.problem.status === 404);
  if (!isGone) return answer;
  say(`${task.name} is deleted.`);
  return { kind: "done", value: undefined };
}

async function change(task: Named, deed: "pause" | "resume", body: object, done: string): Promise<Task | undefined> {
  const answer = await ask<Task>("POST", `${pathOf(task)}/${deed}`, { body });
  if (answer.kind !== "done") return sayFailure(task, answer);
  say(done);
  return answer.value;
}

function sayFailure(task: Named, answer: Exclude<Answer<unknown>, { kind: "done" }>): undefined {
  if (answer.kind !== "aborted") say(`${task.name}: ${failureText(answer)}`, { isTrouble: true });
  return undefined;
}

export function pathOf(task: Pick<Task, "id">): string {
  return `/tasks/${encodeURIComponent(task.id)}`;
}
