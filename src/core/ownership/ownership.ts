// Ownership says which shards this peer fires: of the 4,096 that are anybody's, and of those of the peer groups. Of peers that see the same mesh exactly one owns a shard,
// and a planned change (a join, a drain, new weights) hands each shard over: never two owners, and none forgotten.
//
//   foreign ─▶ awaiting ─▶ owned ─▶ releasing ─▶ foreign
//
// I await when I rank first, and own when the shard is surely free: its owner released it to me, or is dead; or every
// other peer, asked after I came to rank first and last saw it listed, has answered and does not fire it; or 3 s have
// passed. That no old news lists the shard is not enough: two peers that start at once each see the other fenced, and a
// shard may be on its way between two others. Who answers knows by then that I rank first, and takes nothing of mine
// afterwards: Dekker's "write, then read" with messages. (To trust old news gave two owners in 52 of 60 planned histories
// of the test's world, to count answers from before the shard was let go in 1 of 150, this in none of 800.)
// A change costs O(shards), and 512 bytes for each peer; a task costs nothing.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { type Listing, Listings } from "./listings.ts";
import { ShardSet } from "./shard-set.ts";
import { type Shard, SHARDS } from "./shard.ts";

/** The longest wait for an owner that neither releases nor dies, and for an answer. REPLICATION.md §7. */
export const AWAIT_MAX_MS = 3_000;

/** The longest that attempts in flight hold a shard back: AWAIT_MAX_MS less a second, for the news and the release to travel. */
export const RELEASE_MAX_MS = 2_000;

export type ShardState = "foreign" | "awaiting" | "owned" | "releasing";

/** All that this peer believes of the mesh at one moment. */
export type MeshView = {
  /** Who ranks first for each shard among the eligible: alive, not draining, not fenced, … Absent where nobody is. */
  readonly owners: readonly (PeerId | undefined)[];
  /** This peer is not to fire: it has just started, or stood still, and has not synced since. */
  readonly fenced: boolean;
  /** The number of the last probe that this peer sent, to anybody: it grows with each. 0 before the first. */
  readonly probed: number;
  /** All the others, suspects among the alive. Who left is not in it; who died is, once at least. */
  readonly others: readonly Other[];
};

export type Other =
  /** `listing` is absent until it has told any news. */
  | { readonly kind: "alive"; readonly peer: PeerId; readonly listing?: Listing }
  | { readonly kind: "dead"; readonly peer: PeerId };

/** What to do, in this order. */
export type OwnershipChange = {
  /** Arm nothing more in these; say `drained` when nothing is in flight. A fenced peer need not: it has let them go. */
  readonly stopped: readonly Shard[];
  /** Flush the run log, then tell `to`, with the version; nobody when no peer is eligible. */
  readonly released: readonly Release[];
  /** Read what is due in these, and fire. */
  readonly gained: readonly Shard[];
  /** Their answers are waited for: probe those now that no probe is under way to. */
  readonly ask: readonly PeerId[];
  /** Call `wake` then; replaces what was asked for before. */
  readonly wakeAt: Instant | undefined;
};

export type Release = { readonly to: PeerId | undefined; readonly shards: ShardSet };

export class Ownership {
  readonly #self: PeerId;
  /** All shards are below: it grows with the groups. */
  #count = SHARDS;
  readonly #states = new Array<ShardState>(SHARDS).fill("foreign");
  /** When the shard came to be awaiting or releasing. */
  #since = new Float64Array(SHARDS);
  /** The last probe that was sent before it came to be awaiting, and before another was last seen to fire it. */
  #probedBefore = new Float64Array(SHARDS);
  /** By which release to this peer, or death, the shard is free. */
  readonly #grants = new Array<Grant | undefined>(SHARDS).fill(undefined);
  readonly #drained = new ShardSet();
  #view: MeshView = { owners: [], fenced: true, probed: 0, others: [] };
  /** What the others list, less what they released after their news. */
  readonly #listings = new Listings();
  #listed = new ShardSet();
  /** Some shard has changed its state since `#listed` was made. */
  #isListStale = false;
  /** What was last to be waited for: the answers to probes up to this one, and a moment. */
  #unanswered = -1;
  #wakeAt: Instant | undefined;
  /** The last probe that all others had answered then. */
  #answered = 0;
  /** Views were passed over since the last one that was looked at. */
  #isBehind = false;
  #version: number;

  /** Fenced and without a shard until it sees the mesh. */
  constructor(self: PeerId, now: Instant) {
    this.#self = self;
    this.#version = now;
  }

  state(shard: Shard): ShardState {
    return this.#states[shard] ?? "foreign";
  }

  /** What this peer lists in its news: the same set until it lists others, and not to be changed. */
  shards(): ShardSet {
    return this.#listed;
  }

  /** Grows with each change of `shards()`; at least the time of the start, so that it grows across restarts. */
  get version(): number {
    return this.#version;
  }

  /** There are so many shards now: at least as many as before. */
  grow(count: number): void {
    if (count <= this.#count) return;
    for (let shard = this.#count; shard < count; shard++) {
      this.#states[shard] = "foreign";
      this.#grants[shard] = undefined;
    }
    this.#since = grown(this.#since, count);
    this.#probedBefore = grown(this.#probedBefore, count);
    this.#count = count;
  }

  /** The shards from `from` to `to - 1` are nobody's any more: they may come to be those of another group. */
  forget(from: Shard, to: Shard): void {
    this.#isListStale = true;
    for (let shard = from; shard < to; shard++) {
      this.#states[shard] = "foreign";
      this.#grants[shard] = undefined;
    }
    this.#listings.clear(from, to);
    this.#drained.clear(from, to);
  }

  /** To be told of each change of the view; `answered` is one while a peer that was to be asked has not answered. */
  see(view: MeshView, now: Instant): OwnershipChange {
    if (this.#isNothingNew(view, now)) return this.#passOver(view);
    this.#catchUp();
    let alive = 0;
    for (const [at, other] of view.others.entries()) {
      if (other.kind === "alive") alive++;
      if (other === this.#view.others[at]) continue;
      const known = this.#listings.get(other.peer);
      if (other.kind === "alive") this.#listings.put(other.peer, newer(known, other.listing));
      else if (known !== undefined && !known.fenced) {
        this.#free(known.shards, { by: other.peer, version: Infinity, until: now + AWAIT_MAX_MS });
      }
    }
    this.#view = view;
    if (this.#listings.size > alive) this.#forgetGone();
    return this.#decide(now);
  }

  /**
   * Another peer released these to this one; `version` is that of its list without them. Told in the order in which
   * the other said it and its news: else a shard may be waited for until the next news.
   */
  released(from: PeerId, shards: ShardSet, version: number, now: Instant): OwnershipChange {
    this.#catchUp();
    const known = this.#listings.get(from);
    if (known !== undefined && known.version < version) {
      this.#listings.put(from, { ...known, shards: known.shards.minus(shards) });
    }
    this.#free(shards, { by: from, version, until: now + AWAIT_MAX_MS });
    return this.#decide(now);
  }

  /** Nothing is in flight any more in these. */
  drained(shards: Iterable<Shard>, now: Instant): OwnershipChange {
    for (const shard of shards) {
      if (this.#states[shard] === "releasing") this.#drained.add(shard);
    }
    return this.#decide(now);
  }

  wake(now: Instant): OwnershipChange {
    return this.#decide(now);
  }

  /** Nobody says or ranks anything else, no time is over, and no more has been answered by all: then no shard moves. */
  #isNothingNew({ owners, fenced, others }: MeshView, now: Instant): boolean {
    if (owners !== this.#view.owners || fenced !== this.#view.fenced) return false;
    if (this.#wakeAt !== undefined && now >= this.#wakeAt) return false;
    let alive = 0;
    let answered = Infinity;
    for (const [at, other] of others.entries()) {
      if (other.kind === "alive") {
        alive++;
        answered = Math.min(answered, other.listing?.answered ?? 0);
      }
      // It was looked at the last time.
      if (other === this.#view.others[at]) continue;
      const known = this.#listings.get(other.peer);
      if (other.kind === "dead") {
        if (known !== undefined) return false;
        continue;
      }
      const { listing } = other;
      if (known?.version !== listing?.version || known?.fenced !== listing?.fenced) return false;
      if (!this.#listings.has(other.peer)) return false;
    }
    return alive === this.#listings.size && (this.#wakeAt === undefined || answered === this.#answered);
  }

  /** Most news say nothing new: of a hundred peers, some hundred a second. */
  #passOver(view: MeshView): OwnershipChange {
    for (const [at, other] of view.others.entries()) {
      if (other.kind === "dead" || other.listing === undefined || other === this.#view.others[at]) continue;
      this.#listings.put(other.peer, newer(this.#listings.get(other.peer), other.listing));
    }
    this.#view = view;
    this.#isBehind = true;
    return { ...NOTHING, ask: this.#toAsk(), wakeAt: this.#wakeAt };
  }

  #toAsk(): readonly PeerId[] {
    return this.#unanswered < 0 ? [] : this.#listings.unanswered(this.#unanswered);
  }

  #forgetGone(): void {
    const living = new Set(this.#view.others.flatMap(({ kind, peer }) => kind === "alive" ? peer : []));
    for (const peer of [...this.#listings.peers()]) if (!living.has(peer)) this.#listings.delete(peer);
  }

  /** Of what others fired by the views that were passed over. */
  #catchUp(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    for (let shard = 0; shard < this.#count; shard++) {
      if (this.#listings.isFired(shard)) this.#probedBefore[shard] = this.#view.probed;
    }
  }

  #free(shards: ShardSet, grant: Grant): void {
    for (const shard of shards) if (shard < this.#count) this.#grants[shard] = grant;
  }

  /**
   * A grant waits for the news that makes this peer the first: while the giver is, whose news is from before. If another
   * is, or the giver still is by newer news, then who is first may have asked this peer and been told that it takes nothing.
   */
  #isGranted(shard: Shard, now: Instant): boolean {
    const grant = this.#grants[shard];
    if (grant === undefined || now >= grant.until) return false;
    const first = this.#view.owners[shard];
    if (first === this.#self) return true;
    return first === grant.by && (this.#listings.get(grant.by)?.version ?? 0) < grant.version;
  }

  /** Moves each shard as far as it goes. */
  #decide(now: Instant): OwnershipChange {
    const { owners, fenced, probed } = this.#view;
    const answered = this.#listings.answered();
    const stopped: Shard[] = [];
    const gained: Shard[] = [];
    const released = new Map<PeerId | undefined, ShardSet>();
    let unanswered = -1;
    let wakeAt = Infinity;
    for (let shard = 0; shard < this.#count; shard++) {
      const isMine = !fenced && owners[shard] === this.#self;
      const isFired = this.#listings.isFired(shard);
      if (isFired) this.#probedBefore[shard] = probed;
      const isGranted = !isFired && this.#isGranted(shard, now);
      if (!isGranted) this.#grants[shard] = undefined;
      // Most stand where they are to be.
      if (this.#states[shard] === (isMine ? "owned" : "foreign")) continue;
      for (;;) {
        const state = this.state(shard);
        const since = this.#since[shard] ?? 0;
        const isFree = !isFired && (isGranted || answered > (this.#probedBefore[shard] ?? 0));
        const next = nextState(state, {
          isMine,
          fenced,
          isFree: isFree || now >= since + AWAIT_MAX_MS,
          isDone: this.#drained.has(shard) || now >= since + RELEASE_MAX_MS,
        });
        if (next === state) break;
        if (state === "owned") stopped.push(shard);
        if (next === "owned") gained.push(shard);
        if (state === "releasing" && next === "foreign" && !fenced) addTo(released, owners[shard], shard);
        this.#states[shard] = next;
        this.#isListStale = true;
        this.#since[shard] = now;
        this.#probedBefore[shard] = probed;
        this.#drained.delete(shard);
        if (next === "owned") this.#grants[shard] = undefined;
      }
      const state = this.state(shard);
      if (state === "awaiting") {
        const isToAsk = !isFired || this.#since[shard] === now;
        if (isToAsk) unanswered = Math.max(unanswered, this.#probedBefore[shard] ?? 0);
        wakeAt = Math.min(wakeAt, (this.#since[shard] ?? 0) + AWAIT_MAX_MS);
      } else if (state === "releasing") wakeAt = Math.min(wakeAt, (this.#since[shard] ?? 0) + RELEASE_MAX_MS);
    }
    this.#list(now);
    this.#unanswered = unanswered;
    this.#wakeAt = wakeAt === Infinity ? undefined : wakeAt as Instant;
    this.#answered = answered;
    return {
      stopped,
      released: [...released].map(([to, shards]) => ({ to, shards })),
      gained,
      ask: this.#toAsk(),
      wakeAt: this.#wakeAt,
    };
  }

  #list(now: Instant): void {
    if (!this.#isListStale) return;
    this.#isListStale = false;
    let listed: ShardSet | undefined;
    for (let shard = 0; shard < this.#count; shard++) {
      const isHeld = this.#states[shard] === "owned" || this.#states[shard] === "releasing";
      if (isHeld === this.#listed.has(shard)) continue;
      listed ??= this.#listed.copy();
      if (isHeld) listed.add(shard);
      else listed.delete(shard);
    }
    if (listed === undefined) return;
    this.#listed = listed;
    this.#version = Math.max(this.#version + 1, now);
  }
}

function grown(numbers: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(numbers);
  return grown;
}

const NOTHING: OwnershipChange = { stopped: [], released: [], gained: [], ask: [], wakeAt: undefined };

type Grant = { readonly by: PeerId; readonly version: number; readonly until: number };

type Situation = {
  /** This peer ranks first, and is not fenced. */
  readonly isMine: boolean;
  readonly fenced: boolean;
  /** Nobody else fires it, or the wait for that is over. */
  readonly isFree: boolean;
  /** Nothing of it is in flight, or the wait for that is over. */
  readonly isDone: boolean;
};

function nextState(state: ShardState, { isMine, fenced, isFree, isDone }: Situation): ShardState {
  switch (state) {
    case "foreign":
      return isMine ? "awaiting" : "foreign";
    case "awaiting":
      if (!isMine) return "foreign";
      return isFree ? "owned" : "awaiting";
    case "owned":
      if (isMine) return "owned";
      return fenced ? "foreign" : "releasing";
    case "releasing":
      if (isMine) return "owned";
      return fenced || isDone ? "foreign" : "releasing";
  }
}

/** Of one version, what is known is less what was released since. */
function newer(known: Listing | undefined, told: Listing | undefined): Listing | undefined {
  if (known === undefined || told === undefined) return told ?? known;
  const isSame = told.version === known.version && told.shards === known.shards;
  if (isSame || told.version > known.version) return told;
  return { ...told, shards: known.shards, version: known.version };
}

function addTo(releases: Map<PeerId | undefined, ShardSet>, to: PeerId | undefined, shard: Shard): void {
  const shards = releases.get(to) ?? new ShardSet();
  shards.add(shard);
  releases.set(to, shards);
}
