// The backlog: while many occurrences end at one time, what became of them is kept as it came, in one record for each
// commit, and put into its places and indexes when fewer do. Nothing is less durable for that: a commit is on the disk
// when it resolves, and what a process left behind is put in its places by the next one. Whoever reads what may stand
// in the backlog waits until it does not.
//
// To put 20,000 deliveries into their five places as they come costs 36 µs of CPU for each; to keep them, 5.

import type { Write } from "../core/protocol/write.ts";
import type { TaskGuid } from "../core/values/ids.ts";
import { readBacklog, writeBacklog } from "./backlog-record.ts";
import type { KeyValue, Operation } from "./key-value.ts";
import { newRuns, operationsOf } from "./operations.ts";

/** The time as the backlog has it: how fast commits come is all that it asks. */
export type Pace = {
  /** In ms, steady. */
  now(): number;
  later(ms: number, deed: () => void): void;
  /** More writes than this in 100 ms are many; 192 when absent. */
  readonly many?: number;
};

/** More writes than this in `SPAN_MS` are many: about 600 deliveries a second. */
const MANY = 192;
const SPAN_MS = 100;

/** How soon it is looked whether fewer come. */
const LOOK_MS = 250;

/** Writes in the backlog, three for a delivery and 250 bytes each where they say more than a row can. With more, what comes goes to its places at once. */
const WRITES_MAX = 65_536;

/** Writes put in their places in one batch: about 5 ms of the loop. */
const STEP = 512;

/** Records of the backlog that are read at a time. */
const READ_MAX = 64;

const DIGITS = 12;

/** `done` settles when it is on the disk, or is not. */
type Kept = { readonly key: string; readonly writes: number; readonly done: Promise<void> };

type Waiting = {
  readonly writes: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (failure: unknown) => void;
};

export class Backlog {
  readonly #keyValue: KeyValue;
  readonly #pace: Pace | undefined;
  readonly #many: number;
  readonly #added: (runs: number) => void;
  /** What stands in the backlog, the oldest first, and tasks of which something does: see `#holds`. */
  readonly #kept: Kept[] = [];
  #writes = 0;
  #guids = new Set<TaskGuid>();
  #newGuids: TaskGuid[] = [];
  #number = 0;
  #spanFrom = -Infinity;
  #inSpan = 0;
  #wasMany = false;
  #isLooking = false;
  #isClosed = false;
  #emptying: Promise<void> | undefined;
  /** Commits of which the first waits for the backlog; absent while none does. */
  #line: Waiting[] | undefined;
  /** What a process before this one left is in its places. */
  #isResumed: boolean;
  #resuming: Promise<void> | undefined;

  /** `added` is told how many runs came to their places. Without a pace nothing is kept in the backlog. */
  constructor(keyValue: KeyValue, pace: Pace | undefined, added: (runs: number) => void) {
    this.#keyValue = keyValue;
    this.#pace = pace;
    this.#many = pace?.many ?? MANY;
    this.#isResumed = pace === undefined;
    this.#added = added;
  }

  commit(writes: readonly Write[]): Promise<void> {
    if (this.#line === undefined && this.#isResumed) {
      if (this.#mayKeep(writes)) return this.#keep(writes);
      if (!this.#concerns(writes)) return this.#place(writes);
    }
    return new Promise((resolve, reject) => {
      const waiting = { writes, resolve, reject };
      if (this.#line !== undefined) return void this.#line.push(waiting);
      this.#line = [waiting];
      void this.#serve(this.#line);
    });
  }

  /** Absent when nothing of these tasks, or of any, stands in the backlog; else resolves when what does now is in its places. */
  emptied(guids?: readonly TaskGuid[]): Promise<void> | undefined {
    if (!this.#isResumed) return this.#resume();
    if (this.#kept.length === 0 || guids?.some((guid) => this.#holds(guid)) === false) return undefined;
    return this.#empty();
  }

  /** What can't be put in its places now is left for the next process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.emptied();
    } catch {
      // The disk takes no writes: it has said so to whom it concerns.
    }
  }

  #place(writes: readonly Write[]): Promise<void> {
    const runs = newRuns(writes);
    return this.#keyValue.batch(operationsOf(writes)).then(() => this.#added(runs));
  }

  #keep(writes: readonly Write[]): Promise<void> {
    const key = String(++this.#number).padStart(DIGITS, "0");
    const deferred: Write[] = [];
    const others: Write[] = [];
    let last: TaskGuid | undefined;
    for (const write of writes) {
      if (write.kind === "highWater") {
        others.push(write);
        continue;
      }
      deferred.push(write);
      const guid = guidOf(write);
      if (guid !== undefined && guid !== last) this.#newGuids.push(guid);
      last = guid;
    }
    const put: Operation = { space: "backlog", key, value: writeBacklog(deferred) };
    const operations = others.length === 0 ? [put] : [put, ...operationsOf(others)];
    // As many promises as for what goes to its places: those who wait are told in the order of the commits.
    const done = this.#keyValue.batch(operations).then(() => {});
    this.#kept.push({ key, writes: deferred.length, done });
    this.#writes += deferred.length;
    if (!this.#isLooking) this.#look();
    return done;
  }

  /** Whether it may be put in its places later, and so many come that it is worth it. */
  #mayKeep(writes: readonly Write[]): boolean {
    if (this.#pace === undefined || this.#isClosed || this.#writes > WRITES_MAX) return false;
    return this.#isMany(this.#pace.now(), writes.length) && writes.every(isOfRuns);
  }

  #isMany(now: number, more: number): boolean {
    const past = now - this.#spanFrom;
    if (past > SPAN_MS) {
      this.#wasMany = past < 2 * SPAN_MS && this.#inSpan > this.#many;
      this.#spanFrom = now;
      this.#inSpan = 0;
    }
    this.#inSpan += more;
    return this.#wasMany || this.#inSpan > this.#many;
  }

  /** Whether something of the same tasks stands in the backlog. */
  #concerns(writes: readonly Write[]): boolean {
    return this.#kept.length > 0 && writes.some((write) => {
      const guid = guidOf(write);
      return guid !== undefined && this.#holds(guid);
    });
  }

  /** In a burst nobody asks, and they are counted in vain: 1 µs each in a set of thousands. */
  #holds(guid: TaskGuid): boolean {
    if (this.#newGuids.length > 0) {
      for (const each of this.#newGuids) this.#guids.add(each);
      this.#newGuids = [];
    }
    return this.#guids.has(guid);
  }

  /** One after the other, in the order in which they came; who need not wait for the backlog waits for those before it. */
  async #serve(line: Waiting[]): Promise<void> {
    for (let first = line.shift(); first !== undefined; first = line.shift()) {
      const { writes, resolve, reject } = first;
      try {
        if (!this.#isResumed || this.#concerns(writes)) await this.emptied();
        void this.#place(writes).then(resolve, reject);
      } catch (failure) {
        reject(failure);
      }
    }
    this.#line = undefined;
  }

  // ── into their places ────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks again and again until the backlog is empty, and empties it while fewer come. */
  #look(): void {
    this.#isLooking = true;
    this.#pace?.later(LOOK_MS, () => {
      this.#isLooking = false;
      if (this.#isClosed || this.#kept.length === 0) return;
      const calm = () => !this.#isClosed && !this.#isMany(this.#pace?.now() ?? 0, 0);
      if (this.#emptying !== undefined || !calm()) return this.#look();
      // What fails is done again at the next look.
      void this.#put(calm).catch(() => {}).then(() => {
        if (this.#kept.length > 0 && !this.#isLooking) this.#look();
      });
    });
  }

  /** All that stands there now, whatever comes meanwhile. */
  #empty(): Promise<void> {
    const last = this.#number;
    return this.#put(() => Number(this.#kept[0]?.key) <= last);
  }

  /** One at a time: who comes while another empties it goes on where that one ends. */
  #put(goesOn: () => boolean): Promise<void> {
    const before = this.#emptying ?? Promise.resolve();
    const emptying = before.catch(() => {}).then(() => this.#putNext(goesOn)).finally(() => {
      if (this.#emptying === emptying) this.#emptying = undefined;
    });
    this.#emptying = emptying;
    return emptying;
  }

  async #putNext(goesOn: () => boolean): Promise<void> {
    while (this.#kept.length > 0 && goesOn()) {
      let [count, writes] = [0, 0];
      for (; count < Math.min(this.#kept.length, READ_MAX) && writes < STEP; count++) {
        writes += this.#kept[count]?.writes ?? 0;
      }
      const step = this.#kept.slice(0, count);
      // Those before it are on the disk by then too, or are not.
      await step.at(-1)?.done.catch(() => {});
      const records = await this.#keyValue.getMany("backlog", step.map(({ key }) => key));
      await this.#putRecords(step.map(({ key }, at) => [key, records[at]]));
      this.#kept.splice(0, count);
      this.#writes -= writes;
      // A set that is cleared leaves a table behind that points to the next one: see `IdMap`.
      if (this.#kept.length > 0) continue;
      this.#guids = new Set();
      this.#newGuids = [];
    }
  }

  async #putRecords(records: readonly (readonly [key: string, record: string | undefined])[]): Promise<void> {
    const operations: Operation[] = [];
    let runs = 0;
    for (const [key, record] of records) {
      operations.push({ space: "backlog", key });
      // One that can't be read is counted as damaged; one that was never kept has no one who relies on it.
      if (record === undefined) continue;
      const writes = readBacklog(record);
      operations.push(...operationsOf(writes));
      runs += newRuns(writes);
    }
    await this.#keyValue.batch(operations);
    this.#added(runs);
  }

  #resume(): Promise<void> {
    this.#resuming ??= this.#resumeAll().finally(() => this.#resuming = undefined);
    return this.#resuming;
  }

  async #resumeAll(): Promise<void> {
    const walk = this.#keyValue.walk("backlog", {});
    try {
      for (;;) {
        const records = await walk.take(READ_MAX);
        if (records.length === 0) break;
        await this.#putRecords(records);
      }
    } finally {
      await walk.close();
    }
    this.#isResumed = true;
  }
}

/** What a turn writes of occurrences and of how far its task is carried: all that is read by the task, or after waiting. */
function isOfRuns({ kind }: Write): boolean {
  return kind === "run" || kind === "progress" || kind === "due" || kind === "carry" || kind === "highWater";
}

function guidOf(write: Write): TaskGuid | undefined {
  switch (write.kind) {
    case "progress":
    case "due":
      return write.guid;
    case "run":
      return write.run.guid;
    case "carry":
      return write.carry.guid;
    case "entity":
    case "forget":
      return write.entity.kind === "task" ? write.entity.key as TaskGuid : undefined;
    case "renew":
    case "vector":
    case "runVector":
    case "runFloors":
    case "conflict":
    case "highWater":
    case "answer":
      return undefined;
  }
}
