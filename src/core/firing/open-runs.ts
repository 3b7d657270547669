// The open runs of one task: those that are not settled, the phase that each is in, and the line of those that wait for
// the ones before them. They decide nothing.

import type { OccurrenceId } from "../task/occurrence.ts";
import type { Outcome, Run } from "../task/run.ts";
import type { Instant } from "../values/instant.ts";

/** A run that is not settled, as this peer carries it. */
export type OpenRun = {
  run: Run;
  /** Whether its record stands in the store. */
  stored: boolean;
  /**
   * `waiting` for an earlier run, `lining up` at the gate, `polling` for votes, `flying`, `retrying` at `run.retryAt`, or
   * `elsewhere`: another living peer's attempt, which may end.
   */
  phase: "waiting" | "lining up" | "polling" | "flying" | "retrying" | "elsewhere";
  /** Set when it is to end whatever the attempt in flight brings. */
  ending?: { readonly outcome: Outcome; readonly reason: string };
  /** What another peer made of it while this one's attempt was in flight. */
  other?: Run;
};

/** A run that is settled without ever having been let in. */
export function unadmitted(run: Run): OpenRun {
  return { run, stored: false, phase: "waiting" };
}

export class OpenRuns {
  /**
   * In the order in which they came: nearly always none or one, which no map is worth. Another list after each that comes
   * or goes, so that nobody who walks over it needs one of his own.
   */
  #open: readonly OpenRun[] = NOTHING;
  readonly #line: OccurrenceId[] = [];
  /** They were polling, and do so no more, whatever comes of it. */
  #givenUp: OccurrenceId[] = [];

  /** As they stand in the store: what was in flight here when they were stored is no longer, and waits. */
  constructor(stored: readonly Run[], isElsewhere: (run: Run) => boolean) {
    for (const run of stored) this.#set({ run, stored: true, phase: phaseOf(run, isElsewhere) });
  }

  get size(): number {
    return this.#open.length;
  }

  /** Of these, the ones that others of the task are held up by: not those that are driven again. */
  get ahead(): number {
    return this.#open.length === 0 ? 0 : this.#open.filter(holdsUp).length;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  get(id: OccurrenceId): OpenRun | undefined {
    const first = this.#open[0];
    return first === undefined || first.run.id === id ? first : this.#open.find(({ run }) => run.id === id);
  }

  /** As they are now: they may come and go while one walks over them. */
  all(): readonly OpenRun[] {
    return this.#open;
  }

  runs(): readonly Run[] {
    return this.#open.map(({ run }) => run);
  }

  add(run: Run): OpenRun {
    const open: OpenRun = { run, stored: false, phase: "waiting" };
    this.#put(open);
    return open;
  }

  /** A run as another peer has carried it, in place of what is known of it; `stored` when a record of it stands in the store. */
  adopt(run: Run, stored: boolean, isElsewhere: (run: Run) => boolean): OpenRun {
    this.delete(run.id);
    const open: OpenRun = { run, stored, phase: phaseOf(run, isElsewhere) };
    this.#set(open);
    return open;
  }

  /**
   * What has not started goes back to the line: this peer is not to start it. Also what it polls for, when it may not make
   * that; who hands a task over may: to be given up with a vote that nobody can ask it for any more, it would be nobody's.
   */
  standDown(mayPoll = false): void {
    for (const open of this.#open) {
      if (open.phase === "polling" && !mayPoll) this.#givenUp.push(open.run.id);
      else if (open.phase !== "lining up") continue;
      this.standBack(open);
    }
  }

  /** It goes back to the line. */
  standBack(open: OpenRun): void {
    open.phase = "waiting";
    this.#line.push(open.run.id);
  }

  /** Takes out those that polled, and do so no more. */
  takeGivenUp(): readonly OccurrenceId[] {
    return this.#givenUp.length === 0 ? NOBODY : this.#givenUp.splice(0);
  }

  /** Attempts of other peers that started at `startedTo` or before: they have ended, and nothing was told of that. */
  overdue(startedTo: number): readonly OpenRun[] {
    if (this.#open.length === 0) return NOTHING;
    return this.#open.filter(({ phase, run }) => phase === "elsewhere" && startOf(run) <= startedTo);
  }

  /** Whose attempt is in flight here, and that nobody else has settled. */
  flying(): readonly OpenRun[] {
    return this.#open.filter(({ phase, other }) => phase === "flying" && other === undefined);
  }

  /** Whether an attempt of this peer is in flight, or asked for. */
  get isFlying(): boolean {
    return this.#open.some(({ phase }) => phase === "flying" || phase === "polling");
  }

  #put(open: OpenRun): void {
    const known = this.get(open.run.id);
    if (known !== undefined) this.#open = this.#open.map((each) => each === known ? open : each);
    else this.#open = this.#open.length === 0 ? [open] : [...this.#open, open];
  }

  #set(open: OpenRun): void {
    this.#put(open);
    if (open.phase === "waiting") this.#line.push(open.run.id);
  }

  /** It waits until every run that does not wait is settled, and those before it in the line are. */
  queue(open: OpenRun): void {
    this.#line.push(open.run.id);
  }

  /** The first of the line, when no other is before it. */
  #next(): OpenRun | undefined {
    const id = this.#line[0];
    if (id === undefined) return undefined;
    return this.#open.some((open) => open.phase !== "waiting" && holdsUp(open)) ? undefined : this.get(id);
  }

  /** The first of the line, when it may go: one that was taken up by a clock that is ahead of this one's is not due yet. */
  takeNext(now: Instant): OpenRun | undefined {
    if (!this.isNextFree(now)) return undefined;
    const id = this.#line.shift();
    return id === undefined ? undefined : this.get(id);
  }

  isNextFree(now: Instant): boolean {
    return (this.#next()?.run.instant ?? Infinity) <= now;
  }

  delete(id: OccurrenceId): void {
    const open = this.get(id);
    if (open === undefined) return;
    this.#open = this.#open.length === 1 ? NOTHING : this.#open.filter((each) => each !== open);
    if (open.phase === "polling") this.#givenUp.push(id);
    const place = open.phase === "waiting" ? this.#line.indexOf(id) : -1;
    if (place >= 0) this.#line.splice(place, 1);
  }

  /**
   * When one of them has something to do by itself; absent when only a message can move them. Another peer's attempt is
   * waited for `elsewhereMs`.
   */
  wakeAt(now: Instant, elsewhereMs: number): Instant | undefined {
    const next = this.#next()?.run.instant;
    if (next !== undefined && next <= now) return now;
    let wake = next;
    for (const { phase, run } of this.#open) {
      if (phase === "retrying") wake = earlier(wake, run.retryAt);
      if (phase === "elsewhere") wake = earlier(wake, startOf(run) + elsewhereMs as Instant);
    }
    return wake;
  }

  /** A lower bound of what they have to do, for whoever finds them in the store. */
  bound(): Instant | undefined {
    let bound: Instant | undefined;
    for (const { run } of this.#open) bound = earlier(bound, run.retryAt ?? run.instant);
    return bound;
  }

  /** How many stand in the store. */
  stored(): number {
    return this.#open.length === 0 ? 0 : this.#open.filter(({ stored }) => stored).length;
  }

  /** Whether something of them is only in memory. */
  isBusy(): boolean {
    return this.#open.some(({ phase, stored }) =>
      !stored || phase === "flying" || phase === "lining up" || phase === "polling"
    );
  }
}

const NOTHING: readonly OpenRun[] = [];
const NOBODY: readonly OccurrenceId[] = [];

/** Whether those that wait do so for it: not for what is driven again. */
function holdsUp({ run }: OpenRun): boolean {
  return run.redriven === undefined;
}

function phaseOf(run: Run, isElsewhere: (run: Run) => boolean): OpenRun["phase"] {
  if (run.state === "retrying") return "retrying";
  return isElsewhere(run) ? "elsewhere" : "waiting";
}

function startOf(run: Run): number {
  return run.attempts[run.attempts.length - 1]?.startedAt ?? run.instant;
}

export function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}

export function later(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined || a > b ? a : b;
}
