// The node is the loop between the core and the world: one event in, its effects played in order. It decides nothing.
// A command's promise resolves when what it changed is durable.

import type { Clock } from "../clock.ts";
import type { DeliveryResult } from "../core/delivery/delivery.ts";
import type { Notice } from "../core/delivery/notice.ts";
import { Machine } from "../core/machine/machine.ts";
import { type MeshState, meshState } from "../core/machine/mesh-state.ts";
import type { Admission } from "../core/membership/membership-list.ts";
import type { Introduction } from "../core/keeper/introduction.ts";
import { type OwnerWord, withOpen } from "../core/ownership/owner-word.ts";
import type { Shard } from "../core/ownership/shard.ts";
import type { Command, CommandResult } from "../core/protocol/command.ts";
import type { CoreEvent, DueQuery, Effect, LogFacts, Outcome } from "../core/protocol/event.ts";
import { type EgressRules, PLAIN_RULES } from "../core/targets/egress.ts";
import type { Dossier } from "../core/task/dossier.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import { groupOfEntity } from "../core/task/peer-group.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid } from "../core/values/ids.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../core/values/instant.ts";
import type { Periods } from "../core/values/periods.ts";
import type { Origin } from "../core/values/stamp.ts";
import { Disk, joined, type Persist } from "./disk.ts";
import { tellOfDots } from "./dots.ts";
import { flightOf, Flights } from "./flights.ts";
import type { Mesh, MeshListener } from "../mesh/mesh.ts";
import type { Peer, Written } from "../peer.ts";
import { RunSeeker } from "./run-seeker.ts";
import { spreadable } from "./spreadable.ts";
import { type Page, type RunQuery, type Store, StoreFailure } from "../store/store.ts";
import type { Trigger } from "../trigger/trigger.ts";

export type NodeParts = {
  readonly id: PeerId;
  readonly name: string;
  readonly origin: Origin;
  readonly clock: Clock;
  readonly store: Store;
  readonly trigger: Trigger;
  /** A number in [0, 1), anew at each call. */
  readonly chance: () => number;
  /** How much of the past is kept: settled runs at most, and their age. */
  readonly keep: {
    readonly runs: number;
    readonly ageMs: number;
    /** How long tombstones are kept at least; 30 days when absent. */
    readonly tombstonesMs?: number;
  };
  /** What this peer says of itself to the others. */
  readonly introduction: Introduction;
  readonly periods: Periods;
  /** The same at all peers of a mesh: it keys the digests that they compare. */
  readonly digestKey: string;
  /** Whether an admission bears the signature of who it says has admitted. */
  readonly isSigned: (admission: Admission) => boolean;
  /** Where events may go; without it, an admin's anywhere, and those of others to what is public. */
  readonly egress?: EgressRules;
  /** What another peer has opened a channel for; without it every channel is refused. */
  readonly opened?: MeshListener["opened"];
  /** Opens the way to the other peers; absent for a peer that has none. */
  readonly openMesh?: (listener: MeshListener) => Promise<Mesh>;
  readonly log: (level: "info" | "warning" | "error", message: string, facts: LogFacts) => void;
};

export interface Node extends Peer {
  /** Takes up nothing new, lets what is in flight end for at most `patienceMs`, and returns when all is on the disk. */
  drain(patienceMs: number): Promise<void>;
}

/** How often a peer that stops looks whether all is handed over, and how long its last word may take to be sent. */
const HAND_OVER_LOOK_MS = 20;
const FAREWELL_MS = 100;

/** Reads what the core has to know at the start, starts the machine, and returns the running node. */
export async function startNode(parts: NodeParts): Promise<Node> {
  const { store, id, clock } = parts;
  const { origin, chance, introduction, periods, digestKey, isSigned, egress = PLAIN_RULES } = parts;
  const [highWaterMs, start] = [await store.highWater(), await store.meshStart(id)];
  const machine = new Machine({
    self: id,
    origin,
    highWaterMs,
    chance,
    now: clock.now(),
    introduction,
    periods,
    start,
    digestKey,
    isSigned,
    ...(parts.keep.tombstonesMs === undefined ? {} : { tombstoneAgeMs: parts.keep.tombstonesMs }),
    egress,
  });
  const node = new Loop(parts, machine);
  await node.start();
  return node;
}

class Loop implements Node {
  readonly id: PeerId;
  readonly name: string;
  readonly #parts: NodeParts;
  readonly #machine: Machine;
  readonly #tickets = new Map<number, (result: CommandResult) => void>();
  readonly #inquiries = new Map<number, (word: OwnerWord) => void>();
  readonly #catchUps = new Map<number, () => void>();
  readonly #seeker = new RunSeeker({
    stored: async (id) => {
      const answer = this.#isClosed ? undefined : await this.#disk.query({ kind: "runs", ids: [id] });
      return answer?.kind === "runs" ? answer.runs[0] : undefined;
    },
    ownerWord: (guid) => this.ownerWord(guid),
    askAll: () => {
      const ticket = ++this.#lastTicket;
      return new Promise((resolve) => {
        this.#catchUps.set(ticket, resolve);
        this.#tell({ kind: "catchUp", ticket });
      });
    },
  });
  readonly #flights = new Flights();
  /** Attempts that have ended, and of which the core is told in a moment. */
  #landed: Outcome[] = [];
  readonly #watchers = new Set<(notice: Notice) => void>();
  readonly #disk: Disk;
  /** What goes on beside: ended before the peer is. */
  readonly #works = new Set<Promise<void>>();
  readonly #spreads = new Map<number, (peers: number) => void>();
  #lastTicket = 0;
  #isSweeping = false;
  #isClosed = false;
  #onLanded: (() => void) | undefined;
  #mesh: Mesh | undefined;

  constructor(parts: NodeParts, machine: Machine) {
    this.#parts = parts;
    this.id = parts.id;
    this.name = parts.name;
    this.#machine = machine;
    this.#disk = new Disk(parts.store, {
      kept: (effects) => {
        for (const effect of effects) this.#play(effect);
      },
      refused: (effect, failure) => this.#refuse(effect, failure),
      resumed: () => this.#tell({ kind: "store", writable: true }),
      found: (dossiers) => this.#tell({ kind: "dossiers", dossiers }),
      log: parts.log,
    });
  }

  async start(): Promise<void> {
    // As of now: what is written from here on is told to the core by itself.
    const dots = this.#parts.store.dots();
    this.#mesh = await this.#parts.openMesh?.({
      linked: (peer) => this.#tell({ kind: "linked", peer }),
      unlinked: (peer) => this.#tell({ kind: "unlinked", peer }),
      notLinked: (peer, why) => this.#tell({ kind: "notLinked", peer, why }),
      heard: (from, message) => this.#tell({ kind: "heard", from, message }),
      published: (from, broadcast) => this.#tell({ kind: "published", from, broadcast }),
      opened: this.#parts.opened ?? ((_from, _protocol, channel) => channel.abort("nobody here knows this protocol")),
    });
    this.#parts.store.onWritable((writable, why) => {
      if (writable) return void this.#disk.resume();
      this.#disk.stop(why);
      this.#tell({ kind: "store", writable: false });
    });
    this.#tell({ kind: "started" });
    const isClosed = () => this.#isClosed;
    const { later } = this.#parts.clock;
    this.#track(tellOfDots(dots, { tell: (event) => this.#tell(event), isClosed, later, log: this.#parts.log }));
  }

  now() {
    return this.#parts.clock.now();
  }

  submit(command: Command): Promise<CommandResult> {
    if (this.#isClosed) return Promise.reject(new Error("the peer is closed"));
    const ticket = ++this.#lastTicket;
    return new Promise((resolve) => {
      this.#tickets.set(ticket, resolve);
      this.#tell({ kind: "command", ticket, command });
    });
  }

  async dossier(guid: Parameters<Peer["dossier"]>[0]) {
    const active = this.#machine.dossier(guid);
    if (active !== undefined) return active;
    const [stored] = await this.#parts.store.dossiers([guid]);
    if (stored === undefined) throw new Error(`the store gave no dossier for ${guid}`);
    return stored;
  }

  tasks(query: Parameters<Peer["tasks"]>[0]) {
    return this.#parts.store.tasks(query);
  }

  async runs(query: RunQuery): Promise<Page<Run>> {
    const page = await this.#parts.store.runs(query);
    const items = page.items.map((run) => this.#machine.openRun(run.guid, run.id) ?? run);
    const { guid, cursor, outcome, state, from = INSTANT_MIN, until = INSTANT_MAX } = query;
    const isFirst = guid !== undefined && (cursor ?? outcome ?? state) === undefined;
    const active = isFirst ? this.#machine.dossier(guid) : undefined;
    const open = active?.open.filter(({ instant }) => instant >= from && instant < until);
    const all = open === undefined ? items : withOpen(items, open, page.cursor === undefined);
    return { ...page, items: all.map((run) => this.#withReason(run)) };
  }

  deadLetters(query: Parameters<Peer["deadLetters"]>[0]) {
    return this.#parts.store.deadLetters(query);
  }

  deadCauses(query: Parameters<Peer["deadCauses"]>[0]) {
    return this.#parts.store.deadCauses(query);
  }

  async run(id: OccurrenceId) {
    const stored = await this.#parts.store.run(id);
    const run = stored === undefined ? this.#machine.findOpenRun(id) : this.#machine.openRun(stored.guid, id) ?? stored;
    return run === undefined ? undefined : this.#withReason(run);
  }

  /** Of an open run, why it waits. */
  #withReason(run: Run): Run {
    const reason = run.state === "settled" ? undefined : this.#machine.waitReason(run);
    return reason === undefined ? run : { ...run, reason };
  }

  lanes() {
    return this.#machine.lanes();
  }

  async seekRun(id: OccurrenceId) {
    const run = await this.run(id);
    const isKnown = run?.state === "settled" || !this.#machine.mesh.hasCompany || this.#isClosed;
    return isKnown ? run : await this.#seeker.seek(id, run);
  }

  entity(...query: Parameters<Peer["entity"]>) {
    return this.#parts.store.entity(...query);
  }

  entities(...query: Parameters<Peer["entities"]>) {
    return this.#parts.store.entities(...query);
  }

  answer(key: string) {
    return this.#parts.store.answer(key);
  }

  ownerOf(dossier: Dossier): PeerId | undefined {
    return this.#machine.mesh.keeper.ownerOf(this.#shardOf(dossier));
  }

  async ownerWord(guid: TaskGuid): Promise<OwnerWord> {
    const owner = this.ownerOf(await this.dossier(guid));
    if (owner === undefined || owner === this.id || this.#isClosed) return { kind: "nothing" };
    const ticket = ++this.#lastTicket;
    return await new Promise((resolve) => {
      this.#inquiries.set(ticket, resolve);
      this.#tell({ kind: "inquire", ticket, guid, owner });
    });
  }

  shardState(dossier: Dossier) {
    return this.#machine.mesh.keeper.stateOf(this.#shardOf(dossier));
  }

  #shardOf({ guid, entity }: Dossier): Shard {
    return this.#machine.mesh.groups.shardOfKnown(guid, groupOfEntity(entity));
  }

  mesh(): MeshState {
    return meshState(this.#machine.mesh, this.#parts, this.#mesh?.addresses() ?? []);
  }

  async replicas(written: Written, wanted: number, waitMs: number): Promise<number> {
    const what = await spreadable(this, written);
    if (what === undefined || this.#isClosed) return 1;
    const ticket = ++this.#lastTicket;
    const until = Math.min(this.now() + waitMs, INSTANT_MAX) as Instant;
    return await new Promise((resolve) => {
      this.#spreads.set(ticket, resolve);
      this.#tell({ kind: "spread", ticket, what, wanted, until });
    });
  }

  vector() {
    return this.#machine.mesh.replication.vector.stamps();
  }

  yield(isDraining: boolean): void {
    this.#tell({ kind: "yield", isDraining });
  }

  conflicts(query: Parameters<Peer["conflicts"]>[0]) {
    return this.#parts.store.conflicts(query);
  }

  versions(guid: TaskGuid, limit: number) {
    return this.#parts.store.versions(guid, limit);
  }

  watch(listener: (notice: Notice) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  status() {
    const { unwritable } = this.#disk;
    return {
      ready: this.#machine.isReady,
      writable: unwritable === undefined,
      ...(unwritable === undefined ? {} : { why: unwritable }),
      inFlight: this.#machine.inFlight,
      activeTasks: this.#machine.activeTasks,
    };
  }

  async drain(patienceMs: number): Promise<void> {
    if (this.#isClosed) return;
    const end = performance.now() + patienceMs;
    this.#tell({ kind: "drain" });
    if (this.#flights.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#onLanded = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#handOver(end);
    this.#isClosed = true;
    this.#parts.clock.close();
    this.#flights.abortAll();
    await this.#disk.close();
    while (this.#works.size > 0) await Promise.all(this.#works);
    for (const resolve of this.#tickets.values()) {
      resolve({ kind: "refused", why: "busy", message: "the peer is stopping" });
    }
    this.#tickets.clear();
    for (const resolve of this.#spreads.values()) resolve(1);
    for (const resolve of this.#inquiries.values()) resolve({ kind: "nothing" });
    for (const resolve of this.#catchUps.values()) resolve();
  }

  /** Others take up what this peer fired, and know all that it did, before it goes. */
  async #handOver(end: number): Promise<void> {
    const { mesh } = this.#machine;
    if (!mesh.hasCompany) return;
    while (mesh.isHandingOver && performance.now() < end) await pause(HAND_OVER_LOOK_MS);
    this.#tell({ kind: "leave" });
    if (performance.now() < end) await pause(FAREWELL_MS);
  }

  #tell(event: CoreEvent): void {
    const effects = this.#machine.handle(event, this.#parts.clock.now());
    for (const effect of event.kind === "attempted" ? joined(effects) : effects) this.#play(effect);
  }

  #play(effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        return this.#disk.keep(effect);
      case "reply":
        return this.#reply(effect.ticket, effect.result);
      case "caughtUp":
        this.#catchUps.get(effect.ticket)?.();
        return void this.#catchUps.delete(effect.ticket);
      case "told":
        this.#inquiries.get(effect.ticket)?.(effect.word);
        return void this.#inquiries.delete(effect.ticket);
      case "send":
        return this.#send(effect);
      case "tell":
        return void this.#mesh?.send(effect.to, effect.message);
      case "publish":
        return this.#mesh?.publish(effect.broadcast);
      case "admit":
        return this.#mesh?.admit(effect.members);
      case "query":
        return void this.#query(effect);
      case "kept":
        return this.#tell({ kind: "kept", writes: effect.writes, guids: effect.guids });
      case "spread":
        this.#spreads.get(effect.ticket)?.(effect.peers);
        this.#spreads.delete(effect.ticket);
        return;
      case "abort":
        return this.#flights.abort(flightOf(effect));
      case "alarm":
        if (!this.#isClosed) this.#parts.clock.alarm(effect.at, () => this.#tell({ kind: "alarm" }));
        return;
      case "readDue":
        return void this.#readDue(effect.query);
      case "readDossiers":
        return this.#disk.read(effect.guids);
      case "notify":
        for (const watcher of this.#watchers) watcher(effect.notice);
        return;
      case "sweep":
        return this.#sweep();
      case "log":
        return this.#parts.log(effect.level, effect.message, effect.facts);
    }
  }

  #reply(ticket: number, result: CommandResult): void {
    // The core's own, for another peer.
    if (ticket < 0) return this.#tell({ kind: "replied", ticket, result });
    this.#seeker.take(result);
    this.#tickets.get(ticket)?.(result);
    this.#tickets.delete(ticket);
  }

  // ── the disk ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #refuse(effect: Persist, error: StoreFailure): void {
    const unsent: OccurrenceId[] = [];
    for (const dropped of effect.then) {
      if (dropped.kind === "send") unsent.push(dropped.delivery.id);
      if (dropped.kind === "reply") {
        this.#reply(dropped.ticket, { kind: "refused", why: "unwritable", message: `not kept: ${error.message}` });
      }
    }
    this.#tell({ kind: "unkept", guids: effect.guids, unsent });
  }

  #track(work: Promise<void>): void {
    this.#works.add(work);
    void work.finally(() => this.#works.delete(work));
  }

  async #readDue(query: DueQuery): Promise<void> {
    const page = await this.#disk.due(query);
    if (page !== undefined) this.#tell({ kind: "due", page });
  }

  async #query({ query, ticket }: Extract<Effect, { kind: "query" }>): Promise<void> {
    const answer = await this.#disk.query(query);
    if (!this.#isClosed) this.#tell({ kind: "queried", ticket, answer });
  }

  #sweep(): void {
    if (this.#isSweeping || this.#isClosed || this.#disk.unwritable !== undefined) return;
    this.#isSweeping = true;
    this.#track(this.#sweepAll().finally(() => this.#isSweeping = false));
  }

  async #sweepAll(): Promise<void> {
    try {
      while (!this.#isClosed && await this.#parts.store.sweep(this.now(), this.#parts.keep) > 0);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.#parts.log("warning", "the past was not swept", { error: error.message });
    }
  }

  // ── the targets ──────────────────────────────────────────────────────────────────────────────────────────────────

  #send({ guid, delivery, isGuest }: Extract<Effect, { kind: "send" }>): void {
    const { id } = delivery;
    const land = (result: DeliveryResult): void => {
      this.#landed.push(isGuest === undefined ? { guid, id, result } : { guid, id, result, isGuest });
      if (this.#landed.length === 1) this.#parts.clock.soon(() => this.#land());
    };
    // A trigger that breaks takes this event with it, and not the peer.
    const fail = (error: unknown): void => {
      this.#parts.log("error", "a trigger broke", { id, error: String(error) });
      land({ kind: "failed", error: `the trigger broke: ${error}`, retryable: true, cause: "ours" });
    };
    try {
      this.#parts.trigger.send(delivery, this.#flights.start(flightOf({ id, isGuest }))).then(land, fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Answers that came together are one event, and what is kept of them one write. */
  #land(): void {
    const relief = this.#disk.relief;
    if (relief !== undefined) return void relief.then(() => this.#land());
    const outcomes = this.#landed;
    this.#landed = [];
    for (const outcome of outcomes) this.#flights.land(flightOf(outcome));
    if (!this.#isClosed) this.#tell({ kind: "attempted", outcomes });
    if (this.#flights.size === 0) this.#onLanded?.();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
