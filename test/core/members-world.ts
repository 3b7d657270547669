// A mesh of memberships under simulated time: messages that take their time and get lost, cables that are cut one way
// or both, peers that die, freeze and come back, clocks that are wrong. All from a seed; time moves when the test moves it.

import type { MemberOutput } from "../../src/core/membership/member-output.ts";
import { Members } from "../../src/core/membership/members.ts";
import { parseSwimMessage } from "../../src/core/membership/swim-message.ts";
import type { PeerNews, PresenceState, Rumor, SwimMessage } from "../../src/core/ownership/presence.ts";
import { ShardSet } from "../../src/core/ownership/shard-set.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { PERIODS, type Periods } from "../../src/core/values/periods.ts";
import { chanceOf } from "../chance.ts";

const START = Date.parse("2026-05-01T12:00:00Z");

type Life = {
  readonly members: Members;
  alarmAt: number | undefined;
  /** What came while it was frozen. */
  frozen: (() => void)[] | undefined;
};

export type Seen = { readonly at: number; readonly by: string; readonly peer: string; readonly to: PresenceState };

export type MeshOptions = {
  readonly peers: number;
  readonly seed: number;
  readonly loss?: number;
  readonly delayMs?: readonly [number, number];
  readonly periods?: Periods;
};

export class MembersWorld {
  readonly names: readonly string[];
  readonly seen: Seen[] = [];
  /** Who found that its loop had stood still, and when. */
  readonly fences: { readonly at: number; readonly by: string }[] = [];
  /** Messages sent, by sender; and when there was one again after a tenth of a second without any. */
  readonly sent = new Map<string, number>();
  readonly bursts: number[] = [];
  #sentAt = -Infinity;
  /** Answers to probes that came, by who asked and who answered: `a>b`. */
  readonly #answers = new Map<string, number>();
  /** How far the clock of a peer is ahead, and what a cable adds in one direction: `a>b`. */
  readonly offsets = new Map<string, number>();
  readonly slow = new Map<string, number>();
  loss: number;
  readonly #delayMs: readonly [number, number];
  readonly #periods: Periods;
  readonly #chance: () => number;
  readonly #lives = new Map<string, Life>();
  readonly #cuts = new Set<string>();
  readonly #queue = new Queue();
  #now = 0;

  constructor({ peers, seed, loss = 0, delayMs = [1, 5], periods = PERIODS.normal }: MeshOptions) {
    this.names = Array.from({ length: peers }, (_, n) => `p${n}`);
    this.#chance = chanceOf(seed);
    this.loss = loss;
    this.#delayMs = delayMs;
    this.#periods = periods;
  }

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  members(name: string): Members {
    return this.#life(name).members;
  }

  startAll(): this {
    for (const name of this.names) this.start(name);
    return this;
  }

  start(name: string): void {
    const incarnation = this.#wall(name);
    const news = newsOf(name, incarnation);
    const chance = chanceOf(Math.floor(this.#chance() * 2 ** 32));
    const members = new Members({ self: name, incarnation, news, chance, periods: this.#periods });
    this.#lives.set(name, { members, alarmAt: undefined, frozen: undefined });
    this.#tell(name, (now) => members.admit(this.names, now));
    for (const other of this.#lives.keys()) if (other !== name) this.relink(name, other);
  }

  /** The process ends: its links break at once, unless it is the machine that went. */
  kill(name: string, { isSilent = false } = {}): void {
    this.#lives.delete(name);
    if (isSilent) return;
    for (const other of this.#lives.keys()) this.#after(() => this.#tell(other, (now, its) => its.unlinked(name, now)));
  }

  leave(name: string): void {
    this.#tell(name, (now, members) => members.leave(now));
    this.kill(name);
  }

  /** As by SIGSTOP: what comes meanwhile waits in its sockets. */
  freeze(name: string, ms: number): void {
    const life = this.#life(name);
    life.frozen = [];
    this.#queue.add(this.#now + ms, () => {
      const waiting = life.frozen ?? [];
      life.frozen = undefined;
      const cut = Math.floor(this.#chance() * (waiting.length + 1));
      // Timers and sockets are served in an order that nobody promises.
      for (const deed of waiting.slice(0, cut)) deed();
      this.#ring(name, life);
      for (const deed of waiting.slice(cut)) deed();
    });
  }

  /** Nothing passes from `a` to `b` any more; nobody is told. */
  cut(a: string, b: string): void {
    this.#cuts.add(`${a}>${b}`);
  }

  cutBoth(a: string, b: string): void {
    this.cut(a, b);
    this.cut(b, a);
  }

  partition(some: readonly string[]): void {
    for (const a of some) for (const b of this.names) if (!some.includes(b)) this.cutBoth(a, b);
  }

  heal(): void {
    this.#cuts.clear();
  }

  unlink(a: string, b: string): void {
    this.#after(() => this.#tell(a, (now, members) => members.unlinked(b, now)));
    this.#after(() => this.#tell(b, (now, members) => members.unlinked(a, now)));
  }

  relink(a: string, b: string): void {
    this.#after(() => this.#tell(a, (now, members) => members.linked(b, now)));
    this.#after(() => this.#tell(b, (now, members) => members.linked(a, now)));
  }

  /** `from` says to `to` what it may not believe itself. */
  whisper(from: string, to: string, ...rumors: Rumor[]): void {
    this.#carry(from, to, { kind: "rumors", rumors });
  }

  run(ms: number): this {
    const end = this.#now + ms;
    for (let next = this.#queue.take(end); next !== undefined; next = this.#queue.take(end)) {
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
    return this;
  }

  /** How many probes of `asker` `peer` has answered. */
  answers(asker: string, peer: string): number {
    return this.#answers.get(`${asker}>${peer}`) ?? 0;
  }

  /** What each believes of each other, where it is not `alive`: `p0: p2 dead`. */
  doubts(): string[] {
    return [...this.#lives].flatMap(([name, { members }]) =>
      members.peers().filter(({ state }) => state !== "alive").map(({ peer, state }) => `${name}: ${peer} ${state}`)
    );
  }

  /** When each of the living saw `peer` become `to` after `since`, as milliseconds from then. */
  sightings(peer: string, to: PresenceState, since: number): number[] {
    return this.seen.filter((seen) => seen.peer === peer && seen.to === to && seen.at >= since).map(({ at }) =>
      at - since
    );
  }

  deaths(since: number): Seen[] {
    return this.seen.filter(({ at, to }) => to === "dead" && at >= since);
  }

  #life(name: string): Life {
    const life = this.#lives.get(name);
    if (life === undefined) throw new Error(`${name} does not run`);
    return life;
  }

  #wall(name: string): Instant {
    return instant(START + this.#now + (this.offsets.get(name) ?? 0));
  }

  #tell(name: string, deed: (now: Instant, members: Members) => MemberOutput): void {
    const life = this.#lives.get(name);
    if (life === undefined) return;
    if (life.frozen !== undefined) {
      life.frozen.push(() => this.#tell(name, deed));
      return;
    }
    this.#play(name, life, deed(this.#wall(name), life.members));
  }

  #ring(name: string, life: Life): void {
    life.alarmAt = undefined;
    this.#play(name, life, life.members.wake(this.#wall(name)));
  }

  #play(name: string, life: Life, output: MemberOutput): void {
    if (output.fenced) this.fences.push({ at: this.#now, by: name });
    for (const { peer, from, to } of output.changes) {
      if (from !== undefined) this.seen.push({ at: this.#now, by: name, peer, to });
    }
    this.sent.set(name, (this.sent.get(name) ?? 0) + output.sends.length);
    if (output.sends.length > 0) {
      if (this.#now - this.#sentAt > 100) this.bursts.push(this.#now);
      this.#sentAt = this.#now;
    }
    for (const { to, message } of output.sends) this.#carry(name, to, message);
    const alarmAt = output.wakeAt === undefined ? undefined : output.wakeAt - START - (this.offsets.get(name) ?? 0);
    if (alarmAt === life.alarmAt) return;
    life.alarmAt = alarmAt;
    if (alarmAt === undefined) return;
    this.#queue.add(alarmAt, () => {
      if (this.#lives.get(name) === life && life.alarmAt === alarmAt && life.frozen === undefined) {
        this.#ring(name, life);
      }
    });
  }

  #carry(from: string, to: string, message: SwimMessage): void {
    if (this.#chance() < this.loss || this.#cuts.has(`${from}>${to}`)) return;
    const receiver = this.#lives.get(to);
    this.#after(() => {
      if (this.#lives.get(to) !== receiver || this.#cuts.has(`${from}>${to}`)) return;
      const parsed = parseSwimMessage(message);
      if (parsed === undefined) throw new Error(`not a message: ${JSON.stringify(message)}`);
      if (parsed.kind === "ack") this.#answers.set(`${to}>${from}`, this.answers(to, from) + 1);
      this.#tell(to, (now, members) => members.heard(from, parsed, now));
    }, this.slow.get(`${from}>${to}`));
  }

  #after(deed: () => void, moreMs = 0): void {
    const [least, most] = this.#delayMs;
    this.#queue.add(this.#now + moreMs + least + Math.floor(this.#chance() * (most - least + 1)), deed);
  }
}

export function newsOf(name: string, wall: Instant): PeerNews {
  return {
    name,
    wall,
    weight: 1,
    labels: {},
    version: "1.0.0",
    format: 1,
    tzdata: "2026a",
    digest: "0".repeat(16),
    vector: "",
    runs: "",
    shards: new ShardSet().text(),
    shardsVersion: 0,
    draining: false,
    fenced: false,
    writable: true,
  };
}

type Deed = { readonly at: number; readonly order: number; readonly run: () => void };

/** A binary heap: the earliest first, and of the same moment the one that was added first. */
class Queue {
  readonly #heap: Deed[] = [];
  #order = 0;

  add(at: number, run: () => void): void {
    const deed = { at, order: this.#order++, run };
    const heap = this.#heap;
    let index = heap.push(deed) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, deed)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = deed;
  }

  take(until: number): Deed | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > until) return undefined;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const smaller = isRight ? right : left;
      if (isBefore(last, smaller)) break;
      heap[index] = smaller;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Deed, b: Deed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
