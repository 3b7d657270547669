// The tasks that are shown: pages of the peer's list for a search, kept true by its events. Each row is a signal of its
// own, so that a thousand fires a second redraw what changed and nothing else.

import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Answer, ask, failureText, type Question } from "../api.ts";
import { connection, listen, STREAM_WAIT_MS, streamsOpened } from "../live.ts";
import { self } from "../router.ts";
import { STRIP_RUNS } from "../parts/strip.tsx";
import type { MeshNews, Page, Run, Task } from "../views.ts";

export type TaskList = {
  readonly kind: "loading" | "ready";
  /** Keys of rows, in their order. */
  readonly ids: readonly string[];
  /** Where more of them are. */
  readonly cursor: string | null;
  readonly isMoreComing: boolean;
  /** How many match, when that is known. */
  readonly total: number | null;
  /** Why it could not be read. */
  readonly problem?: string;
};

export const list = signal<TaskList>({ kind: "loading", ids: [], cursor: null, isMoreComing: false, total: null });

/** What is looked for, and in which order: as the peer's list takes it. */
export type Search = {
  readonly q: string;
  readonly target: string;
  readonly urn: string;
  readonly paused: string;
  readonly outcome: string;
  readonly label: string;
  readonly sort: string;
};

export const NO_SEARCH: Search = { q: "", target: "", urn: "", paused: "", outcome: "", label: "", sort: "" };

const PAGE = 50;
const PAGE_MAX = 500;
/** Events are played together so often: faster than an eye, slower than a screen. */
const PLAY_MS = 50;
/** When more tasks than are shown appear at once, as in an import, the list is read anew so often. */
const RELOAD_MS = 2_000;
/** Short pages of a search follow one another at once; so many at most before a person asks for more. */
const SHORT_PAGES_MAX = 10;

const rows = new Map<string, Signal<Task>>();
/** What events said since they were last played, by id; null is gone. */
const inbox = new Map<string, Task | null>();
/** Runs that ended since then, the last of each task. */
const ended = new Map<string, Run>();
let search = NO_SEARCH;
let wanted = PAGE;
let stream = -1;
let loading: AbortController | undefined;
let playing: ReturnType<typeof setTimeout> | undefined;
let reloading: ReturnType<typeof setTimeout> | undefined;

listen({
  task: (task) => hear(keyOf(task), task),
  removed: (task) => hear(keyOf(task), null),
  run(run) {
    const key = keyOf({ id: run.task, user: run.user });
    if (run.outcome === null || !rows.has(key)) return;
    ended.set(key, run);
    playSoon();
  },
  hello: ({ mesh }) => shares = sharesOf(mesh),
  mesh(news) {
    const before = shares;
    shares = sharesOf(news);
    // Who fires what has changed, and of which tasks only the peer can say.
    if (isWatched && shares !== before) reloadSoon();
  },
  resync() {
    if (isWatched && (loading === undefined || stream !== streamsOpened)) void load();
  },
});

let isWatched = false;
/** How the tasks are shared out among the peers. */
let shares = "";

function sharesOf({ peers }: MeshNews): string {
  return peers.map(({ peer, shards }) => `${peer} ${shards}`).join();
}

/** Reads the list and keeps it true, while it is looked at. */
export function watchTasks(wantedSearch: Search): () => void {
  isWatched = true;
  if (JSON.stringify(wantedSearch) !== JSON.stringify(search)) {
    search = wantedSearch;
    wanted = PAGE;
  }
  // What is read before the stream opens has to be read again: its opening reads it, unless that takes long.
  if (connection.peek().kind === "connecting") reloading ??= setTimeout(() => void load(), STREAM_WAIT_MS);
  else void load();
  return () => isWatched = false;
}

/** Ids are one user's: in a list of everyone's tasks two may have the same. */
function keyOf({ id, user }: Pick<Task, "id" | "user">): string {
  return user === self.value ? id : `${id} ${user}`;
}

export function rowOf(id: string): ReadonlySignal<Task> | undefined {
  return rows.get(id);
}

/** The tasks whose next instant has passed, or whose pause is over: what is shown of them is old. */
export function oldTasks(now: number): readonly string[] {
  return list.peek().ids.filter((id) => {
    const task = rows.get(id)?.peek();
    const moment = task?.state.paused ? task.state.until : task?.next;
    return typeof moment === "string" && Date.parse(moment) < now;
  });
}

export async function loadMore(): Promise<void> {
  const { cursor, isMoreComing } = list.value;
  if (cursor === null || isMoreComing) return;
  list.value = { ...list.value, isMoreComing: true };
  wanted += PAGE;
  // A list that is just being read anew is read anew with more.
  await (loading === undefined ? fill(list.value.ids, cursor) : load());
}

/** A task that this page made or changed: shown at once, at its place or on top. */
export function show(task: Task): void {
  const row = rows.get(keyOf(task));
  if (row !== undefined) put(task);
  else if (!insert(task) || !rows.has(keyOf(task))) prepend(task);
}

export function hide(task: Pick<Task, "id" | "user">): void {
  drop(keyOf(task));
}

function drop(key: string): void {
  if (!rows.delete(key)) return;
  list.value = { ...list.value, ids: list.value.ids.filter((each) => each !== key) };
}

/** Reads anew as much as is shown. */
export async function load(): Promise<void> {
  clearTimeout(reloading);
  reloading = undefined;
  await fill([], undefined);
}

async function fill(before: readonly string[], from: string | undefined): Promise<void> {
  loading?.abort();
  stream = streamsOpened;
  let total: number | null = null;
  const { signal } = loading = new AbortController();
  const found: Task[] = [];
  let cursor: string | null | undefined = from;
  for (let pages = 0; pages < SHORT_PAGES_MAX && cursor !== null && before.length + found.length < wanted; pages++) {
    const limit = Math.min(wanted - before.length - found.length, PAGE_MAX);
    const asked = Object.entries(search).map(([name, value]) => [name, value === "" ? undefined : value]);
    const query: NonNullable<Question["query"]> = {
      ...{ ...Object.fromEntries(asked), limit, cursor },
      recent: STRIP_RUNS,
    };
    const answer: Answer<Page<Task>> = await ask("GET", "/tasks", { query, signal });
    if (answer.kind === "aborted") return;
    if (answer.kind !== "done") {
      loading = undefined;
      list.value = { ...list.value, isMoreComing: false, problem: failureText(answer) };
      return;
    }
    found.push(...answer.value.items);
    cursor = answer.value.cursor;
    total = answer.value.total ?? null;
  }
  loading = undefined;
  batch(() => {
    const ids = new Set([...before, ...found.map(keyOf)]);
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
    for (const task of found) put(task);
    list.value = { kind: "ready", ids: [...ids], cursor: cursor ?? null, isMoreComing: false, total };
  });
  play();
}

function hear(id: string, task: Task | null): void {
  inbox.set(id, task);
  playSoon();
}

function playSoon(): void {
  playing ??= setTimeout(play, PLAY_MS);
}

function play(): void {
  clearTimeout(playing);
  playing = undefined;
  // What came while the list was being read is played on top of it.
  if (loading !== undefined) return;
  const heard = [...inbox];
  const runs = [...ended.values()];
  inbox.clear();
  ended.clear();
  batch(() => {
    for (const [id, task] of heard) {
      if (task === null) drop(id);
      else if (rows.has(id)) put(task);
      else if (!insert(task)) reloadSoon();
    }
    for (const run of runs) end(run);
  });
}

function reloadSoon(): void {
  reloading ??= setTimeout(() => void load(), RELOAD_MS);
}

/** The peer tells of runs; what was the last one of a task follows from them. */
function end({ task, user, instant, outcome, attempts }: Run): void {
  const row = rows.get(keyOf({ id: task, user }));
  if (row === undefined || outcome === null) return;
  const { last, recent = [], owner } = row.value;
  const isLast = last === null || last.instant <= instant;
  row.value = {
    ...row.value,
    last: isLast ? { instant, outcome, peer: attempts.at(-1)?.peer ?? owner ?? "" } : last,
    // One that is sent again is told of again.
    recent: [...recent.filter((each) => each.instant !== instant), { instant, outcome }]
      .sort((a, b) => a.instant < b.instant ? -1 : 1).slice(-STRIP_RUNS),
  };
}

/** What became of its last runs, only a list says; else it is what was known. */
function put(task: Task): void {
  const row = rows.get(keyOf(task));
  if (row === undefined) rows.set(keyOf(task), signal(task));
  else row.value = { ...(row.value.recent === undefined ? {} : { recent: row.value.recent }), ...task };
}

/** Whether it is where it belongs: shown, or rightly not. False when only the peer can say. */
function insert(task: Task): boolean {
  const { ids, cursor } = list.value;
  // In another order, or by what only the peer's index knows, only the peer can say.
  if (isOrdered()) return false;
  if (!isFound(task)) return true;
  const at = ids.findIndex((key) => key > keyOf(task));
  if (at === -1 && cursor !== null) return true;
  if (ids.length >= wanted) return false;
  put(task);
  list.value = { ...list.value, ids: at === -1 ? [...ids, keyOf(task)] : ids.toSpliced(at, 0, keyOf(task)) };
  return true;
}

function isOrdered(): boolean {
  return Object.entries(search).some(([name, value]) => name !== "q" && value !== "");
}

/** As the peer searches. */
function isFound({ id, name }: Task): boolean {
  const part = search.q.toLowerCase();
  return id.toLowerCase().includes(part) || name.toLowerCase().includes(part);
}

function prepend(task: Task): void {
  put(task);
  list.value = { ...list.value, ids: [keyOf(task), ...list.value.ids] };
}
