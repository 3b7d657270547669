// Brings the task that the address names into the editor: once, so that what is typed is never written over.

import { useEffect, useState } from "preact/hooks";
import { ask, failureText } from "../api.ts";
import type { Task } from "../views.ts";
import { begin, beginCopy, draft } from "./draft.ts";

/** Why it can't be edited; absent when it can. */
export function useOpened(id: string, copy: string): string | undefined {
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    setProblem(undefined);
    const isCopyDone = copy !== "" && draft.peek().copyOf === copy;
    if ((copy === "" && draft.peek().id === id && (id === "" || draft.peek().before !== undefined)) || isCopyDone) {
      return;
    }
    const asking = new AbortController();
    void open(asking.signal);
    return () => asking.abort();

    async function open(signal: AbortSignal): Promise<void> {
      if (id === "" && copy === "") return begin();
      const answer = await ask<Task>("GET", `/tasks/${encodeURIComponent(copy === "" ? id : copy)}`, { signal });
      if (answer.kind === "aborted") return;
      if (answer.kind !== "done") setProblem(failureText(answer));
      else if (copy === "") begin(answer.value, answer.etag);
      else beginCopy(answer.value);
    }
  }, [id, copy]);
  return problem;
}
