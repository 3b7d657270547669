// A task actor carries one task: it takes up the occurrences that are due, sends them, retries them and settles them,
// and obeys commands, one message at a time. It is activated from its dossier and passivated into it. What it does is
// gathered in the turn; it knows no clock, no disk and no network.

import type { DeliveryResult } from "../delivery/delivery.ts";
import { afterFailure, laneOn, onWay, openWay, wayOf } from "../delivery/fallback.ts";
import { attempted, dueRun, settled } from "../delivery/run-step.ts";
import { carrierOf } from "../keeper/stand-ins.ts";
import type { CommandResult, OnceKey, TaskCommand } from "../protocol/command.ts";
import type { Followed, Known } from "../protocol/follows.ts";
import { untold } from "../protocol/vote.ts";
import { type Entity, mergeEntities } from "../register/register.ts";
import { type ActiveTask, activeTask, NextOccurrence, type Timing } from "../task/active-task.ts";
import type { Dossier } from "../task/dossier.ts";
import { type OccurrenceId, occurrenceId } from "../task/occurrence.ts";
import { admission, place } from "../task/overlap.ts";
import { groupOfEntity, type PeerGroup } from "../task/peer-group.ts";
import type { ResolvedPolicy } from "../task/policy.ts";
import { joinRuns, type Outcome, type Run } from "../task/run.ts";
import { isPausedAt, removeTask, writeState } from "../task/task-entity.ts";
import type { TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MIN } from "../values/instant.ts";
import { followRuns } from "./follow-runs.ts";
import { carriedThrough, Former } from "./former.ts";
import { endOf, launch } from "./launch.ts";
import { Ledger } from "./ledger.ts";
import type { TaskMail } from "./mail.ts";
import { misfire, missesAt, tellOfCut } from "./misfire.ts";
import { earlier, type OpenRun, OpenRuns, unadmitted } from "./open-runs.ts";
import { DELETED, obey } from "./orders.ts";
import type { Turn } from "./turn.ts";

/** Occurrences taken up in one turn; the rest wait for the next, which follows at once. */
const TAKE_MAX = 500;

/** How long the record of another peer's attempt may take to come, once the attempt is over. */
const ELSEWHERE_MARGIN_MS = 5_000;

/** A task that is placed anew is left alone for so long: until who fired it has heard, and what it did has come here. */
const MOVE_MS = 2_000;

const OUSTED = { outcome: "skipped", reason: "the next one took its place (overlap cancel-previous)" } as const;

export class TaskActor {
  readonly guid: TaskGuid;
  #entity: Entity | undefined;
  #task: ActiveTask | undefined;
  #group: PeerGroup | undefined;
  /** When it was last placed anew, it may be fired from then on. */
  #movedUntil = INSTANT_MIN;
  readonly #ledger: Ledger;
  readonly #runs: OpenRuns;
  readonly #isElsewhere: (run: Run) => boolean;
  readonly #next = new NextOccurrence();
  readonly #former = new Former();

  /** `isElsewhere`: whether the last attempt of a run is another peer's, which is alive or, if `isHeld`, may be. */
  constructor(dossier: Dossier, isElsewhere: (run: Run, isHeld: boolean) => boolean) {
    this.#isElsewhere = (run) => isElsewhere(run, this.#isHeld);
    this.guid = dossier.guid;
    this.#read(dossier.entity);
    this.#ledger = new Ledger(dossier.guid, dossier.progress);
    this.#runs = new OpenRuns(dossier.open, this.#isElsewhere);
  }

  /** Takes the definition as it stands on the disk, when a write of it was not kept. */
  restore(dossier: Dossier): void {
    this.#read(dossier.entity);
    this.#ledger.restore(dossier.progress);
  }

  /** When the actor has something to do by itself; absent when only a message can move it. */
  wakeAt(now: Instant): Instant | undefined {
    const at = earlier(this.#nextOccurrence(), this.#runs.wakeAt(now, this.#elsewhereMs()));
    return at === undefined || at > this.#movedUntil ? at : this.#movedUntil;
  }

  /** Among whom it is shared out; absent when any peer may fire it. */
  get group(): PeerGroup | undefined {
    return this.#group;
  }

  /** Whether something of it is only in memory: then it can't be passivated. */
  isBusy(): boolean {
    return this.#runs.isBusy();
  }

  prepare(): void {
    this.#next.prepare(this.#task, this.#ledger.through);
  }

  /** Whether an attempt of this peer is in flight, or asked for. */
  get isFlying(): boolean {
    return this.#runs.isFlying;
  }

  dossier(): Dossier {
    return {
      guid: this.guid,
      ...(this.#entity === undefined ? {} : { entity: this.#entity }),
      progress: this.#ledger.progress(this.#runs.stored()),
      open: this.#runs.runs(),
    };
  }

  openRun(id: OccurrenceId): Run | undefined {
    return this.#runs.get(id)?.run;
  }

  /** The lane in which the run waits. */
  linesUpIn(id: OccurrenceId): string | undefined {
    const { run, phase } = this.#runs.get(id) ?? {};
    return run === undefined || phase !== "lining up" ? undefined : this.#task && laneOn(this.#task, wayOf(run));
  }

  // ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The agenda says that something may be due. */
  wake(turn: Turn): void {
    if (!turn.isOwner || turn.now < this.#movedUntil || !this.#mayFire(turn)) return;
    if (this.#runs.size > 0) this.#goOn(turn);
    if (this.#task === undefined) this.#endAll(turn, "settle", DELETED);
    else this.#takeUp(turn, this.#task);
    this.#startNext(turn);
    this.#finish(turn);
  }

  /** With those that were taken up before. */
  #goOn(turn: Turn): void {
    for (const open of this.#runs.overdue(turn.now - this.#elsewhereMs())) {
      if (this.#isHeld) this.#settle(turn, open, "failed", untold(carrierOf(open.run)));
      else this.#runs.standBack(open);
    }
    if (this.#task === undefined) return;
    for (const open of this.#runs.all()) {
      if (open.phase !== "retrying" || (open.run.retryAt ?? INSTANT_MIN) > turn.now) continue;
      if (!this.#isCrowded(turn, this.#task, wayOf(open.run))) this.#lineUp(turn, open, this.#task);
    }
  }

  /** The gate lets an attempt go. */
  launch(turn: Turn, id: OccurrenceId): void {
    const open = this.#runs.get(id);
    const policy = this.#task?.timing?.policy;
    const mayGo = turn.isOwner && open?.phase === "lining up" && this.#mayFire(turn);
    if (open === undefined || !mayGo || this.#task === undefined || policy === undefined) {
      if (turn.waitsForLease) this.#runs.standDown();
      turn.exit(id);
    } else {
      this.#fly(turn, open, this.#task, policy);
    }
    this.#finish(turn);
  }

  /** How the voters have decided on an attempt. */
  polled(turn: Turn, { id, n, verdict }: Extract<TaskMail, { kind: "polled" }>): void {
    const open = this.#runs.get(id);
    const policy = this.#task?.timing?.policy;
    const isElected = verdict.kind === "elected";
    if (open?.phase !== "polling" || this.#task === undefined || policy === undefined || !isElected) {
      turn.exit(id);
      if (isElected) turn.elections.declined(id, n);
      if (open?.phase === "polling") {
        this.#runs.standBack(open);
        if (verdict.kind === "unknown") this.#settle(turn, open, "failed", untold(verdict.peer));
      }
      this.#startNext(turn);
    } else this.#fly(turn, open, this.#task, policy);
    this.#finish(turn);
  }

  /** An attempt in flight has ended. */
  attempted(turn: Turn, id: OccurrenceId, result: DeliveryResult): void {
    const open = this.#runs.get(id);
    if (open === undefined || open.phase !== "flying") return;
    open.run = attempted(open.run, result, turn.now);
    if (result.kind === "delivered") this.#settle(turn, open, "delivered");
    else if (open.ending !== undefined) this.#settle(turn, open, open.ending.outcome, open.ending.reason);
    else if (open.other !== undefined) {
      this.#settle(turn, open, "failed", `${result.error}; another peer has settled it`);
    } else this.#retry(turn, open, result);
    this.#startNext(turn);
    this.#finish(turn);
  }

  /** A command's own effects were dropped because the disk refused its writes. */
  unsent(id: OccurrenceId): void {
    this.#runs.delete(id);
  }

  /** This peer is to fire the task no more: what has not started is left to the next owner, and all of it is kept. */
  release(turn: Turn): void {
    this.#standDown(turn, true);
    this.#finish(turn);
  }

  #standDown(turn: Turn, mayPoll = false): void {
    this.#runs.standDown(mayPoll);
    // A retry in flight too: its record says no more than that it was to come, and the next owner would send it again.
    for (const open of this.#runs.flying()) this.#store(turn, open);
    this.#ledger.change();
  }

  /** Its registers from now on. Who fires it then, if it was placed anew, may be another peer. */
  #become(turn: Turn, entity: Entity): void {
    if (this.#task !== undefined && this.#group?.id !== groupOfEntity(entity)?.id) {
      this.#movedUntil = turn.now + MOVE_MS as Instant;
      if (turn.isOwner) this.#standDown(turn);
    }
    const before = this.#task;
    this.#read(entity);
    const reach = (through: Instant) => this.#former.replace(before, this.#task, through);
    this.#ledger.become(entity.registers.schedule?.stamp, turn.now, reach);
  }

  #read(entity: Entity | undefined): void {
    this.#entity = entity;
    this.#task = activeTask(entity);
    this.#group = groupOfEntity(entity);
  }

  /** No attempt of it is to be made twice, whoever is cut off from whom. */
  get #isHeld(): boolean {
    return this.#task?.timing?.policy.partition === "hold";
  }

  /** A task that holds fires only under a lease. */
  #mayFire(turn: Turn): boolean {
    if (!this.#isHeld || turn.hasLease()) return true;
    turn.waitsForLease = true;
    return false;
  }

  /** Another peer's registers. Conflicts are the turn's to keep. */
  merge(turn: Turn, theirs: Entity): void {
    if (this.#entity === undefined && turn.isForgotten(theirs)) return;
    const { entity, news, conflicts } = mergeEntities(this.#entity ?? { ...theirs, registers: {} }, theirs);
    turn.keepLost(entity, conflicts);
    if (!news) return;
    const before = this.#task;
    turn.writeEntity(this.#entity, entity, false);
    this.#become(turn, entity);
    if (this.#task !== undefined) turn.notify({ kind: "task", dossier: this.dossier() });
    else if (before !== undefined) turn.notify({ kind: "removed", user: before.user, task: before.definition.id });
    if (this.#task === undefined && turn.isOwner) this.#endAll(turn, "settle", DELETED);
    this.#finish(turn);
  }

  /** How far another peer has carried the task; `known` are the stored records of the same occurrences. */
  follow(turn: Turn, told: Followed, known: Known): void {
    followRuns(told.runs, known, turn, { runs: this.#runs, ledger: this.#ledger, isElsewhere: this.#isElsewhere });
    const isTold = (at: Instant) => told.runs.some((run) => run.instant === at && run.manual !== true);
    const reach = (through: Instant) => carriedThrough(this.#task, this.#ledger.through, through, isTold);
    this.#ledger.follow(told, turn.now, reach);
    this.#ledger.followLast(told.last);
    this.#finish(turn);
  }

  /** `known` are the stored records of the runs that a redrive names. */
  command(turn: Turn, ticket: number, command: TaskCommand, once: OnceKey | undefined, known: Known): void {
    const result = this.#obey(turn, command, known, once);
    this.#finish(turn);
    turn.reply(ticket, result.kind === "task" ? { ...result, dossier: this.dossier() } : result, once);
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #obey(turn: Turn, command: TaskCommand, known: Known, once: OnceKey | undefined): CommandResult {
    const [runs, isElsewhere, next] = [this.#runs, this.#isElsewhere, this.#nextOccurrence()];
    return obey(turn, { command, once, known }, {
      ...{ guid: this.guid, entity: this.#entity, task: this.#task, through: this.#ledger.through },
      dossier: () => this.dossier(),
      write: (entity) => this.#write(turn, entity),
      change: () => this.#ledger.change(),
      admit: (task, run) => this.#admit(turn, task, run),
      endAll: (how, ending) => this.#endAll(turn, how, ending),
      redriving: { runs, next, isElsewhere },
    });
  }

  // ── occurrences ──────────────────────────────────────────────────────────────────────────────────────────────────

  #takeUp(turn: Turn, task: ActiveTask): void {
    const { now } = turn;
    const { state, timing } = task;
    if (timing === undefined || isPausedAt(state, now)) return;
    let at = this.#nextOccurrence();
    if (at === undefined || at > now) return;
    const cutoff = (now - timing.policy.toleranceMs) as Instant;
    if (at < cutoff) {
      this.#misfire(turn, task, timing, at, cutoff);
      at = this.#nextOccurrence();
    }
    for (let taken = 0; at !== undefined && at <= now && taken < TAKE_MAX; taken++) {
      if (this.#isCrowded(turn, task)) return;
      this.#ledger.pass(at);
      const run = dueRun(task, this.#next.idOf(this.guid, at), at);
      const isCarried = this.#former.has(at);
      if (!isCarried && state.skips?.includes(at) !== true) this.#admit(turn, task, run);
      else if (!isCarried) this.#settle(turn, unadmitted(run), "skipped", "skipped by a user");
      at = this.#nextOccurrence();
    }
  }

  #misfire(turn: Turn, task: ActiveTask, timing: Timing, late: Instant, cutoff: Instant): void {
    const { schedule, policy } = timing;
    const why = turn.whyShut(laneOn(task, openWay(task, 0, turn)));
    const { missed, outcome, cut, ...sent } = misfire(schedule, policy, { late, cutoff, now: turn.now }, why);
    tellOfCut(turn, cut);
    const runOf = (at: Instant) => dueRun(task, occurrenceId(this.guid, at), at);
    for (const { instant, reason } of missed) {
      if (!this.#former.has(instant)) this.#settle(turn, unadmitted(runOf(instant)), outcome, reason);
    }
    const fired = sent.fired.filter((at) => !this.#former.has(at));
    const last = policy.misfire === "last" ? fired[0] : undefined;
    // The latest one is not let in where it would only wait: it is missed in its turn if the next one comes to be late.
    if (last !== undefined && this.#isCrowded(turn, task)) return this.#ledger.pass((last - 1) as Instant);
    this.#ledger.pass((cutoff - 1) as Instant);
    for (const at of fired) {
      if (policy.misfire === "all") this.#queue(turn, this.#runs.add(runOf(at)));
      else this.#admit(turn, task, runOf(at));
    }
  }

  /** Lets a run in by the overlap policy; returns it as it then stands. */
  #admit(turn: Turn, task: ActiveTask, run: Run): Run {
    const admitted = admission(task.timing?.policy.overlap ?? "allow", this.#runs.ahead, this.#runs.waiting);
    if (admitted.kind === "skip") {
      const open = unadmitted(run);
      this.#settle(turn, open, "skipped", admitted.reason);
      return open.run;
    }
    const open = this.#runs.add(run);
    switch (admitted.kind) {
      case "go":
        this.#lineUp(turn, open, task);
        break;
      case "wait":
        this.#wait(open);
        break;
      case "take over":
        this.#endAll(turn, "cancel", OUSTED, open);
        this.#wait(open);
        this.#startNext(turn);
        break;
    }
    return open.run;
  }

  /** Of those that are caught up with, one goes at a time. */
  #queue(turn: Turn, open: OpenRun): void {
    const placed = place(this.#runs.waiting);
    if (placed.kind === "skip") this.#settle(turn, open, "skipped", placed.reason);
    else this.#wait(open);
  }

  /** It may wait for long, and the actor need not: its record is kept. */
  #wait(open: OpenRun): void {
    this.#runs.queue(open);
    this.#ledger.change();
  }

  #startNext(turn: Turn): void {
    if (this.#task === undefined || !turn.isOwner || !this.#mayFire(turn)) return;
    if (!this.#runs.isNextFree(turn.now) || this.#isCrowded(turn, this.#task)) return;
    const next = this.#runs.takeNext(turn.now);
    if (next !== undefined) this.#lineUp(turn, next, this.#task);
  }

  /** Whether what is due is left for later, because its target takes no more now. */
  #isCrowded(turn: Turn, task: ActiveTask, way = 0): boolean {
    const lane = laneOn(task, openWay(task, way, turn));
    if (!turn.isCrowded(lane)) return false;
    turn.waitsForTarget ??= { lane };
    return true;
  }

  #lineUp(turn: Turn, open: OpenRun, task: ActiveTask): void {
    const way = openWay(task, wayOf(open.run), turn);
    open.run = onWay(open.run, way);
    open.phase = "lining up";
    turn.enter(open.run.id, laneOn(task, way));
  }

  // ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #fly(turn: Turn, open: OpenRun, task: ActiveTask, policy: ResolvedPolicy): void {
    const { run } = open;
    const end = endOf(run, policy, turn.now);
    if (end !== undefined) {
      turn.exit(run.id);
      return this.#settle(turn, open, end.outcome, end.reason);
    }
    if (this.#isHeld && open.phase !== "polling" && turn.elections.areHeld) {
      open.phase = "polling";
      return turn.elections.ask(run, turn.shard, policy.totalMs);
    }
    open.run = launch(turn, run, { task, policy, last: this.#ledger.last, group: this.#group });
    open.phase = "flying";
    if (policy.delivery === "at-most-once") {
      this.#store(turn, open);
      this.#ledger.change();
    }
  }

  #retry(turn: Turn, open: OpenRun, failure: Extract<DeliveryResult, { kind: "failed" }>): void {
    const step = afterFailure(this.#task, open.run, failure, turn);
    if (step.kind === "over") {
      this.#settle(turn, open, "failed", step.reason);
      return step.isGone ? this.#pauseItself(turn, `paused by itself: ${failure.error}`) : undefined;
    }
    open.run = step.run;
    open.phase = "retrying";
    this.#ledger.change();
    this.#store(turn, open);
    turn.notify({ kind: "run", run: open.run });
  }

  #settle(turn: Turn, open: OpenRun, outcome: Outcome, reason?: string): void {
    const end = settled(open.run, outcome, reason, turn.self, turn.now);
    const own = outcome === "failed" && this.#task !== undefined
      ? { ...end, target: laneOn(this.#task, wayOf(end)) }
      : end;
    const run = open.other === undefined ? own : joinRuns(own, open.other);
    open.run = run;
    this.#runs.delete(run.id);
    turn.write({ kind: "run", run, wasOpen: open.stored, ...(open.other === undefined ? {} : { was: open.other }) });
    this.#ledger.settle(run.instant, outcome, turn.self, turn.now);
    turn.notify({ kind: "run", run });
    const { failures } = this.#ledger;
    const isTooMany = failures >= (this.#task?.timing?.policy.pauseAfterFailures ?? Infinity);
    if (outcome === "failed" && isTooMany) {
      this.#pauseItself(turn, `paused by itself after ${failures} failures in a row`);
    }
  }

  #pauseItself(turn: Turn, note: string): void {
    if (this.#entity === undefined || this.#task === undefined || isPausedAt(this.#task.state, turn.now)) return;
    this.#write(turn, writeState(this.#entity, { ...this.#task.state, paused: true, note }, turn.stamp(), turn.now));
    this.#ledger.forgiveFailures();
    turn.notify({ kind: "task", dossier: this.dossier() });
  }

  /** Settles what is open. What flies ends with its attempt: to cancel is to abort that too, else it may deliver. */
  #endAll(turn: Turn, how: "cancel" | "settle", ending: NonNullable<OpenRun["ending"]>, except?: OpenRun): number {
    const ended = this.#runs.all().filter((open) => open !== except);
    for (const open of ended) {
      if (open.phase !== "flying") this.#settle(turn, open, ending.outcome, ending.reason);
      else {
        open.ending = ending;
        if (how === "cancel") turn.abort(open.run.id);
      }
    }
    return ended.length;
  }

  // ── what stands in the store ─────────────────────────────────────────────────────────────────────────────────────

  #write(turn: Turn, entity: Entity): void {
    turn.writeEntity(this.#entity, entity, true);
    this.#become(turn, entity);
  }

  #store(turn: Turn, open: OpenRun): void {
    turn.write({ kind: "run", run: open.run, wasOpen: open.stored });
    open.stored = true;
  }

  #nextOccurrence(): Instant | undefined {
    return this.#next.of(this.#task, this.#ledger.through);
  }

  /** How long another living peer's attempt may last, and what follows from it take to come here. */
  #elsewhereMs(): number {
    return (this.#task?.timing?.policy.totalMs ?? 0) + ELSEWHERE_MARGIN_MS;
  }

  /** Ends a turn: when something changed, the ledger is written, and with it all that it has passed by. */
  #finish(turn: Turn): void {
    if (turn.waitsForTarget !== undefined) turn.waitUntil(missesAt(this.#task, this.#nextOccurrence()));
    for (const id of this.#runs.takeGivenUp()) turn.giveUp(id);
    if (!this.#ledger.isBehind) return;
    if (this.#runs.size > 0) {
      for (const open of this.#runs.all()) if (!open.stored && open.other === undefined) this.#store(turn, open);
    }
    const next = this.#nextOccurrence();
    if (next === undefined && this.#runs.size === 0 && turn.isOwner) this.#removeWhenDone(turn);
    this.#ledger.write(turn, earlier(next, this.#runs.bound()), this.#group, this.#runs.stored());
  }

  #removeWhenDone(turn: Turn): void {
    const task = this.#task;
    if (this.#entity === undefined || task?.timing?.policy.removeWhenDone !== true) return;
    if (!this.#ledger.hasSettled || isPausedAt(task.state, turn.now)) return;
    turn.notify({ kind: "removed", user: task.user, task: task.definition.id });
    this.#write(turn, removeTask(this.#entity, turn.stamp()));
  }
}
