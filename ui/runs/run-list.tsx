/** @jsxImportSource preact */
// Runs in a table, the latest first: of one task or of all, kept true by events, read on by their cursor.

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, failureText } from "../api.ts";
import { listen } from "../live.ts";
import { peerName } from "../mesh-news.ts";
import { More } from "../parts/more.tsx";
import { Countdown, Moment } from "../parts/moment.tsx";
import { OutcomeMark } from "../parts/outcome.tsx";
import { pageOf, taskPage } from "../router.ts";
import type { Page, Run } from "../views.ts";
import { latenessText } from "./lateness-text.ts";
import { isAny, isOne, queryOf, type Which } from "./which.ts";

const PAGE = 25;
/** Runs that are kept on the screen while new ones come. */
const RUNS_MAX = 1_000;
/** Events are shown together so often. */
const PLAY_MS = 100;

type Shown = {
  readonly items: readonly Run[];
  readonly cursor: string | null;
  readonly isReady: boolean;
  /** Newer ones, that are not shown while the list has the focus: what is about to be opened stays where it is. */
  readonly waiting: number;
  readonly why?: string;
};

const NOTHING: Shown = { items: [], cursor: null, isReady: false, waiting: 0 };

export function RunList({ task, which, zone, onReady }: {
  /** Of this one only. */
  readonly task?: string;
  readonly which: Which;
  readonly zone: string;
  /** It is as high as it is: what stands below it may be shown. */
  readonly onReady?: () => void;
}) {
  const table = useRef<HTMLDivElement>(null);
  const { shown, more, isComing, play } = useRuns(task, which, () => hasFocus(table.current));
  const isSettled = shown.isReady || shown.why !== undefined;
  useEffect(() => {
    if (isSettled) onReady?.();
  }, [isSettled]);
  if (!shown.isReady) {
    return <p class="none" role={shown.why === undefined ? undefined : "alert"}>{shown.why ?? "Loading…"}</p>;
  }
  if (shown.items.length === 0 && shown.cursor === null) {
    return (
      <p class={task === undefined ? "blank" : "none"} role="status">
        {!isAny(which)
          ? noneText(which)
          : task === undefined
          ? "No task has run yet. Each time one fires, it leaves a run here: how late it began, what was sent, what came back."
          : "None yet. The first comes when it is due; “Trigger now” fires it once at once."}
      </p>
    );
  }
  return (
    <>
      <div class="run-table" role="table" aria-label="Runs" ref={table} onFocusOut={play}>
        <div role="rowgroup" class="columns">
          <div role="row">
            <span role="columnheader">Outcome</span>
            {task === undefined && <span role="columnheader">Task</span>}
            <span role="columnheader">Planned</span>
            <span role="columnheader">Late</span>
            <span role="columnheader">Attempts</span>
            <span role="columnheader">Peer</span>
          </div>
        </div>
        <div role="rowgroup">
          {/* By its place: a new run is on top, and nothing moves but the words. */}
          {shown.items.map((run, n) => <RunRow key={n} run={run} zone={zone} hasTask={task === undefined} />)}
        </div>
      </div>
      {shown.waiting > 0 && (
        <p class="none" role="status">
          {shown.waiting} newer {shown.waiting === 1 ? "run comes" : "runs come"} when the focus is elsewhere.
        </p>
      )}
      <More shown={shown.items.length} what="run" isMore={shown.cursor !== null} isComing={isComing} onMore={more} />
    </>
  );
}

function RunRow({ run, zone, hasTask }: { readonly run: Run; readonly zone: string; readonly hasTask: boolean }) {
  const last = run.attempts.at(-1);
  return (
    <div role="row" data-run={run.id}>
      <span role="cell" class="run-outcome">
        <OutcomeMark outcome={run.outcome ?? (run.state === "settled" ? "skipped" : run.state)} />
      </span>
      {hasTask && (
        <span role="cell" class="run-task">
          <a href={taskPage({ id: run.task, user: run.user })}>
            <bdi>{run.task}</bdi>
          </a>
        </span>
      )}
      <span role="cell" class="run-at">
        <a href={pageOf("run", { id: run.id })}>
          <Moment at={run.instant} zone={zone} />
        </a>
        {run.manual && <span class="tag">by hand</span>}
        {run.duplicate && <span class="tag warn">twice</span>}
      </span>
      <span role="cell" class={(run.latenessMs ?? 0) <= 0 ? "number run-late in-time" : "number run-late"}>
        {run.latenessMs === null ? "–" : latenessText(run.latenessMs)}
      </span>
      <span role="cell" class="run-attempts" title={last?.error ?? run.reason}>
        {run.attempts.length === 0 ? <span class="none">{run.reason ?? "none"}</span> : (
          <>
            {run.attempts.length > 1 && `${run.attempts.length} × `}
            {last?.status !== undefined && <b>{last.status}</b>}
            {run.state === "retrying" && run.retryAt !== undefined && (
              <span class="again">
                again <Countdown at={run.retryAt} past="now" />
              </span>
            )}
            {last?.error !== undefined && <span class="error" title={last.error}>{last.error}</span>}
          </>
        )}
      </span>
      <span role="cell" class="run-peer">{last === undefined ? "" : peerName(last.peer)}</span>
    </div>
  );
}

function noneText({ outcome, state, from, until }: Which): string {
  const span = from === "" && until === "" ? "" : " of those that were planned then";
  if (outcome !== "") return `No run${span} is ${outcome}.`;
  if (state === "retrying") return `No run${span} waits for a retry: what failed was given up, or delivered since.`;
  return span === "" ? "No run is over yet." : "No run was planned then. What is older than the records is forgotten.";
}

function hasFocus(table: HTMLElement | null): boolean {
  return table?.contains(document.activeElement) ?? false;
}

function useRuns(task: string | undefined, which: Which, isHeld: () => boolean) {
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [isComing, setComing] = useState(false);
  const now = useRef(shown);
  const playing = useRef(() => {});
  now.current = shown;
  const path = task === undefined ? "/runs" : `/tasks/${encodeURIComponent(task)}/runs`;

  async function read(cursor?: string, signal?: AbortSignal): Promise<void> {
    const query = { limit: PAGE, ...queryOf(which), cursor };
    const answer = await ask<Page<Run>>("GET", path, { query, ...(signal === undefined ? {} : { signal }) });
    if (answer.kind === "aborted" || signal?.aborted) return;
    if (answer.kind !== "done") return setShown((before) => ({ ...before, why: failureText(answer) }));
    const { items, cursor: next } = answer.value;
    setShown((before) => {
      const isMore = cursor !== undefined;
      // What was read before stays: a list that is read anew does not jump back to its first page.
      const isLonger = !isMore && before.items.length > items.length;
      return {
        items: merge(before.items, items),
        cursor: isLonger ? before.cursor : next,
        isReady: true,
        waiting: before.waiting,
      };
    });
  }

  useEffect(() => {
    const asking = new AbortController();
    const inbox = new Map<string, Run>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setShown(NOTHING);
    const play = playing.current = () => {
      timer = undefined;
      const isStill = isHeld();
      const heard = [...inbox.values()].filter(({ id }) => !isStill || now.current.items.some((run) => run.id === id));
      for (const { id } of heard) inbox.delete(id);
      setShown((before) => ({
        ...before,
        items: merge(before.items, heard).filter((run) => isOne(run, which)),
        waiting: inbox.size,
      }));
    };
    void read(undefined, asking.signal);
    const unlisten = listen({
      run(run) {
        if (task !== undefined && run.task !== task) return;
        const isKnown = now.current.items.some(({ id }) => id === run.id);
        if (!isKnown && (!isOne(run, which) || isBeyond(run, now.current, which))) return;
        inbox.set(run.id, run);
        const [oldest = ""] = inbox.keys();
        if (inbox.size > RUNS_MAX) inbox.delete(oldest);
        timer ??= setTimeout(play, PLAY_MS);
      },
      resync: () => void (now.current.isReady && read(undefined, asking.signal)),
    });
    return () => {
      asking.abort();
      clearTimeout(timer);
      unlisten();
    };
  }, [path, JSON.stringify(which)]);

  async function more(): Promise<void> {
    const { cursor } = now.current;
    if (cursor === null || isComing) return;
    setComing(true);
    await read(cursor);
    setComing(false);
  }

  // The focus goes to what is next only after it has left.
  return { shown, more, isComing, play: () => void setTimeout(() => playing.current()) };
}

/** Older than what was read so far: it comes with its page, and what lies between. */
function isBeyond({ instant }: Run, { items, cursor }: Shown, { state }: Which): boolean {
  // What waits comes in no order of time.
  return cursor !== null && state !== "retrying" && instant < (items.at(-1)?.instant ?? "");
}

function merge(a: readonly Run[], b: readonly Run[]): readonly Run[] {
  const byId = new Map(a.map((run) => [run.id, run]));
  for (const run of b) {
    const known = byId.get(run.id);
    if (known === undefined || progress(run) >= progress(known)) byId.set(run.id, run);
  }
  return [...byId.values()].sort((x, y) => y.instant < x.instant ? -1 : y.instant > x.instant ? 1 : 0)
    .slice(0, RUNS_MAX);
}

/** A run only moves forward: due < attempting(n) < retrying(n) < settled. */
function progress(run: Run): number {
  const phase = { due: 0, attempting: 1, retrying: 2, settled: 3 }[run.state];
  return run.state === "settled" ? Infinity : run.attempts.length * 4 + phase;
}
