// What a real RabbitMQ does with events, and what becomes of them when it goes away.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { PlainTarget } from "../../src/core/targets/target.ts";
import { amqpTrigger, type AmqpTriggerOptions } from "../../src/trigger/amqp.ts";
import { freshName, service, there, titleOf, until, wall, whyNot } from "../contract/broker.ts";
import { RabbitMq } from "../contract/rabbitmq.ts";
import { deliveryTo, NEVER } from "../contract/trigger.suite.ts";

const rabbitmq = service("rabbitmq");
const test = (name: string, run: () => Promise<void>) =>
  nodeTest(titleOf(name, whyNot(rabbitmq)), { skip: whyNot(rabbitmq) ?? false }, run);

const VHOST = "shop/1";
const NOW = Date.UTC(2026, 11, 1, 9, 0, 0, 900);

type World = AsyncDisposable & {
  readonly broker: RabbitMq;
  /** A name of this world's. */
  readonly name: string;
  readonly port: number;
  send(target: PlainTarget, attempt?: number, totalMs?: number): Promise<DeliveryResult>;
};

async function world(options: Partial<AmqpTriggerOptions> = {}): Promise<World> {
  const found = there(rabbitmq);
  const broker = new RabbitMq(found);
  const name = freshName("amqp");
  const trigger = amqpTrigger({ now: () => NOW, ...options });
  await broker.declareQueue(name, { vhost: VHOST });
  await broker.declareExchange(name, { vhost: VHOST });
  await broker.bind(name, name, "a.*", VHOST);
  return {
    broker,
    name,
    port: found.ports.amqp ?? 0,
    send: (target, attempt = 1, totalMs = 10_000) =>
      trigger.send(deliveryTo(target, { attempt, totalMs, payload: { a: "é" } }), NEVER),
    async [Symbol.asyncDispose]() {
      await trigger.close();
      await broker.deleteQueue(name, VHOST);
      await broker.deleteExchange(name, VHOST);
    },
  };
}

function errorOf(result: DeliveryResult): string {
  return result.kind === "failed" ? result.error : "";
}

test("an event goes through an exchange to the queues that are bound, and says what it is", async () => {
  await using made = await world();
  const { broker, name, port, send } = made;
  const urn = `amqp://127.0.0.1:${port}/shop%2F1/${name}/a.b`;
  assert.deepEqual(await send({ urn, headers: { "x-site": "lyon" }, amqp: { priority: 3, expiration: "PT1M" } }), {
    kind: "delivered",
  });
  assert.deepEqual(await send({ urn, amqp: { persistent: false } }, 2), { kind: "delivered" });
  const [first, second] = await broker.take(name, VHOST);
  const { id } = deliveryTo({ urn });
  assert.deepEqual([first?.exchange, first?.routing_key, first?.payload], [name, "a.b", '{"a":"é"}']);
  const { headers, ...properties } = first?.properties ?? {};
  assert.deepEqual(properties, {
    app_id: "metronome",
    content_type: "application/json",
    delivery_mode: 2,
    expiration: "60000",
    message_id: id,
    priority: 3,
    timestamp: Math.floor(NOW / 1_000),
    type: "metronome.occurrence",
  });
  const { traceparent, ...attributes } = headers ?? {};
  assert.match(String(traceparent), new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
  assert.deepEqual(attributes, {
    "x-site": "lyon",
    cloudEvents_specversion: "1.0",
    cloudEvents_id: id,
    cloudEvents_source: "/tasks/a-task",
    cloudEvents_type: "metronome.occurrence",
    cloudEvents_time: "2026-12-01T09:00:00.000Z",
    cloudEvents_taskid: "a-task",
    cloudEvents_attempt: "1",
  });
  assert.deepEqual(second?.properties.delivery_mode, 1);
});

test("an event that no queue takes has failed, and so has one to an exchange that is not there; others go on", async () => {
  await using made = await world();
  const { broker, name, port, send } = made;
  const vhost = `amqp://127.0.0.1:${port}/shop%2F1`;
  const results = await Promise.all([
    send({ urn: `${vhost}/${name}/nobody` }, 1),
    send({ urn: `${vhost}//nowhere-${name}` }, 2),
    send({ urn: `${vhost}/nothing-${name}/a.b` }, 3),
    send({ urn: `${vhost}/${name}/a.b` }, 4),
    send({ urn: `${vhost}//${name}` }, 5),
  ]);
  assert.deepEqual(results.map((result) => [result.kind, result.kind === "failed" && result.retryable]), [
    ["failed", true],
    ["failed", true],
    ["failed", true],
    ["delivered", false],
    ["delivered", false],
  ]);
  const place = `127.0.0.1:${port}`;
  assert.deepEqual(results.slice(0, 3).map(errorOf), [
    `${place} has no queue bound to exchange "${name}" for "nobody" (NO_ROUTE): bind one`,
    `${place} has no queue "nowhere-${name}" in its vhost shop/1 (NO_ROUTE): declare it`,
    `${place} has no exchange "nothing-${name}" in its vhost shop/1: declare it`,
  ]);
  const attempts = (await broker.take(name, VHOST)).map(({ properties }) => properties.headers?.cloudEvents_attempt);
  assert.deepEqual(attempts.sort(), ["4", "5"]);
});

test("who is refused is told so once, without the password", async () => {
  await using made = await world();
  const { name, port, send } = made;
  const cases = [
    [`amqp://robot:wr0ng@127.0.0.1:${port}/%2F//${name}`, /refuses the user robot, or its password/],
    [`amqp://127.0.0.1:${port}/nowhere//${name}`, /no vhost "nowhere"/],
  ] as const;
  for (const [urn, error] of cases) {
    const result = await send({ urn });
    assert.deepEqual([result.kind, result.kind === "failed" && result.retryable], ["failed", false]);
    assert.match(errorOf(result), error);
    assert.equal(errorOf(result).includes("wr0ng"), false);
  }
});

test("a certificate that nobody vouches for is refused", async () => {
  await using made = await world();
  const result = await made.send({ urn: `amqps://localhost:${there(rabbitmq).ports.amqps}/%2F//hello` });
  assert.match(errorOf(result), /no secure connection with localhost:\d+: .*certificate/i);
});

test("after the broker has closed the connection by force, the next event opens another", async () => {
  await using made = await world();
  const { broker, name, port, send } = made;
  const urn = `amqp://127.0.0.1:${port}/shop%2F1//${name}`;
  assert.equal((await send({ urn }, 1)).kind, "delivered");
  // The broker lists a connection only some time after it was made.
  await until(async () => await broker.closeConnections() > 0);
  await until(async () => (await send({ urn }, 2)).kind === "delivered", 5_000);
  const attempts = (await broker.take(name, VHOST)).map(({ properties }) => properties.headers?.cloudEvents_attempt);
  assert.deepEqual(new Set(attempts), new Set(["1", "2"]));
});

test("an event in flight when the connection is cut has failed, and may be sent again", async () => {
  await using made = await world();
  const { name, port, send } = made;
  let isEvent = false;
  await using mute = await wall(port, {
    isEvent: (chunk) => isEvent ||= chunk.includes("\x00\x3c\x00\x28", 0, "latin1"),
  });
  const sent = send({ urn: `amqp://127.0.0.1:${mute.port}/shop%2F1//${name}` });
  await until(() => Promise.resolve(isEvent));
  mute.cut();
  const result = await sent;
  assert.deepEqual([result.kind, result.kind === "failed" && result.retryable], ["failed", true]);
  assert.match(errorOf(result), /the connection with 127\.0\.0\.1:\d+ ended/);
});

test("a broker that goes silent is given up after two heartbeats, and the next event opens another connection", async () => {
  await using made = await world({ heartbeatS: 1 });
  const { broker, name, port, send } = made;
  let isSilent = false;
  await using between = await wall(port, { isEvent: () => isSilent });
  const urn = `amqp://127.0.0.1:${between.port}/shop%2F1//${name}`;
  assert.equal((await send({ urn }, 1)).kind, "delivered");
  isSilent = true;
  const lost = await send({ urn }, 2);
  assert.match(errorOf(lost), /^127\.0\.0\.1:\d+ showed no sign of life for 2 s$/);
  assert.equal(lost.kind === "failed" && lost.retryable, true);
  isSilent = false;
  assert.equal((await send({ urn }, 3)).kind, "delivered");
  assert.equal(between.connections(), 2);
  // Nothing is left of the first, of which each end counts here.
  await until(() => Promise.resolve(between.open() === 2));
  const attempts = (await broker.take(name, VHOST)).map(({ properties }) => properties.headers?.cloudEvents_attempt);
  assert.deepEqual(attempts, ["1", "2", "3"]);
});

test("a broker that blocks who publishes is waited for in the time of the attempt, and takes what waits later", async () => {
  await using made = await world();
  const { broker, name, port, send } = made;
  const urn = `amqp://127.0.0.1:${port}/shop%2F1//${name}`;
  assert.equal((await send({ urn }, 1)).kind, "delivered");
  broker.takeMessages(false);
  let waiting: Promise<DeliveryResult>;
  try {
    // It says so to who sends it something; the first is on its way by then, the second is not.
    for (const attempt of [2, 3]) {
      assert.deepEqual(await send({ urn }, attempt, 1_500), {
        kind: "failed",
        error: `127.0.0.1:${port} took nothing within 1.5 s: it blocks whoever publishes (low on memory)`,
        retryable: true,
      });
    }
    waiting = send({ urn }, 4, 120_000);
  } finally {
    broker.takeMessages(true);
  }
  assert.equal((await waiting).kind, "delivered");
  const attempts = (await broker.take(name, VHOST)).map(({ properties }) => properties.headers?.cloudEvents_attempt);
  assert.deepEqual(attempts, ["1", "2", "4"]);
});

test("an exchange that is deleted while events come is missed by theirs alone, until it is there again", async () => {
  await using made = await world();
  const { broker, name, port, send } = made;
  const vhost = `amqp://127.0.0.1:${port}/shop%2F1`;
  const both = (attempt: number) =>
    Promise.all([send({ urn: `${vhost}/${name}/a.b` }, attempt), send({ urn: `${vhost}//${name}` }, attempt + 1)]);
  assert.deepEqual((await both(1)).map(({ kind }) => kind), ["delivered", "delivered"]);
  await broker.deleteExchange(name, VHOST);
  const [missed, other] = await both(3);
  assert.match(errorOf(missed), /has no exchange "amqp-.*" in its vhost shop\/1: declare it$/);
  assert.equal(missed.kind === "failed" && missed.retryable, true);
  assert.equal(other.kind, "delivered");
  await broker.declareExchange(name, { vhost: VHOST });
  await broker.bind(name, name, "a.*", VHOST);
  assert.deepEqual((await both(5)).map(({ kind }) => kind), ["delivered", "delivered"]);
});

test("many events share one connection, which is made for the first of them, and closed when it is idle", async () => {
  await using made = await world({ idleMs: 200 });
  const { name, port, send } = made;
  await using counted = await wall(port);
  assert.equal(counted.connections(), 0);
  const vhost = `amqp://127.0.0.1:${counted.port}/shop%2F1`;
  const urns = [`${vhost}//${name}`, `${vhost}/${name}/a.b`];
  const results = await Promise.all(Array.from({ length: 200 }, (_, n) => send({ urn: urns[n % 2] ?? "" }, n + 1)));
  assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(["delivered"]));
  assert.equal(counted.connections(), 1);
  await until(() => Promise.resolve(counted.open() === 0));
});
