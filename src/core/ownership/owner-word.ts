// What the owner of a task says of it to a peer that is asked and is not the owner: runs in flight are only in the
// owner's memory until they are over. The asking peer lays that over what it has itself, which may be newer elsewhere:
// an edit that was made here has not come to the owner yet.

import type { Dossier } from "../task/dossier.ts";
import { joinRuns, type Run } from "../task/run.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type OwnerWord =
  /** This peer is the owner, or nobody is; or the owner has nothing of the task in memory. */
  | { readonly kind: "nothing" }
  | { readonly kind: "dossier"; readonly dossier: Dossier }
  /** It has not answered in time. */
  | { readonly kind: "silent"; readonly owner: PeerId };

/** The dossier of this peer, carried as far as the owner has carried it. */
export function withWord(own: Dossier, word: OwnerWord): Dossier {
  if (word.kind !== "dossier") return own;
  const { progress, open } = word.dossier;
  const last = later(own.progress.last, progress.last);
  const isFurther = progress.schedule === own.progress.schedule && progress.through > own.progress.through;
  return {
    ...own,
    progress: {
      ...own.progress,
      ...(isFurther ? { through: progress.through, failures: progress.failures } : {}),
      ...(last === undefined ? {} : { last }),
    },
    open: joined(own.open, open),
  };
}

/** A first page of runs, the latest first, with those that are open; `isLast`: no page comes after it. */
export function withOpen(page: readonly Run[], open: readonly Run[], isLast: boolean): readonly Run[] {
  // What is not stored yet is newer than the page's end; what is stored and older stands in a page to come.
  const end = isLast ? undefined : page[page.length - 1];
  const here = open.filter((run) => end === undefined || latestFirst(run, end) <= 0);
  return joined(page, here).toSorted(latestFirst);
}

function joined(own: readonly Run[], told: readonly Run[]): readonly Run[] {
  const runs = new Map(own.map((run) => [run.id, run]));
  for (const run of told) {
    const known = runs.get(run.id);
    runs.set(run.id, known === undefined ? run : joinRuns(known, run));
  }
  return [...runs.values()];
}

function later<T extends { readonly instant: Instant }>(one: T | undefined, other: T | undefined): T | undefined {
  return one === undefined || (other !== undefined && other.instant > one.instant) ? other : one;
}

function latestFirst(a: Run, b: Run): number {
  return b.instant - a.instant || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
