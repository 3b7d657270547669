// A group commit: calls that come while the disk syncs go together in the next synced batch. One batch is in flight at
// a time, and starts at once when none is; behind one that joined many calls the next gathers for a moment more. A sync
// takes 0.5 to 7 ms here, so nobody waits much longer than two of them and that moment.
//
// After a batch has failed nothing more is written until `accept`: LevelDB may have left half a record in its log, and
// what is written behind that is lost when the log is read again.

import { StoreFailure } from "./store.ts";

/** Operations joined in one batch: about 10 ms of work. A single call that is larger goes alone. */
const JOINED_OPERATIONS_MAX = 4_096;

/** Characters joined in one batch: LevelDB's write buffer is 4 MiB. */
const JOINED_LENGTH_MAX = 4 * 1024 * 1024;

/** Characters that may wait: at two bytes each, the most of memory that a slow disk can take. */
const WAITING_LENGTH_MAX = 32 * 1024 * 1024;

/** A batch that joined so many calls says that more are coming. */
const BUSY_CALLS_MIN = 8;

/** How long the next one then gathers: 20,000 deliveries cost 85 µs each in batches of 8, and 50 in batches of 128. */
const GATHER_MS = 5;

type Call<T> = {
  readonly operations: readonly T[];
  readonly length: number;
  readonly resolve: () => void;
  readonly reject: (failure: StoreFailure) => void;
};

export type GroupCommitParts<T> = {
  /** Synced when it resolves; rejects with `StoreFailure`. */
  readonly write: (operations: T[]) => Promise<void>;
  /** Called before the callers of a failed batch are told, and when too much waits. */
  readonly onRefusing: (failure: StoreFailure) => void;
  /** What waited too long is written. */
  readonly onRelieved: () => void;
  /** Lets a busy disk gather more for a batch; without it none waits. */
  readonly pause?: (ms: number) => Promise<void>;
};

export class GroupCommit<T> {
  readonly #parts: GroupCommitParts<T>;
  #waiting: Call<T>[] = [];
  #waitingLength = 0;
  #refusal: StoreFailure | undefined;
  #isCrowded = false;
  #isSettling = false;
  #draining: Promise<void> | undefined;

  constructor(parts: GroupCommitParts<T>) {
    this.#parts = parts;
  }

  /** `length` is about how many characters the operations hold. */
  add(operations: readonly T[], length: number): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(copyOf(this.#refusal));
    if (this.#isCrowded || this.#waitingLength + length > Math.max(WAITING_LENGTH_MAX, length)) {
      const failure = new StoreFailure("busy", "the disk is too slow: too many writes wait for it");
      if (!this.#isCrowded) {
        this.#isCrowded = true;
        this.#parts.onRefusing(failure);
      }
      return Promise.reject(failure);
    }
    this.#waitingLength += length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations, length, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Refuses everything that waits, and everything that comes, until `accept`. */
  refuse(failure: StoreFailure): void {
    this.#refusal = failure;
    this.#isCrowded = false;
    const calls = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    for (const call of calls) call.reject(copyOf(failure));
  }

  accept(): void {
    this.#refusal = undefined;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async settled(): Promise<void> {
    this.#isSettling = true;
    while (this.#draining !== undefined) await this.#draining;
    this.#isSettling = false;
  }

  async #drain(): Promise<void> {
    // One microtask later: what is asked for in the same breath goes in the same batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const calls = this.#join();
      const failure = await this.#write(calls);
      if (failure === undefined) {
        for (const call of calls) call.resolve();
        this.#relieve();
        if (calls.length >= BUSY_CALLS_MIN) await this.#gather();
        continue;
      }
      this.#parts.onRefusing(failure);
      for (const call of calls) call.reject(copyOf(failure));
      this.refuse(failure);
    }
    this.#draining = undefined;
  }

  /** Whoever closes the store does not wait for what may come. */
  async #gather(): Promise<void> {
    if (this.#parts.pause === undefined || this.#isSettling || this.#waitingLength > JOINED_LENGTH_MAX / 2) return;
    await this.#parts.pause(GATHER_MS);
  }

  #join(): readonly Call<T>[] {
    let count = 0;
    let operations = 0;
    let length = 0;
    for (const call of this.#waiting) {
      operations += call.operations.length;
      length += call.length;
      if (count > 0 && (operations > JOINED_OPERATIONS_MAX || length > JOINED_LENGTH_MAX)) break;
      count++;
    }
    const calls = this.#waiting.splice(0, count);
    for (const call of calls) this.#waitingLength -= call.length;
    return calls;
  }

  async #write(calls: readonly Call<T>[]): Promise<StoreFailure | undefined> {
    try {
      await this.#parts.write(calls.flatMap((call) => call.operations));
      return undefined;
    } catch (error) {
      if (error instanceof StoreFailure) return error;
      throw error;
    }
  }

  #relieve(): void {
    if (!this.#isCrowded || this.#waitingLength > WAITING_LENGTH_MAX / 2) return;
    this.#isCrowded = false;
    this.#parts.onRelieved();
  }
}

/** Each caller gets an error of its own, with its own stack. */
function copyOf(failure: StoreFailure): StoreFailure {
  return new StoreFailure(failure.kind, failure.message, { cause: failure.cause });
}
