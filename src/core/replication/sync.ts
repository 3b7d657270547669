// A sync pulls from one other peer all that it knows and this one does not: runs before entities, so that nobody learns
// of an old task before learning what already became of it. What the other's vector covers is adopted only whole, when
// the last page is durable here: to adopt it page by page loses writes (REPLICATION §3 has the count).

import type { Answer, Ask, LogEnds, Stamps } from "../protocol/message.ts";
import type { Entity } from "../register/register.ts";
import type { CarryPage, LastResult } from "../task/carry.ts";
import type { PeerId } from "../values/ids.ts";

/** What a sync asks of whoever runs it. `done` is called when what was handed over stands on the disk, or is queued for it in order. */
export type SyncDoors = {
  ask(to: PeerId, ask: Ask, onAnswer: (answer: Answer | undefined) => void): void;
  vector(): Stamps;
  askForCarries(): Extract<Ask, { kind: "carries" }>;
  /** Whether entities are to be pulled, and not run logs alone. */
  needsEntities(): boolean;
  /** Whether this peer has no run log to go on from: it is new, or was away for too long. */
  needsResults(): boolean;
  /** Takes note of whether this peer has all carries that are lacked; true when nobody has, and only results can help. */
  mustFallBack(isTrimmed: boolean): boolean;
  /** `living`: the stamps that the other peer holds in all. */
  mergeEntities(entities: readonly Entity[], living: number, done: () => void): void;
  applyCarries(pages: readonly CarryPage[], done: () => void): void;
  applyResults(results: readonly LastResult[], done: () => void): void;
  /** `done` is called when it stands on the disk: a pull that is begun before would ask for all of this again. */
  adoptVector(vector: Stamps, done: () => void): void;
  /** All that the logs say up to there is told by results. */
  adoptFloors(floors: LogEnds): void;
};

export type SyncEnd = "whole" | "broken";

/**
 * Entities up to `cursor` are taken in, and `vector` was the other's when they were begun to be asked for, above `base`.
 * To go on from there is no more than a slow pull, as long as the other holds what it held then.
 */
export type Unfinished = { readonly base: Stamps; readonly vector: Stamps; readonly cursor: string };

/** Pulls everything from `peer`; `onEnd` is called once, with where another pull may go on when this one was broken off. */
export function pull(
  peer: PeerId,
  doors: SyncDoors,
  onEnd: (end: SyncEnd, unfinished?: Unfinished) => void,
  before?: Unfinished,
): void {
  let unfinished = before;
  const step = <K extends Answer["kind"]>(
    ask: Ask,
    kind: K,
    onAnswer: (answer: Extract<Answer, { kind: K }>) => void,
  ) =>
    doors.ask(peer, ask, (answer) => {
      if (answer?.kind !== kind) onEnd("broken", unfinished);
      else onAnswer(answer as Extract<Answer, { kind: K }>);
    });

  // Where tasks stand is told first, and then the latest carries one by one.
  const results = (cursor: string | undefined, first: LogEnds | undefined) =>
    step({ kind: "results", ...(cursor === undefined ? {} : { cursor }) }, "results", (answer) => {
      const floors = first ?? answer.floors;
      doors.applyResults(answer.results, () => {
        if (answer.cursor !== undefined) return results(answer.cursor, floors);
        doors.adoptFloors(floors);
        carries(false);
      });
    });

  const carries = (mayFallBack: boolean) =>
    step(doors.askForCarries(), "carries", (answer) => {
      // A newcomer has no carries of before its time; others may. Results tell less: they are for when nobody has them.
      if (doors.mustFallBack(answer.isTrimmed) && mayFallBack) return results(undefined, undefined);
      isLacking = answer.isTrimmed;
      doors.applyCarries(answer.pages, () => {
        if (answer.isMore && answer.pages.length > 0) carries(mayFallBack);
        else if (doors.needsEntities()) entities();
        else onEnd(isLacking ? "broken" : "whole");
      });
    });

  let isLacking = false;
  const base = before?.base ?? doors.vector();
  const entities = () => {
    let vector = before?.vector;
    let isTaking = false;
    let takeNext: (() => void) | undefined;
    // While one page is taken in the next one is on its way: both peers work, and no more than two pages are held.
    const askFor = (cursor: string | undefined): void =>
      step({ kind: "entities", vector: base, ...(cursor === undefined ? {} : { cursor }) }, "entities", (answer) => {
        const adopted = vector ??= answer.vector;
        const take = () => {
          isTaking = true;
          takeNext = undefined;
          if (answer.cursor !== undefined) askFor(answer.cursor);
          doors.mergeEntities(answer.entities, answer.living, () => {
            isTaking = false;
            if (answer.cursor !== undefined) {
              unfinished = { base, vector: adopted, cursor: answer.cursor };
              return takeNext?.();
            }
            doors.adoptVector(adopted, () => onEnd(isLacking ? "broken" : "whole"));
          });
        };
        if (isTaking) takeNext = take;
        else take();
      });
    askFor(before?.cursor);
  };

  if (doors.needsResults()) results(undefined, undefined);
  else carries(true);
}
