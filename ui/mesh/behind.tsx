/** @jsxImportSource preact */
// How many records of runs another peer lacks that this one has: it is asked itself.

import { useMemo, useRef } from "preact/hooks";
import { useReading } from "../reading.ts";
import type { Mesh } from "../views.ts";

type Logs = Mesh["runLogs"];

const EVERY_MS = 3_000;

export function Behind({ peer, own }: { readonly peer: string; readonly own: Logs }) {
  const { value } = useReading<Mesh>(`/peers/${encodeURIComponent(peer)}/api/v1/mesh`, {}, { everyMs: EVERY_MS });
  const mine = useRef(own);
  mine.current = own;
  // What this peer had before the other was asked: what came to both meanwhile is no lag.
  const lacking = useMemo(() => value === undefined ? undefined : lackingOf(value.runLogs, mine.current), [value]);
  if (lacking === undefined) return <small class="behind">…</small>;
  return (
    <small class={lacking > 0 ? "behind wait-text" : "behind"}>
      {lacking === 0
        ? "no run behind"
        : `${lacking.toLocaleString("en")} ${lacking === 1 ? "run record" : "run records"} behind`}
    </small>
  );
}

function lackingOf(theirs: Logs, own: Logs): number {
  return Object.entries(own).reduce((sum, [author, to]) => sum + Math.max(0, to - (theirs[author] ?? 0)), 0);
}
