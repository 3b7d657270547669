// Which runs are listed: what stands in the address, is asked of the peer, and holds for what the stream brings.

import { parameter } from "../router.ts";
import type { Run } from "../views.ts";

export type Which = {
  readonly outcome: string;
  /** "retrying": those that wait for another attempt. */
  readonly state: string;
  /** Planned at or after it, and before `until`. Instants, or "". */
  readonly from: string;
  readonly until: string;
};

export function whichHere(): Which {
  return {
    outcome: parameter("outcome"),
    state: parameter("state"),
    from: parameter("from"),
    until: parameter("until"),
  };
}

export function isAny({ outcome, state, from, until }: Which): boolean {
  return [outcome, state, from, until].every((each) => each === "");
}

export function queryOf(which: Which): { readonly [name: string]: string | undefined } {
  return Object.fromEntries(Object.entries(which).map(([name, value]) => [name, value === "" ? undefined : value]));
}

/** Of what waits, an attempt that is under way is no reason to take it off the list: it may wait again. */
export function isOne({ outcome, state, instant }: Run, which: Which): boolean {
  if (which.outcome !== "" && outcome !== which.outcome) return false;
  if (which.state === "retrying" && state === "settled") return false;
  if (which.state === "settled" && state !== "settled") return false;
  const at = Date.parse(instant);
  return !(at < Date.parse(which.from)) && !(at >= Date.parse(which.until));
}
