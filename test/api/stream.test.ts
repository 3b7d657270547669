import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, URN, withWorld, type World } from "./world.ts";

const LEAST = { id: "a", schedule: HOURLY, target: URN };

type Event = { readonly event: string; readonly data: { readonly [name: string]: unknown } };

/** Reads a stream of events, as a browser does. */
class Listener {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";
  #isOver = false;
  readonly events: Event[] = [];
  /** What the stream says first: who listens. */
  hello: Event["data"] | undefined;

  constructor(response: Response) {
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.ok(response.body !== null);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until `count` events were heard in all. */
  async hear(count: number): Promise<readonly Event[]> {
    while (this.events.length < count && !this.#isOver) await this.#read();
    return this.events;
  }

  /** Resolves when the stream ends. */
  async over(): Promise<void> {
    while (!this.#isOver) await this.#read();
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }

  async #read(): Promise<void> {
    const { done, value = "" } = await this.#reader.read();
    this.#isOver = done;
    const blocks = (this.#rest + value).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (event === "hello") this.hello = JSON.parse(data ?? "");
      else if (event !== undefined && data !== undefined) this.events.push({ event, data: JSON.parse(data) });
      else assert.match(block, /^(: ?\w*|retry: 1000)$/);
    }
  }
}

async function listen({ fetch }: World, token?: string): Promise<Listener> {
  return new Listener(await fetch("GET events", token === undefined ? {} : { token }));
}

test("tells what becomes of tasks and runs, as they are shown elsewhere", () =>
  withWorld(async (world) => {
    const { call, clock } = world;
    const listener = await listen(world);
    const created = (await call("POST tasks", { body: LEAST })).body;
    const [first] = await listener.hear(1);
    assert.deepEqual(first, { event: "task", data: created });
    const { mesh, ...session } = listener.hello ?? {};
    assert.deepEqual(session, (await call("GET auth/session")).body);
    const { peers } = mesh as { readonly peers: readonly { readonly state: string }[] };
    assert.deepEqual(peers.map(({ state }) => state), ["alive"]);
    const run = (await call("POST tasks/a/trigger")).body;
    await clock.pass(1);
    await call("DELETE tasks/a");
    const settled = (await call(`GET runs/${run.id}`)).body;
    while (listener.events.at(-1)?.event !== "removed") await listener.hear(listener.events.length + 1);
    assert.deepEqual(listener.events.at(-1), { event: "removed", data: { id: "a", user: "admin" } });
    const runs = listener.events.filter(({ event }) => event === "run");
    assert.ok(runs.every(({ data }) => data.id === run.id));
    assert.deepEqual(runs.at(-1)?.data, settled);
    await listener.close();
  }));

test("all who listen hear the same", () =>
  withWorld(async (world) => {
    const listeners = await Promise.all(Array.from({ length: 10 }, () => listen(world)));
    await world.call("POST tasks", { body: LEAST });
    const heard = await Promise.all(listeners.map((listener) => listener.hear(1)));
    for (const events of heard) assert.deepEqual(events, heard[0]);
    await Promise.all(listeners.map((listener) => listener.close()));
  }));

test("who does not read loses what is beyond a thousand, is told how many, and goes on", () =>
  withWorld(async (world) => {
    const slow = await listen(world);
    const payload = "x".repeat(1_000);
    const lines = (from: number) =>
      Array.from(
        { length: 1_500 },
        (_, i) => JSON.stringify({ ...LEAST, id: `task-${from + i}`, payload, state: { paused: true } }),
      ).join("\n");
    await world.call("POST tasks:batch", { type: "application/x-ndjson", body: lines(0) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.call("POST tasks:batch", { type: "application/x-ndjson", body: lines(1_500) });
    const heard = () => slow.events.filter(({ event }) => event === "task").length;
    const dropped = () =>
      slow.events.reduce((sum, { event, data }) => event === "lag" ? sum + Number(data.dropped) : sum, 0);
    while (heard() + dropped() < 3_000) await slow.hear(slow.events.length + 1);
    assert.equal(heard() + dropped(), 3_000);
    assert.ok(dropped() >= 500, `${dropped()} were dropped`);
    assert.ok(heard() >= 1_000, `${heard()} were heard`);
    await world.call("POST tasks", { body: { ...LEAST, id: "later" } });
    while (slow.events.at(-1)?.data.id !== "later") await slow.hear(slow.events.length + 1);
    await slow.close();
  }));

test("ends within a second when the token is revoked, and when it is over", () =>
  withWorld(async (world) => {
    const { call, clock } = world;
    const made = (await call("POST tokens", { body: { ttlSeconds: 60 } })).body;
    const other = (await call("POST tokens", { body: { ttlSeconds: 60 } })).body;
    const [revoked, over, lasting] = [
      await listen(world, made.token),
      await listen(world, other.token),
      await listen(world),
    ];
    await call(`DELETE tokens/${made.id}`);
    const began = performance.now();
    await revoked.over();
    await clock.jump(60_000);
    await over.over();
    assert.ok(performance.now() - began < 2_500);
    await call("POST tasks", { body: LEAST });
    assert.equal((await lasting.hear(1))[0]?.event, "task");
    await lasting.close();
  }));

test("ends when the peer stops", () =>
  withWorld(async (world) => {
    const listener = await listen(world);
    world.api.close();
    await listener.over();
  }));

test("serves a hundred, and tells the next to wait; a HEAD takes no place", () =>
  withWorld(async (world) => {
    for (let i = 0; i < 10; i++) assert.equal((await world.call("HEAD events")).status, 200);
    const listeners = await Promise.all(Array.from({ length: 100 }, () => listen(world)));
    const refused = await world.call("GET events");
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "10"]);
    await listeners[0]?.close();
    const next = await listen(world);
    for (const listener of [...listeners.slice(1), next]) await listener.close();
  }));
