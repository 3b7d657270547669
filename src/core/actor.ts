// A task actor carries one task: it takes up the occurrences that are due, sends them, retries them and settles them,
// and obeys commands, one message at a time. It is activated from its dossier and passivated into it. What it does is
// gathered in the turn; it knows no clock, no disk and no network.

import type { CommandResult, Match, OnceKey, Refusal, TaskCommand } from "./command.ts";
import type { DeliveryResult } from "./delivery.ts";
import type { Dossier, Progress } from "./dossier.ts";
import { isFault } from "./fault.ts";
import { type Instant, INSTANT_MIN } from "./instant.ts";
import { manualOccurrenceId, type OccurrenceId, occurrenceId } from "./occurrence.ts";
import { backoffMs, type ResolvedPolicy, resolvePolicy } from "./policy.ts";
import { type Entity, revisionOf } from "./register.ts";
import type { Attempt, Outcome, Run } from "./run.ts";
import { between, nextAtOrAfter, parseSchedule, previous, type Schedule } from "./schedule.ts";
import { originOf } from "./target.ts";
import { isPausedAt, nextOccurrence, removeTask, type Task, taskOf, writeState, writeTask } from "./task-entity.ts";
import type { TaskGuid, TaskState } from "./task.ts";
import type { Turn } from "./turn.ts";

/** Occurrences taken up in one turn; the rest wait for the next, which follows at once. */
const TAKE_MAX = 500;

/** Missed occurrences that get a record each; of what is older, the oldest record tells. */
const MISSED_RECORDS_MAX = 1_000;

/** Occurrences of one task that may wait for an earlier one; what comes then is skipped, with the reason. */
const WAITING_MAX = 1_000;

/** Open runs of one task; what comes then is skipped, with the reason. */
const OPEN_MAX = 2 * WAITING_MAX;

/** The due index is rewritten when what it says is this much too early: a frequent task does not rewrite it at each fire. */
const INDEX_SLACK_MS = 60_000;

/** A run that is not settled, as this peer carries it. */
type OpenRun = {
  run: Run;
  /** Whether its record stands in the store. */
  stored: boolean;
  /** `waiting` for an earlier run, `lining up` at the gate, `flying`, or `retrying` at `run.retryAt`. */
  phase: "waiting" | "lining up" | "flying" | "retrying";
  /** Set when it is to end whatever the attempt in flight brings. */
  ending?: { readonly outcome: Outcome; readonly reason: string };
};

export class TaskActor {
  readonly guid: TaskGuid;
  #entity: Entity | undefined;
  #task: Task | undefined;
  #schedule: Schedule | undefined;
  #policy: ResolvedPolicy | undefined;
  #origin = "";
  #progress: Progress;
  #through: Instant;
  #failures: number;
  #last: Progress["last"];
  readonly #open = new Map<OccurrenceId, OpenRun>();
  readonly #waiting: OccurrenceId[] = [];
  /** Whether what stands in the store is behind. */
  #isBehind = false;

  constructor(dossier: Dossier) {
    this.guid = dossier.guid;
    this.#progress = dossier.progress;
    this.#through = dossier.progress.through;
    this.#failures = dossier.progress.failures;
    this.#last = dossier.progress.last;
    this.#adopt(dossier.entity);
    for (const run of dossier.open) {
      this.#open.set(run.id, { run, stored: true, phase: run.state === "retrying" ? "retrying" : "waiting" });
      if (run.state !== "retrying") this.#waiting.push(run.id);
    }
  }

  /** Takes the definition as it stands on the disk, when a write of it was not kept. */
  restore(dossier: Dossier): void {
    this.#adopt(dossier.entity);
    const { wake: _, ...progress } = this.#progress;
    this.#progress = dossier.progress.wake === undefined ? progress : { ...progress, wake: dossier.progress.wake };
    this.#isBehind = true;
  }

  /** When the actor has something to do by itself; absent when only a message can move it. */
  wakeAt(now: Instant): Instant | undefined {
    let wake = this.#nextOccurrence();
    for (const open of this.#open.values()) {
      if (open.phase === "retrying") wake = earlier(wake, open.run.retryAt);
      else if (open.phase === "waiting" && this.#canStartWaiting()) wake = earlier(wake, now);
    }
    return wake;
  }

  /** Whether something of it is only in memory: then it can't be passivated. */
  isBusy(): boolean {
    for (const open of this.#open.values()) if (open.phase !== "retrying" || !open.stored) return true;
    return false;
  }

  dossier(): Dossier {
    return {
      guid: this.guid,
      ...(this.#entity === undefined ? {} : { entity: this.#entity }),
      progress: this.#snapshot(this.#progress.wake),
      open: this.openRuns(),
    };
  }

  openRun(id: OccurrenceId): Run | undefined {
    return this.#open.get(id)?.run;
  }

  openRuns(): readonly Run[] {
    return Array.from(this.#open.values(), (open) => open.run);
  }

  // ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The agenda says that something may be due. */
  wake(turn: Turn): void {
    if (this.#task !== undefined) {
      for (const open of this.#open.values()) {
        if (open.phase === "retrying" && (open.run.retryAt ?? INSTANT_MIN) <= turn.now) this.#lineUp(turn, open);
      }
      this.#takeUp(turn, this.#task.state);
      this.#startWaiting(turn);
    } else {
      this.#settleAll(turn, "skipped", "the task was deleted");
    }
    this.#finish(turn);
  }

  /** The gate lets an attempt go. */
  launch(turn: Turn, id: OccurrenceId): void {
    const open = this.#open.get(id);
    if (open === undefined || open.phase !== "lining up" || this.#task === undefined || this.#policy === undefined) {
      turn.exits.push(id);
    } else {
      this.#fly(turn, open, this.#task, this.#policy);
    }
    this.#finish(turn);
  }

  /** An attempt in flight has ended. */
  attempted(turn: Turn, id: OccurrenceId, result: DeliveryResult): void {
    const open = this.#open.get(id);
    if (open === undefined || open.phase !== "flying") return;
    const attempts = open.run.attempts.slice(0, -1);
    const current = open.run.attempts[open.run.attempts.length - 1];
    if (current === undefined) throw new Error(`run ${id} flies without an attempt`);
    const ended: Attempt = {
      ...current,
      endedAt: turn.now,
      ...(result.status === undefined ? {} : { status: result.status }),
      ...(result.kind === "failed" ? { error: result.error } : {}),
    };
    open.run = { ...open.run, attempts: [...attempts, ended] };
    if (result.kind === "delivered") this.#settle(turn, open, "delivered");
    else if (open.ending !== undefined) this.#settle(turn, open, open.ending.outcome, open.ending.reason);
    else this.#retry(turn, open, result);
    this.#startWaiting(turn);
    this.#finish(turn);
  }

  /** A command's own effects were dropped because the disk refused its writes. */
  unsent(id: OccurrenceId): void {
    this.#open.delete(id);
  }

  command(turn: Turn, ticket: number, command: TaskCommand, once: OnceKey | undefined): void {
    const result = this.#obey(turn, command);
    this.#finish(turn);
    turn.reply(ticket, result.kind === "task" ? { ...result, dossier: this.dossier() } : result, once);
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #obey(turn: Turn, command: TaskCommand): CommandResult {
    if (command.kind === "put") return this.#put(turn, command);
    const task = this.#task;
    const entity = this.#entity;
    if (task === undefined || entity === undefined) {
      return { kind: "refused", why: "not-found", message: "there is no such task" };
    }
    const changed = "match" in command ? this.#changed(command.match) : undefined;
    if (changed !== undefined) return changed;
    switch (command.kind) {
      case "remove":
        this.#write(turn, removeTask(entity, turn.stamp()));
        this.#settleAll(turn, "skipped", "the task was deleted");
        turn.notify({ kind: "removed", user: task.user, task: task.definition.id });
        return { kind: "removed" };
      case "pause":
        return this.#setState(turn, entity, {
          paused: true,
          ...(command.note === undefined ? {} : { note: command.note }),
          ...(command.until === undefined ? {} : { until: command.until }),
        });
      case "resume":
        this.#skipPast(turn.now);
        return this.#setState(turn, entity, { paused: false });
      case "trigger":
        return this.#fireNow(turn, task, command);
      case "cancel":
        return { kind: "cancelled", runs: this.#cancelAll(turn, "failed", "cancelled by a user") };
    }
  }

  #put(turn: Turn, command: Extract<TaskCommand, { kind: "put" }>): CommandResult {
    const before = this.#task;
    if (before !== undefined && command.mode === "create") {
      return { kind: "refused", why: "exists", message: `a task with the id ${command.definition.id} exists` };
    }
    if (before === undefined && command.mode === "replace") {
      return { kind: "refused", why: "not-found", message: `there is no task with the id ${command.definition.id}` };
    }
    const changed = this.#changed(command.match);
    if (changed !== undefined) return changed;
    const state: TaskState = command.paused === undefined || command.paused === before?.state.paused
      ? before?.state ?? { paused: false }
      : { paused: command.paused };
    const schedule = parseSchedule(command.definition.schedule);
    if (isFault(schedule)) return { kind: "refused", why: "invalid", message: schedule.message, fault: schedule };
    const entity = writeTask(
      this.#entity,
      { guid: this.guid, user: command.user, definition: command.definition, state },
      turn.stamp(),
      turn.now,
    );
    if (entity !== this.#entity) {
      const isNewSchedule = entity.registers.schedule !== this.#entity?.registers.schedule;
      const isResumed = before?.state.paused === true && !state.paused;
      if (before === undefined || isNewSchedule || isResumed) this.#skipPast(turn.now);
      this.#write(turn, entity);
      turn.notify({ kind: "task", dossier: this.dossier() });
    }
    return { kind: "task", dossier: this.dossier(), created: before === undefined };
  }

  #setState(turn: Turn, entity: Entity, state: TaskState): CommandResult {
    const written = writeState(entity, state, turn.stamp());
    if (written !== entity) {
      this.#write(turn, written);
      turn.notify({ kind: "task", dossier: this.dossier() });
    }
    return { kind: "task", dossier: this.dossier(), created: false };
  }

  #fireNow(turn: Turn, task: Task, command: Extract<TaskCommand, { kind: "trigger" }>): CommandResult {
    const run: Run = {
      id: manualOccurrenceId(this.guid, turn.stamp()),
      guid: this.guid,
      task: task.definition.id,
      user: task.user,
      instant: turn.now,
      manual: true,
      ...(command.payload === undefined ? {} : { payload: command.payload }),
      state: "due",
      attempts: [],
    };
    this.#isBehind = true;
    return { kind: "run", run: this.#admit(turn, run, "stored") };
  }

  #changed(match: Match | undefined): Refusal | undefined {
    if (match === undefined) return undefined;
    if (this.#task === undefined || this.#entity === undefined) {
      return { kind: "refused", why: "not-found", message: "there is no such task, so it has no revision to match" };
    }
    const revision = revisionOf(this.#entity);
    if (match === "*" || match.includes(revision)) return undefined;
    return { kind: "refused", why: "changed", message: "the task was changed since it was read", revision };
  }

  /** An edit never fires anything by itself: what lay before it is not made up for. */
  #skipPast(now: Instant): void {
    this.#through = Math.max(this.#through, now - 1) as Instant;
    this.#isBehind = true;
  }

  // ── occurrences ──────────────────────────────────────────────────────────────────────────────────────────────────

  #takeUp(turn: Turn, state: TaskState): void {
    const { now } = turn;
    const schedule = this.#schedule;
    const policy = this.#policy;
    if (schedule === undefined || policy === undefined || isPausedAt(state, now)) return;
    let at = this.#nextOccurrence();
    if (at === undefined || at > now) return;
    const cutoff = (now - policy.toleranceMs) as Instant;
    if (at < cutoff) {
      this.#misfire(turn, schedule, policy, at, cutoff);
      at = nextAtOrAfter(schedule, cutoff);
    }
    if (at === undefined || at > now) return;
    for (const due of between(schedule, at, (now + 1) as Instant, TAKE_MAX)) {
      this.#through = due;
      this.#admit(turn, this.#dueRun(due), "memory");
    }
  }

  /** Occurrences from `first` on and before `cutoff` are later than the tolerance. */
  #misfire(turn: Turn, schedule: Schedule, policy: ResolvedPolicy, first: Instant, cutoff: Instant): void {
    const last = previous(schedule, cutoff);
    if (last === undefined || last < first) return;
    let fired: readonly Instant[] = [];
    if (!policy.expires && policy.misfire === "last") fired = [last];
    if (!policy.expires && policy.misfire === "all") {
      const start = Math.max(first, turn.now - policy.misfireWindowMs) as Instant;
      fired = between(schedule, start, cutoff, WAITING_MAX);
    }
    const outcome = policy.expires ? "expired" : "missed";
    const reason = policy.expires
      ? `later than the tolerance of ${policy.toleranceMs} ms`
      : `later than the tolerance of ${policy.toleranceMs} ms; misfire policy ${policy.misfire}`;
    this.#recordMissed(turn, schedule, { first, before: fired[0] ?? cutoff, outcome, reason });
    const after = fired[fired.length - 1];
    if (after !== undefined && after !== last) {
      this.#recordMissed(turn, schedule, { first: (after + 1) as Instant, before: cutoff, outcome, reason });
    }
    this.#through = last;
    const isCatchUp = policy.misfire === "all";
    for (const at of fired) {
      if (isCatchUp) this.#enqueue(turn, this.#hold(this.#dueRun(at), "memory"));
      else this.#admit(turn, this.#dueRun(at), "memory");
    }
  }

  #recordMissed(
    turn: Turn,
    schedule: Schedule,
    missed: { readonly first: Instant; readonly before: Instant; readonly outcome: Outcome; readonly reason: string },
  ): void {
    const { first, before, outcome, reason } = missed;
    const instants: Instant[] = [];
    let at = previous(schedule, before);
    for (; at !== undefined && at >= first && instants.length < MISSED_RECORDS_MAX; at = previous(schedule, at)) {
      instants.push(at);
    }
    const isCut = at !== undefined && at >= first;
    if (isCut) {
      turn.log("more occurrences missed than are recorded one by one", {
        task: this.guid,
        recorded: MISSED_RECORDS_MAX,
        first: new Date(first).toISOString(),
      });
    }
    for (let index = instants.length - 1; index >= 0; index--) {
      const instant = instants[index];
      if (instant === undefined) continue;
      const tail = isCut && index === instants.length - 1
        ? `; so were all before it, back to ${new Date(first).toISOString()}`
        : "";
      this.#settle(turn, { run: this.#dueRun(instant), stored: false, phase: "waiting" }, outcome, reason + tail);
    }
  }

  #dueRun(at: Instant): Run {
    const task = this.#task;
    if (task === undefined) throw new Error(`task ${this.guid} is due and not there`);
    return {
      id: occurrenceId(this.guid, at),
      guid: this.guid,
      task: task.definition.id,
      user: task.user,
      instant: at,
      state: "due",
      attempts: [],
    };
  }

  /** Lets a run in by the overlap policy; returns it as it then stands. */
  #admit(turn: Turn, run: Run, keep: "memory" | "stored"): Run {
    const isOverlapping = this.#open.size > 0;
    const open = this.#hold(run, keep);
    if (this.#open.size > OPEN_MAX) {
      this.#settle(turn, open, "skipped", `${OPEN_MAX} occurrences of the task are not settled`);
      return open.run;
    }
    const overlap = this.#policy?.overlap ?? "allow";
    if (!isOverlapping || overlap === "allow") {
      this.#lineUp(turn, open);
      return open.run;
    }
    switch (overlap) {
      case "skip":
        this.#settle(turn, open, "skipped", "the occurrence before it was not settled (overlap skip)");
        break;
      case "queue-one":
        if (this.#waiting.length === 0) this.#enqueue(turn, open);
        else this.#settle(turn, open, "skipped", "another occurrence waits already (overlap queue-one)");
        break;
      case "queue-all":
        this.#enqueue(turn, open);
        break;
      case "cancel-previous":
        this.#cancelAll(turn, "skipped", "the next occurrence took its place (overlap cancel-previous)", open);
        this.#enqueue(turn, open);
        this.#startWaiting(turn);
        break;
    }
    return open.run;
  }

  #hold(run: Run, keep: "memory" | "stored"): OpenRun {
    const open: OpenRun = { run, stored: false, phase: "waiting" };
    this.#open.set(run.id, open);
    if (keep === "stored") this.#isBehind = true;
    return open;
  }

  #enqueue(turn: Turn, open: OpenRun): void {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#settle(turn, open, "skipped", `${WAITING_MAX} occurrences of the task wait already`);
    } else {
      this.#waiting.push(open.run.id);
    }
  }

  #canStartWaiting(): boolean {
    return this.#waiting.length > 0 && this.#open.size === this.#waiting.length;
  }

  #startWaiting(turn: Turn): void {
    while (this.#canStartWaiting()) {
      const id = this.#waiting.shift();
      const open = id === undefined ? undefined : this.#open.get(id);
      if (open !== undefined) this.#lineUp(turn, open);
    }
  }

  #lineUp(turn: Turn, open: OpenRun): void {
    open.phase = "lining up";
    turn.entries.push({ id: open.run.id, origin: this.#origin });
  }

  // ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #fly(turn: Turn, open: OpenRun, task: Task, policy: ResolvedPolicy): void {
    const { run } = open;
    const isFirst = run.attempts.length === 0;
    if (isFirst && policy.expires && run.manual === undefined && turn.now - run.instant > policy.toleranceMs) {
      turn.exits.push(run.id);
      this.#settle(turn, open, "expired", `later than the tolerance of ${policy.toleranceMs} ms`);
      return;
    }
    const isOnce = policy.delivery === "at-most-once";
    if (isOnce && !isFirst) {
      turn.exits.push(run.id);
      this.#settle(turn, open, "failed", "the peer stopped during the attempt; at-most-once sends no second one");
      return;
    }
    const attempt: Attempt = { n: run.attempts.length + 1, startedAt: turn.now, peer: turn.self };
    const { retryAt: _, ...rest } = run;
    open.run = { ...rest, state: "attempting", attempts: [...run.attempts, attempt] };
    open.phase = "flying";
    if (isOnce) {
      this.#store(turn, open);
      this.#isBehind = true;
    }
    turn.send({
      id: run.id,
      attempt: attempt.n,
      task: run.task,
      instant: run.instant,
      toleranceMs: policy.toleranceMs,
      target: task.definition.target,
      payload: run.payload === undefined ? task.definition.payload : run.payload,
      connectMs: policy.connectMs,
      totalMs: policy.totalMs,
    }, isOnce || (run.manual === true && isFirst) ? "durable" : "now");
  }

  #retry(turn: Turn, open: OpenRun, result: Extract<DeliveryResult, { kind: "failed" }>): void {
    const policy = this.#policy;
    const attempts = open.run.attempts.length;
    const startedAt = open.run.attempts[0]?.startedAt ?? turn.now;
    if (this.#task === undefined || policy === undefined) {
      return this.#settle(turn, open, "failed", `${result.error}; the task was deleted`);
    }
    if (!result.retryable || policy.delivery === "at-most-once") {
      return this.#settle(turn, open, "failed", result.error);
    }
    if (attempts > policy.retry.limit) {
      return this.#settle(turn, open, "failed", `${result.error}; gave up after ${attempts} attempts`);
    }
    const waitMs = backoffMs(policy.retry, attempts, turn.chance(), result.retryAfterMs);
    if (turn.now + waitMs - startedAt > policy.retry.maxAgeMs) {
      return this.#settle(
        turn,
        open,
        "failed",
        `${result.error}; the next attempt would be past the age of ${policy.retry.maxAgeMs} ms`,
      );
    }
    open.run = { ...open.run, state: "retrying", retryAt: (turn.now + waitMs) as Instant };
    open.phase = "retrying";
    this.#isBehind = true;
    this.#store(turn, open);
    turn.notify({ kind: "run", run: open.run });
  }

  #settle(turn: Turn, open: OpenRun, outcome: Outcome, reason?: string): void {
    const { retryAt: _, ...rest } = open.run;
    const run: Run = {
      ...rest,
      state: "settled",
      outcome,
      ...(reason === undefined ? {} : { reason }),
      settledAt: turn.now,
    };
    open.run = run;
    this.#open.delete(run.id);
    turn.write({ kind: "run", run, wasOpen: open.stored });
    this.#isBehind = true;
    if (this.#last === undefined || this.#last.instant <= run.instant) {
      this.#last = { instant: run.instant, outcome, peer: turn.self, settledAt: turn.now };
    }
    turn.notify({ kind: "run", run });
    if (outcome === "delivered") this.#failures = 0;
    if (outcome === "failed") this.#countFailure(turn);
  }

  #countFailure(turn: Turn): void {
    this.#failures++;
    const limit = this.#policy?.pauseAfterFailures ?? Infinity;
    if (this.#failures < limit || this.#entity === undefined || this.#task === undefined || this.#task.state.paused) {
      return;
    }
    const note = `paused by itself after ${this.#failures} failures in a row`;
    this.#write(turn, writeState(this.#entity, { paused: true, note }, turn.stamp()));
    this.#failures = 0;
    turn.notify({ kind: "task", dossier: this.dossier() });
  }

  /** Ends what is open: what flies is aborted and ends with its attempt, the rest is settled. */
  #cancelAll(turn: Turn, outcome: Outcome, reason: string, except?: OpenRun): number {
    let cancelled = 0;
    for (const open of [...this.#open.values()]) {
      if (open === except) continue;
      cancelled++;
      if (open.phase === "flying") {
        open.ending = { outcome, reason };
        turn.abort(open.run.id);
      } else {
        const place = this.#waiting.indexOf(open.run.id);
        if (place >= 0) this.#waiting.splice(place, 1);
        this.#settle(turn, open, outcome, reason);
      }
    }
    return cancelled;
  }

  /** As `cancelAll`, but an attempt in flight is let to its end: it may deliver. */
  #settleAll(turn: Turn, outcome: Outcome, reason: string): void {
    for (const open of [...this.#open.values()]) {
      if (open.phase === "flying") open.ending = { outcome, reason };
      else this.#settle(turn, open, outcome, reason);
    }
    this.#waiting.length = 0;
  }

  // ── what stands in the store ─────────────────────────────────────────────────────────────────────────────────────

  #adopt(entity: Entity | undefined): void {
    this.#entity = entity;
    this.#task = taskOf(entity);
    this.#schedule = undefined;
    this.#policy = undefined;
    if (this.#task === undefined) return;
    const schedule = parseSchedule(this.#task.definition.schedule);
    this.#origin = originOf(this.#task.definition.target);
    if (isFault(schedule)) return;
    this.#schedule = schedule;
    this.#policy = resolvePolicy(this.#task.definition.policy, schedule);
  }

  #write(turn: Turn, entity: Entity): void {
    this.#adopt(entity);
    this.#isBehind = true;
    turn.write({ kind: "entity", entity });
  }

  #store(turn: Turn, open: OpenRun): void {
    turn.write({ kind: "run", run: open.run, wasOpen: open.stored });
    open.stored = true;
  }

  #nextOccurrence(): Instant | undefined {
    if (this.#task === undefined || this.#schedule === undefined) return undefined;
    return nextOccurrence(this.#schedule, this.#task.state, this.#through);
  }

  /** Ends a turn: when something changed, the progress is written with it, and all that `through` has passed by. */
  #finish(turn: Turn): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    for (const open of this.#open.values()) if (!open.stored) this.#store(turn, open);
    const next = this.#nextOccurrence();
    if (next === undefined && this.#open.size === 0 && this.#isDone()) this.#removeDone(turn);
    const wake = this.#indexPlace(next);
    const from = this.#progress.wake;
    if (wake !== from) {
      turn.write({
        kind: "due",
        guid: this.guid,
        ...(from === undefined ? {} : { from }),
        ...(wake === undefined ? {} : { to: wake }),
      });
    }
    this.#progress = this.#snapshot(wake);
    turn.write({ kind: "progress", guid: this.guid, progress: this.#progress });
  }

  /** Where the task is to stand in the due index: a lower bound of what it has to do, moved up only when it is far off. */
  #indexPlace(next: Instant | undefined): Instant | undefined {
    let bound = next;
    for (const { run } of this.#open.values()) bound = earlier(bound, run.retryAt ?? run.instant);
    const current = this.#progress.wake;
    if (bound === undefined || current === undefined) return bound;
    return bound < current || bound - current > INDEX_SLACK_MS ? bound : current;
  }

  #snapshot(wake: Instant | undefined): Progress {
    let open = 0;
    for (const { stored } of this.#open.values()) if (stored) open++;
    return {
      through: this.#through,
      open,
      failures: this.#failures,
      ...(wake === undefined ? {} : { wake }),
      ...(this.#last === undefined ? {} : { last: this.#last }),
    };
  }

  #isDone(): boolean {
    return this.#policy?.removeWhenDone === true && this.#last !== undefined && !(this.#task?.state.paused ?? true);
  }

  #removeDone(turn: Turn): void {
    if (this.#entity === undefined || this.#task === undefined) return;
    turn.notify({ kind: "removed", user: this.#task.user, task: this.#task.definition.id });
    this.#write(turn, removeTask(this.#entity, turn.stamp()));
    this.#isBehind = false;
  }
}

function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}
