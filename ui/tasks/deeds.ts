// What can be done to a task from its row. Each says how it went; what changed is shown from the peer's own answer.

import { type Answer, ask, failureText } from "../api.ts";
import { say } from "../parts/notice.tsx";
import type { Run, Task } from "../views.ts";
import { hide, show } from "./task-list.ts";

export async function pause(task: Task): Promise<void> {
  await change(task, "pause", `${task.name} is paused: it fires no more until it is resumed.`);
}

export async function resume(task: Task): Promise<void> {
  await change(task, "resume", `${task.name} is resumed.`);
}

/** Its run is seen when the peer tells of it. */
export async function trigger(task: Task): Promise<void> {
  const answer = await ask<Run>("POST", `${pathOf(task)}/trigger`, { body: {} });
  if (answer.kind === "done") say(`${task.name} is fired once now; its schedule stays as it is.`);
  else sayFailure(task, answer);
}

export async function remove(task: Task): Promise<Answer<undefined>> {
  const answer = await ask<undefined>("DELETE", pathOf(task));
  // Somebody else may have been first.
  const isGone = answer.kind === "done" || (answer.kind === "problem" && answer.problem.status === 404);
  if (!isGone) return answer;
  hide(task.id);
  say(`${task.name} is deleted.`);
  return { kind: "done", value: undefined };
}

async function change(task: Task, deed: "pause" | "resume", done: string): Promise<void> {
  const answer = await ask<Task>("POST", `${pathOf(task)}/${deed}`, { body: {} });
  if (answer.kind !== "done") return sayFailure(task, answer);
  show(answer.value);
  say(done);
}

function sayFailure(task: Task, answer: Exclude<Answer<unknown>, { kind: "done" }>): void {
  if (answer.kind !== "aborted") say(`${task.name}: ${failureText(answer)}`, { isTrouble: true });
}

function pathOf(task: Task): string {
  return `/tasks/${encodeURIComponent(task.id)}`;
}
