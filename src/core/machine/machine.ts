// The machine routes and orders; the parts decide. It holds the window (the tasks that have something to do within the
// next minute), activates their actors, lets their attempts through the gate, and keeps the one alarm. Events in,
// effects out; it asks for nothing and waits for nothing.

import type { LaneState, Passenger } from "../delivery/lane.ts";
import { TaskActor } from "../firing/actor.ts";
import { DueWindow } from "../firing/due-window.ts";
import { Gate } from "../firing/gate.ts";
import { handOver } from "../firing/hand-over.ts";
import { Infirmary } from "../firing/infirmary.ts";
import { newsOf } from "../firing/lane-news.ts";
import { CROWDED, ill, isMove, MAILBOX_MAX, type Message, UNWRITABLE } from "../firing/mail.ts";
import { later } from "../firing/open-runs.ts";
import { type Surroundings, Turn } from "../firing/turn.ts";
import { Agenda } from "../ownership/agenda.ts";
import { Seats } from "../ownership/seats.ts";
import { type Shard, shardOf } from "../ownership/shard.ts";
import { Stopping } from "../ownership/stopping.ts";
import { Unleased } from "../ownership/unleased.ts";
import { type Command, type CommandResult, runsNamed } from "../protocol/command.ts";
import type { CoreEvent, DuePage, Effect, Outcome } from "../protocol/event.ts";
import type { Dossier } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { Run } from "../task/run.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { HybridClock } from "../values/stamp.ts";
import type { MachineSettings } from "./machine-settings.ts";
import { MeshSide } from "./mesh-side.ts";
import { elsewhereFor, surroundingsOf } from "./surroundings.ts";

/** An actor whose next deed is nearer than this stays; the others go, and come back when they are due. */
const STAY_MS = 60_000;
/** Due tasks taken from the agenda in one event, so that no event holds the loop for long (about 10 ms). */
const TAKE_MAX = 256;
/** The agenda reads no further while it holds so many. */
const AGENDA_MAX = 200_000;
/** A task that waits for a target for which no more can be parked comes again after so long. */
const AGAIN_MS = 10_000;

export class Machine {
  readonly #around: Surroundings;
  readonly #isElsewhere: ReturnType<typeof elsewhereFor>;
  readonly #mesh: MeshSide;
  #now: Instant;
  readonly #agenda = new Agenda();
  readonly #gate: Gate;
  readonly #seats = new Seats<TaskActor, Message>();
  readonly #infirmary = new Infirmary();
  readonly #window: DueWindow;
  readonly #stopping = new Stopping();
  readonly #unleased = new Unleased();
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
      leased: () => this.#unleased.granted(),
      attempted: (outcome, by) => this.#attempted([outcome], this.#now, by),
    }, settings);
    this.#window = new DueWindow(this.#mesh.groups);
    this.#gate = new Gate({ chance, limitsOf: (lane) => this.#mesh.targets.limitsOf(lane) });
    this.#around = surroundingsOf(settings, clock, this.#mesh, this.#gate);
    this.#isElsewhere = elsewhereFor(self, this.#mesh);
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

  /** The ways to targets on which somebody is, or that have failed of late. */
  lanes(): readonly LaneState[] {
    return this.#gate.lanes(this.#now);
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

  /** Why an open run waits for its target; absent when it does not. */
  waitReason({ guid, id, retryAt }: Run): string | undefined {
    if (retryAt !== undefined && retryAt > this.#now) return undefined;
    const lane = this.#seats.get(guid)?.actor?.linesUpIn(id);
    return lane === undefined ? this.#gate.reasonOfParked(guid, this.#now) : this.#gate.reasonOf(lane, this.#now);
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
        this.#attempted(event.outcomes, now);
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
    if (!isOutcome) {
      this.#mesh.pump();
      this.#gate.share(this.#mesh.peers, now);
    }
    this.#letGo();
    this.#lease(now);
    this.#letThrough(now);
    const mayTake = this.#isWritable && !this.#isDraining;
    for (let taken = 0; mayTake && taken < TAKE_MAX && this.#seats.hasRoom; taken++) {
      const guid = this.#agenda.take(now);
      if (guid === undefined) break;
      this.#tell(guid, { kind: "wake" }, now);
    }
    this.#letThrough(now);
    this.#effects.push(...newsOf(this.#gate.takeChanged(now)));
    this.#readDue(now);
    for (let guids = this.#seats.takeToLoad(); guids.length > 0; guids = this.#seats.takeToLoad()) {
      this.#effects.push({ kind: "readDossiers", guids });
    }
    this.#mesh.elections.flush();
    if (!isOutcome) this.#meshWakeAt = this.#mesh.wakeAt();
    this.#setAlarm(now, mayTake);
  }

  #readDue(now: Instant): void {
    if (!this.#mayReadDue()) return;
    const { query, hasMoved } = this.#window.next(now);
    if (hasMoved) {
      this.#effects.push({ kind: "sweep" });
      this.#mesh.sweep();
    }
    if (query !== undefined) this.#effects.push({ kind: "readDue", query });
  }

  #mayReadDue(): boolean {
    return !this.#window.isReading && this.#agenda.size <= AGENDA_MAX;
  }

  #addDue(page: DuePage): void {
    const { keeper, groups } = this.#mesh;
    for (const { guid, at, shard: name } of page.entries) {
      const shard = groups.shardNamed(name);
      if (!keeper.owns(shard) || this.#seats.has(guid) || this.#agenda.has(guid)) continue;
      this.#agenda.set(guid, at, shard);
      // Read now, while there is time: what is due at one instant is then sent without asking the disk.
      if (this.#seats.mayIdle) this.#seats.seat(guid);
    }
    this.#window.read(page, (shard) => keeper.owns(shard));
  }

  /** For the next moment at which time alone lets something be done. What waits for an event needs no alarm. */
  #setAlarm(now: Instant, mayTake: boolean): void {
    const next = this.#mayReadDue() ? this.#window.movesAt : Infinity;
    const first = mayTake && this.#seats.hasRoom ? this.#agenda.first() ?? Infinity : Infinity;
    const lane = mayTake ? this.#gate.wakeAt : Infinity;
    const at = Math.max(now, Math.min(first, next, lane, this.#meshWakeAt)) as Instant;
    if (at === Infinity || this.#alarmAt === at) return;
    this.#alarmAt = at;
    this.#effects.push({ kind: "alarm", at });
  }

  // ── shards ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #shardOf({ guid, group }: TaskActor): Shard {
    return this.#mesh.shardOf(guid, group);
  }

  #gained(shards: readonly Shard[]): void {
    const gained = new Set(shards);
    this.#window.gained(shards);
    this.#stopping.cancel(shards);
    for (const [guid, { actor }] of this.#seats.all()) {
      const shard = actor === undefined ? undefined : this.#shardOf(actor);
      if (shard !== undefined && gained.has(shard)) this.#agenda.set(guid, this.#now, shard);
    }
  }

  /** Nothing more of these is taken up; what has not started is written down for the next owner. */
  #stopped(shards: readonly Shard[]): void {
    const stopped = new Set(shards);
    this.#window.lost(shards);
    this.#stopping.add(shards);
    this.#agenda.deleteOf(stopped);
    this.#gate.forgetOf(stopped);
    for (const [guid, { actor }] of this.#seats.all()) {
      if (actor !== undefined && stopped.has(this.#shardOf(actor))) this.#tell(guid, { kind: "release" }, this.#now);
    }
  }

  /** Tasks that have the lease now go on. */
  #lease(now: Instant): void {
    const { keeper } = this.#mesh;
    const how = (shard: Shard) => !keeper.owns(shard) ? "left" : keeper.hasLease(shard) ? "goes" : "waits";
    for (const guid of this.#unleased.take(how)) this.#tell(guid, { kind: "wake" }, now);
  }

  #letGo(): void {
    if (this.#stopping.size === 0) return;
    const flying = this.#seats.all().flatMap(([, { actor }]) => actor?.isFlying === true ? this.#shardOf(actor) : []);
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
      this.#settleDown(guid, seat.actor, now, this.#turn(seat.actor, message, now));
    }
  }

  /** The dossier of a task is here: its actor takes its seat and reads its mail. */
  #seat(dossier: Dossier, now: Instant): void {
    const seat = this.#seats.get(dossier.guid);
    if (seat === undefined) return;
    try {
      if (seat.actor === undefined) seat.actor = new TaskActor(dossier, this.#isElsewhere);
      else if (seat.isStale) seat.actor.restore(dossier);
      seat.isStale = false;
    } catch (error) {
      for (const message of seat.mailbox) {
        if (message.kind === "command") this.#reply(message.ticket, ill(error));
        else if ("done" in message) message.done();
      }
      this.#fallIll(dossier.guid, error, now);
      return;
    }
    const mail = seat.mailbox.splice(0);
    let waits: Turn["waitsForTarget"];
    for (const message of mail) {
      // An actor that fell ill at an earlier message is gone; what is left of its mail goes to the next one.
      if (this.#seats.get(dossier.guid) !== seat) this.#tell(dossier.guid, message, now);
      else waits = this.#turn(seat.actor, message, now);
    }
    if (this.#seats.get(dossier.guid) === seat) this.#settleDown(dossier.guid, seat.actor, now, waits);
  }

  /** The effects of a turn; what it wrote is on its way to the disk. Whether it wrote something. */
  #play(turn: Turn): boolean {
    const persist = turn.end();
    if (persist !== undefined) {
      this.#mesh.wrote(persist.writes);
      if (persist.then[0]?.kind === "kept") this.#stopping.wrote(turn.guid, turn.shard);
    }
    if (turn.loans.length > 0) { for (const loan of turn.loans) this.#mesh.detours.lend(loan); }
    if (turn.exits.length > 0) { for (const id of turn.exits) this.#gate.unused(id, turn.now); }
    this.#unleased.set(turn.guid, turn.shard, turn.waitsForLease);
    return persist !== undefined;
  }

  #newTurn(actor: TaskActor, now: Instant, onFailure: "refuse" | "hold", isEcho = false): Turn {
    const shard = this.#shardOf(actor);
    const how = { onFailure, isOwner: this.#mesh.keeper.owns(shard), shard, isEcho };
    return new Turn(actor.guid, now, this.#around, how, this.#effects);
  }

  /**
   * One message, one turn; an actor that throws loses the turn and its seat, and nothing else is touched. Returns the
   * target that the task waits for, if it has said so.
   */
  #turn(actor: TaskActor, message: Message, now: Instant): Turn["waitsForTarget"] {
    if (message.kind === "command") {
      if (!this.#isWritable) {
        this.#reply(message.ticket, UNWRITABLE);
        return undefined;
      }
      if (this.#mesh.sentOn(message.ticket, message.command, this.#shardOf(actor))) return undefined;
    }
    // Whatever it waited for, it may have become another task.
    if (isMove(message)) this.#gate.arrived(actor.guid);
    const before = this.#effects.length;
    const turn = this.#newTurn(actor, now, message.kind === "command" ? "refuse" : "hold", message.kind === "follow");
    try {
      const isIll = message.kind === "wake" && (this.#infirmary.until(actor.guid) ?? now) > now;
      if (!isIll) handOver(message, actor, turn);
      if (turn.entries.length > 0) {
        const { guid } = actor;
        const launched = turn.entries.filter(({ id, lane }) => this.#gate.enter(lane, { guid, id }, now));
        for (const { id } of launched) actor.launch(turn, id);
      }
      this.#play(turn);
      if (message.kind === "wake") this.#infirmary.recovered(actor.guid);
    } catch (error) {
      this.#effects.length = before;
      for (const { id } of turn.entries) this.#gate.unused(id, now);
      if (message.kind === "command") this.#reply(message.ticket, ill(error));
      this.#fallIll(actor.guid, error, now);
    }
    // What another peer told is behind us, also when the actor fell ill at it: the next sync tells it again.
    if (message.kind === "merge" || message.kind === "follow") message.done();
    return turn.waitsForTarget;
  }

  /** After its turns: the actor stays while it has something in memory or soon to do, else it goes. */
  #settleDown(guid: TaskGuid, actor: TaskActor, now: Instant, waits?: Turn["waitsForTarget"]): void {
    const seat = this.#seats.get(guid);
    if (seat?.actor !== actor) return;
    const shard = this.#shardOf(actor);
    const isOwner = this.#mesh.keeper.owns(shard);
    // Whether it waits for its target, without a place in the agenda but for what it has to do meanwhile.
    const isParked = isOwner &&
      (this.#gate.isParked(guid) || (waits !== undefined && this.#gate.park(waits.lane, { guid, shard }, now)));
    const isTurnedAway = waits !== undefined && !isParked;
    const wakeAt = isParked ? waits?.until : isTurnedAway ? now + AGAIN_MS as Instant : actor.wakeAt(now);
    const wake = isOwner && !this.#unleased.has(guid) ? later(wakeAt, this.#infirmary.until(guid)) : undefined;
    const isHeld = (isOwner ? actor.isBusy() : actor.isFlying) || seat.isStale;
    const isSoonDue = wake !== undefined && wake <= now + STAY_MS;
    const stays = isHeld || ((isParked || isSoonDue) && this.#seats.mayIdle);
    if (stays && !isHeld) actor.prepare();
    if (stays) this.#seats.idle(guid, !isHeld);
    else this.#seats.leave(guid);
    // A parked task that was told something stands in the agenda as it did before.
    if (isParked && waits === undefined) return;
    if (wake === undefined) this.#agenda.delete(guid);
    else if (stays || this.#window.holds(wake)) this.#agenda.set(guid, wake, shard);
    else {
      this.#agenda.delete(guid);
      if (isOwner) this.#window.expect(shard, wake);
    }
  }

  #fallIll(guid: TaskGuid, error: unknown, now: Instant): void {
    const { until, log } = this.#infirmary.fell(guid, error, now);
    const actor = this.#seats.get(guid)?.actor;
    this.#seats.leave(guid);
    this.#agenda.set(guid, until, actor === undefined ? shardOf(guid) : this.#shardOf(actor));
    this.#effects.push(log);
  }

  // ── the gate ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Those whose turn has come at their targets go, and tasks for which there is room there are called. */
  #letThrough(now: Instant): void {
    if (this.#isDraining) return;
    for (let next = this.#gate.next(now); next !== undefined; next = this.#gate.next(now)) this.#launch(next, now);
    for (const { guid, shard } of this.#gate.call(now)) this.#agenda.set(guid, now, shard);
  }

  #launch({ guid, id }: Passenger, now: Instant): void {
    const actor = this.#seats.get(guid)?.actor;
    if (actor === undefined) return this.#gate.unused(id, now);
    const before = this.#effects.length;
    const turn = this.#newTurn(actor, now, "hold");
    try {
      actor.launch(turn, id);
      // Who does no more than go has as much to do as before, and stays where it is.
      if (this.#play(turn) || turn.exits.length > 0) this.#settleDown(guid, actor, now);
    } catch (error) {
      this.#effects.length = before;
      this.#gate.unused(id, now);
      this.#fallIll(guid, error, now);
    }
  }

  /** `by`: another peer made them. */
  #attempted(outcomes: readonly Outcome[], now: Instant, by?: PeerId): void {
    for (const { id, result, isGuest } of outcomes) if (isGuest === undefined) this.#gate.ended(id, result, now, by);
    for (const each of outcomes) {
      const { guid, id, result } = each;
      if (each.isGuest === true) this.#mesh.detours.ended(each);
      else this.#tell(guid, { kind: "attempted", id, result }, now);
    }
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #command(ticket: number, command: Command, now: Instant): void {
    switch (command.kind) {
      case "task": {
        if (this.#isDraining) {
          return this.#reply(ticket, { kind: "refused", why: "busy", message: "the peer is stopping" });
        }
        if (!this.#isWritable) return this.#reply(ticket, UNWRITABLE);
        const named = runsNamed(command);
        if (named === undefined) return this.#tell(command.guid, { kind: "command", ticket, command }, now);
        return this.#mesh.recall(named, (known) => {
          this.#tell(command.guid, { kind: "command", ticket, command, known }, this.#now);
        });
      }
      case "entity":
        if (!this.#isWritable) return this.#reply(ticket, UNWRITABLE);
        return this.#mesh.writeEntity(ticket, command);
    }
  }

  #reply(ticket: number, result: CommandResult): void {
    this.#effects.push({ kind: "reply", ticket, result });
  }

  /** Commands whose writes the disk refused: the actors take back what they had made of them. */
  #restore(guids: readonly TaskGuid[], unsent: readonly OccurrenceId[], now: Instant): void {
    for (const id of unsent) this.#gate.unused(id, now);
    for (const guid of guids) {
      for (const id of unsent) this.#seats.get(guid)?.actor?.unsent(id);
      const seat = this.#seats.get(guid);
      if (seat?.actor === undefined || seat.isStale) continue;
      if (seat.actor.isBusy()) {
        this.#seats.reload(guid, seat);
      } else {
        this.#seats.leave(guid);
        this.#agenda.set(guid, now, this.#shardOf(seat.actor));
      }
    }
  }
}
