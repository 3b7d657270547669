// The seats are the active tasks: each holds an actor, or the messages that wait for it to be read from the store. They
// are bounded; an idle actor gives its seat to a task that has something to do.

import type { TaskGuid } from "../values/ids.ts";

/** Tasks activated or being activated at a time. About 2 KB each. What else is due waits in the agenda, at 100 bytes. */
const ACTIVE_MAX = 32_768;

/** Of these, so many may be idle; the rest of the seats are for those that come and go. */
const IDLE_MAX = 28_672;

/** Dossiers asked for in one read. */
const READ_MAX = 512;

/** Where an active task is kept; `isStale` while its actor waits to be told what stands on the disk. */
export type Seat<Actor, Message> = { actor?: Actor; readonly mailbox: Message[]; isStale: boolean };

/** The idle ones are linked, and not in a set: see `IdMap` for what a set leaves behind of what comes and goes. */
type Place<Actor, Message> = Seat<Actor, Message> & {
  readonly guid: TaskGuid;
  isIdle: boolean;
  before: Place<Actor, Message> | undefined;
  after: Place<Actor, Message> | undefined;
};

export class Seats<Actor, Message> {
  readonly #seats = new Map<TaskGuid, Place<Actor, Message>>();
  /** Seated tasks that could go, and stay because they are soon due again. The first has been so for the longest time. */
  #firstIdle: Place<Actor, Message> | undefined;
  #lastIdle: Place<Actor, Message> | undefined;
  #toLoad: TaskGuid[] = [];

  get size(): number {
    return this.#seats.size;
  }

  get(guid: TaskGuid): Seat<Actor, Message> | undefined {
    return this.#seats.get(guid);
  }

  has(guid: TaskGuid): boolean {
    return this.#seats.has(guid);
  }

  /** As they are now: they may come and go while one walks over them. */
  all(): readonly (readonly [TaskGuid, Seat<Actor, Message>])[] {
    return [...this.#seats];
  }

  /** Whether one more may be idle. */
  get mayIdle(): boolean {
    return this.#seats.size <= IDLE_MAX;
  }

  /** Whether one more task can be active: a seat is free, or an idle one can be given on. */
  get hasRoom(): boolean {
    return this.#seats.size < ACTIVE_MAX || this.#firstIdle !== undefined;
  }

  /** Seats a task whose dossier is to be read; the task that has been idle for the longest time goes for it. */
  seat(guid: TaskGuid, ...mailbox: Message[]): void {
    if (this.#seats.size >= ACTIVE_MAX && this.#firstIdle !== undefined) this.leave(this.#firstIdle.guid);
    this.#seats.set(guid, { guid, mailbox, isStale: false, isIdle: false, before: undefined, after: undefined });
    this.#toLoad.push(guid);
  }

  /** The dossier of a seated task is to be read again. */
  reload(guid: TaskGuid, seat: Seat<Actor, Message>): void {
    seat.isStale = true;
    this.idle(guid, false);
    this.#toLoad.push(guid);
  }

  /** Whether the task could go. */
  idle(guid: TaskGuid, isIdle: boolean): void {
    const place = this.#seats.get(guid);
    if (place === undefined) return;
    this.#unlink(place);
    if (!isIdle) return;
    place.isIdle = true;
    place.before = this.#lastIdle;
    if (this.#lastIdle === undefined) this.#firstIdle = place;
    else this.#lastIdle.after = place;
    this.#lastIdle = place;
  }

  #unlink(place: Place<Actor, Message>): void {
    if (!place.isIdle) return;
    const { before, after } = place;
    if (before === undefined) this.#firstIdle = after;
    else before.after = after;
    if (after === undefined) this.#lastIdle = before;
    else after.before = before;
    place.isIdle = false;
    place.before = undefined;
    place.after = undefined;
  }

  leave(guid: TaskGuid): void {
    this.idle(guid, false);
    this.#seats.delete(guid);
  }

  /** Dossiers that are to be read, a bounded number each time; empty when there are none. */
  takeToLoad(): readonly TaskGuid[] {
    return this.#toLoad.length === 0 ? this.#toLoad : this.#toLoad.splice(0, READ_MAX);
  }
}
