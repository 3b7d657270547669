// An answer that may be behind says so: who fires the task was asked what it has in memory, and said nothing.

import type { OwnerWord } from "../../core/ownership/owner-word.ts";
import type { Headers } from "./answer.ts";

export const STALE_HEADER = "metronome-stale";

export function staleness(word: OwnerWord): Headers {
  return word.kind === "silent" ? { [STALE_HEADER]: `owner ${word.owner} did not answer` } : {};
}
