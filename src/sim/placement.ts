// Peers of a world stand at two sites, by turns, and some of its tasks are placed: for good, so that it can be told where
// a task is to be fired, whoever has edited it.

import type { Policy } from "../core/task/task.ts";
import type { Labels } from "../core/values/labels.ts";

const SITES = ["lyon", "nice"] as const;

/** One task in so many is placed. */
const PLACED_EVERY = 7;

const PLACEMENTS: readonly Policy[] = [
  { placement: { match: { site: "lyon" } } },
  { placement: { weights: [{ match: { site: "nice" }, weight: 1 }] }, partition: "home" },
  { placement: { weights: [{ match: { site: "lyon" }, weight: 3 }] } },
];

/** Of the n-th peer. */
export function labelsOf(n: number): Labels {
  return { site: SITES[n % SITES.length] ?? SITES[0] };
}

/** What the task's policy says of where it is fired. */
export function placementOf(task: string): Policy {
  const n = Number(task.slice(1));
  return n % PLACED_EVERY === 3 ? PLACEMENTS[n % PLACEMENTS.length] ?? {} : {};
}
