// The intake takes in what other peers hold, in an order that can be trusted: the carries of one author one page after
// the other and without a gap; what is stamped too far ahead not at all, until its time comes.

import type { Write } from "../protocol/write.ts";
import { type Entity, mergeEntities, stampsOf } from "../register/register.ts";
import type { RunVector } from "../register/vector.ts";
import type { Carry, CarryPage, LastResult } from "../task/carry.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { type Origin, STAMP_AHEAD_MAX_MS, stampMs, stampOrigin } from "../values/stamp.ts";

export type IntakeHost = {
  wall(): Instant;
  persist(writes: readonly Write[]): void;
  /** `done` is called when what comes of it is on its way to the disk, in order. */
  merge(entity: Entity, done: () => void): void;
  carry(author: PeerId, carry: Carry, done: () => void): void;
  result(result: LastResult, done: () => void): void;
  /** Takes note of a stamp; false when it is too far ahead to be believed. */
  observe(entity: Entity): boolean;
};

/** Entities that wait for their time; what comes then is left to a later sync. */
export const QUARANTINE_MAX = 1_000;

/** A sync that was under way when the time of what it left out came has ended by then. */
const SYNC_MAX_MS = 60_000;

/** Pages of one author that wait for the one before; what comes then is a gap, and asked for again. */
const PAGES_MAX = 64;

type Waiting = { readonly page: CarryPage; readonly done: () => void };

type Author = {
  /** The end of the last page that was accepted. */
  end: number;
  readonly waiting: Waiting[];
  /** Who waits for all that was accepted to be taken in. */
  readonly ends: (() => void)[];
};

export class Intake {
  readonly #host: IntakeHost;
  readonly #runs: RunVector;
  readonly #quarantine = new Map<string, Entity>();
  /** Whose writes were not even set aside, for want of room: until when nothing of theirs is taken for known. */
  readonly #leftOut = new Map<Origin, number>();
  /** Of each author whose pages are being taken in: the end of the last one, and those that wait. */
  readonly #authors = new Map<PeerId, Author>();

  constructor(host: IntakeHost, runs: RunVector) {
    this.#host = host;
    this.#runs = runs;
  }

  get quarantined(): number {
    return this.#quarantine.size;
  }

  /** Origins of which something is left out for now: what others know of them can't be adopted. */
  quarantinedOrigins(): ReadonlySet<Origin> {
    const now = this.#host.wall();
    for (const [origin, until] of this.#leftOut) if (until <= now) this.#leftOut.delete(origin);
    const origins = new Set<Origin>(this.#leftOut.keys());
    for (const entity of this.#quarantine.values()) {
      for (const stamp of stampsOf(entity)) origins.add(stampOrigin(stamp));
    }
    return origins;
  }

  // ── entities ─────────────────────────────────────────────────────────────────────────────────────────────────────

  merges(entities: readonly Entity[], done: () => void): void {
    const end = counted(entities.length, done);
    for (const entity of entities) this.merge(entity, end);
  }

  merge(entity: Entity, done: () => void): void {
    if (this.#host.observe(entity)) return this.#host.merge(entity, done);
    this.#setAside(entity);
    done();
  }

  #setAside(entity: Entity): void {
    const name = `${entity.kind}/${entity.key}`;
    const before = this.#quarantine.get(name);
    if (before !== undefined || this.#quarantine.size < QUARANTINE_MAX) {
      // Another peer may hold other registers of it.
      this.#quarantine.set(name, before === undefined ? entity : mergeEntities(before, entity).entity);
      return;
    }
    const until = believableAt(entity) + SYNC_MAX_MS;
    for (const origin of [...stampsOf(entity)].map(stampOrigin)) {
      this.#leftOut.set(origin, Math.max(until, this.#leftOut.get(origin) ?? 0));
    }
  }

  get wakeAt(): number {
    let at = Infinity;
    for (const entity of this.#quarantine.values()) at = Math.min(at, believableAt(entity));
    return at;
  }

  wake(): void {
    const now = this.#host.wall();
    for (const [name, entity] of [...this.#quarantine]) {
      if (believableAt(entity) > now) continue;
      this.#quarantine.delete(name);
      this.merge(entity, () => {});
    }
  }

  // ── run records ──────────────────────────────────────────────────────────────────────────────────────────────────

  results(results: readonly LastResult[], done: () => void): void {
    const end = counted(results.length, done);
    for (const result of results) this.#host.result(result, end);
  }

  /** Whether pages of this author have come, and are not taken in yet. */
  isTaking(author: PeerId): boolean {
    return this.#authors.has(author);
  }

  /** `done` also when some were left out; what was taken before of the same authors is in by then. */
  pages(pages: readonly CarryPage[], done: () => void): void {
    const end = counted(pages.length, () => this.#settled(done));
    for (const page of pages) if (!this.page(page, end)) end();
  }

  /** When all that was accepted so far is taken in, of whichever author. */
  #settled(done: () => void): void {
    const authors = [...this.#authors.values()];
    const end = counted(authors.length, done);
    for (const { ends } of authors) ends.push(end);
  }

  /** False when carries before these are missing, or too many wait: then nothing was taken, and `done` is not called. */
  page(page: CarryPage, done: () => void = () => {}): boolean {
    const author = this.#authors.get(page.author);
    const end = author?.end ?? this.#runs.upTo(page.author);
    if (page.to <= end) {
      // Accepted is not yet taken in: who syncs must not go on before.
      if (author === undefined) done();
      else author.ends.push(done);
      return true;
    }
    if (page.after > end) return false;
    if (author === undefined) {
      this.#authors.set(page.author, { end: page.to, waiting: [], ends: [] });
      this.#take(page, done);
      return true;
    }
    if (author.waiting.length >= PAGES_MAX) return false;
    author.end = page.to;
    author.waiting.push({ page, done });
    return true;
  }

  #take(page: CarryPage, done: () => void): void {
    const { author, to } = page;
    const from = this.#runs.upTo(author) + 1;
    const news = page.carries.filter(({ seq }) => seq >= from);
    const end = counted(news.length, () => {
      this.#runs.take({ author, from, to });
      this.#host.persist([{ kind: "runVector", ends: this.#runs.entries() }]);
      done();
      const taken = this.#authors.get(author);
      const next = taken?.waiting.shift();
      if (next !== undefined) return this.#take(next.page, next.done);
      this.#authors.delete(author);
      for (const end of taken?.ends ?? []) end();
    });
    for (const carry of news) this.#host.carry(author, carry, end);
  }
}

/** Calls `done` at the n-th call, and at once when there are none to wait for. */
export function counted(n: number, done: () => void): () => void {
  let left = n;
  if (left === 0) done();
  return () => {
    if (--left === 0) done();
  };
}

/** When the latest stamp of the entity is no longer too far ahead. */
function believableAt(entity: Entity): number {
  let at = -Infinity;
  for (const stamp of stampsOf(entity)) at = Math.max(at, stampMs(stamp) - STAMP_AHEAD_MAX_MS);
  return at;
}
