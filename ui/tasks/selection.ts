// The tasks that a person chose in the list, and what is done to all of them: a few at a time, with a word on each that
// refused.

import { signal } from "@preact/signals";
import { type Answer, ask, failureText, type Method } from "../api.ts";
import { say } from "../parts/notice.tsx";
import { pathOf, whose } from "./deeds.ts";
import { list, rowOf } from "./task-list.ts";

export const selected = signal<ReadonlySet<string>>(new Set());
/** The task from which a choice with the shift key reaches. */
let anchor = "";

/** Requests that are under way at a time: a browser opens six connections, and one is the stream. */
const AT_ONCE = 4;

export function choose(id: string, { isRange = false } = {}): void {
  const { ids } = list.peek();
  const chosen = new Set(selected.peek());
  const from = ids.indexOf(anchor);
  const to = ids.indexOf(id);
  if (isRange && from !== -1 && to !== -1) {
    for (const each of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) chosen.add(each);
  } else if (!chosen.delete(id)) chosen.add(id);
  anchor = id;
  selected.value = chosen;
}

export function chooseAll(): void {
  selected.value = selected.peek().size === list.peek().ids.length ? new Set() : new Set(list.peek().ids);
}

export function chooseNone(): void {
  selected.value = new Set();
}

export type Deed = { readonly method: Method; readonly path: string; readonly done: string };

export const DEEDS: { readonly [deed: string]: Deed } = {
  Pause: { method: "POST", path: "/pause", done: "paused" },
  Resume: { method: "POST", path: "/resume", done: "resumed" },
  Trigger: { method: "POST", path: "/trigger", done: "fired once" },
  Delete: { method: "DELETE", path: "", done: "deleted" },
};

export async function doToAll({ method, path, done }: Deed): Promise<void> {
  const waiting = [...selected.peek()];
  const refused: string[] = [];
  const total = waiting.length;
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const task = rowOf(id)?.peek();
      if (task === undefined) continue;
      const question = { query: whose(task), ...(method === "POST" ? { body: {} } : {}) };
      const answer: Answer<unknown> = await ask(method, `${pathOf(task)}${path}`, question);
      if (answer.kind !== "done" && answer.kind !== "aborted") refused.push(`${task.id}: ${failureText(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, total) }, work));
  chooseNone();
  const well = total - refused.length;
  const text = `${well === 1 ? "1 task" : `${well} tasks`} ${done}.`;
  const [first] = refused;
  if (first === undefined) say(text);
  else say(`${text} ${refused.length} not, as ${first}`, { isTrouble: true });
}
