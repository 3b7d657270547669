// What can be done to a task. Each says how it went; what changed is shown from the peer's own answer.

import { type Answer, ask, failureText } from "../api.ts";
import { say } from "../parts/notice.tsx";
import { pageOf, self } from "../router.ts";
import type { Run, Task } from "../views.ts";

type Named = Pick<Task, "id" | "name"> & { readonly user?: string };

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

/** What its overlap policy says of one more, in words. */
export function overlapText({ policy }: Pick<Task, "policy">): string {
  switch (policy.overlap) {
    case "skip":
      return "While one before it is still under way, it is left out.";
    case "queue-one":
      return "While one before it is still under way, it waits; while another waits already, it is left out.";
    case "queue-all":
      return "While others before it are still under way, it waits.";
    case "cancel-previous":
      return "One before it that is still under way is given up for it.";
    default:
      return "It is sent at once, also while one before it is still under way.";
  }
}

/** Its run is seen when the peer tells of it. */
export async function trigger(
  task: Named & Pick<Task, "policy">,
  body: { readonly payload?: unknown } = {},
): Promise<Run | undefined> {
  const answer = await ask<Run>("POST", `${pathOf(task)}/trigger`, { body, query: whose(task) });
  if (answer.kind !== "done") return sayFailure(task, answer);
  const { id, outcome, reason } = answer.value;
  const isLeftOut = outcome === "skipped";
  const rule = task.policy.overlap === undefined ? "" : ` ${overlapText(task)}`;
  say(
    isLeftOut
      ? `${task.name} is not fired: ${reason ?? "its policy leaves it out"}.`
      : `${task.name} is fired once now; its schedule stays as it is.${rule}`,
    { way: { to: pageOf("run", { id }), text: "See what becomes of it" }, isTrouble: isLeftOut },
  );
  return answer.value;
}

export async function skipNext(task: Named): Promise<Task | undefined> {
  return await change(task, "skip", { count: 1 }, `The next occurrence of ${task.name} is left out.`);
}

/** Sends the event of a run that was not delivered again, with the id that it has. */
export async function retry(run: Run): Promise<Run | undefined> {
  const answer = await ask<Run>("POST", `/runs/${encodeURIComponent(run.id)}/retry`, { body: {} });
  if (answer.kind !== "done") return sayFailure({ id: run.task, name: run.task }, answer);
  say("It is sent again, with the same id.");
  return answer.value;
}

export async function cancel(task: Named): Promise<void> {
  const answer = await ask<{ cancelled: number }>("POST", `${pathOf(task)}/cancel`, { body: {}, query: whose(task) });
  if (answer.kind !== "done") return sayFailure(task, answer);
  const { cancelled } = answer.value;
  say(
    cancelled === 0 ? `${task.name} has nothing open.` : `${cancelled} open ${cancelled === 1 ? "run" : "runs"} ended.`,
  );
}

export async function remove(task: Named): Promise<Answer<undefined>> {
  const answer = await ask<undefined>("DELETE", pathOf(task), { query: whose(task) });
  // Somebody else may have been first.
  const isGone = answer.kind === "done" || (answer.kind === "problem" && answer.problem.status === 404);
  if (!isGone) return answer;
  say(`${task.name} is deleted.`);
  return { kind: "done", value: undefined };
}

async function change(
  task: Named,
  deed: "pause" | "resume" | "skip",
  body: object,
  done: string,
): Promise<Task | undefined> {
  const answer = await ask<Task>("POST", `${pathOf(task)}/${deed}`, { body, query: whose(task) });
  if (answer.kind !== "done") return sayFailure(task, answer);
  say(done);
  return answer.value;
}

function sayFailure(task: Named, answer: Exclude<Answer<unknown>, { kind: "done" }>): undefined {
  if (answer.kind !== "aborted") say(`${task.name}: ${failureText(answer)}`, { isTrouble: true });
  return undefined;
}

/** What names the user of a task, when that is another than who looks. */
export function whose({ user }: { readonly user?: string }): { readonly user?: string } {
  return user === undefined || user === self.value ? {} : { user };
}

export function pathOf(task: Pick<Task, "id">): string {
  return `/tasks/${encodeURIComponent(task.id)}`;
}
