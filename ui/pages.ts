// A list of the peer that is read page by page, from its beginning to as far as a person looks.

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, failureText, type Question } from "./api.ts";
import { listen } from "./live.ts";
import type { Page, Run } from "./views.ts";

export type Pages<T> = {
  readonly items: readonly T[];
  readonly cursor: string | null;
  readonly isReady: boolean;
  readonly isComing: boolean;
  readonly why: string | undefined;
  readonly more: () => Promise<void>;
  /** Reads as much as is shown anew. */
  readonly again: () => void;
};

/** What happens often is followed so often. */
const PAUSE_MS = 1_000;
const PAGE = 50;
const PAGE_MAX = 500;

type Shown<T> = {
  readonly items: readonly T[];
  readonly cursor: string | null;
  readonly isReady: boolean;
  readonly why?: string;
};

/** `isNews`: a run that makes the list another one. */
export function usePages<T>(
  path: string,
  query: NonNullable<Question["query"]> = {},
  isNews: (run: Run) => boolean = () => false,
): Pages<T> {
  const [shown, setShown] = useState<Shown<T>>({ items: [], cursor: null, isReady: false });
  const [isComing, setComing] = useState(false);
  const now = useRef(shown);
  now.current = shown;
  const key = `${path}?${JSON.stringify(query)}`;

  async function read(limit: number, cursor?: string, signal?: AbortSignal): Promise<void> {
    const answer = await ask<Page<T>>("GET", path, {
      query: { ...query, limit, cursor },
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.kind === "aborted" || signal?.aborted) return;
    if (answer.kind !== "done") return setShown((before) => ({ ...before, why: failureText(answer) }));
    const { items, cursor: next } = answer.value;
    setShown((before) => {
      if (cursor === undefined) return { items, cursor: next, isReady: true };
      // The list was read anew meanwhile, or the page has come already.
      return before.cursor === cursor ? { items: [...before.items, ...items], cursor: next, isReady: true } : before;
    });
  }

  useEffect(() => {
    const asking = new AbortController();
    const anew = () =>
      void read(Math.min(PAGE_MAX, Math.max(PAGE, now.current.items.length)), undefined, asking.signal);
    setShown({ items: [], cursor: null, isReady: false });
    void read(PAGE, undefined, asking.signal);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unlisten = listen({
      run(run) {
        if (!isNews(run)) return;
        timer ??= setTimeout(() => {
          timer = undefined;
          anew();
        }, PAUSE_MS);
      },
      resync: () => void (now.current.isReady && anew()),
    });
    return () => {
      asking.abort();
      clearTimeout(timer);
      unlisten();
    };
  }, [key]);

  return {
    ...shown,
    why: shown.why,
    isComing,
    async more() {
      const { cursor } = now.current;
      if (cursor === null || isComing) return;
      setComing(true);
      await read(PAGE, cursor);
      setComing(false);
    },
    again: () => void read(Math.min(PAGE_MAX, Math.max(PAGE, now.current.items.length))),
  };
}
