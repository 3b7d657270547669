// The tasks that a person chose in the list, or all that match; and what is done to all of them: as many at a time as the
// peer takes, with a word on those that refused.

import { signal } from "@preact/signals";
import { ask, failureText, type Problem } from "../api.ts";
import { say } from "../parts/notice.tsx";
import { self } from "../router.ts";
import type { Page, Task } from "../views.ts";
import { list, rowOf, type Search } from "./task-list.ts";

export const selected = signal<ReadonlySet<string>>(new Set());
/** The task from which a choice with the shift key reaches. */
let anchor = "";

/** Tasks that the peer takes in one request, and reads in one page. */
const AT_ONCE = 500;

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

export type Deed = {
  readonly name: string;
  readonly do: "pause" | "resume" | "trigger" | "change" | "delete";
  /** What each is asked with. */
  readonly with?: object;
  readonly done: string;
};

export const DEEDS: readonly Deed[] = [
  { name: "Pause", do: "pause", done: "paused" },
  { name: "Resume", do: "resume", done: "resumed" },
  { name: "Trigger", do: "trigger", done: "fired once" },
];

export const DELETION: Deed = { name: "Delete", do: "delete", done: "deleted" };

type Named = { readonly id: string; readonly user: string };

export async function doToChosen(deed: Deed): Promise<void> {
  const tasks = [...selected.peek()].flatMap((key) => rowOf(key)?.peek() ?? []);
  await doToAll(deed, tasks);
  chooseNone();
}

/** All that the search finds, shown or not. What does not come of it is said. */
export async function doToFound(deed: Deed, search: Search): Promise<void> {
  const tasks: Named[] = [];
  let cursor: string | undefined;
  do {
    const asked = Object.entries(search).map(([name, value]) => [name, value === "" ? undefined : value]);
    const query = { ...Object.fromEntries(asked), limit: AT_ONCE, cursor };
    const answer = await ask<Page<Task>>("GET", "/tasks", { query });
    if (answer.kind !== "done") return say(`Nothing is ${deed.done}: ${failureText(answer)}`, { isTrouble: true });
    // Which they are is known before any of them changes: what no longer matches would move the pages.
    tasks.push(...answer.value.items.map(({ id, user }) => ({ id, user })));
    cursor = answer.value.cursor ?? undefined;
  } while (cursor !== undefined);
  await doToAll(deed, tasks);
  chooseNone();
}

async function doToAll(deed: Deed, tasks: readonly Named[]): Promise<void> {
  let refused = 0;
  let first: string | undefined;
  for (const [user, ids] of byUser(tasks)) {
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const answer = await ask<{ items: readonly Answered[] }>("POST", "/tasks:each", {
        body: { do: deed.do, ids: some, ...(deed.with === undefined ? {} : { with: deed.with }) },
        query: { user: user === self.peek() ? undefined : user },
      });
      if (answer.kind === "done") {
        const not = answer.value.items.filter(({ problem }) => problem !== undefined);
        refused += not.length;
        first ??= not.map(({ id, problem }) => `${id}: ${problem?.detail}`)[0];
      } else {
        refused += some.length;
        if (answer.kind !== "aborted") first ??= failureText(answer);
      }
    }
  }
  const well = tasks.length - refused;
  const text = `${well === 1 ? "1 task" : `${well.toLocaleString("en")} tasks`} ${deed.done}.`;
  if (first === undefined) say(text);
  else say(`${text} ${refused.toLocaleString("en")} not, as ${first}`, { isTrouble: true });
}

type Answered = { readonly id: string; readonly problem?: Problem };

function byUser(tasks: readonly Named[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { id, user } of tasks) {
    const ids = found.get(user);
    if (ids === undefined) found.set(user, [id]);
    else ids.push(id);
  }
  return found;
}
