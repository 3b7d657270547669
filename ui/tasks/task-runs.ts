// The recent runs of the tasks that a person opened, newest first, kept true by events.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ask, failureText } from "../api.ts";
import { listen } from "../live.ts";
import type { Page, Run } from "../views.ts";

export type Runs =
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly items: readonly Run[] }
  | { readonly kind: "failed"; readonly why: string };

/** Runs shown of a task; the older ones have a page of their own. */
const RUNS = 10;

const opened = new Map<string, Signal<Runs>>();

listen({
  run(run) {
    const runs = opened.get(run.task);
    if (runs?.value.kind === "ready") runs.value = { kind: "ready", items: merge(runs.value.items, [run]) };
  },
  resync() {
    for (const id of opened.keys()) void load(id);
  },
});

export function openRuns(id: string): ReadonlySignal<Runs> {
  const known = opened.get(id);
  if (known !== undefined) return known;
  const runs = signal<Runs>({ kind: "loading" });
  opened.set(id, runs);
  void load(id);
  return runs;
}

export function closeRuns(id: string): void {
  opened.delete(id);
}

async function load(id: string): Promise<void> {
  const answer = await ask<Page<Run>>("GET", `/tasks/${encodeURIComponent(id)}/runs`, { query: { limit: RUNS } });
  const runs = opened.get(id);
  if (runs === undefined) return;
  if (answer.kind === "done") {
    const before = runs.value.kind === "ready" ? runs.value.items : [];
    runs.value = { kind: "ready", items: merge(before, answer.value.items) };
  } else if (runs.value.kind !== "ready") runs.value = { kind: "failed", why: failureText(answer) };
}

function merge(a: readonly Run[], b: readonly Run[]): readonly Run[] {
  const byId = new Map(a.map((run) => [run.id, run]));
  for (const run of b) {
    const known = byId.get(run.id);
    if (known === undefined || progress(run) >= progress(known)) byId.set(run.id, run);
  }
  return [...byId.values()].sort((x, y) => y.instant < x.instant ? -1 : 1).slice(0, RUNS);
}

/** A run only moves forward: due < attempting(n) < retrying(n) < settled. */
function progress(run: Run): number {
  const phase = { due: 0, attempting: 1, retrying: 2, settled: 3 }[run.state];
  return run.state === "settled" ? Infinity : run.attempts.length * 4 + phase;
}
