// The disk as the node's loop has it: what the core wants kept goes to the store, and what follows from it is played
// when it is durable; what the disk does not take is refused or held, as the core says. What is read holds all that
// was written before it was asked for.

import type { DuePage, DueQuery, Effect, LogFacts } from "../core/protocol/event.ts";
import type { StoreAnswer, StoreQuery } from "../core/protocol/store-query.ts";
import type { Write } from "../core/protocol/write.ts";
import type { Dossier } from "../core/task/dossier.ts";
import { IdMap } from "../core/values/id-map.ts";
import type { TaskGuid } from "../core/values/ids.ts";
import { type Store, StoreFailure } from "../store/store.ts";

export type Persist = Extract<Effect, { kind: "persist" }>;

type Asked = { readonly effect: Persist; readonly order: number };

export type DiskHost = {
  /** These writes are durable: what the core wants done then. */
  readonly kept: (effects: readonly Effect[]) => void;
  /** These are not, and will not be. */
  readonly refused: (effect: Persist, failure: StoreFailure) => void;
  /** The disk takes writes, and all that was held is durable. */
  readonly resumed: () => void;
  /** Some of the dossiers that were asked for. */
  readonly found: (dossiers: readonly Dossier[]) => void;
  readonly log: (level: "error", message: string, facts: LogFacts) => void;
};

/** After a read that failed. The store itself has waited long for the disk by then. */
const READ_AGAIN_MS = 1_000;

/** Reads of dossiers under way at a time; what is asked for meanwhile goes together in the next one. */
const READS_MAX = 2;

/** Dossiers of one read: a read costs the loop far more than one dossier more in it. */
const READ_MAX = 512;

/**
 * Outcomes that may be on their way to the disk before the core is told of further ones: what a crash makes happen again
 * is so many, and what is in flight. At 8,000 a second that is 250 ms; a group commit takes 6 to 15 unless the disk is slow.
 */
const UNKEPT_MAX = 2_048;

/** The same effects, with one write of what has happened in place of many: nothing in between looks at the disk. */
export function joined(effects: readonly Effect[]): readonly Effect[] {
  const writes: Write[] = [];
  const guids: TaskGuid[] = [];
  const then: Effect[] = [];
  const others: Effect[] = [];
  for (const effect of effects) {
    if (effect.kind !== "persist" || effect.onFailure !== "hold") {
      others.push(effect);
      continue;
    }
    writes.push(...effect.writes);
    guids.push(...effect.guids);
    then.push(...effect.then);
  }
  return writes.length === 0 ? others : [{ kind: "persist", writes, guids, then, onFailure: "hold" }, ...others];
}

export class Disk {
  readonly #store: Store;
  readonly #host: DiskHost;
  /** How many writes were begun, and how many have ended: they end in the order in which they began. */
  #begun = 0;
  #ended = 0;
  /** Of tasks to which something has happened that is on its way. */
  #unkept = 0;
  #relief: PromiseWithResolvers<void> | undefined;
  readonly #waiters: { readonly after: number; readonly resolve: () => void }[] = [];
  /** Tasks of which something is on its way to the disk: how many writes. */
  readonly #keeping = new IdMap<TaskGuid, number>();
  /** Writes of what has happened, which the disk did not take: kept until it does, in the order in which they came. */
  #held: Asked[] = [];
  #asked = 0;
  /** Resolves when nothing is held any more; there while something is. */
  #release: PromiseWithResolvers<void> | undefined;
  #isReplaying = false;
  #unwritable: string | undefined;
  /** Tasks to be read, and those that are to be once what is on its way of them is there. */
  readonly #toRead: TaskGuid[] = [];
  readonly #toReadLater = new Set<TaskGuid>();
  #reads = 0;
  #isClosed = false;

  constructor(store: Store, host: DiskHost) {
    this.#store = store;
    this.#host = host;
  }

  // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What keeps the disk from taking writes; absent when nothing does. */
  get unwritable(): string | undefined {
    return this.#unwritable;
  }

  keep(effect: Persist): void {
    const asked: Asked = { effect, order: this.#asked++ };
    if (effect.onFailure === "hold" && (this.#held.length > 0 || this.#unwritable !== undefined)) this.#hold(asked);
    else this.#write(asked);
  }

  /** Absent while few outcomes are on their way to the disk; else resolves when they are few again. */
  get relief(): Promise<void> | undefined {
    if (this.#unkept <= UNKEPT_MAX) return undefined;
    this.#relief ??= Promise.withResolvers();
    return this.#relief.promise;
  }

  stop(why: string): void {
    this.#unwritable = why;
  }

  /** The disk takes writes again: first what was held, in order, then the host is told; at once when nothing was. */
  async resume(): Promise<void> {
    this.#unwritable = undefined;
    if (this.#isReplaying) return;
    this.#isReplaying = true;
    while (this.#held.length > 0 && this.#unwritable === undefined) {
      const held = this.#held;
      this.#held = [];
      for (const asked of held) this.#write(asked);
      await this.#written();
    }
    this.#isReplaying = false;
    if (this.#held.length === 0) {
      this.#release?.resolve();
      this.#release = undefined;
    }
    this.#readNext();
    if (this.#unwritable === undefined) this.#host.resumed();
  }

  /** Reads no more, and resolves when nothing is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#ended < this.#begun) await this.#written();
  }

  /** What comes while a batch fails may be held before those of the batch are, which came before it. */
  #hold(asked: Asked): void {
    const at = this.#held.findLastIndex(({ order }) => order < asked.order) + 1;
    this.#held.splice(at, 0, asked);
    this.#release ??= Promise.withResolvers();
  }

  /** With callbacks, and no promise more than it takes: thousands of these come in a second. */
  #write(asked: Asked): void {
    const { effect } = asked;
    this.#begun++;
    if (effect.onFailure === "hold") this.#unkept += effect.guids.length;
    for (const guid of effect.guids) this.#keeping.set(guid, (this.#keeping.get(guid) ?? 0) + 1);
    void this.#store.commit(effect.writes).then(
      () => {
        this.#end(effect);
        this.#host.kept(effect.then);
      },
      (error) => {
        if (!(error instanceof StoreFailure)) throw error;
        if (effect.onFailure === "hold") this.#hold(asked);
        this.#end(effect);
        if (effect.onFailure === "refuse") this.#host.refused(effect, error);
      },
    );
  }

  #end({ guids, onFailure }: Persist): void {
    this.#ended++;
    if (onFailure === "hold") this.#unkept -= guids.length;
    if (this.#relief !== undefined && this.#unkept <= UNKEPT_MAX) {
      this.#relief.resolve();
      this.#relief = undefined;
    }
    while (this.#waiters[0] !== undefined && this.#waiters[0].after <= this.#ended) this.#waiters.shift()?.resolve();
    for (const guid of guids) {
      const left = (this.#keeping.take(guid) ?? 1) - 1;
      if (left > 0) {
        this.#keeping.set(guid, left);
        continue;
      }
      if (this.#toReadLater.size > 0 && this.#toReadLater.delete(guid)) this.#toRead.push(guid);
    }
    this.#readNext();
  }

  /** Resolves when what has begun by now has ended, one way or the other. */
  #written(): Promise<void> {
    if (this.#ended === this.#begun) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ after: this.#begun, resolve }));
  }

  // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The dossiers of these come to `found`, in any order, and not all at once. */
  read(guids: readonly TaskGuid[]): void {
    for (const guid of guids) this.#toRead.push(guid);
    this.#readNext();
  }

  /** The due index: who has just come to own a shard is told of it once. Absent when the disk is closed meanwhile. */
  async due(query: DueQuery): Promise<DuePage | undefined> {
    await this.#written();
    while (this.#release !== undefined) await this.#release.promise;
    return await this.#insist(() => this.#store.due(query));
  }

  /**
   * What others are told of the disk holds all that the core takes for written when it asks: else they would adopt a
   * vector that covers what they were not given. While writes are held, they are told nothing.
   */
  async query(query: StoreQuery): Promise<StoreAnswer> {
    if (query.kind !== "runs" && query.kind !== "entity") {
      await this.#written();
      if (this.#held.length > 0) return { kind: "failed" };
    }
    return await this.#store.query(query);
  }

  #readNext(): void {
    // While something is held, what stands on the disk is not what has happened.
    if (this.#release !== undefined) return;
    while (this.#toRead.length > 0 && this.#reads < READS_MAX && !this.#isClosed) {
      const now: TaskGuid[] = [];
      for (const guid of this.#toRead.splice(0, READ_MAX)) {
        if (this.#keeping.has(guid)) this.#toReadLater.add(guid);
        else now.push(guid);
      }
      if (now.length > 0) void this.#readTasks(now);
    }
  }

  async #readTasks(guids: readonly TaskGuid[]): Promise<void> {
    this.#reads++;
    const dossiers = await this.#insist(() => this.#store.dossiers(guids));
    this.#reads--;
    if (dossiers === undefined) return;
    this.#host.found(dossiers);
    this.#readNext();
  }

  /** A read that the disk refuses is done again until it succeeds: the core waits for its answer. */
  async #insist<T>(read: () => Promise<T>): Promise<T | undefined> {
    while (!this.#isClosed) {
      try {
        const answer = await read();
        return this.#isClosed ? undefined : answer;
      } catch (error) {
        if (!(error instanceof StoreFailure)) throw error;
        if (this.#isClosed) break;
        this.#host.log("error", "the store can't be read; it is tried again", { error: error.message });
        await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
      }
    }
    return undefined;
  }
}
