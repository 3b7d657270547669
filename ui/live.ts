// What happens at the peer, as it happens: one stream of server-sent events for the whole page, and how well it is heard.

import { signal } from "@preact/signals";
import { hearDate } from "./clock.ts";
import type { Hello, MeshNews, Run, Task } from "./views.ts";

export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `freshAt`: until when what is shown is known to have been true, by this machine's clock. */
  | { readonly kind: "lost"; readonly freshAt: number };

export type Listener = {
  /** Whose stream it is: what it says first. */
  hello?(said: Hello): void;
  task?(task: Task): void;
  removed?(task: { readonly id: string; readonly user: string }): void;
  run?(run: Run): void;
  mesh?(news: MeshNews): void;
  /** What was missed is unknown: read anew. Called at each beginning too. */
  resync?(): void;
};

/** How often the stream was opened: what was read since the last time misses nothing. */
export let streamsOpened = 0;

export const connection = signal<Connection>({ kind: "connecting" });

/** The browser tries again by itself after an error of the network; after an answer that is no stream, we do. */
const AGAIN_MS = 1_000;
/** The stream's heartbeats are not shown to scripts, so a silent stream is asked after. */
const PROBE_MS = 10_000;
const PROBE_ANSWER_MS = 3_000;
/** A page that nobody looks at gives its stream back: a browser opens six connections to a peer, for all its tabs. */
const HIDDEN_MS = 10_000;
/** So long a first question waits for the stream: what is read before it opens has to be read again. */
export const STREAM_WAIT_MS = 400;
/** A peer that says so often that we are too slow is read anew only so often. */
const RESYNC_MS = 2_000;

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let check: () => Promise<void> = () => Promise.resolve();
let again: ReturnType<typeof setTimeout> | undefined;
let probing: ReturnType<typeof setInterval> | undefined;
let resyncing: ReturnType<typeof setTimeout> | undefined;
let hiding: ReturnType<typeof setTimeout> | undefined;
let freshAt = Date.now();
/** Whether it was asked once why no stream opens. */
let isChecked = false;

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Opens the stream. `refused` is called when the peer answers, but with no stream: perhaps the session is over. */
export function connect(refused: () => Promise<void>): void {
  check = refused;
  if (source?.readyState !== EventSource.OPEN) open();
  probing ??= setInterval(() => void probe(), PROBE_MS);
  document.addEventListener("visibilitychange", look);
}

export function disconnect(): void {
  document.removeEventListener("visibilitychange", look);
  clearTimeout(hiding);
  source?.close();
  source = undefined;
  clearTimeout(again);
  clearTimeout(resyncing);
  resyncing = undefined;
  clearInterval(probing);
  probing = undefined;
  connection.value = { kind: "connecting" };
}

function open(): void {
  clearTimeout(again);
  source?.close();
  const opened = source = new EventSource("/api/v1/events");
  const on = (name: string, hear: (value: unknown) => void) =>
    opened.addEventListener(name, (event: MessageEvent<string>) => {
      freshAt = Date.now();
      hear(JSON.parse(event.data));
    });
  on("hello", (said) => each((listener) => listener.hello?.(said as Hello)));
  on("task", (task) => each((listener) => listener.task?.(task as Task)));
  on("removed", (removed) => each((listener) => listener.removed?.(removed as { id: string; user: string })));
  on("run", (run) => each((listener) => listener.run?.(run as Run)));
  on("mesh", (news) => each((listener) => listener.mesh?.(news as MeshNews)));
  on("lag", resyncSoon);
  opened.addEventListener("open", () => {
    freshAt = Date.now();
    streamsOpened++;
    connection.value = { kind: "live" };
    each((listener) => listener.resync?.());
  });
  opened.addEventListener("error", () => {
    if (source !== opened) return;
    if (connection.value.kind === "live") freshAt = Date.now();
    lose();
    const isFirst = streamsOpened === 0 && !isChecked;
    isChecked = true;
    if (isFirst) void check();
    else if (opened.readyState === EventSource.CLOSED) again = setTimeout(() => void check(), AGAIN_MS);
  });
}

function look(): void {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(() => {
      source?.close();
      source = undefined;
      connection.value = { kind: "connecting" };
    }, HIDDEN_MS);
  } else if (source === undefined) open();
}

function lose(): void {
  if (connection.value.kind !== "lost") connection.value = { kind: "lost", freshAt };
}

function each(act: (listener: Listener) => void): void {
  for (const listener of [...listeners]) act(listener);
}

function resyncSoon(): void {
  resyncing ??= setTimeout(() => {
    resyncing = undefined;
    each((listener) => listener.resync?.());
  }, RESYNC_MS);
}

/** Asks for a sign of life, and the time. A stream over a network that went away says nothing for a long time. */
async function probe(): Promise<void> {
  if (document.hidden) return;
  const sentAt = Date.now();
  try {
    const response = await fetch("/healthz", { signal: AbortSignal.timeout(PROBE_ANSWER_MS) });
    hearDate(response.headers.get("date"), sentAt, Date.now());
    if (connection.value.kind === "live") freshAt = Date.now();
    else if (source?.readyState === EventSource.OPEN) open();
  } catch {
    lose();
  }
}
