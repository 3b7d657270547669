// Finds a run of another peer's. What is in flight is in its owner's memory alone, so the owner is asked; also of a run
// that a command was answered with a moment ago, and that stands in for itself until more is known. Of a run that nothing
// is known of all others are asked what they did last.

import type { OwnerWord } from "../core/ownership/owner-word.ts";
import type { CommandResult } from "../core/protocol/command.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import { joinRuns, type Run } from "../core/task/run.ts";
import type { TaskGuid } from "../core/values/ids.ts";
import { Memo } from "../core/values/memo.ts";

export type SeekDoors = {
  /** As it stands on the disk, behind all that is on its way there. */
  readonly stored: (id: OccurrenceId) => Promise<Run | undefined>;
  readonly ownerWord: (guid: TaskGuid) => Promise<OwnerWord>;
  /** Asks all others what they did last; resolves when that is taken in. */
  readonly askAll: () => Promise<void>;
};

/** Runs that were told of, the latest: less than 1 KB each, without what they send. */
const TOLD_MAX = 1_024;

/** Who seeks a run waits for the others no longer: an answer takes some ms. */
const ASKED_MS = 300;

export class RunSeeker {
  readonly #doors: SeekDoors;
  readonly #told = new Memo<OccurrenceId, Run>(TOLD_MAX);
  /** All are being asked; and will be once more, for those who came meanwhile: the answers may be older than what they seek. */
  #asking: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(doors: SeekDoors) {
    this.#doors = doors;
  }

  /** Takes note of the runs in an answer to a command. */
  take(result: CommandResult): void {
    if (result.kind === "run") this.#keep(result.run);
    else if (result.kind === "redriven" || result.kind === "dismissed") {
      for (const run of result.runs) {
        this.#keep(run);
      }
    }
  }

  #keep({ payload: _, ...run }: Run): void {
    this.#told.set(run.id, run);
  }

  /** `here`: as it is here, and open. */
  async seek(id: OccurrenceId, here?: Run): Promise<Run | undefined> {
    const known = here ?? this.#told.get(id);
    if (known !== undefined) {
      const word = await this.#doors.ownerWord(known.guid);
      const open = word.kind === "dossier" ? word.dossier.open.find((run) => run.id === id) : undefined;
      if (open !== undefined) return joinRuns(known, open);
    }
    if (here !== undefined) return here;
    await Promise.race([this.#ask(), pause(ASKED_MS)]);
    return await this.#doors.stored(id) ?? known;
  }

  #ask(): Promise<void> {
    if (this.#asking === undefined) {
      this.#asking = this.#doors.askAll().finally(() => this.#asking = undefined);
      return this.#asking;
    }
    this.#next ??= this.#asking.then(() => {
      this.#next = undefined;
      return this.#ask();
    });
    return this.#next;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
