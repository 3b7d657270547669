// The past, which is forgotten in small steps: settled runs beyond a number or an age, oldest first, and answers past
// their time. Open runs stay however old they are.

import type { StoredAnswer } from "../core/protocol/write.ts";
import type { Instant } from "../core/values/instant.ts";
import { deleteDead, readHistory } from "./dead.ts";
import type { KeyValue, Operation } from "./key-value.ts";
import { idOfPlace, keyOfAnswerPlace, nearestInstantKey, ofTask } from "./keys.ts";
import { readRecord } from "./record.ts";

/** Runs and answers forgotten in one call. */
const FORGOTTEN_MAX = 2_000;

/** Looked at in one batch: about 5 ms of the loop. */
const STEP = 500;

/** Steps of one call: more than `FORGOTTEN_MAX` needs, for the open runs that it passes over. */
const STEPS_MAX = 8;

const COUNTED_AT_ONCE = 1_000;

export class Past {
  readonly #keyValue: KeyValue;
  /** Stored runs; absent until they are counted. A settled run that is written again is counted again. */
  #runs: number | undefined;
  #added = 0;
  /** Everything at or before this place was looked at, and is open or gone. */
  #seenTo: string | undefined;

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue;
  }

  /** That many runs were stored. */
  add(runs: number): void {
    this.#added += runs;
  }

  async forget(now: Instant, keep: { readonly runs: number; readonly ageMs: number }): Promise<number> {
    const runs = await this.#forgetRuns(nearestInstantKey(now - keep.ageMs), keep.runs);
    return runs + await this.#forgetAnswers(nearestInstantKey(now), FORGOTTEN_MAX - runs);
  }

  async #forgetRuns(before: string, runsMax: number): Promise<number> {
    let excess = await this.#count() - runsMax;
    let forgotten = 0;
    const walk = this.#keyValue.walk("runsByTime", this.#seenTo === undefined ? {} : { gt: this.#seenTo });
    try {
      for (let step = 0; step < STEPS_MAX && forgotten < FORGOTTEN_MAX; step++) {
        const entries = await walk.take(Math.min(STEP, FORGOTTEN_MAX - forgotten));
        const open = await this.#keyValue.getMany(
          "open",
          entries.map(([place, history]) => ofTask(readHistory(history).guid, idOfPlace(place))),
        );
        const operations: Operation[] = [];
        let seenTo: string | undefined;
        let gone = 0;
        for (const [at, [place, history]] of entries.entries()) {
          if (place >= before && excess <= 0) break;
          seenTo = place;
          if (open[at] !== undefined) continue;
          forgetRun(operations, place, history);
          excess--;
          gone++;
        }
        await this.#keyValue.batch(operations);
        this.#added -= gone;
        forgotten += gone;
        if (seenTo === undefined || seenTo !== entries.at(-1)?.[0]) {
          // What is left is to be kept; the next call starts from the oldest again, which may be settled by then.
          this.#seenTo = undefined;
          return forgotten;
        }
        this.#seenTo = seenTo;
      }
    } finally {
      await walk.close();
    }
    return forgotten;
  }

  async #forgetAnswers(before: string, max: number): Promise<number> {
    if (max <= 0) return 0;
    const walk = this.#keyValue.walk("answersByTime", { lt: before });
    try {
      const places = (await walk.take(Math.min(STEP, max))).map(([place]) => place);
      const records = await this.#keyValue.getMany("answers", places.map(keyOfAnswerPlace));
      const operations: Operation[] = [];
      for (const [at, place] of places.entries()) {
        operations.push({ space: "answersByTime", key: place });
        const record = records[at];
        // The same key may have been answered again since, for longer: then only this place goes.
        if (record === undefined || nearestInstantKey(readRecord<StoredAnswer>(record).expiresAt) < before) {
          operations.push({ space: "answers", key: keyOfAnswerPlace(place) });
        }
      }
      await this.#keyValue.batch(operations);
      return places.length;
    } finally {
      await walk.close();
    }
  }

  async #count(): Promise<number> {
    if (this.#runs === undefined) {
      const before = this.#added;
      const walk = this.#keyValue.walk("runsByTime", {});
      let counted = 0;
      try {
        for (let read = COUNTED_AT_ONCE; read === COUNTED_AT_ONCE; counted += read) {
          read = (await walk.take(COUNTED_AT_ONCE)).length;
        }
      } finally {
        await walk.close();
      }
      this.#runs = counted - before;
    }
    return this.#runs + this.#added;
  }
}

function forgetRun(operations: Operation[], place: string, history: string): void {
  const { guid, cause } = readHistory(history);
  operations.push(
    { space: "runs", key: idOfPlace(place) },
    { space: "runsByTask", key: ofTask(guid, place) },
    { space: "runsByTime", key: place },
  );
  if (cause !== undefined) deleteDead(operations, place, cause);
}
