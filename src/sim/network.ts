// The network of a world: links between members, each way with its own delay, in order while the link lives. It can be
// cut one way or both, split into sides, and have weather: loss, reordering, copies. Who is cut off is told late or not
// at all, as with TCP; broadcasts go from peer to peer and may be lost.

import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import type { PeerId } from "../core/values/ids.ts";
import { type Mesh, MeshFailure, type MeshListener } from "../mesh/mesh.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";
import { passBroadcast, Wire, type Wired } from "./wired.ts";

export type NetworkSettings = {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly delayMs: readonly [least: number, most: number];
  /** Share of broadcasts that do not come to a peer. */
  readonly broadcastLoss: number;
  /** Then messages take their wire form, and this hears of what nobody understands. */
  readonly onGarbled?: (garbled: Garbled) => void;
  /** To show that the checkers see: what this names never arrives. */
  readonly sabotage?: Sabotage;
  /** Hears all that is said; `to` is absent when it is for all. */
  readonly said?: (message: PeerMessage | Broadcast, from: PeerId, to?: PeerId) => void;
};

/** A message that the other end did not understand; to all when `to` is absent. */
export type Garbled = {
  readonly from: PeerId;
  readonly to?: PeerId;
  readonly message: PeerMessage | Broadcast;
  readonly why: string;
};

/** `now` is true time. */
export type Sabotage = (message: PeerMessage | Broadcast, now: number) => boolean;

export type Weather = {
  readonly loss: number;
  readonly disorder: number;
  readonly copies: number;
  readonly slowness: number;
};

const CLEAR: Weather = { loss: 0, disorder: 0, copies: 0, slowness: 1 };

/** How soon a link comes to be, after both ends want it; and how soon the end of a process is noticed at the other. */
const DIAL_MS: readonly [number, number] = [5, 300];
const RESET_MS: readonly [number, number] = [1, 20];
/** A TCP connection that is cut is given up after 2 to 20 s: then its end is told. */
const GIVE_UP_MS: readonly [number, number] = [2_000, 20_000];
/** A redial after a failed one. */
const REDIAL_MS: readonly [number, number] = [200, 2_000];

/** One way of a link. */
type Way = { isLinked: boolean; lastAt: number; wire: Wire };

type Link = {
  readonly a: Port;
  readonly b: Port;
  readonly ways: ReadonlyMap<PeerId, Way>;
  isUp: boolean;
  isDialling: boolean;
  /** Something was lost on it: the stream can't go on. */
  isBroken: boolean;
  epoch: number;
};

type Port = {
  readonly self: PeerId;
  readonly listener: MeshListener;
  readonly run: (deed: () => void) => void;
  members: ReadonlySet<PeerId>;
  isOpen: boolean;
};

export class Network {
  readonly #settings: NetworkSettings;
  readonly #ports = new Map<PeerId, Port>();
  readonly #links = new Map<string, Link>();
  /** `from to` of the ways on which nothing passes. */
  readonly #cuts = new Map<string, number>();
  /** Ends of links that a dead life has left, and that the living one has not been told of. */
  readonly #ends = new Map<string, Way>();
  #weather = CLEAR;
  messages = 0;
  broadcasts = 0;

  constructor(settings: NetworkSettings) {
    this.#settings = settings;
  }

  /** The mesh door of one life of a peer. */
  join(self: PeerId, listener: MeshListener, run: Port["run"]): Mesh {
    const port: Port = { self, listener, run, members: new Set(), isOpen: true };
    this.#ports.set(self, port);
    return {
      self,
      addresses: () => [`/sim/${self}`],
      admit: (members) => {
        port.members = new Set(members.map(({ peer }) => peer));
        this.#relink();
      },
      send: (to, message) => this.#send(port, to, message),
      publish: (broadcast) => this.#publish(port, broadcast),
      open: () => Promise.reject(new MeshFailure("unreachable", "a simulated network has no channels")),
      listen: () => Promise.resolve(),
      acceptJoin: () => {},
      openJoin: () => Promise.reject(new MeshFailure("unreachable", "a simulated network has no channels")),
      counts: () => ({}),
      close: () => Promise.resolve(this.#close(port)),
    };
  }

  /** The process has ended, or its machine: then nobody is told. */
  leave(self: PeerId, isTold: boolean): void {
    const port = this.#ports.get(self);
    if (port === undefined) return;
    port.isOpen = false;
    this.#ports.delete(self);
    for (const link of this.#linksOf(port)) {
      this.#links.delete(nameOf(link.a.self, link.b.self));
      const other = link.a === port ? link.b : link.a;
      const way = link.ways.get(other.self);
      // What the process has given to its system still comes, and then the end.
      if (!isTold) link.epoch++;
      link.isUp = false;
      if (way?.isLinked !== true) continue;
      this.#ends.set(`${other.self} ${self}`, way);
      const { timeline } = this.#settings;
      const onTheWayMs = Math.max(0, (link.ways.get(self)?.lastAt ?? 0) - timeline.now);
      if (!isTold || this.#isCut(self, other.self)) this.#in(GIVE_UP_MS, () => this.#tellEnd(other, way, self));
      else timeline.in(onTheWayMs, () => this.#in(RESET_MS, () => this.#tellEnd(other, way, self)));
    }
  }

  /** Nothing goes from one to the other any more; cuts of several causes add up. */
  cut(from: PeerId, to: PeerId): void {
    const way = `${from} ${to}`;
    this.#cuts.set(way, (this.#cuts.get(way) ?? 0) + 1);
    const link = this.#links.get(nameOf(from, to));
    if (link === undefined || !link.isUp) return;
    const { epoch } = link;
    this.#in(GIVE_UP_MS, () => {
      if (link.epoch === epoch && link.isBroken && this.#isCut(from, to)) this.#break(link);
    });
  }

  heal(from: PeerId, to: PeerId): void {
    const way = `${from} ${to}`;
    const left = (this.#cuts.get(way) ?? 0) - 1;
    if (left > 0) this.#cuts.set(way, left);
    else this.#cuts.delete(way);
    const link = this.#links.get(nameOf(from, to));
    if (link === undefined || this.#isCut(from, to) || this.#isCut(to, from)) return;
    // What was lost on the way can't be mended: the stream ends, and another is made.
    if (link.isUp && link.isBroken) this.#break(link);
    else if (!link.isUp) this.#dial(link, DIAL_MS);
  }

  weather(weather: Weather | undefined): void {
    this.#weather = weather ?? CLEAR;
  }

  // ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #relink(): void {
    const ports = [...this.#ports.values()];
    for (const [at, a] of ports.entries()) {
      for (const b of ports.slice(at + 1)) {
        const name = nameOf(a.self, b.self);
        const isWanted = a.members.has(b.self) && b.members.has(a.self);
        const link = this.#links.get(name);
        if (isWanted && link === undefined) {
          const ways = new Map<PeerId, Way>(
            [a, b].map(({ self }) => [self, { isLinked: false, lastAt: 0, wire: new Wire() }]),
          );
          const made: Link = { a, b, ways, isUp: false, isDialling: false, isBroken: false, epoch: 0 };
          this.#links.set(name, made);
          this.#dial(made, DIAL_MS);
        } else if (!isWanted && link !== undefined) {
          this.#links.delete(name);
          this.#break(link);
        }
      }
    }
  }

  #dial(link: Link, pause: readonly [number, number]): void {
    if (link.isDialling || link.isUp) return;
    link.isDialling = true;
    this.#in(pause, () => {
      link.isDialling = false;
      const { a, b } = link;
      if (!a.isOpen || !b.isOpen || this.#links.get(nameOf(a.self, b.self)) !== link) return;
      if (this.#isCut(a.self, b.self) || this.#isCut(b.self, a.self)) return this.#dial(link, REDIAL_MS);
      link.isUp = true;
      link.isBroken = false;
      link.epoch++;
      for (const [port, other] of [[a, b], [b, a]] as const) {
        const way = link.ways.get(port.self);
        if (way === undefined || way.isLinked) continue;
        const end = this.#ends.get(`${port.self} ${other.self}`);
        if (end !== undefined) this.#tellEnd(port, end, other.self);
        this.#ends.delete(`${port.self} ${other.self}`);
        way.isLinked = true;
        way.wire = new Wire();
        port.run(() => {
          if (port.isOpen && way.isLinked) port.listener.linked(other.self);
        });
      }
    });
  }

  #break(link: Link): void {
    link.isUp = false;
    link.isBroken = false;
    link.epoch++;
    for (const [port, other] of [[link.a, link.b], [link.b, link.a]] as const) {
      const way = link.ways.get(port.self);
      if (way?.isLinked === true) this.#tellEnd(port, way, other.self);
    }
    this.#dial(link, REDIAL_MS);
  }

  #tellEnd(port: Port, way: Way, other: PeerId): void {
    if (!way.isLinked || !port.isOpen) return;
    way.isLinked = false;
    port.run(() => {
      if (port.isOpen) port.listener.unlinked(other);
    });
  }

  #close(port: Port): void {
    if (port.isOpen) this.leave(port.self, true);
  }

  #linksOf(port: Port): readonly Link[] {
    return [...this.#links.values()].filter(({ a, b }) => a === port || b === port);
  }

  #isCut(from: PeerId, to: PeerId): boolean {
    return this.#cuts.has(`${from} ${to}`);
  }

  // ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #send(from: Port, to: PeerId, message: PeerMessage): boolean {
    const link = this.#links.get(nameOf(from.self, to));
    const way = link?.ways.get(from.self);
    if (!from.isOpen || link === undefined || way?.isLinked !== true) return false;
    this.messages++;
    this.#settings.said?.(message, from.self, to);
    if (!link.isUp || this.#settings.sabotage?.(message, this.#settings.timeline.now) === true) return true;
    const { timeline, chance, onGarbled } = this.#settings;
    const { loss, disorder, copies } = this.#weather;
    if (this.#isCut(from.self, to)) {
      link.isBroken = true;
      return true;
    }
    if (loss > 0 && chance.is(loss)) return true;
    const wired = onGarbled === undefined ? whole(message) : way.wire.pass(message);
    if (wired.kind === "garbled") {
      onGarbled?.({ from: from.self, to, message, why: wired.why });
      return true;
    }
    const { epoch } = link;
    const other = link.a === from ? link.b : link.a;
    const arrive = () => {
      if (link.epoch !== epoch || this.#isCut(from.self, to)) {
        link.isBroken = link.epoch === epoch;
        return;
      }
      other.run(() => {
        if (other.isOpen) other.listener.heard(from.self, wired.message);
      });
    };
    const isOrdered = disorder === 0 || !chance.is(disorder);
    const at = timeline.now + this.#delay();
    if (isOrdered) way.lastAt = Math.max(at, way.lastAt);
    timeline.at(isOrdered ? way.lastAt : at, arrive);
    if (copies > 0 && chance.is(copies)) timeline.at(at + this.#delay(), arrive);
    return true;
  }

  #publish(from: Port, broadcast: Broadcast): void {
    if (!from.isOpen) return;
    this.broadcasts++;
    this.#settings.said?.(broadcast, from.self);
    const { timeline, chance, broadcastLoss, sabotage, onGarbled } = this.#settings;
    if (sabotage?.(broadcast, timeline.now) === true) return;
    const wired = onGarbled === undefined ? whole(broadcast) : passBroadcast(broadcast);
    if (wired.kind === "garbled") return onGarbled?.({ from: from.self, message: broadcast, why: wired.why });
    for (const [to, hops] of this.#reachable(from)) {
      if (chance.is(Math.max(broadcastLoss, this.#weather.loss))) continue;
      let delay = 0;
      for (let hop = 0; hop < hops; hop++) delay += this.#delay();
      timeline.in(delay, () => {
        if (to.isOpen) {
          to.run(() => {
            if (to.isOpen) to.listener.published(from.self, wired.message);
          });
        }
      });
    }
  }

  /** All that a broadcast gets to, with the number of links it goes over. */
  #reachable(from: Port): ReadonlyMap<Port, number> {
    const reached = new Map<Port, number>([[from, 0]]);
    for (const [port, hops] of reached) {
      if (reached.size === this.#ports.size) break;
      for (const self of port.members) {
        const next = this.#ports.get(self);
        const link = this.#links.get(nameOf(port.self, self));
        if (next === undefined || reached.has(next) || link?.isUp !== true || this.#isCut(port.self, self)) continue;
        reached.set(next, hops + 1);
      }
    }
    reached.delete(from);
    return reached;
  }

  #delay(): number {
    const [least, most] = this.#settings.delayMs;
    return this.#settings.chance.between(least, most) * this.#weather.slowness;
  }

  #in([least, most]: readonly [number, number], run: () => void): void {
    this.#settings.timeline.in(this.#settings.chance.between(least, most), run);
  }
}

function whole<T>(message: T): Wired<T> {
  return { kind: "heard", message };
}

function nameOf(one: PeerId, other: PeerId): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}
