// A small mesh in one thread, from a seed: peers with an Ownership each, late and lost messages, and a checker that
// watches every shard at every moment. Who is silent for long is taken for dead; the rest travels with the news.

import { Groups } from "../../src/core/ownership/groups.ts";
import { type MeshView, type Other, Ownership, type OwnershipChange } from "../../src/core/ownership/ownership.ts";
import { type Eligible, membersOf, Ranking } from "../../src/core/ownership/ranking.ts";
import { ownersOf } from "../../src/core/ownership/rendezvous.ts";
import { GROUP_SHARDS, type Shard, type ShardName, shardName, SHARDS } from "../../src/core/ownership/shard.ts";
import { type PeerGroup, weightInGroup } from "../../src/core/task/peer-group.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import type { Instant } from "../../src/core/values/instant.ts";
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
  /** Tasks of these come to each peer within a second of its start, in an order of its own. */
  readonly groups?: readonly PeerGroup[];
};

export type Report = {
  /** Moments at which a peer came to own what another owned. */
  readonly doubles: number;
  /** The longest that a shard had no owner, after it first had one, while some peer was eligible. */
  readonly gapMaxMs: number;
  /** Shards whose owner at the end is not the one peer that ranks first, or that are still on their way. */
  readonly astray: number;
};

type News = {
  /** As peers tell each other. */
  readonly shards: string;
  readonly version: number;
  readonly fenced: boolean;
  readonly labels: Eligible["labels"];
  readonly order: number;
  readonly draining: boolean;
  readonly weight: number;
};

type Message =
  | { readonly kind: "probe" | "ack"; readonly seq: number; readonly news: News }
  | { readonly kind: "released"; readonly shards: string; readonly version: number }
  | { readonly kind: "left" };

type Known = { news: News | undefined; answered: number; heardAt: number; isDead: boolean };

type Peer = {
  readonly id: string;
  readonly ownership: Ownership;
  readonly groups: Groups;
  readonly ranking: Ranking;
  readonly labels: Eligible["labels"];
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
  readonly #owners = new Map<ShardName, Set<string>>();
  readonly #unownedSince = new Map<ShardName, number>();
  /** When the last message of each link arrives. */
  readonly #lastAt = new Map<string, number>();
  #now = 1_000_000;
  #doubles = 0;
  #gapMaxMs = 0;
  /** When nobody was eligible last, of all peers and of each group. */
  readonly #noneEligibleAt = new Map<string, number>();

  constructor(init: WorldInit) {
    this.#init = init;
    this.chance = chanceOf(init.seed);
  }

  get peers(): readonly string[] {
    return [...this.#peers.values()].filter(({ draining }) => !draining).map(({ id }) => id);
  }

  /** A peer that knows of the members, of none whether it is up. */
  start(id: string, weight: number, members: readonly string[], labels: Eligible["labels"] = {}): void {
    const groups = new Groups();
    const peer: Peer = {
      id,
      ownership: new Ownership(id, this.#now as Instant),
      groups,
      ranking: new Ranking(groups),
      labels,
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
    for (const group of this.#init.groups ?? []) {
      this.#soon(peer, 1_000 * this.chance(), () => {
        groups.shardOf("00" as TaskGuid, group);
        this.#see(peer);
      });
    }
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
      if (owners.delete(id) && owners.size === 0) this.#unownedSince.set(shard, this.#now);
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
      this.#noteWhoIsEligible();
      next.run();
    }
    this.#now = end;
  }

  report(): Report {
    let astray = 0;
    for (const group of [undefined, ...this.#init.groups ?? []]) {
      const eligible = this.#eligible();
      const owners = group === undefined ? ownersOf(eligible) : ownersOf(membersOf(group, eligible), group.id);
      for (let shard = 0; shard < (group === undefined ? SHARDS : GROUP_SHARDS); shard++) {
        const name = nameIn(group, shard);
        const isRight = [...this.#peers.values()].every(({ id, groups, ownership }) =>
          ownership.state(groups.shardNamed(name)) === (owners[shard] === id ? "owned" : "foreign")
        );
        if (!isRight) astray++;
      }
    }
    return { doubles: this.#doubles, gapMaxMs: Math.round(this.#gapMaxMs), astray };
  }

  #eligible(): readonly Eligible[] {
    return [...this.#peers.values()]
      .filter(({ fenced, draining, frozenUntil }) => !fenced && !draining && this.#now >= frozenUntil)
      .map(({ id, weight, labels }) => ({ peer: id, name: id, labels, weight, writable: true }));
  }

  #noteWhoIsEligible(): void {
    const eligible = this.#eligible();
    if (eligible.length === 0) this.#noneEligibleAt.set("", this.#now);
    for (const group of this.#init.groups ?? []) {
      if (!eligible.some((peer) => weightInGroup(group, peer) > 0)) this.#noneEligibleAt.set(group.id, this.#now);
    }
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
    const { ownership, groups, fenced, draining, weight, labels } = peer;
    const shards = groups.text(ownership.shards());
    return { shards, version: ownership.version, fenced, draining, weight, labels, order: ++peer.order };
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
      const shards = peer.groups.parse(message.shards);
      return this.#play(peer, peer.ownership.released(from, shards, message.version, this.#now as Instant));
    }
    known.isDead = false;
    known.heardAt = this.#now;
    if (known.news === undefined || message.news.order > known.news.order) known.news = message.news;
    if (message.kind === "ack") known.answered = Math.max(known.answered, message.seq);
    this.#see(peer);
    if (message.kind === "probe") this.#send(peer, from, { kind: "ack", seq: message.seq, news: this.#news(peer) });
  }

  #see(peer: Peer): void {
    const eligible: Eligible[] = [];
    for (const [id, { news, isDead }] of peer.others) {
      if (isDead || news === undefined || news.fenced || news.draining) continue;
      eligible.push({ peer: id, name: id, labels: news.labels, weight: news.weight, writable: true });
    }
    const { id, labels, weight } = peer;
    if (!peer.fenced && !peer.draining) eligible.push({ peer: id, name: id, labels, weight, writable: true });
    const others = [...peer.others].map(([id, { news, answered, isDead }]): Other => {
      if (isDead) return { kind: "dead", peer: id };
      if (news === undefined) return { kind: "alive", peer: id };
      const counts = this.#init.trustsOldNews === true ? Infinity : answered;
      const { version, fenced } = news;
      return {
        kind: "alive",
        peer: id,
        listing: { shards: peer.groups.parse(news.shards), version, fenced, answered: counts },
      };
    });
    peer.ownership.grow(peer.groups.shards);
    const owners = peer.ranking.rank(eligible);
    const view: MeshView = { owners, fenced: peer.fenced, probed: peer.probed, others };
    this.#play(peer, peer.ownership.see(view, this.#now as Instant));
  }

  #play(peer: Peer, change: OwnershipChange): void {
    for (const shard of change.stopped) this.#disown(peer, shard);
    for (const { to, shards } of change.released) {
      if (to !== undefined) {
        this.#send(peer, to, { kind: "released", shards: peer.groups.text(shards), version: peer.ownership.version });
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
    const name = peer.groups.nameOf(shard);
    const owners = this.#owners.get(name) ?? new Set();
    this.#owners.set(name, owners);
    const unownedSince = this.#unownedSince.get(name);
    if (owners.size > 0) this.#doubles++;
    else if (unownedSince !== undefined) {
      const since = Math.max(unownedSince, this.#noneEligibleAt.get(name.slice(1, -2)) ?? 0);
      this.#gapMaxMs = Math.max(this.#gapMaxMs, this.#now - since);
    }
    owners.add(peer.id);
  }

  #disown(peer: Peer, shard: Shard): void {
    const name = peer.groups.nameOf(shard);
    const owners = this.#owners.get(name);
    if (owners?.delete(peer.id) !== true) throw new Error(`${peer.id} stops ${name}, which it does not own`);
    if (owners.size === 0) this.#unownedSince.set(name, this.#now);
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

function nameIn(group: PeerGroup | undefined, shard: Shard): ShardName {
  if (group === undefined) return shardName(shard);
  return `p${group.id}${shard.toString(16).padStart(2, "0")}` as ShardName;
}
