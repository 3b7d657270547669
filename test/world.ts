// A world of one peer under simulated time: the production node, core and records, on a disk in memory that survives
// the peer, with targets that answer as the test says. Time moves only when the test moves it.

import assert from "node:assert/strict";
import type { Clock } from "../src/clock.ts";
import type { Delivery, DeliveryResult } from "../src/core/delivery/delivery.ts";
import type { CommandResult, TaskCommand } from "../src/core/protocol/command.ts";
import type { Run } from "../src/core/task/run.ts";
import type { TaskDefinition } from "../src/core/task/task.ts";
import { taskGuid } from "../src/core/values/ids.ts";
import { type Instant, instant } from "../src/core/values/instant.ts";
import { type Node, startNode } from "../src/node/node.ts";
import type { KeyValue } from "../src/store/key-value.ts";
import { memoryKeyValue } from "../src/store/memory.ts";
import { recordStore } from "../src/store/records.ts";
import type { StopSignal } from "../src/trigger/trigger.ts";
import { chanceOf } from "./chance.ts";
import { STRANGER } from "./introduction.ts";

export const USER = "ada";

/** Rings of the alarm at one moment: ten thousand tasks that are due at once take forty. */
const RINGS_MAX = 500;

/** Turns of the loop at one moment in which something happens. */
const TURNS_MAX = 10_000;

export type Sent = { readonly at: number; readonly delivery: Delivery; readonly signal: StopSignal };

type Answer = (sent: Sent) => DeliveryResult | Promise<DeliveryResult>;

export class World {
  readonly sent: Sent[] = [];
  readonly logged: string[] = [];
  /** How targets answer; delivered at once unless the test says otherwise. */
  answer: Answer = () => ({ kind: "delivered", status: 204 });
  node!: Node;
  readonly disk: KeyValue;
  readonly #chance: () => number;
  #now: number;
  #alarm: { at: Instant; ring: () => void } | undefined;
  #life = 0;
  /** Counts what happens at the disk and at the targets. */
  #stirs = 0;

  constructor(start: string, options: { readonly disk?: KeyValue; readonly seed?: number } = {}) {
    this.#now = Date.parse(start);
    this.disk = heard(options.disk ?? memoryKeyValue(), () => void this.#stirs++);
    this.#chance = chanceOf(options.seed ?? 1);
  }

  /** Starts the peer, or starts it again after `crash`. */
  async start(): Promise<this> {
    const life = ++this.#life;
    const clock: Clock = {
      now: () => instant(this.#now),
      alarm: (at, ring) => {
        if (life === this.#life) this.#alarm = { at, ring };
      },
      soon: (deed) => deed(),
      later: (ms, deed) => void setTimeout(deed, ms),
      close: () => {
        if (life === this.#life) this.#alarm = undefined;
      },
    };
    this.node = await startNode({
      ...STRANGER,
      id: "peer-1",
      name: "test",
      origin: 1,
      clock,
      store: recordStore(this.disk),
      trigger: {
        schemes: ["http"],
        send: (delivery, signal) => {
          const sent = { at: this.#now, delivery, signal };
          this.#stirs++;
          if (life === this.#life) this.sent.push(sent);
          return this.#heard(this.answer(sent), life);
        },
        close: () => Promise.resolve(),
      },
      chance: this.#chance,
      keep: { runs: 100_000, ageMs: 30 * 86_400_000 },
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
    });
    await this.calm();
    return this;
  }

  /** A dead peer hears no answer. */
  async #heard(answer: DeliveryResult | Promise<DeliveryResult>, life: number): Promise<DeliveryResult> {
    try {
      const result = await answer;
      return life === this.#life ? result : await new Promise<DeliveryResult>(() => {});
    } finally {
      this.#stirs++;
    }
  }

  /** The peer dies as by `kill -9`: what is on the disk stays, all else is gone. */
  crash(): void {
    this.#life++;
    this.#alarm = undefined;
  }

  get now(): number {
    return this.#now;
  }

  /** Sets the clock as an operator or NTP would, without anything having happened in between. */
  setClock(to: string): void {
    this.#now = Date.parse(to);
  }

  /** Moves time to `to`, ringing the alarm at each moment for which it is set. */
  async until(to: string | number): Promise<void> {
    const end = typeof to === "number" ? to : Date.parse(to);
    await this.calm();
    let rings = 0;
    for (let alarm = this.#alarm; alarm !== undefined && alarm.at <= end; alarm = this.#alarm) {
      rings = alarm.at > this.#now ? 0 : rings + 1;
      assert.ok(rings < RINGS_MAX, `the alarm rings again and again at ${timeOf(this.#now)}`);
      this.#now = Math.max(this.#now, alarm.at);
      this.#alarm = undefined;
      alarm.ring();
      await this.calm();
    }
    this.#now = Math.max(this.#now, end);
  }

  async pass(ms: number): Promise<void> {
    await this.until(this.#now + ms);
  }

  /** Waits until all that can happen without time passing has happened: a whole turn of the loop went by in silence. */
  async calm(): Promise<void> {
    for (let before = -1, turns = 0; before !== this.#stirs; turns++) {
      assert.ok(turns < TURNS_MAX, `the peer does not come to rest at ${timeOf(this.#now)}`);
      before = this.#stirs;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async add(
    definition: Partial<TaskDefinition> & { readonly id: string; readonly schedule: TaskDefinition["schedule"] },
  ): Promise<CommandResult> {
    const full: TaskDefinition = {
      name: definition.id,
      target: { urn: "http://target.test/" },
      payload: null,
      policy: {},
      labels: {},
      ...definition,
    };
    return await this.command(definition.id, { kind: "put", user: USER, definition: full, mode: "put" });
  }

  async command(id: string, command: TaskCommand): Promise<CommandResult> {
    const result = this.node.submit({ kind: "task", guid: taskGuid(USER, id), command });
    await this.calm();
    return await result;
  }

  /** The runs of a task, oldest first, each as `time outcome-or-state` with the time of day. */
  async history(id: string): Promise<string[]> {
    const runs = await this.runs(id);
    return runs.map((run) => `${timeOf(run.instant)} ${run.outcome ?? run.state}`);
  }

  async runs(id: string): Promise<readonly Run[]> {
    const runs: Run[] = [];
    let cursor: string | undefined;
    do {
      const from = cursor === undefined ? {} : { cursor };
      const page = await this.node.runs({ guid: taskGuid(USER, id), limit: 500, ...from });
      runs.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return runs.sort((a, b) => a.instant - b.instant);
  }

  /** What was sent, as `time task@planned#attempt`. */
  sends(): string[] {
    return this.sent.map(({ at, delivery }) =>
      `${timeOf(at)} ${delivery.task}@${timeOf(delivery.instant)}#${delivery.attempt}`
    );
  }
}

/** The same disk, which is heard at the start and at the end of whatever it does. */
function heard(disk: KeyValue, hear: () => void): KeyValue {
  const listen = async <T>(deed: Promise<T>): Promise<T> => {
    hear();
    try {
      return await deed;
    } finally {
      hear();
    }
  };
  return {
    batch: (operations) => listen(disk.batch(operations)),
    getMany: (space, keys) => listen(disk.getMany(space, keys)),
    walk: (space, range) => {
      const walk = disk.walk(space, range);
      return { take: (count) => listen(walk.take(count)), seek: (key) => walk.seek(key), close: () => walk.close() };
    },
    damaged: () => disk.damaged(),
    onWritable: (listener) => disk.onWritable(listener),
    close: () => disk.close(),
  };
}

export function timeOf(at: number): string {
  const text = new Date(at).toISOString();
  return text.endsWith(".000Z") ? text.slice(11, 19) : text.slice(11, 23);
}

/** An answer that the test gives later. */
export function later(): {
  readonly promise: Promise<DeliveryResult>;
  readonly give: (result: DeliveryResult) => void;
} {
  const { promise, resolve } = Promise.withResolvers<DeliveryResult>();
  return { promise, give: resolve };
}

export const DELIVERED: DeliveryResult = { kind: "delivered", status: 200 };
export const BROKEN: DeliveryResult = { kind: "failed", error: "HTTP 503", status: 503, retryable: true };
export const WRONG: DeliveryResult = { kind: "failed", error: "HTTP 404", status: 404, retryable: false };
