// The machine routes and orders; the parts decide. It holds the window (the tasks that have something to do within the
// next minute), activates their actors, lets their attempts through the gate, and keeps the one alarm. Events in,
// effects out; it asks for nothing and waits for nothing.

import { TaskActor } from "./actor.ts";
import { Agenda } from "./agenda.ts";
import type { Command, CommandResult } from "./command.ts";
import type { DeliveryResult } from "./delivery.ts";
import type { Dossier } from "./dossier.ts";
import type { CoreEvent, DuePage, Effect } from "./event.ts";
import { Gate } from "./gate.ts";
import { type Instant, INSTANT_MAX } from "./instant.ts";
import type { Introduction } from "./keeper.ts";
import type { Admission } from "./membership-list.ts";
import { MeshSide, type MeshStart, type TaskMail } from "./mesh-side.ts";
import type { OccurrenceId } from "./occurrence.ts";
import type { Periods } from "./periods.ts";
import type { Run } from "./run.ts";
import { type Shard, shardOf, SHARDS } from "./shard.ts";
import { HybridClock, type Origin } from "./stamp.ts";
import type { PeerId, TaskGuid } from "./task.ts";
import { Stopping } from "./stopping.ts";
import { type Surroundings, Turn } from "./turn.ts";

/** How far ahead the due index is read into the agenda. */
const WINDOW_MS = 60_000;
/** The window moves on when so much of it is left: a read has this long before anything in it is due. */
const WINDOW_LEFT_MS = 20_000;
/** An actor whose next deed is nearer than this stays; the others go, and come back when they are due. */
const STAY_MS = 60_000;
/** Tasks activated or being activated at a time. About 2 KB each. What else is due waits in the agenda, at 100 bytes. */
const ACTIVE_MAX = 32_768;
/** Of these, so many may be idle; the rest of the seats are for those that come and go. */
const IDLE_MAX = 28_672;
/** Due tasks taken from the agenda in one event, so that no event holds the loop for long (about 10 ms). */
const TAKE_MAX = 256;
/** Dossiers asked for in one read. */
const READ_MAX = 256;
/** Due entries asked for in one read. */
const DUE_READ_MAX = 4_096;
/** The agenda reads no further while it holds so many. */
const AGENDA_MAX = 200_000;
/** Messages that wait for one task's activation; what comes then is refused. */
const MAILBOX_MAX = 1_024;
/** An actor that threw comes back after this, doubled each time up to the cap. */
const UNHEALTHY_BASE_MS = 1_000;
const UNHEALTHY_CAP_MS = 300_000;

type Message =
  | { readonly kind: "wake" }
  | { readonly kind: "command"; readonly ticket: number; readonly command: Extract<Command, { kind: "task" }> }
  | { readonly kind: "attempted"; readonly id: OccurrenceId; readonly result: DeliveryResult }
  /** The shard goes to another peer. */
  | { readonly kind: "release" }
  | TaskMail;

const UNWRITABLE: CommandResult = { kind: "refused", why: "unwritable", message: "the disk takes no writes now" };

/** Where an active task is kept: its actor, or the messages that wait for it to be loaded. */
type Seat = { actor?: TaskActor; readonly mailbox: Message[]; isStale: boolean };

type Illness = { readonly failures: number; readonly until: Instant; readonly error: string };

export type MachineSettings = {
  readonly self: PeerId;
  readonly origin: Origin;
  /** The stored high-water mark of stamps. */
  readonly highWaterMs: number;
  /** A number in [0, 1), anew at each call. */
  readonly chance: () => number;
  /** The moment of the start. */
  readonly now: Instant;
  readonly introduction: Introduction;
  readonly periods: Periods;
  readonly start: MeshStart;
  readonly digestKey: string;
  readonly isSigned: (admission: Admission) => boolean;
};

export class Machine {
  readonly #around: Surroundings;
  readonly #mesh: MeshSide;
  #now: Instant;
  readonly #agenda = new Agenda();
  readonly #gate = new Gate();
  readonly #seats = new Map<TaskGuid, Seat>();
  /** Seated tasks that could go, and stay because they are soon due again. The first has been so for the longest time. */
  readonly #idle = new Set<TaskGuid>();
  readonly #ill = new Map<TaskGuid, Illness>();
  /** For each owned shard, a lower bound of its due entries that are not in the agenda. -Infinity: not read yet. */
  readonly #unread = new Float64Array(SHARDS).fill(Infinity);
  #toLoad: TaskGuid[] = [];
  #horizon = -Infinity;
  #isReadingDue = false;
  /** Nothing within the horizon is left unread. */
  #isLoaded = false;
  #isReady = false;
  /** Attempts that are over, or never went: their lanes are to be given on. */
  readonly #left: OccurrenceId[] = [];
  readonly #stopping = new Stopping();
  /** Tasks that would fire if they had the lease, and whether somebody has granted anything since they were told. */
  readonly #unleased = new Set<TaskGuid>();
  #isLeased = false;
  #isWritable = true;
  #isDraining = false;
  #alarmAt: Instant | undefined;
  #effects: Effect[] = [];

  constructor(settings: MachineSettings) {
    const { self, origin, highWaterMs, chance } = settings;
    const clock = new HybridClock(origin, highWaterMs);
    this.#now = settings.now;
    this.#mesh = new MeshSide({
      self,
      chance,
      clock,
      now: () => this.#now,
      effect: (effect) => void this.#effects.push(effect),
      toTask: (guid, mail) => this.#tell(guid, mail, this.#now),
      command: (ticket, command) => this.#command(ticket, command, this.#now),
      dossier: (guid) => this.dossier(guid),
      gained: (shards) => this.#gained(shards),
      stopped: (shards) => this.#stopped(shards),
      leased: () => this.#isLeased = true,
    }, settings);
    this.#around = { self, chance, clock, log: this.#mesh };
  }

  get mesh(): MeshSide {
    return this.#mesh;
  }

  /** Whether the first window has been read: what was due at the start is being taken up. */
  get isReady(): boolean {
    return this.#isReady && !this.#mesh.keeper.isFenced;
  }

  get inFlight(): number {
    return this.#gate.inFlight;
  }

  get activeTasks(): number {
    return this.#seats.size;
  }

  /** What an active task has in memory, which is ahead of the store; absent when the store says all. */
  dossier(guid: TaskGuid): Dossier | undefined {
    return this.#seats.get(guid)?.actor?.dossier();
  }

  /** An open run of the task that may be only in memory. */
  openRun(guid: TaskGuid, id: OccurrenceId): Run | undefined {
    return this.#seats.get(guid)?.actor?.openRun(id);
  }

  /** As `openRun`, for who does not know the task: looks at every active one. */
  findOpenRun(id: OccurrenceId): Run | undefined {
    for (const { actor } of this.#seats.values()) {
      const run = actor?.openRun(id);
      if (run !== undefined) return run;
    }
    return undefined;
  }

  handle(event: CoreEvent, now: Instant): readonly Effect[] {
    this.#effects = [];
    this.#now = now;
    switch (event.kind) {
      case "started":
        this.#mesh.start();
        break;
      case "alarm":
        this.#alarmAt = undefined;
        break;
      case "command":
        this.#command(event.ticket, event.command, now);
        break;
      case "due":
        this.#addDue(event.page);
        break;
      case "dossiers":
        for (const dossier of event.dossiers) this.#seat(dossier, now);
        break;
      case "attempted":
        this.#left.push(event.id);
        this.#tell(event.guid, { kind: "attempted", id: event.id, result: event.result }, now);
        break;
      case "unkept":
        this.#stopping.ended(event.guids);
        this.#mesh.unkept();
        this.#restore(event.guids, event.unsent, now);
        break;
      case "kept":
        this.#stopping.ended(event.guids);
        this.#mesh.kept(event.writes);
        break;
      case "store":
        this.#isWritable = event.writable;
        this.#mesh.keeper.writable(event.writable);
        break;
      case "drain":
        this.#isDraining = true;
        this.#mesh.keeper.drain(true);
        break;
      default:
        this.#mesh.handle(event);
    }
    this.#pump(now);
    return this.#effects;
  }

  // ── the window ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes what is due, reads what comes, asks for what is missing, and sets the alarm. */
  #pump(now: Instant): void {
    this.#mesh.pump();
    this.#letGo();
    this.#lease(now);
    for (let id = this.#left.pop(); id !== undefined; id = this.#left.pop()) this.#giveOn(id, now);
    const mayTake = this.#isWritable && !this.#isDraining;
    for (let taken = 0; mayTake && taken < TAKE_MAX && this.#hasSeat(); taken++) {
      const guid = this.#agenda.take(now);
      if (guid === undefined) break;
      this.#tell(guid, { kind: "wake" }, now);
    }
    for (let id = this.#left.pop(); id !== undefined; id = this.#left.pop()) this.#giveOn(id, now);
    this.#readDue(now);
    while (this.#toLoad.length > 0) {
      this.#effects.push({ kind: "readDossiers", guids: this.#toLoad.slice(0, READ_MAX) });
      this.#toLoad = this.#toLoad.slice(READ_MAX);
    }
    this.#setAlarm(now, mayTake);
  }

  #readDue(now: Instant): void {
    if (!this.#mayReadDue()) return;
    if (this.#horizon <= now + WINDOW_LEFT_MS) {
      this.#horizon = now + WINDOW_MS;
      this.#effects.push({ kind: "sweep" });
    } else if (this.#isLoaded) return;
    const shards: Shard[] = [];
    for (let shard = 0; shard < SHARDS; shard++) {
      if ((this.#unread[shard] ?? Infinity) <= this.#horizon) shards.push(shard);
    }
    if (shards.length === 0) {
      this.#isLoaded = true;
      this.#isReady = true;
      return;
    }
    this.#isLoaded = false;
    for (const shard of shards) this.#unread[shard] = Infinity;
    this.#isReadingDue = true;
    this.#effects.push({
      kind: "readDue",
      query: { shards, until: Math.min(this.#horizon, INSTANT_MAX) as Instant, limit: DUE_READ_MAX },
    });
  }

  #mayReadDue(): boolean {
    return !this.#isReadingDue && this.#agenda.size <= AGENDA_MAX;
  }

  #addDue(page: DuePage): void {
    this.#isReadingDue = false;
    for (const { guid, at } of page.entries) {
      if (!this.#owns(guid) || this.#seats.has(guid) || this.#agenda.has(guid)) continue;
      this.#agenda.set(guid, at);
      // Read now, while there is time: what is due at one instant is then sent without asking the disk.
      if (this.#seats.size < IDLE_MAX) this.#load(guid);
    }
    for (const { shard, at } of page.rest) this.#expect(shard, at);
  }

  /** A due entry of the shard may be at `at`, and is not in the agenda. */
  #expect(shard: Shard, at: number): void {
    if (!this.#mesh.keeper.owns(shard)) return;
    this.#unread[shard] = Math.min(this.#unread[shard] ?? Infinity, at);
    if (at <= this.#horizon) this.#isLoaded = false;
  }

  /** For the next moment at which time alone lets something be done. What waits for an event needs no alarm. */
  #setAlarm(now: Instant, mayTake: boolean): void {
    const next = this.#mayReadDue() ? this.#horizon - WINDOW_LEFT_MS : Infinity;
    const first = mayTake && this.#hasSeat() ? this.#agenda.first() ?? Infinity : Infinity;
    const earliest = Math.min(first, next, this.#mesh.wakeAt());
    if (earliest === Infinity) return;
    const at = Math.max(now, earliest) as Instant;
    if (this.#alarmAt === at) return;
    this.#alarmAt = at;
    this.#effects.push({ kind: "alarm", at });
  }

  // ── shards ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #owns(guid: TaskGuid): boolean {
    return this.#mesh.keeper.owns(shardOf(guid));
  }

  #gained(shards: readonly Shard[]): void {
    const gained = new Set(shards);
    for (const shard of shards) this.#unread[shard] = -Infinity;
    this.#stopping.cancel(shards);
    this.#isLoaded = false;
    for (const [guid, { actor }] of this.#seats) {
      if (actor !== undefined && gained.has(shardOf(guid))) this.#agenda.set(guid, this.#now);
    }
  }

  /** Nothing more of these is taken up; what has not started is written down for the next owner. */
  #stopped(shards: readonly Shard[]): void {
    const stopped = new Set(shards);
    for (const shard of shards) this.#unread[shard] = Infinity;
    this.#stopping.add(shards);
    this.#agenda.deleteWhere((guid) => stopped.has(shardOf(guid)));
    for (const guid of [...this.#seats.keys()]) {
      if (stopped.has(shardOf(guid))) this.#tell(guid, { kind: "release" }, this.#now);
    }
  }

  /** What this peer may do with the task. */
  #standing(guid: TaskGuid): { readonly isOwner: boolean; readonly hasLease: () => boolean } {
    return { isOwner: this.#owns(guid), hasLease: () => this.#mesh.keeper.hasLease(shardOf(guid)) };
  }

  /** Tasks that have the lease now go on. */
  #lease(now: Instant): void {
    if (!this.#isLeased) return;
    this.#isLeased = false;
    for (const guid of [...this.#unleased]) {
      if (this.#owns(guid) && !this.#mesh.keeper.hasLease(shardOf(guid))) continue;
      this.#unleased.delete(guid);
      if (this.#owns(guid)) this.#tell(guid, { kind: "wake" }, now);
    }
  }

  #letGo(): void {
    if (this.#stopping.size === 0) return;
    const flying = [...this.#seats].filter(([, { actor }]) => actor?.isFlying === true).map(([guid]) => guid);
    const done = this.#stopping.takeDone(flying);
    if (done.length > 0) this.#mesh.keeper.drained(done);
  }

  // ── actors ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #load(guid: TaskGuid, ...mailbox: Message[]): void {
    this.#seats.set(guid, { mailbox, isStale: false });
    this.#toLoad.push(guid);
  }

  #tell(guid: TaskGuid, message: Message, now: Instant): void {
    const seat = this.#seats.get(guid);
    if (seat === undefined) {
      if (this.#seats.size >= ACTIVE_MAX) this.#evict();
      this.#load(guid, message);
    } else if (seat.actor === undefined || (seat.isStale && message.kind === "command")) {
      if (seat.mailbox.length < MAILBOX_MAX || message.kind !== "command") seat.mailbox.push(message);
      else {this.#reply(message.ticket, {
          kind: "refused",
          why: "busy",
          message: "too many commands wait for this task",
        });}
    } else {
      this.#turn(seat.actor, message, now);
      this.#settleDown(guid, seat.actor, now);
    }
  }

  /** The dossier of a task is here: its actor takes its seat and reads its mail. */
  #seat(dossier: Dossier, now: Instant): void {
    const seat = this.#seats.get(dossier.guid);
    if (seat === undefined) return;
    try {
      if (seat.actor === undefined) seat.actor = new TaskActor(dossier, (run) => this.#isElsewhere(run));
      else if (seat.isStale) seat.actor.restore(dossier);
      seat.isStale = false;
    } catch (error) {
      for (const message of seat.mailbox) {
        if (message.kind === "command") this.#refuseIll(message.ticket, error);
        else if ("done" in message) message.done();
      }
      this.#fallIll(dossier.guid, error, now);
      return;
    }
    const mail = seat.mailbox.splice(0);
    for (const message of mail) {
      // An actor that fell ill at an earlier message is gone; what is left of its mail goes to the next one.
      if (this.#seats.get(dossier.guid) !== seat) this.#tell(dossier.guid, message, now);
      else this.#turn(seat.actor, message, now);
    }
    if (this.#seats.get(dossier.guid) === seat) this.#settleDown(dossier.guid, seat.actor, now);
  }

  #isElsewhere({ state, attempts }: Run): boolean {
    const peer = attempts[attempts.length - 1]?.peer;
    return state === "attempting" && peer !== undefined && peer !== this.#around.self &&
      this.#mesh.keeper.isAlive(peer);
  }

  /** The effects of a turn; what it wrote is on its way to the disk. */
  #play(turn: Turn): void {
    for (const effect of turn.effects()) {
      this.#effects.push(effect);
      if (effect.kind !== "persist") continue;
      if (this.#mesh.isShared) this.#mesh.wrote(effect.writes);
      if (effect.then.some(({ kind }) => kind === "kept")) this.#stopping.wrote(effect.guids);
    }
    this.#left.push(...turn.exits);
    if (turn.waitsForLease) this.#unleased.add(turn.guid);
    else this.#unleased.delete(turn.guid);
  }

  /** One message, one turn; an actor that throws loses the turn and its seat, and nothing else is touched. */
  #turn(actor: TaskActor, message: Message, now: Instant): void {
    const turn = new Turn(actor.guid, now, this.#around, {
      onFailure: message.kind === "command" ? "refuse" : "hold",
      ...this.#standing(actor.guid),
      isEcho: message.kind === "follow",
    });
    try {
      if (message.kind === "command" && !this.#isWritable) {
        this.#reply(message.ticket, UNWRITABLE);
        return;
      }
      switch (message.kind) {
        case "wake":
          if ((this.#ill.get(actor.guid)?.until ?? now) <= now) actor.wake(turn);
          break;
        case "command":
          actor.command(turn, message.ticket, message.command.command, message.command.once);
          break;
        case "attempted":
          actor.attempted(turn, message.id, message.result);
          break;
        case "release":
          actor.release(turn);
          break;
        case "merge":
          actor.merge(turn, message.entity);
          break;
        case "follow":
          actor.follow(turn, message.told, message.known);
          break;
      }
      const launched = turn.entries.filter(({ id, origin }) => this.#gate.enter(origin, { guid: actor.guid, id }));
      for (const { id } of launched) actor.launch(turn, id);
      this.#play(turn);
      if (message.kind === "wake") this.#ill.delete(actor.guid);
    } catch (error) {
      if (message.kind === "command") this.#refuseIll(message.ticket, error);
      this.#fallIll(actor.guid, error, now);
    }
    // What another peer told is behind us, also when the actor fell ill at it: the next sync tells it again.
    if (message.kind === "merge" || message.kind === "follow") message.done();
  }

  /** After its turns: the actor stays while it has something in memory or soon to do, else it goes. */
  #settleDown(guid: TaskGuid, actor: TaskActor, now: Instant): void {
    if (this.#seats.get(guid)?.actor !== actor) return;
    const isOwner = this.#owns(guid);
    const wake = isOwner && !this.#unleased.has(guid)
      ? later(actor.wakeAt(now), this.#ill.get(guid)?.until)
      : undefined;
    const isHeld = (isOwner ? actor.isBusy() : actor.isFlying) || this.#seats.get(guid)?.isStale === true;
    const isSoonDue = wake !== undefined && wake <= now + STAY_MS;
    const stays = isHeld || (isSoonDue && this.#seats.size <= IDLE_MAX);
    this.#idle.delete(guid);
    if (!stays) this.#seats.delete(guid);
    else if (!isHeld) this.#idle.add(guid);
    if (wake === undefined) this.#agenda.delete(guid);
    else if (stays || wake <= this.#horizon) this.#agenda.set(guid, wake);
    else {
      this.#agenda.delete(guid);
      this.#expect(shardOf(guid), wake);
    }
  }

  /** Whether one more task can be active: a seat is free, or an idle one can be given on. */
  #hasSeat(): boolean {
    return this.#seats.size < ACTIVE_MAX || this.#idle.size > 0;
  }

  /** The task that has been idle for the longest time goes; it has its place in the agenda. */
  #evict(): void {
    for (const guid of this.#idle) return this.#unseat(guid);
  }

  #unseat(guid: TaskGuid): void {
    this.#seats.delete(guid);
    this.#idle.delete(guid);
  }

  #fallIll(guid: TaskGuid, error: unknown, now: Instant): void {
    const failures = (this.#ill.get(guid)?.failures ?? 0) + 1;
    const waitMs = Math.min(UNHEALTHY_CAP_MS, UNHEALTHY_BASE_MS * 2 ** (failures - 1));
    const until = Math.min(INSTANT_MAX, now + waitMs) as Instant;
    this.#ill.set(guid, { failures, until, error: String(error) });
    this.#unseat(guid);
    this.#agenda.set(guid, until);
    this.#effects.push({
      kind: "log",
      level: "error",
      message: "a task's actor failed and is started again",
      facts: {
        task: guid,
        failures,
        waitMs,
        error: error instanceof Error ? error.stack ?? error.message : String(error),
      },
    });
  }

  // ── the gate ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The lane of an attempt that is over goes to whoever waits for it. */
  #giveOn(id: OccurrenceId, now: Instant): void {
    const next = this.#gate.leave(id);
    if (next === undefined) return;
    const actor = this.#isDraining ? undefined : this.#seats.get(next.guid)?.actor;
    if (actor === undefined) {
      this.#left.push(next.id);
      return;
    }
    const turn = new Turn(actor.guid, now, this.#around, { onFailure: "hold", ...this.#standing(actor.guid) });
    try {
      actor.launch(turn, next.id);
      this.#play(turn);
      this.#settleDown(actor.guid, actor, now);
    } catch (error) {
      this.#left.push(next.id);
      this.#fallIll(actor.guid, error, now);
    }
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #command(ticket: number, command: Command, now: Instant): void {
    switch (command.kind) {
      case "task":
        if (this.#isDraining) {
          return this.#reply(ticket, { kind: "refused", why: "busy", message: "the peer is stopping" });
        }
        if (!this.#isWritable) return this.#reply(ticket, UNWRITABLE);
        if (this.#mesh.sentOn(ticket, command)) return;
        return this.#tell(command.guid, { kind: "command", ticket, command }, now);
      case "entity":
        if (!this.#isWritable) return this.#reply(ticket, UNWRITABLE);
        return this.#mesh.writeEntity(ticket, command);
    }
  }

  #reply(ticket: number, result: CommandResult): void {
    this.#effects.push({ kind: "reply", ticket, result });
  }

  #refuseIll(ticket: number, error: unknown): void {
    this.#reply(ticket, {
      kind: "refused",
      why: "unhealthy",
      message: `the task can't be handled now: ${error instanceof Error ? error.message : String(error)}`,
    });
  }

  /** Commands whose writes the disk refused: the actors take back what they had made of them. */
  #restore(guids: readonly TaskGuid[], unsent: readonly OccurrenceId[], now: Instant): void {
    this.#left.push(...unsent);
    for (const guid of guids) {
      for (const id of unsent) this.#seats.get(guid)?.actor?.unsent(id);
      const seat = this.#seats.get(guid);
      if (seat?.actor === undefined || seat.isStale) continue;
      if (seat.actor.isBusy()) {
        seat.isStale = true;
        this.#idle.delete(guid);
        this.#toLoad.push(guid);
      } else {
        this.#unseat(guid);
        this.#agenda.set(guid, now);
      }
    }
  }
}

function later(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined || a > b ? a : b;
}
