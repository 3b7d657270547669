// A small mesh in one thread, from a seed: peers with an Ownership each, late and lost messages, and a checker that
// watches every shard at every moment. Who is silent for long is taken for dead; the rest travels with the news.

import type { Instant } from "../../src/core/instant.ts";
import { type Listing, type MeshView, type Other, Ownership, type OwnershipChange } from "../../src/core/ownership.ts";
import { ownersOf } from "../../src/core/rendezvous.ts";
import { type Shard, SHARDS } from "../../src/core/shard.ts";
import type { ShardSet } from "../../src/core/shard-set.ts";
import { chanceOf } from "../chance.ts";

export type WorldInit = {
  readonly seed: number;
  /** The longest way of a message, in one direction; each takes a tenth of it at least. */
  readonly delayMaxMs: number;
  /** Whether messages of one link arrive in the order in which they were sent, as the mesh promises. */
  readonly isOrdered: boolean;
  /** Share of messages that are lost. */
  readonly loss: number;
  /** The longest that attempts in flight hold a shard back. */
  readonly flightMaxMs: number;
  /** To show that the checker sees: whoever has told any news counts as having answered. */
  readonly trustsOldNews?: boolean;
};

export type Report = {
  /** Moments at which a peer came to own what another owned. */
  readonly doubles: number;
  /** The longest that a shard had no owner, after it first had one, while some peer was eligible. */
  readonly gapMaxMs: number;
  /** Shards whose owner at the end is not the one peer that ranks first, or that are still on their way. */
  readonly astray: number;
};

type News = Pick<Listing, "shards" | "version" | "fenced"> & {
  readonly order: number;
  readonly draining: boolean;
  readonly weight: number;
};

type Message =
  | { readonly kind: "probe" | "ack"; readonly seq: number; readonly news: News }
  | { readonly kind: "released"; readonly shards: ShardSet; readonly version: number }
  | { readonly kind: "left" };

type Known = { news: News | undefined; answered: number; heardAt: number; isDead: boolean };

type Peer = {
  readonly id: string;
  readonly ownership: Ownership;
  readonly others: Map<string, Known>;
  /** Who left stays gone, whatever is still on its way. */
  readonly left: Set<string>;
  readonly startedAt: number;
  weight: number;
  fenced: boolean;
  draining: boolean;
  probed: number;
  order: number;
  frozenUntil: number;
  wakeAt: number;
};

const PROBE_MS = 1_000;
const BARRIER_MAX_MS = 2_200;
const SILENCE_MAX_MS = 2_500;

export class OwnershipWorld {
  readonly #init: WorldInit;
  readonly chance: () => number;
  readonly #peers = new Map<string, Peer>();
  readonly #queue: { readonly at: number; readonly run: () => void }[] = [];
  readonly #ownersOf = new Map<string, readonly string[]>();
  readonly #owners: Set<string>[] = Array.from({ length: SHARDS }, () => new Set());
  readonly #unownedSince = new Float64Array(SHARDS).fill(Infinity);
  /** When the last message of each link arrives. */
  readonly #lastAt = new Map<string, number>();
  #now = 1_000_000;
  #doubles = 0;
  #gapMaxMs = 0;
  #noneEligibleAt = 0;

  constructor(init: WorldInit) {
    this.#init = init;
    this.chance = chanceOf(init.seed);
  }

  get peers(): readonly string[] {
    return [...this.#peers.values()].filter(({ draining }) => !draining).map(({ id }) => id);
  }

  /** A peer that knows of the members, of none whether it is up. */
  start(id: string, weight: number, members: readonly string[]): void {
    const peer: Peer = {
      id,
      ownership: new Ownership(id, this.#now as Instant),
      others: new Map(),
      left: new Set(),
      startedAt: this.#now,
      weight,
      fenced: true,
      draining: false,
      probed: 0,
      order: this.#now,
      frozenUntil: 0,
      wakeAt: Infinity,
    };
    this.#peers.set(id, peer);
    this.#see(peer);
    for (const member of members) if (member !== id) this.#probe(peer, member);
    this.#every(peer, PROBE_MS, () => {
      this.#suspect(peer);
      for (const other of new Set([...members, ...peer.others.keys()])) if (other !== id) this.#probe(peer, other);
    });
    const barrier = () => {
      const answered = members.filter((member) => member === id || (peer.others.get(member)?.answered ?? 0) > 0);
      if (answered.length < members.length && this.#now < peer.startedAt + BARRIER_MAX_MS) return false;
      this.#lift(peer);
      return true;
    };
    if (!barrier()) this.#until(peer, 20, barrier);
  }

  drain(id: string): void {
    const peer = this.#get(id);
    peer.draining = true;
    this.#see(peer);
    this.#tellAll(peer);
    this.#until(peer, 20, () => {
      if (peer.ownership.shards().size > 0) return false;
      for (const other of peer.others.keys()) this.#send(peer, other, { kind: "left" });
      this.#peers.delete(peer.id);
      return true;
    });
  }

  weigh(id: string, weight: number): void {
    const peer = this.#get(id);
    peer.weight = weight;
    this.#see(peer);
    this.#tellAll(peer);
  }

  crash(id: string): void {
    const peer = this.#get(id);
    this.#owners.forEach((owners, shard) => {
      if (owners.delete(id) && owners.size === 0) this.#unownedSince[shard] = this.#now;
    });
    this.#peers.delete(peer.id);
  }

  /** Stands still; when it goes on it fences itself, syncs, and lifts the fence. */
  freeze(id: string, ms: number): void {
    const peer = this.#get(id);
    peer.frozenUntil = this.#now + ms;
    this.#at(this.#now + ms, () => {
      if (this.#peers.get(id) !== peer) return;
      peer.fenced = true;
      for (const known of peer.others.values()) known.heardAt = this.#now;
      this.#see(peer);
      const since = peer.probed;
      this.#tellAll(peer);
      const until = this.#now + BARRIER_MAX_MS;
      this.#until(peer, 20, () => {
        const isHeard = [...peer.others.values()].every(({ answered, isDead }) => isDead || answered > since);
        if (!isHeard && this.#now < until) return false;
        this.#lift(peer);
        return true;
      });
    });
  }

  run(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let first = 0;
      for (let n = 1; n < this.#queue.length; n++) {
        if ((this.#queue[n]?.at ?? Infinity) < (this.#queue[first]?.at ?? Infinity)) first = n;
      }
      const next = this.#queue[first];
      if (next === undefined || next.at > end) break;
      this.#queue.splice(first, 1);
      this.#now = next.at;
      if (!this.#isAnyEligible()) this.#noneEligibleAt = this.#now;
      next.run();
    }
    this.#now = end;
  }

  report(): Report {
    const candidates = [...this.#peers.values()].filter(({ fenced, draining }) => !fenced && !draining);
    const owners = ownersOf(candidates.map(({ id, weight }) => ({ peer: id, weight })));
    let astray = 0;
    for (let shard = 0; shard < SHARDS; shard++) {
      const isRight = [...this.#peers.values()].every(({ id, ownership }) =>
        ownership.state(shard) === (owners[shard] === id ? "owned" : "foreign")
      );
      if (!isRight) astray++;
    }
    return { doubles: this.#doubles, gapMaxMs: Math.round(this.#gapMaxMs), astray };
  }

  #isAnyEligible(): boolean {
    for (const { fenced, draining, frozenUntil } of this.#peers.values()) {
      if (!fenced && !draining && this.#now >= frozenUntil) return true;
    }
    return false;
  }

  #lift(peer: Peer): void {
    peer.fenced = false;
    this.#see(peer);
    this.#tellAll(peer);
  }

  #tellAll(peer: Peer): void {
    for (const other of peer.others.keys()) this.#probe(peer, other);
  }

  #probe(peer: Peer, to: string): void {
    this.#send(peer, to, { kind: "probe", seq: ++peer.probed, news: this.#news(peer) });
  }

  #news(peer: Peer): News {
    const { ownership, fenced, draining, weight } = peer;
    return { shards: ownership.shards(), version: ownership.version, fenced, draining, weight, order: ++peer.order };
  }

  #send(from: Peer, to: string, message: Message): void {
    if (this.chance() < this.#init.loss) return;
    const link = `${from.id} ${to}`;
    const delay = this.#init.delayMaxMs * (0.1 + 0.9 * this.chance());
    const at = this.#init.isOrdered ? Math.max(this.#now + delay, this.#lastAt.get(link) ?? 0) : this.#now + delay;
    this.#lastAt.set(link, at);
    const arrive = () => {
      const peer = this.#peers.get(to);
      if (peer === undefined) return;
      if (this.#now < peer.frozenUntil) this.#at(peer.frozenUntil + 1, arrive);
      else this.#hear(peer, from.id, message);
    };
    this.#at(at, arrive);
  }

  #hear(peer: Peer, from: string, message: Message): void {
    const known = peer.others.get(from) ?? { news: undefined, answered: 0, heardAt: 0, isDead: false };
    if (peer.left.has(from)) return;
    if (message.kind === "left") {
      peer.left.add(from);
      peer.others.delete(from);
      return this.#see(peer);
    }
    peer.others.set(from, known);
    if (message.kind === "released") {
      return this.#play(peer, peer.ownership.released(from, message.shards, message.version, this.#now as Instant));
    }
    known.isDead = false;
    known.heardAt = this.#now;
    if (known.news === undefined || message.news.order > known.news.order) known.news = message.news;
    if (message.kind === "ack") known.answered = Math.max(known.answered, message.seq);
    this.#see(peer);
    if (message.kind === "probe") this.#send(peer, from, { kind: "ack", seq: message.seq, news: this.#news(peer) });
  }

  #see(peer: Peer): void {
    const candidates = [...peer.others]
      .filter(([, { news, isDead }]) => !isDead && news !== undefined && !news.fenced && !news.draining)
      .map(([id, { news }]) => ({ peer: id, weight: news?.weight ?? 0 }));
    if (!peer.fenced && !peer.draining) candidates.push({ peer: peer.id, weight: peer.weight });
    candidates.sort((a, b) => a.peer < b.peer ? -1 : 1);
    const key = JSON.stringify(candidates);
    const owners = this.#ownersOf.get(key) ?? ownersOf(candidates);
    this.#ownersOf.set(key, owners);
    const others = [...peer.others].map(([id, { news, answered, isDead }]): Other => {
      if (isDead) return { kind: "dead", peer: id };
      if (news === undefined) return { kind: "alive", peer: id };
      const counts = this.#init.trustsOldNews === true ? Infinity : answered;
      return { kind: "alive", peer: id, listing: { ...news, answered: counts } };
    });
    const view: MeshView = { owners, fenced: peer.fenced, probed: peer.probed, others };
    this.#play(peer, peer.ownership.see(view, this.#now as Instant));
  }

  #play(peer: Peer, change: OwnershipChange): void {
    for (const shard of change.stopped) this.#disown(peer, shard);
    for (const { to, shards } of change.released) {
      if (to !== undefined) {
        this.#send(peer, to, { kind: "released", shards, version: peer.ownership.version });
      }
    }
    for (const shard of change.gained) this.#own(peer, shard);
    if (change.stopped.length > 0 && !peer.fenced) {
      const isLong = this.chance() < 0.5;
      const idle = change.stopped.filter((shard) => !isLong || shard % 2 === 0);
      const busy = change.stopped.filter((shard) => isLong && shard % 2 === 1);
      this.#soon(peer, 0, () => this.#play(peer, peer.ownership.drained(idle, this.#now as Instant)));
      const flight = this.chance() * this.#init.flightMaxMs;
      this.#soon(peer, flight, () => this.#play(peer, peer.ownership.drained(busy, this.#now as Instant)));
    }
    peer.wakeAt = change.wakeAt ?? Infinity;
    if (change.wakeAt !== undefined) {
      const due = peer.wakeAt;
      this.#soon(peer, due - this.#now, () => {
        if (peer.wakeAt === due) this.#play(peer, peer.ownership.wake(this.#now as Instant));
      });
    }
    if (change.gained.length > 0 || change.stopped.length > 0 || change.released.length > 0) this.#tellAll(peer);
    else {
      const unasked = change.ask.filter((id) => !this.#isAsked(peer, id));
      for (const id of unasked) this.#probe(peer, id);
    }
  }

  /** Whether a probe that was sent lately is under way. */
  readonly #askedAt = new Map<string, number>();
  #isAsked(peer: Peer, id: string): boolean {
    const key = `${peer.id} ${id}`;
    if (this.#now < (this.#askedAt.get(key) ?? 0) + 300) return true;
    this.#askedAt.set(key, this.#now);
    return false;
  }

  #own(peer: Peer, shard: Shard): void {
    const owners = this.#owners[shard];
    if (owners === undefined) throw new Error(`no shard ${shard}`);
    if (owners.size > 0) this.#doubles++;
    else if (this.#unownedSince[shard] !== Infinity) {
      const since = Math.max(this.#unownedSince[shard] ?? 0, this.#noneEligibleAt);
      this.#gapMaxMs = Math.max(this.#gapMaxMs, this.#now - since);
    }
    owners.add(peer.id);
  }

  #disown(peer: Peer, shard: Shard): void {
    const owners = this.#owners[shard];
    if (owners?.delete(peer.id) !== true) throw new Error(`${peer.id} stops ${shard}, which it does not own`);
    if (owners.size === 0) this.#unownedSince[shard] = this.#now;
  }

  #suspect(peer: Peer): void {
    for (const known of peer.others.values()) {
      if (known.isDead || this.#now < known.heardAt + SILENCE_MAX_MS) continue;
      known.isDead = true;
      this.#see(peer);
    }
  }

  #get(id: string): Peer {
    const peer = this.#peers.get(id);
    if (peer === undefined) throw new Error(`no peer ${id}`);
    return peer;
  }

  #at(at: number, run: () => void): void {
    this.#queue.push({ at, run });
  }

  #soon(peer: Peer, ms: number, run: () => void): void {
    const act = () => {
      if (this.#peers.get(peer.id) !== peer) return;
      if (this.#now < peer.frozenUntil) this.#at(peer.frozenUntil + 1, act);
      else run();
    };
    this.#at(this.#now + ms, act);
  }

  #every(peer: Peer, ms: number, run: () => void): void {
    this.#soon(peer, ms, () => {
      run();
      this.#every(peer, ms, run);
    });
  }

  #until(peer: Peer, ms: number, isDone: () => boolean): void {
    this.#soon(peer, ms, () => {
      if (!isDone()) this.#until(peer, ms, isDone);
    });
  }
}
