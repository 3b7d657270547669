// How the runs of a user, or of all, go: counted while somebody looks: how many a second and how late in the last hour, what became
// of those of the last day, and which tasks fail. What went before the first look is read from the records.

import { latenessMs, type Outcome, OUTCOMES, type Run } from "../../core/task/run.ts";
import { type TaskGuid, taskGuid, type UserId } from "../../core/values/ids.ts";
import type { Instant } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 1_440;
/** Records that are read back at the first look: a tenth of a second of work, in pieces. */
const READ_BACK_MAX = 10_000;
const READ_PAGE = 500;
/** Runs under way, and failing tasks, that are followed. */
const OPEN_MAX = 10_000;
const FAILING_MAX = 1_000;
const FAILING_SHOWN = 5;
/** Targets and errors whose dead letters are counted; of all of them 20,000 letters at most, which takes about 20 ms. */
const CAUSES_MAX = 500;
/** When letters come or go they are counted anew, but not more often than this. */
const LETTERS_EVERY_MS = 1_000;
/** Nobody tells of those that are too old to be kept. */
const LETTERS_AGAIN_MS = 60_000;

/** Upper bounds of the classes in which lateness is counted: each a quarter wider than the one before, up to an hour. */
const CLASSES: readonly number[] = Array.from({ length: 68 }, (_, n) => Math.round(1.25 ** n));

type Minute = { readonly at: number; readonly outcomes: number[]; readonly lateness: Uint32Array | undefined };

export type Failing = {
  readonly task: string;
  readonly user: UserId;
  readonly since: Instant;
  readonly failures: number;
  readonly error: string | undefined;
  readonly run: string;
};

/** `isMore`: than were counted. */
export type Letters = { readonly count: number; readonly isMore: boolean };

export type PulseState = {
  /** From when on all is counted. */
  readonly since: Instant;
  /** Settled runs of each of the last 60 minutes, the latest last: that one is not over. */
  readonly minutes: readonly number[];
  /** Of the last hour. Absent when nothing was attempted. */
  readonly lateness: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
  /** Of the last 24 hours. */
  readonly outcomes: { readonly [O in Outcome]: number };
  readonly retrying: number;
  readonly deadLetters: Letters;
  /** The longest failing first. */
  readonly failing: readonly Failing[];
  readonly failingCount: number;
};

export class Pulse {
  readonly #peer: Peer;
  readonly #user: UserId | undefined;
  /** By the minute in which they were planned. */
  readonly #minutes = new Map<number, Minute>();
  readonly #retrying = new Set<string>();
  /** Runs that were settled before the past was read, in which they may still wait; absent once it is. */
  #over: Set<string> | undefined = new Set();
  readonly #failing = new Map<TaskGuid, Failing>();
  #letters: (Letters & { readonly at: Instant }) | undefined;
  #isLettersOld = false;
  readonly #unwatch: () => void;
  #since: Instant;
  #isBehind: Promise<void> | undefined;

  /** Without a user, all runs. */
  constructor(peer: Peer, user: UserId | undefined) {
    this.#peer = peer;
    this.#user = user;
    this.#since = peer.now();
    this.#unwatch = peer.watch((notice) => {
      if (notice.kind === "run" && (user === undefined || notice.run.user === user)) this.#hear(notice.run);
      if (notice.kind === "removed") this.#failing.delete(taskGuid(notice.user, notice.task));
    });
  }

  async state(): Promise<PulseState> {
    await (this.#isBehind ??= this.#readBack());
    const now = this.#peer.now();
    this.#forget(now);
    const thisMinute = Math.floor(now / MINUTE_MS);
    const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as { [O in Outcome]: number };
    const lateness = new Uint32Array(CLASSES.length);
    for (const minute of this.#minutes.values()) {
      for (const [n, outcome] of OUTCOMES.entries()) outcomes[outcome] += minute.outcomes[n] ?? 0;
      if (minute.at > thisMinute - HOUR_MINUTES) {
        minute.lateness?.forEach((count, n) => lateness[n] = (lateness[n] ?? 0) + count);
      }
    }
    const letters = await this.#lettersAt(now);
    const failing = [...this.#failing.values()].sort((a, b) => a.since - b.since);
    return {
      since: this.#since,
      minutes: Array.from({ length: HOUR_MINUTES }, (_, n) => {
        const minute = this.#minutes.get(thisMinute - HOUR_MINUTES + 1 + n);
        return minute === undefined ? 0 : minute.outcomes.reduce((sum, count) => sum + count, 0);
      }),
      lateness: quantiles(lateness),
      outcomes,
      retrying: this.#retrying.size,
      deadLetters: { count: letters.count, isMore: letters.isMore },
      failing: failing.slice(0, FAILING_SHOWN),
      failingCount: failing.length,
    };
  }

  close(): void {
    this.#unwatch();
  }

  async #lettersAt(now: Instant): Promise<Letters> {
    const before = this.#letters;
    const age = before === undefined ? Infinity : Math.abs(now - before.at);
    if (before !== undefined && age < (this.#isLettersOld ? LETTERS_EVERY_MS : LETTERS_AGAIN_MS)) return before;
    this.#isLettersOld = false;
    const counted = await this.#countLetters();
    this.#letters = { ...counted, at: now };
    return counted;
  }

  async #countLetters(): Promise<Letters> {
    const user = this.#user === undefined ? {} : { user: this.#user };
    const { items, cursor } = await this.#peer.deadCauses({ ...user, limit: CAUSES_MAX });
    return {
      count: items.reduce((sum, { count }) => sum + count, 0),
      isMore: cursor !== undefined || items.some(({ isMore }) => isMore),
    };
  }

  #hear(run: Run): void {
    if (run.outcome === "failed" || run.redriven !== undefined) this.#isLettersOld = true;
    // It was counted when it failed.
    if (run.dismissedAt !== undefined) return;
    if (run.state === "retrying" && this.#retrying.size < OPEN_MAX) this.#retrying.add(run.id);
    if (run.state !== "settled") return;
    this.#retrying.delete(run.id);
    this.#over?.add(run.id);
    // Sent again, it is what has come of that, and no longer what it was counted as before.
    if (run.instant >= this.#since) this.#count(formerOf(run), -1);
    this.#count(run);
    if (run.outcome === "delivered") this.#failing.delete(run.guid);
    if (run.outcome === "failed") this.#fail(run);
  }

  /** By its outcome, if it has one. */
  #count(run: Run, by: 1 | -1 = 1): void {
    const at = Math.floor(run.instant / MINUTE_MS);
    const now = Math.floor(this.#peer.now() / MINUTE_MS);
    if (run.outcome === undefined || at <= now - DAY_MINUTES || at > now + 1) return;
    let minute = this.#minutes.get(at);
    if (minute === undefined) {
      minute = { at, outcomes: OUTCOMES.map(() => 0), lateness: undefined };
      this.#minutes.set(at, minute);
    }
    const n = OUTCOMES.indexOf(run.outcome);
    minute.outcomes[n] = Math.max(0, (minute.outcomes[n] ?? 0) + by);
    // What was sent again was late for reasons of whoever asked for it.
    const late = run.redriven === undefined ? latenessMs(run) : undefined;
    if (late === undefined || at <= now - HOUR_MINUTES) return;
    if (minute.lateness === undefined) {
      minute = { ...minute, lateness: new Uint32Array(CLASSES.length) };
      this.#minutes.set(at, minute);
    }
    const found = CLASSES.findIndex((bound) => late <= bound);
    const place = found === -1 ? CLASSES.length - 1 : found;
    if (minute.lateness !== undefined) minute.lateness[place] = (minute.lateness[place] ?? 0) + 1;
  }

  #fail({ guid, task, user, instant, reason, attempts, id }: Run): void {
    const known = this.#failing.get(guid);
    if (known === undefined && this.#failing.size >= FAILING_MAX) return;
    this.#failing.set(guid, {
      task,
      user,
      since: known?.since ?? instant,
      failures: (known?.failures ?? 0) + 1,
      error: attempts.at(-1)?.error ?? reason,
      run: id,
    });
  }

  /** What happened before, from the latest back. */
  async #readBack(): Promise<void> {
    const from = this.#since;
    const past: Run[] = [];
    const again: Run[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#peer.runs({
        ...(this.#user === undefined ? {} : { user: this.#user }),
        limit: READ_PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      past.push(...page.items.filter(({ settledAt }) => settledAt !== undefined && settledAt < from));
      for (const run of page.items) {
        if (run.state !== "settled" && run.redriven !== undefined) again.push(run);
        if (run.state === "retrying" && this.#over?.has(run.id) !== true && this.#retrying.size < OPEN_MAX) {
          this.#retrying.add(run.id);
        }
      }
      cursor = page.cursor;
      const oldest = page.items.at(-1)?.instant;
      if (oldest !== undefined && oldest < from - DAY_MINUTES * MINUTE_MS) cursor = undefined;
    } while (cursor !== undefined && past.length < READ_BACK_MAX);
    const reached = cursor === undefined ? (from - DAY_MINUTES * MINUTE_MS) as Instant : past.at(-1)?.instant ?? from;
    // Of a task that was heard of since, the past says nothing new.
    const heard = new Set(this.#failing.keys());
    for (const run of past.reverse()) {
      this.#count(run);
      if (heard.has(run.guid)) continue;
      if (run.outcome === "delivered") this.#failing.delete(run.guid);
      if (run.outcome === "failed") this.#fail(run);
    }
    // Until what is sent again is over, it is what it was.
    for (const run of again) if (this.#over?.has(run.id) !== true) this.#count(formerOf(run));
    this.#since = reached;
    this.#over = undefined;
  }

  #forget(now: Instant): void {
    const oldest = Math.floor(now / MINUTE_MS) - DAY_MINUTES;
    for (const [at, minute] of this.#minutes) {
      if (at <= oldest) this.#minutes.delete(at);
      else if (minute.lateness !== undefined && at <= oldest + DAY_MINUTES - HOUR_MINUTES) {
        this.#minutes.set(at, { ...minute, lateness: undefined });
      }
    }
  }
}

/** The run as it was settled before it was sent again; without an outcome when it was not. */
function formerOf({ outcome: _, ...run }: Run): Run {
  const was = run.redriven?.was;
  return was === undefined ? run : { ...run, outcome: was };
}

function quantiles(counts: Uint32Array): PulseState["lateness"] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const at = (part: number): number => {
    let left = Math.ceil(total * part);
    const place = counts.findIndex((count) => (left -= count) <= 0);
    return CLASSES[place] ?? CLASSES.at(-1) ?? 0;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
