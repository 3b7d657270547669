// What becomes of an occurrence that is due while another one of its task is not settled.

import type { ResolvedPolicy } from "./policy.ts";

/** Occurrences of one task that may wait for an earlier one; what comes then is skipped, with the reason. */
export const WAITING_MAX = 1_000;

/** Open runs of one task; what comes then is skipped, with the reason. */
export const OPEN_MAX = 2 * WAITING_MAX;

export type Admission =
  | { readonly kind: "go" }
  | { readonly kind: "wait" }
  /** The others end, and it goes when they have. */
  | { readonly kind: "take over" }
  | { readonly kind: "skip"; readonly reason: string };

/** `open` runs are not settled, of which `waiting` wait. */
export function admission(overlap: ResolvedPolicy["overlap"], open: number, waiting: number): Admission {
  if (open >= OPEN_MAX) return { kind: "skip", reason: `${OPEN_MAX} occurrences of the task are not settled` };
  if (open === 0) return { kind: "go" };
  switch (overlap) {
    case "allow":
      return { kind: "go" };
    case "skip":
      return { kind: "skip", reason: "the occurrence before it was not settled (overlap skip)" };
    case "queue-one":
      return waiting === 0
        ? { kind: "wait" }
        : { kind: "skip", reason: "another occurrence waits already (overlap queue-one)" };
    case "queue-all":
      return place(waiting);
    case "cancel-previous":
      return { kind: "take over" };
  }
}

/** A place in the line, when there is one. */
export function place(waiting: number): Extract<Admission, { kind: "wait" | "skip" }> {
  return waiting < WAITING_MAX
    ? { kind: "wait" }
    : { kind: "skip", reason: `${WAITING_MAX} occurrences of the task wait already` };
}
