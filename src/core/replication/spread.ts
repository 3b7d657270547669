// A write concern, both ends of it. Who wants to know that other peers hold a write hands it to each that is alive, until
// enough have said that it stands on their disks; who is handed one takes it in, and says so once it does. A peer that
// has it by another way says so at once; what is not taken in time still spreads by itself. What was done to runs is in
// the log of who fires the task, which comes to all by itself: of that they are only asked whether it has.

import type { LogEnds, Spreadable } from "../protocol/message.ts";
import { type Entity, mergeEntities } from "../register/register.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type SpreadHost = {
  readonly self: PeerId;
  now(): Instant;
  /** The others that are alive. */
  living(): readonly PeerId[];
  /** Whether it stands on this peer's disk. */
  holds(what: Spreadable): boolean;
  /** Asks a peer to keep it; `onEnd` is called once. */
  ask(to: PeerId, what: Spreadable, onEnd: (isKept: boolean) => void): void;
};

/** Pause before who could not be asked, or did not answer, is asked again. */
const ROUND_MS = 200;

/** Writes of other peers that wait for this one's disk; what comes then is asked for again a moment later. */
const WAITING_MAX = 1_024;

/** Who asked has given up by then, or asked again. */
const WAIT_MS = 5_000;

type Spread = {
  readonly what: Spreadable;
  readonly wanted: number;
  readonly until: Instant;
  readonly onEnd: (peers: number) => void;
  /** From whom it comes among them. */
  readonly holding: Set<PeerId>;
  readonly asked: Set<PeerId>;
  nextAt: Instant;
};

export class Spreads {
  readonly #host: SpreadHost;
  readonly #open = new Set<Spread>();

  constructor(host: SpreadHost) {
    this.#host = host;
  }

  /** An entity stands on this peer's disk, a log on its author's. `onEnd` is told how many peers hold it, once. */
  start(what: Spreadable, wanted: number, until: Instant, onEnd: (peers: number) => void): void {
    const now = this.#host.now();
    const holding = new Set([what.kind === "log" ? what.author : this.#host.self]);
    const spread: Spread = { what, wanted, until, onEnd, holding, asked: new Set(), nextAt: now };
    this.#open.add(spread);
    this.#go(spread, now);
  }

  get wakeAt(): number {
    let at = Infinity;
    for (const { until, nextAt } of this.#open) at = Math.min(at, until, nextAt);
    return at;
  }

  wake(): void {
    const now = this.#host.now();
    for (const spread of [...this.#open]) if (Math.min(spread.nextAt, spread.until) <= now) this.#go(spread, now);
  }

  #go(spread: Spread, now: Instant): void {
    const { what, wanted, until, holding, asked } = spread;
    if (this.#host.holds(what)) holding.add(this.#host.self);
    if (holding.size >= wanted || now >= until) return this.#end(spread);
    spread.nextAt = now + ROUND_MS as Instant;
    for (const peer of this.#host.living()) {
      if (holding.has(peer) || asked.has(peer)) continue;
      asked.add(peer);
      this.#host.ask(peer, what, (isKept) => {
        asked.delete(peer);
        if (isKept) holding.add(peer);
        if (holding.size >= wanted) this.#end(spread);
      });
    }
  }

  #end(spread: Spread): void {
    if (this.#open.delete(spread)) spread.onEnd(spread.holding.size);
  }
}

export type Waiting = { readonly what: Spreadable; readonly until: Instant; readonly onKept: () => void };

/** What other peers want to know to be on this one's disk. */
export class Keepings {
  #waiting: Waiting[] = [];
  /** Up to where run logs stand there. */
  readonly #logs: Map<PeerId, number>;

  constructor(ends: LogEnds) {
    this.#logs = new Map(ends);
  }

  /** Absent when too much waits. */
  add(what: Spreadable, now: Instant, onKept: () => void): Waiting | undefined {
    this.#waiting = this.#waiting.filter(({ until }) => until > now);
    if (this.#waiting.length >= WAITING_MAX) return undefined;
    const waiting = { what, until: now + WAIT_MS as Instant, onKept };
    this.#waiting.push(waiting);
    return waiting;
  }

  /** Whether it waits still. */
  has(waiting: Waiting): boolean {
    return this.#waiting.includes(waiting);
  }

  /** This stands on the disk. */
  kept(written: Entity): void {
    this.#answer((what) => what.kind === "entity" && holds(written, what.entity));
  }

  /** These logs stand on the disk up to there. */
  keptLogs(ends: LogEnds): void {
    for (const [author, seq] of ends) this.#logs.set(author, seq);
    this.#answer((what) => this.hasLog(what));
  }

  /** Whether it is a log that stands on the disk so far. */
  hasLog(what: Spreadable): boolean {
    return what.kind === "log" && (this.#logs.get(what.author) ?? 0) >= what.seq;
  }

  #answer(isKept: (what: Spreadable) => boolean): void {
    if (this.#waiting.length === 0) return;
    const over = this.#waiting.filter(({ what }) => isKept(what));
    if (over.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !over.includes(waiting));
    for (const { onKept } of over) onKept();
  }
}

/** Whether all that `other` says is in `entity`, or was replaced there. */
function holds(entity: Entity, other: Entity): boolean {
  return entity.kind === other.kind && entity.key === other.key && !mergeEntities(entity, other).news;
}
