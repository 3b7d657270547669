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

export class Seats<Actor, Message> {
  readonly #seats = new Map<TaskGuid, Seat<Actor, Message>>();
  /** Seated tasks that could go, and stay because they are soon due again. The first has been so for the longest time. */
  readonly #idle = new Set<TaskGuid>();
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
    return this.#seats.size < ACTIVE_MAX || this.#idle.size > 0;
  }

  /** Seats a task whose dossier is to be read; the task that has been idle for the longest time goes for it. */
  seat(guid: TaskGuid, ...mailbox: Message[]): void {
    if (this.#seats.size >= ACTIVE_MAX) {
      for (const idle of this.#idle) {
        this.leave(idle);
        break;
      }
    }
    this.#seats.set(guid, { mailbox, isStale: false });
    this.#toLoad.push(guid);
  }

  /** The dossier of a seated task is to be read again. */
  reload(guid: TaskGuid, seat: Seat<Actor, Message>): void {
    seat.isStale = true;
    this.#idle.delete(guid);
    this.#toLoad.push(guid);
  }

  /** Whether the task could go. */
  idle(guid: TaskGuid, isIdle: boolean): void {
    this.#idle.delete(guid);
    if (isIdle) this.#idle.add(guid);
  }

  leave(guid: TaskGuid): void {
    this.#seats.delete(guid);
    this.#idle.delete(guid);
  }

  /** Dossiers that are to be read, a bounded number each time; empty when there are none. */
  takeToLoad(): readonly TaskGuid[] {
    return this.#toLoad.length === 0 ? this.#toLoad : this.#toLoad.splice(0, READ_MAX);
  }
}
