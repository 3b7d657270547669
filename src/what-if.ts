// The composition root of simulated meshes: gives the worlds of `metronome simulate` their memory.

import { type Foreseen, type Question, whatIf } from "./sim/what-if.ts";
import { memoryKeyValue } from "./store/memory.ts";

export function foresee(question: Question): Promise<readonly Foreseen[]> {
  return whatIf(question, memoryKeyValue);
}
