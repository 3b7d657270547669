// The safety net: two peers with equal vectors and different digests hold different records, which should never be. A
// descent of the digest tree finds the leaves that differ. Of these one peer says by marks what it holds, and the other
// answers with what that one lacks; if it lacks something itself, it asks back. So one descent evens both.

import { type Answer, type Ask, LEAVES_MAX, MARKS_MAX } from "../protocol/message.ts";
import { descend, type Descent, type DigestTree, parseMarks, startDescent } from "../register/digest.ts";
import type { Entity } from "../register/register.ts";

/** About how many characters of records one answer holds. */
const ANSWER_LENGTH_MAX = 250_000;

export type RepairDoors = {
  readonly digest: DigestTree;
  /** `undefined` when the other does not answer. */
  ask(ask: Ask, onAnswer: (answer: Answer | undefined) => void): void;
  /** What is held here in some leaves, page after page, deleted or not; at the end whether all of it could be read. */
  read(
    leaves: readonly number[],
    onPage: (entities: readonly Entity[]) => void,
    onEnd: (isWhole: boolean) => void,
  ): void;
  take(entities: readonly Entity[], done: () => void): void;
};

/** What is not found this time, because the other did not answer, still differs, and the next descent finds it. */
export function repair(doors: RepairDoors, onEnd: () => void): void {
  const step = (descent: Descent): void => {
    if (descent.kind === "leaves") return even(doors, descent.leaves, false, onEnd);
    doors.ask({ kind: "digests", descent }, (answer) => {
      const deeper = answer?.kind === "digests" ? answer.descent : undefined;
      // Whoever does not go down would be asked for ever.
      if (deeper === undefined || (deeper.kind === "sums" && deeper.level <= descent.level)) onEnd();
      else step(descend(doors.digest, deeper));
    });
  };
  step(startDescent(doors.digest));
}

/** Takes in what the other holds in these leaves and this peer does not; the other asks back, unless `isBack`. */
export function even(doors: RepairDoors, leaves: readonly number[], isBack: boolean, onEnd: () => void): void {
  if (leaves.length === 0) return onEnd();
  const some = leaves.slice(0, LEAVES_MAX);
  const held = new Set<string>();
  const note = (entities: readonly Entity[]) => {
    for (const entity of entities) if (held.size < MARKS_MAX) held.add(doors.digest.mark(entity));
  };
  const ask = (isBack: boolean): void => {
    const marks = [...held].join("");
    doors.ask({ kind: "leaves", leaves: some, held: marks, ...(isBack ? { isBack } : {}) }, (answer) => {
      if (answer?.kind !== "leaves") return onEnd();
      const before = held.size;
      note(answer.entities);
      doors.take(answer.entities, () => {
        if (answer.isMore && held.size > before) ask(true);
        else even(doors, leaves.slice(LEAVES_MAX), isBack, onEnd);
      });
    });
  };
  doors.read(some, note, (isWhole) => isWhole ? ask(isBack) : onEnd());
}

/** The answer to such a question; `isLacking`: the asker holds what is not here. */
export function unevenness(
  { digest, read }: Pick<RepairDoors, "digest" | "read">,
  { leaves, held }: Extract<Ask, { kind: "leaves" }>,
  onAnswer: (answer: Answer, isLacking: boolean) => void,
): void {
  const marks = new Set(parseMarks(held, MARKS_MAX));
  const lacking = new Set(marks);
  const entities: Entity[] = [];
  let length = 0;
  let isMore = false;
  const look = (entity: Entity) => {
    const mark = digest.mark(entity);
    lacking.delete(mark);
    if (marks.has(mark)) return;
    length += JSON.stringify(entity).length;
    if (entities.length > 0 && length > ANSWER_LENGTH_MAX) isMore = true;
    else entities.push(entity);
  };
  read(leaves, (page) => page.forEach(look), (isWhole) => {
    if (isWhole) onAnswer({ kind: "leaves", entities, isMore }, lacking.size > 0);
    else onAnswer({ kind: "unable", why: "the disk can't be read" }, false);
  });
}
