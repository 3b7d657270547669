// What the peer said last to one question. While it is asked anew what it said before stays in sight, so that nothing
// jumps; what is asked again and again is asked once at a time.

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, failureText, type Question } from "./api.ts";
import { connection, listen, STREAM_WAIT_MS, streamsOpened } from "./live.ts";

export type Reading<T> = {
  readonly value: T | undefined;
  /** Why there is no newer one. */
  readonly why: string | undefined;
  /** 404: there is none. */
  readonly status: number | undefined;
  readonly again: () => void;
};

type Told = "run" | "task" | "mesh";

export type Freshness = {
  /** What happens at the peer that makes it old. */
  readonly after?: readonly Told[];
  /** Only when it happens to this task. */
  readonly task?: string;
  /** Old by itself after so long. */
  readonly everyMs?: number;
};

/** What happens often is followed so often. */
const PAUSE_MS = 500;

/** `path` is below /api/v1; undefined asks nothing. */
export function useReading<T>(
  path: string | undefined,
  query: NonNullable<Question["query"]> = {},
  { after = [], task, everyMs }: Freshness = {},
): Reading<T> {
  const key = path === undefined ? undefined : `${path}?${JSON.stringify(query)}`;
  const [said, setSaid] = useState<{ key: string; value?: T; why?: string; status?: number }>();
  const again = useRef(() => {});
  useEffect(() => {
    if (path === undefined || key === undefined) return;
    const asking = new AbortController();
    let isAsking = false;
    let isOld = false;
    let stream = -1;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      clearTimeout(timer);
      timer = undefined;
      if (isAsking) return void (isOld = true);
      isAsking = true;
      isOld = false;
      stream = streamsOpened;
      const answer = await ask<T>("GET", path, { query, signal: asking.signal });
      isAsking = false;
      if (asking.signal.aborted || answer.kind === "aborted") return;
      if (answer.kind === "done") setSaid({ key, value: answer.value });
      else {
        const status = answer.kind === "problem" ? answer.problem.status : undefined;
        const why = failureText(answer);
        // What is gone is not shown as if it were there; what can't be asked just now is.
        setSaid((before) => ({
          key,
          why,
          ...(status === undefined ? {} : { status }),
          ...(before?.key === key && before.value !== undefined && status !== 404 ? { value: before.value } : {}),
        }));
      }
      if (isOld) soon();
      else if (everyMs !== undefined) timer = setTimeout(() => void read(), everyMs);
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void read(), PAUSE_MS);
    };
    const hear = (what: Told, of?: string) => {
      if (after.includes(what) && (task === undefined || of === undefined || of === task)) soon();
    };
    const unlisten = listen({
      task: ({ id }) => hear("task", id),
      removed: ({ id }) => hear("task", id),
      run: (run) => hear("run", run.task),
      mesh: () => hear("mesh"),
      resync() {
        if (!isAsking || stream !== streamsOpened) void read();
      },
    });
    again.current = () => void read();
    if (connection.peek().kind === "connecting") timer = setTimeout(() => void read(), STREAM_WAIT_MS);
    else void read();
    return () => {
      asking.abort();
      clearTimeout(timer);
      unlisten();
    };
  }, [key, task]);
  const own = said?.key === key ? said : undefined;
  return { value: own?.value, why: own?.why, status: own?.status, again: () => again.current() };
}
