// The safety net: two peers with equal vectors and different digests hold different records, which should never be. A
// descent of the digest tree finds the leaves that differ, and what the other peer has in them is taken in.

import type { Answer, Ask } from "../protocol/message.ts";
import { descend, type DigestTree, startDescent } from "../register/digest.ts";
import type { Entity } from "../register/register.ts";

export type RepairDoors = {
  readonly digest: DigestTree;
  /** `undefined` when the other does not answer. */
  ask(ask: Ask, onAnswer: (answer: Answer | undefined) => void): void;
  take(entities: readonly Entity[], done: () => void): void;
};

/** What is not found this time, because the other did not answer, still differs, and the next descent finds it. */
export function repair({ digest, ask, take }: RepairDoors): void {
  const step = (next: Ask): void =>
    ask(next, (answer) => {
      if (answer?.kind !== "digests") return;
      const descent = descend(digest, answer.descent);
      if (descent.kind === "sums") step({ kind: "digests", descent });
      else if (descent.leaves.length > 0) takeLeaves(descent.leaves, undefined);
    });
  const takeLeaves = (leaves: readonly number[], cursor: string | undefined): void =>
    ask({ kind: "leaves", leaves, ...(cursor === undefined ? {} : { cursor }) }, (answer) => {
      if (answer?.kind !== "leaves") return;
      take(answer.entities, () => {
        if (answer.cursor !== undefined) takeLeaves(leaves, answer.cursor);
      });
    });
  step({ kind: "digests", descent: startDescent(digest) });
}
