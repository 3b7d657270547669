// What a real Mosquitto does with events, read by its own tools.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test as nodeTest } from "node:test";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { ResolvedTarget } from "../../src/core/delivery/resolved-target.ts";
import { mqttTrigger, type MqttTriggerOptions } from "../../src/trigger/mqtt.ts";
import { freshName, service, there, titleOf, until, wall, whyNot } from "../contract/broker.ts";
import { type Subscriber, subscriber } from "../contract/mosquitto.ts";
import { deliveryTo, NEVER, PASSWORD } from "../contract/trigger.suite.ts";

const mosquitto = service("mosquitto");
const USERINFO = `robot:${PASSWORD.replace("/", "%2F")}@`;
const test = (name: string, run: () => Promise<void>) =>
  nodeTest(titleOf(name, whyNot(mosquitto)), { skip: whyNot(mosquitto) ?? false }, run);

type World = AsyncDisposable & {
  readonly topic: string;
  readonly subscriber: Subscriber;
  send(target: ResolvedTarget, payload?: string, task?: string): Promise<DeliveryResult>;
};

async function world(options: MqttTriggerOptions = {}): Promise<World> {
  const topic = freshName("mqtt");
  const made = await subscriber(there(mosquitto), topic);
  const trigger = mqttTrigger(options);
  return {
    topic,
    subscriber: made,
    send: (target, payload = "é", task = "a-task") => trigger.send(deliveryTo(target, { payload, task }), NEVER),
    async [Symbol.asyncDispose]() {
      await trigger.close();
      await made[Symbol.asyncDispose]();
    },
  };
}

function errorOf(result: DeliveryResult): string {
  return result.kind === "failed" ? result.error : "";
}

test("a message says what it is in its properties", async () => {
  await using made = await world();
  const { topic, send } = made;
  const urn = `mqtt://127.0.0.1:${there(mosquitto).ports.mqtt}/${topic}/a%20b/c`;
  assert.deepEqual(await send({ urn, headers: { "x-site": "lyon" }, mqtt: { expiry: "PT1H" } }), { kind: "delivered" });
  const [found, ...more] = await made.subscriber.published();
  assert.deepEqual([found?.topic, found?.qos, found?.retain, found?.payload, more], [
    `${topic}/a b/c`,
    1,
    0,
    '"é"',
    [],
  ]);
  const { id } = deliveryTo({ urn });
  const { "user-properties": { traceparent, ...properties } = {}, ...rest } = found?.properties ?? {};
  assert.match(String(traceparent), new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
  assert.deepEqual(properties, {
    "x-site": "lyon",
    specversion: "1.0",
    id,
    source: "/tasks/a-task",
    type: "metronome.occurrence",
    time: "2026-12-01T09:00:00.000Z",
    taskid: "a-task",
    attempt: "1",
  });
  assert.equal(rest["content-type"], "application/json");
});

test("the last message of a topic is kept for who comes later, when it is retained", async () => {
  await using made = await world();
  const { ports } = there(mosquitto);
  const urn = `mqtt://127.0.0.1:${ports.mqtt}/${made.topic}/last`;
  for (const payload of ["first", "last"]) await made.send({ urn, mqtt: { retain: true } }, payload);
  const where = ["-V", "5", "-h", "127.0.0.1", "-p", String(ports.mqtt), "-t", `${made.topic}/last`, "-W", "10"];
  assert.equal(spawnSync("mosquitto_sub", [...where, "-C", "1", "-W", "10"]).stdout.toString(), '"last"\n');
  spawnSync("mosquitto_pub", [...where.slice(0, 8), "-n", "-r"]);
});

test("who may not publish there is told so, and who is not let in too", async () => {
  await using made = await world();
  const { ports } = there(mosquitto);
  const cases = [
    [
      `mqtt://${USERINFO}127.0.0.1:${ports.password}/forbidden/${made.topic}`,
      /lets this user publish to no topic forbidden\/mqtt-/,
    ],
    [
      `mqtt://robot:wr0ng@127.0.0.1:${ports.password}/${made.topic}/a`,
      /refuses the user robot, or its password: correct them/,
    ],
    [`mqtt://127.0.0.1:${ports.password}/${made.topic}/a`, /refuses who gives no user: give the target one/],
  ] as const;
  for (const [urn, error] of cases) {
    const result = await made.send({ urn });
    assert.match(errorOf(result), error);
    assert.deepEqual(result.kind === "failed" && [result.retryable, result.cause], [false, "refused"]);
    for (const secret of ["wr0ng", PASSWORD]) assert.equal(errorOf(result).includes(secret), false);
  }
});

test("a broker is believed by the authority of its target alone", async () => {
  await using made = await world();
  const { ports, tls } = there(mosquitto);
  const urn = `mqtts://localhost:${ports.mqtts}/${made.topic}/a`;
  assert.match(errorOf(await made.send({ urn })), /no secure connection with localhost:\d+: .*certificate/i);
  const ca = await readFile(tls.ca, "utf8");
  assert.deepEqual(await made.send({ name: "own", urn, tls: { ca } }), { kind: "delivered" });
  await using elsewhere = await wall(ports.mqtts ?? 0, { host: "127.0.0.2" });
  const wrong = { name: "own", urn: `mqtts://127.0.0.2:${elsewhere.port}/${made.topic}/a`, tls: { ca } };
  assert.match(errorOf(await made.send(wrong)), /no secure connection with 127\.0\.0\.2/);
  assert.equal((await made.subscriber.published()).length, 1);
});

test("an event in flight when the connection is cut has failed; the next one opens another", async () => {
  await using made = await world();
  let isEvent = false;
  await using between = await wall(there(mosquitto).ports.mqtt ?? 0, {
    isEvent: (chunk) => !isEvent && (isEvent = chunk.readUInt8(0) >> 4 === 3),
  });
  const urn = `mqtt://127.0.0.1:${between.port}/${made.topic}/a`;
  const sent = made.send({ urn });
  await until(() => Promise.resolve(isEvent));
  between.cut();
  const result = await sent;
  assert.match(errorOf(result), /the connection with 127\.0\.0\.1:\d+ was lost/);
  assert.deepEqual(await made.send({ urn }), { kind: "delivered" });
  assert.equal(between.connections(), 2);
});

test("a broker that goes silent is given up when it misses a heartbeat, and the next event opens another", async () => {
  await using made = await world({ heartbeatS: 1 });
  let isSilent = true;
  await using between = await wall(there(mosquitto).ports.mqtt ?? 0, {
    isEvent: (chunk) => isSilent && chunk.readUInt8(0) >> 4 === 3,
  });
  const urn = `mqtt://127.0.0.1:${between.port}/${made.topic}/a`;
  assert.match(errorOf(await made.send({ urn })), /^127\.0\.0\.1:\d+ showed no sign of life for 1\.5 s$/);
  await until(() => Promise.resolve(between.open() === 0));
  isSilent = false;
  assert.deepEqual(await made.send({ urn }), { kind: "delivered" });
});

test("many events share one connection, come in the order in which they were sent, and leave none when idle", async () => {
  await using made = await world({ idleMs: 200 });
  await using counted = await wall(there(mosquitto).ports.mqtt ?? 0);
  assert.equal(counted.connections(), 0);
  const urn = `mqtt://127.0.0.1:${counted.port}/${made.topic}/a`;
  const tasks = Array.from({ length: 300 }, (_, n) => `task-${n}`);
  const results = await Promise.all(tasks.map((task) => made.send({ urn }, task, task)));
  assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(["delivered"]));
  assert.deepEqual((await made.subscriber.published()).map(({ payload }) => JSON.parse(payload)), tasks);
  assert.equal(counted.connections(), 1);
  await until(() => Promise.resolve(counted.open() === 0));
});
