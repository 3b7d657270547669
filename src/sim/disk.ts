// A disk that survives its peer: what is synced stays, what is on its way when the power goes is there whole or not at
// all. It takes time, can be slow, and can be full. It watches what becomes durable, for those who check the world.

import { GroupCommit } from "../store/group-commit.ts";
import type { KeyValue, Operation } from "../store/key-value.ts";
import { StoreFailure } from "../store/store.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";

export type DiskSettings = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  /** What keeps the records, and loses none. */
  readonly base: KeyValue;
  readonly syncMs: readonly [least: number, most: number];
  /** 0 answers a read within the same moment. */
  readonly readMaxMs: number;
  readonly onDurable: (operations: readonly Operation[]) => void;
  /** Something was done: whoever waits for silence waits on. */
  readonly stir: () => void;
};

/** One life of the peer. */
export type DiskLife = {
  readonly isAlive: () => boolean;
  /** Plays what a living peer hears, now or when it goes on. */
  readonly run: (deed: () => void) => void;
};

export class Disk {
  readonly #settings: DiskSettings;
  #slowness = 1;
  #isFull = false;
  #life = 0;
  #current: { readonly commit: GroupCommit<Operation>; tell: (writable: boolean, why: string) => void } | undefined;

  constructor(settings: DiskSettings) {
    this.#settings = settings;
  }

  get base(): KeyValue {
    return this.#settings.base;
  }

  /** Syncs take `times` as long. */
  slow(times: number): void {
    this.#slowness = times;
  }

  fill(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    if (isFull) return;
    this.#current?.commit.accept();
    this.#current?.tell(true, "");
  }

  /** The key-value store as a peer has it until it dies. */
  open({ isAlive, run }: DiskLife): KeyValue {
    const { base, stir, timeline, chance, readMaxMs } = this.#settings;
    const life = ++this.#life;
    const commit = new GroupCommit<Operation>({
      write: (operations) => this.#write(operations, { isAlive, run }, life),
      onRefusing: (failure) => current.tell(false, failure.message),
      onRelieved: () => current.tell(true, ""),
    });
    const listeners: ((writable: boolean, why: string) => void)[] = [];
    const current = {
      commit,
      tell: (writable: boolean, why: string) => {
        if (isAlive()) run(() => listeners.forEach((listener) => listener(writable, why)));
      },
    };
    this.#current = current;
    const read = <T>(deed: Promise<T>): Promise<T> => {
      stir();
      if (!isAlive()) return never();
      if (readMaxMs === 0) return deed;
      return new Promise((resolve) =>
        timeline.in(chance.next() * readMaxMs, () => {
          if (!isAlive()) return;
          run(() => {
            stir();
            resolve(deed);
          });
        })
      );
    };
    return {
      batch: (operations) => {
        stir();
        if (!isAlive()) return never();
        return commit.add(
          operations,
          operations.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0),
        );
      },
      getMany: (space, keys) => read(base.getMany(space, keys)),
      walk: (space, range) => {
        const walk = base.walk(space, range);
        return { take: (count) => read(walk.take(count)), seek: (key) => walk.seek(key), close: () => walk.close() };
      },
      damaged: () => 0,
      onWritable: (listener) => void listeners.push(listener),
      close: () => Promise.resolve(),
    };
  }

  /** When another life has begun, what was on its way is not there. */
  #write(operations: readonly Operation[], { isAlive, run }: DiskLife, life: number): Promise<void> {
    const { timeline, chance, syncMs: [least, most], stir, base, onDurable } = this.#settings;
    if (!isAlive()) return never();
    const isRefused = this.#isFull;
    // Whether it reaches the platter should the power go on the way.
    const isLucky = chance.is(0.5);
    return new Promise((resolve, reject) => {
      const done = () => {
        const isLost = !isAlive() && (!isLucky || this.#life !== life);
        if (isRefused || isLost) {
          if (isAlive()) {
            run(() => {
              stir();
              reject(new StoreFailure("full", "no space is left on the disk"));
            });
          }
          return;
        }
        void base.batch(operations);
        onDurable(operations);
        if (!isAlive()) return;
        run(() => {
          stir();
          resolve();
        });
      };
      timeline.in(chance.between(least, most) * this.#slowness, done);
    });
  }
}

/** A dead peer hears no answer. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}
