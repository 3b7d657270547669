// Keeps the next instants true: the peer tells of each run, but not of the instant after it, and only its own engine may
// say which that is. So what has passed is asked for, once a second at most.

import { effect } from "@preact/signals";
import { ask } from "../api.ts";
import { peerNow, tick } from "../clock.ts";
import { connection } from "../live.ts";
import type { Task } from "../views.ts";
import { pathOf, whose } from "./deeds.ts";
import { load, oldTasks, rowOf, show } from "./task-list.ts";

/** After the beat of the second at which most tasks fire: the peer has gone on by then. */
const AFTER_BEAT_MS = 150;
/** More than so many are read by one page rather than each. */
const SINGLE_MAX = 4;

/** Begins; the answer ends it. */
export function keepNextTrue(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;
  const stop = effect(() => {
    void tick.value;
    clearTimeout(timer);
    if (connection.value.kind === "live") timer = setTimeout(() => void refresh(), AFTER_BEAT_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };

  async function refresh(): Promise<void> {
    const ids = isAsking ? [] : oldTasks(peerNow());
    if (ids.length === 0) return;
    isAsking = true;
    if (ids.length > SINGLE_MAX) await load();
    else await Promise.all(ids.map(read));
    isAsking = false;
  }
}

async function read(key: string): Promise<void> {
  const task = rowOf(key)?.peek();
  if (task === undefined) return;
  const answer = await ask<Task>("GET", pathOf(task), { query: whose(task) });
  // It may have been deleted in between.
  if (answer.kind === "done" && rowOf(key) !== undefined) show(answer.value);
}
