// The node is the loop between the core and the world: one event in, its effects played in order. It decides nothing.
// A command's promise resolves when what it changed is durable.

import type { Clock } from "./clock.ts";
import type { Command, CommandResult } from "./core/command.ts";
import type { CoreEvent, Effect, LogFacts } from "./core/event.ts";
import { Machine } from "./core/machine.ts";
import type { Notice } from "./core/notice.ts";
import type { OccurrenceId } from "./core/occurrence.ts";
import type { Run } from "./core/run.ts";
import type { Origin } from "./core/stamp.ts";
import type { PeerId } from "./core/task.ts";
import type { Peer } from "./peer.ts";
import { type Page, type RunQuery, type Store, StoreFailure } from "./store/store.ts";
import type { Trigger } from "./trigger/trigger.ts";

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
  readonly keep: { readonly runs: number; readonly ageMs: number };
  readonly log: (level: "warning" | "error", message: string, facts: LogFacts) => void;
};

export interface Node extends Peer {
  /** Takes up nothing new, lets what is in flight end for at most `patienceMs`, and returns when all is on the disk. */
  drain(patienceMs: number): Promise<void>;
}

type Persist = Extract<Effect, { kind: "persist" }>;

/** Reads the high-water mark, starts the machine, and returns the running node. */
export async function startNode(parts: NodeParts): Promise<Node> {
  const node = new Loop(parts, await parts.store.highWater());
  node.start();
  return node;
}

class Loop implements Node {
  readonly id: PeerId;
  readonly name: string;
  readonly #parts: NodeParts;
  readonly #machine: Machine;
  readonly #tickets = new Map<number, (result: CommandResult) => void>();
  readonly #flying = new Map<OccurrenceId, AbortController>();
  readonly #watchers = new Set<(notice: Notice) => void>();
  readonly #commits = new Set<Promise<void>>();
  /** Writes of what has happened, which the disk did not take: kept in order until it does. */
  #held: Persist[] = [];
  #isReplaying = false;
  #lastTicket = 0;
  #isSweeping = false;
  #isClosed = false;
  #unwritable: string | undefined;
  #onLanded: (() => void) | undefined;

  constructor(parts: NodeParts, highWaterMs: number) {
    this.#parts = parts;
    this.id = parts.id;
    this.name = parts.name;
    this.#machine = new Machine({ self: parts.id, origin: parts.origin, highWaterMs, chance: parts.chance });
  }

  start(): void {
    this.#parts.store.onWritable((writable, why) => {
      this.#unwritable = writable ? undefined : why;
      if (writable) void this.#replayHeld();
      else this.#tell({ kind: "store", writable: false });
    });
    this.#tell({ kind: "started" });
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
    const active = query.guid === undefined ? undefined : this.#machine.dossier(query.guid);
    if (active === undefined || query.cursor !== undefined || query.outcome !== undefined) return page;
    const open = active.open.filter((run) => !page.items.some(({ id }) => id === run.id));
    return { ...page, items: [...open.reverse(), ...page.items.map((run) => this.#machine.openRun(run.id) ?? run)] };
  }

  async run(id: OccurrenceId) {
    return this.#machine.openRun(id) ?? await this.#parts.store.run(id);
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

  watch(listener: (notice: Notice) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  status() {
    return {
      ready: this.#machine.isReady,
      writable: this.#unwritable === undefined,
      ...(this.#unwritable === undefined ? {} : { why: this.#unwritable }),
      inFlight: this.#machine.inFlight,
      activeTasks: this.#machine.activeTasks,
    };
  }

  async drain(patienceMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#tell({ kind: "drain" });
    if (this.#flying.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#onLanded = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isClosed = true;
    this.#parts.clock.close();
    for (const flight of this.#flying.values()) flight.abort();
    while (this.#commits.size > 0) await Promise.all(this.#commits);
    for (const resolve of this.#tickets.values()) {
      resolve({ kind: "refused", why: "busy", message: "the peer is stopping" });
    }
    this.#tickets.clear();
  }

  #tell(event: CoreEvent): void {
    for (const effect of this.#machine.handle(event, this.#parts.clock.now())) this.#play(effect);
  }

  #play(effect: Effect): void {
    switch (effect.kind) {
      case "persist":
        return this.#persist(effect);
      case "reply":
        return this.#reply(effect.ticket, effect.result);
      case "send":
        return this.#send(effect);
      case "abort":
        return this.#flying.get(effect.id)?.abort();
      case "alarm":
        if (!this.#isClosed) this.#parts.clock.alarm(effect.at, () => this.#tell({ kind: "alarm" }));
        return;
      case "readDue":
        return this.#read(this.#parts.store.due(effect.query), (page) => ({ kind: "due", page }));
      case "readDossiers":
        return this.#read(this.#parts.store.dossiers(effect.guids), (dossiers) => ({ kind: "dossiers", dossiers }));
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
    this.#tickets.get(ticket)?.(result);
    this.#tickets.delete(ticket);
  }

  // ── the disk ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #persist(effect: Persist): void {
    if (effect.onFailure === "hold" && (this.#held.length > 0 || this.#unwritable !== undefined)) {
      this.#held.push(effect);
      return;
    }
    this.#track(this.#commit(effect));
  }

  async #commit(effect: Persist): Promise<void> {
    try {
      await this.#parts.store.commit(effect.writes);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      if (effect.onFailure === "hold") this.#held.push(effect);
      else this.#refuse(effect, error);
      return;
    }
    for (const next of effect.then) this.#play(next);
  }

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

  /** The disk takes writes again: first what was held, in order, then the core may go on. */
  async #replayHeld(): Promise<void> {
    if (this.#isReplaying) return;
    this.#isReplaying = true;
    while (this.#held.length > 0 && this.#unwritable === undefined) {
      const held = this.#held;
      this.#held = [];
      const replay = Promise.all(held.map((effect) => this.#commit(effect)));
      this.#track(replay.then(() => undefined));
      await replay;
    }
    this.#isReplaying = false;
    if (this.#unwritable === undefined) this.#tell({ kind: "store", writable: true });
  }

  #track(commit: Promise<void>): void {
    this.#commits.add(commit);
    void commit.finally(() => this.#commits.delete(commit));
  }

  #read<T>(answer: Promise<T>, event: (answer: T) => CoreEvent): void {
    void answer.then((value) => {
      if (!this.#isClosed) this.#tell(event(value));
    });
  }

  #sweep(): void {
    if (this.#isSweeping || this.#isClosed || this.#unwritable !== undefined) return;
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

  #send({ guid, delivery }: Extract<Effect, { kind: "send" }>): void {
    const flight = new AbortController();
    this.#flying.set(delivery.id, flight);
    void this.#parts.trigger.send(delivery, flight.signal).then((result) => {
      this.#flying.delete(delivery.id);
      if (!this.#isClosed) this.#tell({ kind: "attempted", guid, id: delivery.id, result });
      if (this.#flying.size === 0) this.#onLanded?.();
    });
  }
}
