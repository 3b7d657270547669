// A world: peers that run the production node, under simulated time, on simulated disks and a simulated network, with
// users and faults as planned. One thing happens at a time, and before the next all that follows from it without time
// passing has happened; so the same plan makes the same history, to the letter.

import { setImmediate } from "node:timers";
import type { CommandResult, TaskCommand } from "../core/protocol/command.ts";
import type { Entity } from "../core/register/register.ts";
import { type PeerId, type TaskGuid, taskGuid } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import { makeStamp, type Stamp } from "../core/values/stamp.ts";
import type { KeyValue } from "../store/key-value.ts";
import { recordStore } from "../store/records.ts";
import { Chance } from "./chance.ts";
import { VectorCheck } from "./check-vectors.ts";
import { definitionOf } from "./definition.ts";
import { Disk } from "./disk.ts";
import { History } from "./history.ts";
import { LocalClock } from "./local-clock.ts";
import { type Garbled, Network, type NetworkSettings, type Sabotage } from "./network.ts";
import { SimPeer } from "./peer.ts";
import { labelsOf } from "./placement.ts";
import type { Fault, Plan, UserAction } from "./plan.ts";
import { Targets } from "./targets.ts";
import { Timeline } from "./timeline.ts";
import type { Violation } from "./violation.ts";

export const USER = "ada";

/** How long the last news of a run may take to be everywhere: a lost message is found by the next probe and its sync. */
const LAST_NEWS_MS = 10_000;

/** The mesh was there so long before. */
const FOUNDED_MS = 60_000;

/** What happens at one moment: a peer that wakes hears all that came meanwhile. */
const STEPS_MAX = 50_000;

/** When nothing was asked of a disk or a target, what is left to happen is a promise or two: turns of their queue. */
const FEW_TURNS = 6;

/** One message that nobody understands brings more with it. */
const GARBLED_MAX = 5;
const GARBLED_LENGTH_MAX = 2_000;

export type WorldParts = {
  readonly plan: Plan;
  readonly keyValue: () => KeyValue;
  /** To show that the checkers see: what this names never arrives. */
  readonly sabotage?: Sabotage;
  readonly said?: NetworkSettings["said"];
};

export class World {
  readonly plan: Plan;
  readonly timeline: Timeline;
  readonly history = new History();
  readonly vectors = new VectorCheck(this.history);
  readonly targets: Targets;
  readonly network: Network;
  readonly peers: SimPeer[] = [];
  /** What was said and not understood. */
  readonly garbled: Violation[] = [];
  /** What each held of the run logs a moment before the end: at the end all hold that. */
  readonly lateEnds = new Map<PeerId, ReadonlyMap<PeerId, number>>();
  readonly #keyValue: () => KeyValue;
  readonly #chance: Chance;
  #stirs = 0;

  constructor({ plan, keyValue, sabotage, said }: WorldParts) {
    this.plan = plan;
    this.timeline = new Timeline(plan.start);
    this.#keyValue = keyValue;
    const { kind, seed } = plan;
    const { timeline } = this;
    const stir = () => void this.#stirs++;
    this.#chance = new Chance(seed, "peers");
    this.targets = new Targets({
      timeline,
      chance: new Chance(seed, "targets"),
      answerMs: [1, 200],
      failures: kind.failures,
      hangs: kind.hangs,
      stir,
    });
    this.network = new Network({
      timeline,
      chance: new Chance(seed, "network"),
      delayMs: kind.delayMs,
      broadcastLoss: kind.broadcastLoss,
      ...(kind.isWired ? { onGarbled: (garbled) => this.#garbled(garbled) } : {}),
      ...(sabotage === undefined ? {} : { sabotage }),
      ...(said === undefined ? {} : { said }),
    });
  }

  get end(): number {
    return this.plan.start + this.plan.minutes * 60_000;
  }

  /** All peers, and all of the plan; until its end. */
  async run(): Promise<void> {
    const { plan, timeline } = this;
    const founders = Array.from({ length: plan.peers }, (_, n) => this.#make(n));
    const members = founders.map((peer) =>
      memberEntity(peer.id, peer.parts.origin, (plan.start - FOUNDED_MS) as Instant)
    );
    for (const peer of founders) {
      await admit(peer, members);
      timeline.in(this.#chance.between(0, 3_000), () => peer.start());
    }
    for (const action of plan.users) timeline.at(plan.start + action.at, () => this.#act(action));
    for (const fault of plan.faults) timeline.at(plan.start + fault.at, () => this.#befall(fault));
    await this.until(this.end - LAST_NEWS_MS);
    for (const peer of this.survivors()) this.lateEnds.set(peer.id, await runEndsOf(peer));
    await this.until(this.end);
  }

  /** All but those that are lost for ever. */
  survivors(): readonly SimPeer[] {
    return this.peers.filter((peer) => peer !== undefined && !peer.isLost);
  }

  async until(end: number): Promise<void> {
    for (let [since, steps] = [this.timeline.now, 0];; steps++) {
      const before = this.#stirs;
      if (!this.timeline.step(end)) return;
      await this.#calm(before);
      if (this.timeline.now > since) [since, steps] = [this.timeline.now, 0];
      if (steps > STEPS_MAX) {
        throw new Error(
          `the world stands still at ${new Date(since).toISOString()}: an alarm that rings again and again`,
        );
      }
    }
  }

  #garbled({ from, to = "all", message, why }: Garbled): void {
    if (this.garbled.length >= GARBLED_MAX) return;
    const said = JSON.stringify(message).slice(0, GARBLED_LENGTH_MAX);
    this.garbled.push({ promise: "wire", text: `${from} says to ${to} ${said}: ${why}`, at: this.timeline.now });
  }

  async #calm(before: number): Promise<void> {
    for (let left = FEW_TURNS; left > 0 && this.#stirs === before; left--) await undefined;
    // Else chains of promises may be of any length; all of them have ended when the loop of this process comes around.
    if (this.#stirs !== before) await new Promise((resolve) => setImmediate(resolve));
  }

  // ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #act(action: UserAction): void {
    const peer = this.peers[action.peer];
    const node = peer?.node;
    // Nobody hears a user of a peer that is down or stands still.
    if (peer === undefined || node === undefined || peer.isFrozen) return;
    const guid = taskGuid(USER, action.task);
    const at = this.timeline.now;
    void node.submit({ kind: "task", guid, command: commandOf(action) }).then((result) => {
      // Whoever dies before it answers has told nothing.
      if (peer.node !== node) return;
      this.history.acks.push({
        at,
        endedAt: this.timeline.now,
        peer: peer.id,
        guid,
        action,
        ...told(result),
        ...this.#entityAfter(peer.id, guid, result),
      });
    });
  }

  /** What an edit has made of the task: of a deletion, what became durable at the peer that acknowledged it. */
  #entityAfter(peer: PeerId, guid: TaskGuid, result: CommandResult): { readonly entity?: Entity } {
    if (result.kind === "task" && result.dossier.entity !== undefined) return { entity: result.dossier.entity };
    if (result.kind !== "removed") return {};
    const entity = this.history.latest(peer, guid);
    return entity === undefined ? {} : { entity };
  }

  // ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #befall(fault: Fault): void {
    const { timeline, history } = this;
    const trouble = { fault, from: timeline.now, to: Infinity, weight: weightOf(fault) };
    history.troubles.push(trouble);
    const over = () => void (trouble.to = timeline.now);
    const later = (deed: () => void) =>
      timeline.in(fault.ms, () => {
        over();
        deed();
      });
    const peer = "peer" in fault ? this.peers[fault.peer] : undefined;
    switch (fault.kind) {
      case "crash":
        peer?.kill(!fault.isPower);
        return later(() => peer?.start());
      case "loss":
        over();
        peer?.lose();
        if (fault.isRevoked) timeline.in(fault.ms, () => this.#revoke(nameOf(fault.peer)));
        return;
      case "restart":
        if (peer === undefined || !peer.isUp || peer.isFrozen) return over();
        return peer.stop(() => later(() => peer.start()));
      case "drain":
        peer?.node?.yield(true);
        return later(() => peer?.node?.yield(false));
      case "join":
        void this.#join(fault.peer);
        return over();
      case "freeze":
        peer?.freeze();
        return later(() => peer?.thaw());
      case "partition": {
        const ways = this.#waysBetween(fault.sides);
        for (const [from, to] of ways) this.network.cut(from, to);
        return later(() => ways.forEach(([from, to]) => this.network.heal(from, to)));
      }
      case "one-way": {
        const [from, to] = [nameOf(fault.from), nameOf(fault.to)];
        this.network.cut(from, to);
        return later(() => this.network.heal(from, to));
      }
      case "weather":
        this.network.weather(fault.weather);
        return later(() => this.network.weather(undefined));
      case "slow disk":
        peer?.parts.disk.slow(fault.times);
        return later(() => peer?.parts.disk.slow(1));
      case "full disk":
        peer?.parts.disk.fill(true);
        return later(() => peer?.parts.disk.fill(false));
      case "clock":
        peer?.parts.clock.set(fault.byMs);
        return later(() => peer?.parts.clock.set(-fault.byMs));
      case "targets":
        this.targets.areWell = false;
        return later(() => this.targets.areWell = true);
      case "no way":
        this.targets.noWayFrom.add(nameOf(fault.peer));
        return later(() => this.targets.noWayFrom.delete(nameOf(fault.peer)));
    }
  }

  #waysBetween(sides: readonly number[]): readonly (readonly [PeerId, PeerId])[] {
    const ways: (readonly [PeerId, PeerId])[] = [];
    for (const [one, side] of sides.entries()) {
      for (const [other, otherSide] of sides.entries()) {
        if (side !== otherSide) ways.push([nameOf(one), nameOf(other)]);
      }
    }
    return ways;
  }

  /** A running peer admits a new one, which starts with the list of members as that one has it. */
  async #join(n: number): Promise<void> {
    const host = this.#host();
    if (host?.node === undefined || this.peers[n] !== undefined) return;
    const { kind, key, registers } = memberEntity(nameOf(n), n + 1, host.parts.clock.now());
    const values = Object.fromEntries(Object.entries(registers).map(([name, { value }]) => [name, value]));
    const written = await host.node.submit({ kind: "entity", entity: { kind, key, registers: {} }, values });
    if (written.kind !== "written" || host.node === undefined) return;
    const newcomer = this.#make(n);
    await admit(newcomer, await host.node.entities("member", 1_000));
    newcomer.start();
  }

  /** An operator takes away the membership of a peer that is lost. */
  #revoke(lost: PeerId): void {
    const entity = { kind: "member", key: lost, registers: {} } as const;
    void this.#host()?.node?.submit({ kind: "entity", entity, values: { life: 2 } });
  }

  /** The first peer that runs. */
  #host(): SimPeer | undefined {
    return this.survivors().find(({ node, isFrozen }) => node !== undefined && !isFrozen);
  }

  // ── peers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #make(n: number): SimPeer {
    const { plan: { seed, kind }, timeline, history, vectors, network, targets } = this;
    const id = nameOf(n);
    const chance = new Chance(seed, id);
    const disk = new Disk({
      timeline,
      chance: new Chance(seed, `disk of ${id}`),
      base: this.#keyValue(),
      syncMs: kind.syncMs,
      readMaxMs: kind.readMaxMs,
      onDurable: (operations) => vectors.durable(timeline.now, id, history.durable(timeline.now, id, operations)),
      stir: () => void this.#stirs++,
    });
    const skewMs = chance.between(-kind.skewMaxMs, kind.skewMaxMs);
    const clock = new LocalClock(timeline, skewMs, 1 + chance.between(-kind.driftMax, kind.driftMax));
    const peer = new SimPeer({
      id,
      labels: this.plan.labels?.[n] ?? labelsOf(n),
      ...(this.plan.tombstonesMs === undefined ? {} : { tombstonesMs: this.plan.tombstonesMs }),
      origin: n + 1,
      clock,
      disk,
      network,
      targets,
      timeline,
      chance: new Chance(seed, `chance of ${id}`).next,
      log: (level, message, facts) =>
        void history.logged.push({ at: timeline.now, peer: id, text: `${level}: ${message} ${JSON.stringify(facts)}` }),
    });
    this.peers[n] = peer;
    return peer;
  }
}

export function nameOf(n: number): PeerId {
  return `peer-${n}`;
}

/** How many more deliveries of one occurrence a fault excuses: one for each owner that it may bring about beside the first. */
function weightOf(fault: Fault): number {
  switch (fault.kind) {
    case "restart":
    case "drain":
    case "join":
    case "targets":
    case "no way":
      return 0;
    case "partition":
      return new Set(fault.sides).size - 1;
    case "weather":
      return 2;
    case "crash":
    case "loss":
    case "freeze":
    case "one-way":
    case "slow disk":
    case "full disk":
    case "clock":
      return 1;
  }
}

function commandOf(action: UserAction): TaskCommand {
  switch (action.kind) {
    case "put":
      return { kind: "put", user: USER, definition: definitionOf(action), mode: "put" };
    case "pause":
    case "resume":
    case "remove":
    case "trigger":
      return { kind: action.kind };
  }
}

function told(result: CommandResult): { readonly result: "done" | "refused"; readonly why?: string } {
  return result.kind === "refused" ? { result: "refused", why: result.why } : { result: "done" };
}

/** The last stamp of the founders' admissions: the vector of a store that has known them for long covers it. */
export function foundingStamp({ peers, start }: Pick<Plan, "peers" | "start">): Stamp {
  return makeStamp((start - FOUNDED_MS) as Instant, peers, 1);
}

/** All the founders' stamps are the first one's. */
function memberEntity(peer: PeerId, origin: number, admittedAt: Instant): Entity {
  const stamp = makeStamp(admittedAt, origin, 1);
  const member = {
    peer,
    name: peer,
    origin,
    addresses: [`/sim/${peer}`],
    admittedBy: nameOf(0),
    admittedAt,
    signature: "",
  };
  return { kind: "member", key: peer, registers: { member: { value: member, stamp }, life: { value: 1, stamp } } };
}

async function admit(peer: SimPeer, members: readonly Entity[]): Promise<void> {
  const store = recordStore(peer.parts.disk.base);
  await store.commit(members.map((entity) => {
    const added = [...new Set(Object.values(entity.registers).map(({ stamp }) => stamp))];
    return { kind: "entity", entity, dropped: [], added, isOwn: false };
  }));
}

/** The end of each run log that stands on the peer's disk; of its own the log says it. */
export async function runEndsOf(peer: SimPeer): Promise<ReadonlyMap<PeerId, number>> {
  const { runEnds, ownSeq } = await recordStore(peer.parts.disk.base).meshStart(peer.id);
  return new Map([...runEnds, ...(ownSeq === 0 ? [] : [[peer.id, ownSeq] as const])]);
}
