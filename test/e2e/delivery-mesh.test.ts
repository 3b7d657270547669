// What a mesh of real peers owes to a target: the pace that it asks for, after it was away, and the number of the attempt
// when the owner has died.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { freePort } from "../contract/trigger-server.ts";
import { Meshed, type MeshedPeer, together } from "./meshed.ts";
import { call, kill, until } from "./peer.ts";

const EVENTS = 40;
const PER_SECOND = 10;
const STUBBORN = 12;

type Came = { readonly at: number; readonly path: string; readonly id: string; readonly attempt: number };

test("peers share the pace of a target that comes back, and go on with the attempts of one that died", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const b = await mesh.join("b", a);
  await together(a, b);
  const port = await freePort();
  const post = async (path: string, body: object) => {
    const answer = await call(a.ready.http, path, body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
  };
  const limits = { rate: { perSecond: PER_SECOND, burst: 1 }, breaker: { openFor: "PT0.5S" } };
  await post("/api/v1/targets", { name: "shop", urn: `http://127.0.0.1:${port}/shop`, limits });
  const at = Date.now() + 6_000;
  const retry = { limit: 20, base: "PT0.5S", factor: 1 };
  const policy = { tolerance: "PT10M", retry };
  const task = { schedule: new Date(at).toISOString(), target: { name: "shop" }, policy };
  await Promise.all(Array.from({ length: EVENTS }, (_, n) => post("/api/v1/tasks", { id: `t${n}`, ...task })));
  assert.ok(Date.now() < at, "to make the tasks took until they were due");
  await until("both have left it alone", async () => (await isShut(a)) && (await isShut(b)));

  await using target = await listen(port);
  const shop = () => target.came.filter(({ path }) => path === "/shop");
  await until("all have come", () => new Set(shop().map(({ id }) => id)).size === EVENTS);
  const [first, ...later] = shop();
  assert.equal(later.length, EVENTS - 1);
  // Each peer may be one ahead. A busy machine makes it longer, and nothing makes it shorter.
  const spanS = ((later.at(-1)?.at ?? 0) - (first?.at ?? 0)) / 1_000;
  assert.ok(spanS > (EVENTS - 1 - 2) / PER_SECOND - 0.2, `${EVENTS} came within ${spanS} s`);
  const senders = await Promise.all(Array.from({ length: EVENTS }, async (_, n) => {
    const [run] = (await call(a.ready.http, `/api/v1/tasks/t${n}/runs`)).body.items;
    return run.attempts.at(-1).peer;
  }));
  assert.deepEqual(new Set(senders), new Set([a.ready.peer, b.ready.peer]));

  const names = Array.from({ length: STUBBORN }, (_, n) => `/stubborn-${n}`);
  const stubborn = {
    schedule: new Date(Date.now() + 4_000).toISOString(),
    policy: { retry: { ...retry, base: "PT2S" } },
  };
  await Promise.all(names.map((name) => {
    return post("/api/v1/tasks", { id: name.slice(1), target: `http://127.0.0.1:${port}${name}`, ...stubborn });
  }));
  const attemptsOf = (name: string) => target.came.filter(({ path }) => path === name).map(({ attempt }) => attempt);
  await until("each has been tried thrice", () => names.every((name) => Math.max(...attemptsOf(name)) >= 3));
  const owned = await ownedBy(a, names.map((name) => name.slice(1)), b.ready.peer);
  assert.ok(owned.length > 0);
  kill(b.ready.pid, "SIGKILL");
  const before = new Map(owned.map((id) => [id, attemptsOf(`/${id}`).length]));
  await until(
    "the other has tried each thrice more",
    () => owned.every((id) => attemptsOf(`/${id}`).length >= (before.get(id) ?? 0) + 3),
  );
  for (const name of names) {
    const attempts = attemptsOf(name);
    // What was on its way when its peer died is sent again under its number.
    const steps = attempts.map((n, place) => n - (attempts[place - 1] ?? 0));
    const isWhole = steps.every((step) => step === 0 || step === 1) && steps.filter((step) => step === 0).length <= 1;
    assert.ok(isWhole, `${name}: ${attempts.join(" ")}`);
    assert.equal(new Set(target.came.filter(({ path }) => path === name).map(({ id }) => id)).size, 1);
  }
});

async function isShut({ ready }: MeshedPeer): Promise<boolean> {
  const { items } = (await call(ready.http, "/api/v1/breakers")).body;
  return items.some(({ breaker }: { breaker: string }) => breaker !== "closed");
}

async function ownedBy({ ready }: MeshedPeer, ids: readonly string[], peer: string): Promise<readonly string[]> {
  const owners = await Promise.all(ids.map(async (id) => {
    const { body } = await call(ready.http, `/api/v1/tasks/${id}`);
    return body.owner;
  }));
  return ids.filter((_, at) => owners[at] === peer);
}

/** Takes what comes to /shop, and has nothing but refusals for the rest. */
async function listen(port: number): Promise<AsyncDisposable & { readonly came: readonly Came[] }> {
  const came: Came[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const { "ce-id": id, "ce-attempt": attempt } = request.headers;
    came.push({ at: performance.now(), path, id: String(id), attempt: Number(attempt) });
    request.resume();
    // A refusal that does not open a breaker.
    response.writeHead(path === "/shop" ? 204 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    came,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
