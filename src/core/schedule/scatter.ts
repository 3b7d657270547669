// Scatter has occurrences come a little later than the schedule says, so that what a thousand tasks have at midnight does
// not come at once: by a part of the `spread` that is a task's own, and by a part of the `jitter` that is another one each
// time. Which part is a hash of the task (and of the instant): all peers know it, and so does a preview.

import { hash } from "node:crypto";

export type Scatter = {
  /** In ms; 0 for none. */
  readonly spreadMs: number;
  readonly jitterMs: number;
  /** Whose occurrences they are: the guid of a task. */
  readonly of: string;
};

/** By how much all occurrences are later. */
export function spreadOf({ spreadMs, of }: Scatter): number {
  return partOf(spreadMs, of);
}

/** By how much that of `at`, as the schedule says it, is later still. */
export function jitterOf({ jitterMs, of }: Scatter, at: number): number {
  return partOf(jitterMs, `${of}\n${at}`);
}

/** Whole milliseconds below the window. */
function partOf(windowMs: number, text: string): number {
  return windowMs === 0 ? 0 : Number.parseInt(hash("sha256", text, "hex").slice(0, 12), 16) % windowMs;
}
