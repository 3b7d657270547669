// Pools of connections, one for each key: made when first used, closed when idle, bounded in number. There is no timer
// while there is no pool.

import { clearInterval, setInterval } from "node:timers";

export interface Closable {
  close(): Promise<void>;
}

/** A pool in use. While it is taken it is not closed. */
export type Taken<P> = { readonly key: string; readonly pool: P; inFlight: number; idleSweeps: number; usedAt: number };

/** A pool is closed at the third sweep that finds it idle: after one to one and a half of the idle time. */
const IDLE_SWEEPS = 3;

export class Pools<P extends Closable> {
  readonly #make: (key: string) => P;
  readonly #poolsMax: number;
  readonly #sweepMs: number;
  readonly #pools = new Map<string, Taken<P>>();
  readonly #closing = new Set<Promise<void>>();
  #uses = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor({ make, poolsMax, idleMs }: { make: (key: string) => P; poolsMax: number; idleMs: number }) {
    this.#make = make;
    this.#poolsMax = poolsMax;
    this.#sweepMs = idleMs / 2;
  }

  get size(): number {
    return this.#pools.size;
  }

  /** Absent when there are as many pools as may be and all are in use. */
  take(key: string): Taken<P> | undefined {
    let taken = this.#pools.get(key);
    if (taken === undefined) {
      if (this.#pools.size >= this.#poolsMax && !this.#evict()) return undefined;
      taken = { key, pool: this.#make(key), inFlight: 0, idleSweeps: 0, usedAt: 0 };
      this.#pools.set(key, taken);
      // What is idle keeps no program from ending.
      this.#timer ??= setInterval(() => this.#sweep(), this.#sweepMs).unref();
    }
    taken.inFlight++;
    taken.idleSweeps = 0;
    taken.usedAt = ++this.#uses;
    return taken;
  }

  give(taken: Taken<P>): void {
    taken.inFlight--;
  }

  /** Closes all, in use or not. */
  async close(): Promise<void> {
    for (const taken of [...this.#pools.values()]) this.#close(taken);
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  #sweep(): void {
    for (const taken of [...this.#pools.values()]) {
      if (taken.inFlight === 0 && ++taken.idleSweeps >= IDLE_SWEEPS) this.#close(taken);
    }
  }

  /** Closes the idle pool that was used longest ago. */
  #evict(): boolean {
    let oldest: Taken<P> | undefined;
    for (const taken of this.#pools.values()) {
      if (taken.inFlight === 0 && (oldest === undefined || taken.usedAt < oldest.usedAt)) oldest = taken;
    }
    if (oldest === undefined) return false;
    this.#close(oldest);
    return true;
  }

  #close(taken: Taken<P>): void {
    this.#pools.delete(taken.key);
    if (this.#pools.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const closing = taken.pool.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
