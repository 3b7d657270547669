// A write concern, both ends of it. Who wants to know that other peers hold a write hands it to each that is alive, until
// enough have said that it stands on their disks; who is handed one takes it in, and says so once it does. A peer that
// has it by another way says so at once; what is not taken in time still spreads by itself.

import { type Entity, mergeEntities } from "../register/register.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type SpreadHost = {
  now(): Instant;
  /** The others that are alive. */
  living(): readonly PeerId[];
  /** Asks a peer to keep it; `onEnd` is called once. */
  ask(to: PeerId, entity: Entity, onEnd: (isKept: boolean) => void): void;
};

/** Pause before who could not be asked, or did not answer, is asked again. */
const ROUND_MS = 200;

/** Writes of other peers that wait for this one's disk; what comes then is asked for again a moment later. */
const WAITING_MAX = 1_024;

/** Who asked has given up by then, or asked again. */
const WAIT_MS = 5_000;

type Spread = {
  readonly entity: Entity;
  readonly wanted: number;
  readonly until: Instant;
  readonly onEnd: (peers: number) => void;
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

  /** `entity` stands on this peer's disk, and counts for one. `onEnd` is told how many peers hold it, once. */
  start(entity: Entity, wanted: number, until: Instant, onEnd: (peers: number) => void): void {
    const now = this.#host.now();
    const spread: Spread = { entity, wanted, until, onEnd, holding: new Set(), asked: new Set(), nextAt: now };
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
    const { entity, wanted, until, holding, asked } = spread;
    if (holding.size + 1 >= wanted || now >= until) return this.#end(spread);
    spread.nextAt = now + ROUND_MS as Instant;
    for (const peer of this.#host.living()) {
      if (holding.has(peer) || asked.has(peer)) continue;
      asked.add(peer);
      this.#host.ask(peer, entity, (isKept) => {
        asked.delete(peer);
        if (isKept) holding.add(peer);
        if (holding.size + 1 >= wanted) this.#end(spread);
      });
    }
  }

  #end(spread: Spread): void {
    if (this.#open.delete(spread)) spread.onEnd(spread.holding.size + 1);
  }
}

export type Waiting = { readonly entity: Entity; readonly until: Instant; readonly onKept: () => void };

/** What other peers want to know to be on this one's disk. */
export class Keepings {
  #waiting: Waiting[] = [];

  /** Absent when too much waits. */
  add(entity: Entity, now: Instant, onKept: () => void): Waiting | undefined {
    this.#waiting = this.#waiting.filter(({ until }) => until > now);
    if (this.#waiting.length >= WAITING_MAX) return undefined;
    const waiting = { entity, until: now + WAIT_MS as Instant, onKept };
    this.#waiting.push(waiting);
    return waiting;
  }

  /** Whether it waits still. */
  has(waiting: Waiting): boolean {
    return this.#waiting.includes(waiting);
  }

  /** This stands on the disk. */
  kept(written: Entity): void {
    if (this.#waiting.length === 0) return;
    const over = this.#waiting.filter(({ entity }) => holds(written, entity));
    if (over.length === 0) return;
    this.#waiting = this.#waiting.filter((waiting) => !over.includes(waiting));
    for (const { onKept } of over) onKept();
  }
}

/** Whether all that `other` says is in `entity`, or was replaced there. */
function holds(entity: Entity, other: Entity): boolean {
  return entity.kind === other.kind && entity.key === other.key && !mergeEntities(entity, other).news;
}
