// The machine routes and orders; the parts decide. It holds the window (the tasks that have something to do within the
// next minute), activates their actors, lets their attempts through the gate, and keeps the one alarm. Events in,
// effects out; it asks for nothing and waits for nothing.

import { TaskActor } from "./actor.ts";
import { Agenda } from "./agenda.ts";
import type { Command, CommandResult } from "./command.ts";
import type { DeliveryResult } from "./delivery.ts";
import type { Dossier } from "./dossier.ts";
import { DueWindow } from "./due-window.ts";
import type { CoreEvent, DuePage, Effect } from "./event.ts";
import { Gate } from "./gate.ts";
import { Infirmary } from "./infirmary.ts";
import type { Instant } from "./instant.ts";
import type { Introduction } from "./keeper.ts";
import type { Admission } from "./membership-list.ts";
import { MeshSide, type TaskMail } from "./mesh-side.ts";
import type { MeshStart } from "./mesh-start.ts";
import type { OccurrenceId } from "./occurrence.ts";
import type { Periods } from "./periods.ts";
import type { Run } from "./run.ts";
import { Seats } from "./seats.ts";
import { type Shard, shardOf } from "./shard.ts";
import { HybridClock, type Origin } from "./stamp.ts";
import type { PeerId, TaskGuid } from "./task.ts";
import { Stopping } from "./stopping.ts";
import { type Surroundings, Turn } from "./turn.ts";

/** An actor whose next deed is nearer than this stays; the others go, and come back when they are due. */
const STAY_MS = 60_000;
/** Due tasks taken from the agenda in one event, so that no event holds the loop for long (about 10 ms). */
const TAKE_MAX = 256;
/** The agenda reads no further while it holds so many. */
const AGENDA_MAX = 200_000;
/** Messages that wait for one task's activation; what comes then is refused. */
const MAILBOX_MAX = 1_024;

type Message =
  | { readonly kind: "wake" }
  | { readonly kind: "command"; readonly ticket: number; readonly command: Extract<Command, { kind: "task" }> }
  | { readonly kind: "attempted"; readonly id: OccurrenceId; readonly result: DeliveryResult }
  /** The shard goes to another peer. */
  | { readonly kind: "release" }
  | TaskMail;

const CROWDED: CommandResult = { kind: "refused", why: "busy", message: "too many commands wait for this task" };
const UNWRITABLE: CommandResult = { kind: "refused", why: "unwritable", message: "the disk takes no writes now" };

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
  readonly #seats = new Seats<TaskActor, Message>();
  readonly #infirmary = new Infirmary();
  readonly #window = new DueWindow();
  /** Attempts that are over, or never went: their lanes are to be given on. */
  readonly #left: OccurrenceId[] = [];
  readonly #stopping = new Stopping();
  /** Tasks that would fire if they had the lease, and whether somebody has granted anything since they were told. */
  readonly #unleased = new Set<TaskGuid>();
  #isLeased = false;
  #isWritable = true;
  #isDraining = false;
  #alarmAt: Instant | undefined;
  #meshWakeAt = -Infinity;
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
    const hasLease = (guid: TaskGuid) => this.#mesh.keeper.hasLease(shardOf(guid));
    this.#around = { self, chance, clock, log: this.#mesh, hasLease, targets: this.#mesh.targets };
  }

  get mesh(): MeshSide {
    return this.#mesh;
  }

  /** Whether the first window has been read: what was due at the start is being taken up. */
  get isReady(): boolean {
    return this.#window.wasLoaded && !this.#mesh.keeper.isFenced;
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
    return this.#seats.all().map(([, { actor }]) => actor?.openRun(id)).find((run) => run !== undefined);
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
    this.#pump(event, now);
    return this.#effects;
  }

  // ── the window ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes what is due, reads what comes, asks for what is missing, and sets the alarm. */
  #pump(event: CoreEvent, now: Instant): void {
    // The outcome of an attempt moves nothing there; what it wrote is told when it stands on the disk.
    const isOutcome = event.kind === "attempted" && now < this.#meshWakeAt && this.#stopping.size === 0;
    if (!isOutcome) this.#mesh.pump();
    this.#letGo();
    this.#lease(now);
    for (let id = this.#left.pop(); id !== undefined; id = this.#left.pop()) this.#giveOn(id, now);
    const mayTake = this.#isWritable && !this.#isDraining;
    for (let taken = 0; mayTake && taken < TAKE_MAX && this.#seats.hasRoom; taken++) {
      const guid = this.#agenda.take(now);
      if (guid === undefined) break;
      this.#tell(guid, { kind: "wake" }, now);
    }
    for (let id = this.#left.pop(); id !== undefined; id = this.#left.pop()) this.#giveOn(id, now);
    this.#readDue(now);
    for (let guids = this.#seats.takeToLoad(); guids.length > 0; guids = this.#seats.takeToLoad()) {
      this.#effects.push({ kind: "readDossiers", guids });
    }
    if (!isOutcome) this.#meshWakeAt = this.#mesh.wakeAt();
    this.#setAlarm(now, mayTake);
  }

  #readDue(now: Instant): void {
    if (!this.#mayReadDue()) return;
    const { query, hasMoved } = this.#window.next(now);
    if (hasMoved) this.#effects.push({ kind: "sweep" });
    if (query !== undefined) this.#effects.push({ kind: "readDue", query });
  }

  #mayReadDue(): boolean {
    return !this.#window.isReading && this.#agenda.size <= AGENDA_MAX;
  }

  #addDue(page: DuePage): void {
    for (const { guid, at } of page.entries) {
      if (!this.#owns(guid) || this.#seats.has(guid) || this.#agenda.has(guid)) continue;
      this.#agenda.set(guid, at);
      // Read now, while there is time: what is due at one instant is then sent without asking the disk.
      if (this.#seats.mayIdle) this.#seats.seat(guid);
    }
    this.#window.read(page, (shard) => this.#mesh.keeper.owns(shard));
  }

  /** For the next moment at which time alone lets something be done. What waits for an event needs no alarm. */
  #setAlarm(now: Instant, mayTake: boolean): void {
    const next = this.#mayReadDue() ? this.#window.movesAt : Infinity;
    const first = mayTake && this.#seats.hasRoom ? this.#agenda.first() ?? Infinity : Infinity;
    const at = Math.max(now, Math.min(first, next, this.#meshWakeAt)) as Instant;
    if (at === Infinity || this.#alarmAt === at) return;
    this.#alarmAt = at;
    this.#effects.push({ kind: "alarm", at });
  }

  // ── shards ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #owns(guid: TaskGuid): boolean {
    return this.#mesh.keeper.owns(shardOf(guid));
  }

  #gained(shards: readonly Shard[]): void {
    const gained = new Set(shards);
    this.#window.gained(shards);
    this.#stopping.cancel(shards);
    for (const [guid, { actor }] of this.#seats.all()) {
      if (actor !== undefined && gained.has(shardOf(guid))) this.#agenda.set(guid, this.#now);
    }
  }

  /** Nothing more of these is taken up; what has not started is written down for the next owner. */
  #stopped(shards: readonly Shard[]): void {
    const stopped = new Set(shards);
    this.#window.lost(shards);
    this.#stopping.add(shards);
    this.#agenda.deleteWhere((guid) => stopped.has(shardOf(guid)));
    for (const [guid] of this.#seats.all()) {
      if (stopped.has(shardOf(guid))) this.#tell(guid, { kind: "release" }, this.#now);
    }
  }

  /** Tasks that have the lease now go on. */
  #lease(now: Instant): void {
    if (!this.#isLeased) return;
    this.#isLeased = false;
    for (const guid of [...this.#unleased]) {
      if (this.#owns(guid) && !this.#around.hasLease(guid)) continue;
      this.#unleased.delete(guid);
      if (this.#owns(guid)) this.#tell(guid, { kind: "wake" }, now);
    }
  }

  #letGo(): void {
    if (this.#stopping.size === 0) return;
    const flying = this.#seats.all().filter(([, { actor }]) => actor?.isFlying === true).map(([guid]) => guid);
    const done = this.#stopping.takeDone(flying);
    if (done.length > 0) this.#mesh.keeper.drained(done);
  }

  // ── actors ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #tell(guid: TaskGuid, message: Message, now: Instant): void {
    const seat = this.#seats.get(guid);
    if (seat === undefined) {
      this.#seats.seat(guid, message);
    } else if (seat.actor === undefined || (seat.isStale && message.kind === "command")) {
      if (seat.mailbox.length < MAILBOX_MAX || message.kind !== "command") seat.mailbox.push(message);
      else this.#reply(message.ticket, CROWDED);
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
    const persist = turn.end();
    if (persist !== undefined) {
      if (this.#mesh.isShared) this.#mesh.wrote(persist.writes);
      if (persist.then[0]?.kind === "kept") this.#stopping.wrote(persist.guids);
    }
    for (const id of turn.exits) this.#left.push(id);
    if (turn.waitsForLease) this.#unleased.add(turn.guid);
    else this.#unleased.delete(turn.guid);
  }

  #newTurn({ guid }: TaskActor, now: Instant, onFailure: "refuse" | "hold", isEcho = false): Turn {
    return new Turn(guid, now, this.#around, { onFailure, isOwner: this.#owns(guid), isEcho }, this.#effects);
  }

  /** One message, one turn; an actor that throws loses the turn and its seat, and nothing else is touched. */
  #turn(actor: TaskActor, message: Message, now: Instant): void {
    if (message.kind === "command" && !this.#isWritable) return this.#reply(message.ticket, UNWRITABLE);
    const before = this.#effects.length;
    const turn = this.#newTurn(actor, now, message.kind === "command" ? "refuse" : "hold", message.kind === "follow");
    try {
      switch (message.kind) {
        case "wake":
          if ((this.#infirmary.until(actor.guid) ?? now) <= now) actor.wake(turn);
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
      if (turn.entries.length > 0) {
        const launched = turn.entries.filter(({ id, lane }) => this.#gate.enter(lane, { guid: actor.guid, id }));
        for (const { id } of launched) actor.launch(turn, id);
      }
      this.#play(turn);
      if (message.kind === "wake") this.#infirmary.recovered(actor.guid);
    } catch (error) {
      this.#effects.length = before;
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
      ? later(actor.wakeAt(now), this.#infirmary.until(guid))
      : undefined;
    const isHeld = (isOwner ? actor.isBusy() : actor.isFlying) || this.#seats.get(guid)?.isStale === true;
    const isSoonDue = wake !== undefined && wake <= now + STAY_MS;
    const stays = isHeld || (isSoonDue && this.#seats.mayIdle);
    if (stays) this.#seats.idle(guid, !isHeld);
    else this.#seats.leave(guid);
    if (wake === undefined) this.#agenda.delete(guid);
    else if (stays || this.#window.holds(wake)) this.#agenda.set(guid, wake);
    else {
      this.#agenda.delete(guid);
      if (isOwner) this.#window.expect(shardOf(guid), wake);
    }
  }

  #fallIll(guid: TaskGuid, error: unknown, now: Instant): void {
    const { failures, waitMs, until } = this.#infirmary.fell(guid, now);
    this.#seats.leave(guid);
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
    const before = this.#effects.length;
    const turn = this.#newTurn(actor, now, "hold");
    try {
      actor.launch(turn, next.id);
      this.#play(turn);
      this.#settleDown(actor.guid, actor, now);
    } catch (error) {
      this.#effects.length = before;
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
        this.#seats.reload(guid, seat);
      } else {
        this.#seats.leave(guid);
        this.#agenda.set(guid, now);
      }
    }
  }
}

function later(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined || a > b ? a : b;
}
