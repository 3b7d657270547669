// The window of the due index that the agenda holds: the shards that this peer fires, for the next minute. It says what is
// to be read when, and knows of each shard a lower bound of what was not read yet.

import type { Groups } from "../ownership/groups.ts";
import { type Shard, SHARDS } from "../ownership/shard.ts";
import type { DuePage, DueQuery } from "../protocol/event.ts";
import { type Instant, INSTANT_MAX } from "../values/instant.ts";

/** How far ahead the due index is read. */
const WINDOW_MS = 60_000;
/** The window moves on when so much of it is left: a read has this long before anything in it is due. */
const WINDOW_LEFT_MS = 20_000;
/** Due entries asked for in one read. */
const DUE_READ_MAX = 4_096;

export class DueWindow {
  /** Infinity: nothing of the shard is fired here, or all that is due was read. -Infinity: nothing was read. */
  readonly #unread = new Array<number>(SHARDS).fill(Infinity);
  readonly #groups: Groups;
  #horizon = -Infinity;
  #isReading = false;
  /** Nothing within the horizon is left unread. */
  #isLoaded = false;
  #wasLoaded = false;

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  /** Whether the window has been whole at some time: what was due at the start is being taken up. */
  get wasLoaded(): boolean {
    return this.#wasLoaded;
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** When the window moves on. */
  get movesAt(): number {
    return this.#horizon - WINDOW_LEFT_MS;
  }

  holds(at: Instant): boolean {
    return at <= this.#horizon;
  }

  gained(shards: readonly Shard[]): void {
    while (this.#unread.length < this.#groups.shards) this.#unread.push(Infinity);
    for (const shard of shards) this.#unread[shard] = -Infinity;
    this.#isLoaded = false;
  }

  lost(shards: readonly Shard[]): void {
    for (const shard of shards) if (shard < this.#unread.length) this.#unread[shard] = Infinity;
  }

  /** A due entry of the shard may be at `at`, and is not in the agenda. */
  expect(shard: Shard, at: number): void {
    this.#unread[shard] = Math.min(this.#unread[shard] ?? Infinity, at);
    if (at <= this.#horizon) this.#isLoaded = false;
  }

  /** What is to be read now, and whether the window has moved on. One read at a time: until `read` it asks for nothing. */
  next(now: Instant): { readonly query?: DueQuery; readonly hasMoved: boolean } {
    const hasMoved = this.movesAt <= now;
    if (hasMoved) this.#horizon = now + WINDOW_MS;
    else if (this.#isLoaded) return { hasMoved };
    const shards: Shard[] = [];
    for (let shard = 0; shard < this.#unread.length; shard++) {
      if ((this.#unread[shard] ?? Infinity) <= this.#horizon) shards.push(shard);
    }
    this.#isLoaded = shards.length === 0;
    if (this.#isLoaded) {
      this.#wasLoaded = true;
      return { hasMoved };
    }
    for (const shard of shards) this.#unread[shard] = Infinity;
    this.#isReading = true;
    const until = Math.min(this.#horizon, INSTANT_MAX) as Instant;
    return {
      hasMoved,
      query: { shards: shards.map((shard) => this.#groups.nameOf(shard)), until, limit: DUE_READ_MAX },
    };
  }

  /** The answer is here; `owns` tells which shards are still fired. */
  read(page: DuePage, owns: (shard: Shard) => boolean): void {
    this.#isReading = false;
    for (const { shard: name, at } of page.rest) {
      const shard = this.#groups.shardNamed(name);
      if (owns(shard)) this.expect(shard, at);
    }
  }
}
