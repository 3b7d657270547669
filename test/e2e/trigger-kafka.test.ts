// What a real Kafka does with events, and what becomes of them when it does not.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { test as nodeTest } from "node:test";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { PlainTarget } from "../../src/core/targets/target.ts";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { service, there, titleOf, until, wall, whyNot } from "../contract/broker.ts";
import { consoleConsumer } from "../contract/kafka-tool.ts";
import { topic } from "../contract/kafka.ts";
import { freePort } from "../contract/trigger-server.ts";
import { deliveryTo, NEVER, PASSWORD } from "../contract/trigger.suite.ts";
import { ROOT } from "./peer.ts";

const kafka = service("kafka");
const test = (name: string, run: () => Promise<void>) =>
  nodeTest(titleOf(name, whyNot(kafka)), { skip: whyNot(kafka) ?? false }, run);

/** A broker takes no time that is far from its own. */
const NOW = Date.now();
const USERINFO = `robot:${PASSWORD.replace("/", "%2F")}@`;

type Sender = AsyncDisposable & {
  send(target: PlainTarget, more?: { task?: string; payload?: string; totalMs?: number }): Promise<DeliveryResult>;
};

function sender({ idleMs = 10_000 } = {}): Sender {
  const trigger = kafkaTrigger({ now: () => NOW, idleMs });
  return {
    send: (target, more = {}) => trigger.send(deliveryTo(target, { payload: { a: "é" }, ...more }), NEVER),
    [Symbol.asyncDispose]: () => trigger.close(),
  };
}

function errorOf(result: DeliveryResult): string {
  return result.kind === "failed" ? result.error : "";
}

test("a record says what it is, to Kafka's own tool", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka), { partitions: 4 });
  await using sending = sender();
  const urn = `kafka://127.0.0.1:${ports.plain}/${made.name}`;
  const results = [
    await sending.send({ urn, headers: { "x-site": "lyon" }, kafka: { partition: 3 } }),
    await sending.send({ urn, kafka: { key: "a-key", partition: 2 } }),
  ];
  assert.deepEqual(results, [{ kind: "delivered" }, { kind: "delivered" }]);
  const lines = (await consoleConsumer(there(kafka), made.name, 2)).sort();
  const { id } = deliveryTo({ urn });
  const parts = lines.map((line) => line.split("\t"));
  assert.deepEqual(parts.map(([partition, , key, value]) => [partition, key, value]), [
    ["Partition:2", "a-key", '{"a":"é"}'],
    ["Partition:3", "a-task", '{"a":"é"}'],
  ]);
  const headers = (parts[1]?.[1] ?? "").split(",");
  const traceparent = headers.find((header) => header.startsWith("traceparent:")) ?? "";
  assert.match(traceparent, new RegExp(`^traceparent:00-${id}-[0-9a-f]{16}-01$`));
  assert.deepEqual(headers.filter((header) => header !== traceparent), [
    "x-site:lyon",
    "content-type:application/json",
    "ce_specversion:1.0",
    `ce_id:${id}`,
    "ce_source:/tasks/a-task",
    "ce_type:metronome.occurrence",
    "ce_time:2026-12-01T09:00:00.000Z",
    "ce_taskid:a-task",
    "ce_attempt:1",
  ]);
  assert.deepEqual(new Set((await made.records()).map(({ timestamp }) => timestamp)), new Set([String(NOW)]));
});

test("all events of a task go to one partition, and those of many tasks to all", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka), { partitions: 4 });
  await using sending = sender();
  const urn = `kafka://127.0.0.1:${ports.plain}/${made.name}`;
  const tasks = Array.from({ length: 40 }, (_, n) => `task-${n}`);
  for (let round = 0; round < 3; round++) await Promise.all(tasks.map((task) => sending.send({ urn }, { task })));
  const records = await made.records();
  assert.equal(records.length, 120);
  assert.equal(new Set(records.map(({ partition }) => partition)).size, 4);
  assert.equal(new Set(records.map(({ partition, key }) => `${key} ${partition}`)).size, 40);
});

test("a payload that is more than the topic takes fails, and says so; those beside it are taken", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka), { config: { "max.message.bytes": "2000" } });
  await using sending = sender();
  const urn = `kafka://127.0.0.1:${ports.plain}/${made.name}`;
  const payloads = ["a", "b".repeat(3_000), "c", "d".repeat(200_000)];
  const results = await Promise.all(
    payloads.map((payload, n) => sending.send({ urn }, { task: `task-${n}`, payload })),
  );
  assert.deepEqual(results.map(({ kind }) => kind), ["delivered", "failed", "delivered", "failed"]);
  assert.deepEqual(results[1], {
    kind: "failed",
    retryable: false,
    cause: "refused",
    error: `the payload of 3002 bytes is more than topic ${made.name} of 127.0.0.1:${ports.plain} takes`,
  });
  assert.deepEqual((await made.records()).map(({ value }) => value).sort(), ['"a"', '"c"']);
});

test("what goes to a partition or a topic that is not there fails, and others go on", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka), { partitions: 2 });
  await using sending = sender();
  const urn = `kafka://127.0.0.1:${ports.plain}/${made.name}`;
  const [good, bad, unknown] = await Promise.all([
    sending.send({ urn }),
    sending.send({ urn, kafka: { partition: 2 } }),
    sending.send({ urn: `${urn}-to-come` }),
  ]);
  assert.deepEqual(good, { kind: "delivered" });
  assert.match(errorOf(bad), /has 2 partitions, and no number 2/);
  assert.match(errorOf(unknown), /has no topic topic-.*-to-come: create it$/);
  assert.deepEqual([bad, unknown].map((result) => result.kind === "failed" && [result.retryable, result.cause]), [
    [false, "refused"],
    [true, "refused"],
  ]);
  assert.equal((await made.records()).length, 1);
});

test("a user is proven by PLAIN and by SCRAM; with a wrong password none is", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka));
  await using sending = sender();
  const urn = (userinfo: string) => `kafka://${userinfo}127.0.0.1:${ports.sasl}/${made.name}`;
  for (const sasl of ["plain", "scram-sha-256", "scram-sha-512"] as const) {
    assert.deepEqual(await sending.send({ urn: urn(USERINFO), kafka: { sasl } }), { kind: "delivered" });
    const refused = await sending.send({ urn: urn("robot:wr0ng@"), kafka: { sasl } });
    assert.deepEqual([refused.kind, refused.kind === "failed" && refused.retryable], ["failed", false]);
    assert.match(errorOf(refused), /refuses the user robot/);
    assert.equal(errorOf(refused).includes("wr0ng"), false);
  }
});

test("a certificate that nobody vouches for is refused", async () => {
  const { ports } = there(kafka);
  await using sending = sender();
  const result = await sending.send({ urn: `kafkas://localhost:${ports.tls}/x` });
  assert.match(errorOf(result), /no secure connection with localhost:\d+: .*certificate/i);
});

test("one broker of several is enough", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka));
  await using sending = sender();
  const urn = `kafka://127.0.0.1:${await freePort()},127.0.0.1:${ports.plain}/${made.name}`;
  assert.deepEqual(await sending.send({ urn }), { kind: "delivered" });
});

test("a connection that is cut is made anew, and each event counts once all the same", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka));
  await using sending = sender();
  await using between = await wall(ports.behind ?? 0, { port: ports.wall ?? 0 });
  const urn = `kafka://127.0.0.1:${ports.wall}/${made.name}`;
  const tasks = Array.from({ length: 300 }, (_, n) => `task-${n}`);
  let cuts = 0;
  for (let at = 0; at < tasks.length; at += 30) {
    const sent = Promise.all(tasks.slice(at, at + 30).map((task) => sending.send({ urn }, { task })));
    if (at % 90 === 30 && ++cuts > 0) queueMicrotask(() => between.cut());
    assert.deepEqual(new Set((await sent).map(({ kind }) => kind)), new Set(["delivered"]));
  }
  assert.equal(cuts, 3);
  assert.deepEqual((await made.records()).map(({ key }) => key).sort(), [...tasks].sort());
});

test("when the leader of a partition goes, the next takes what comes, each once; what needs both waits", async () => {
  services("start", "kafka-second");
  try {
    const { ports } = there(kafka);
    const second = there(service("kafka-second"));
    // Its leader is the second node, as long as that is there.
    await using made = await topic(there(kafka), { replicas: [2, 1] });
    await using strict = await topic(there(kafka), { replicas: [1, 2], config: { "min.insync.replicas": "2" } });
    assert.equal(await made.leader(), 2);
    await using sending = sender();
    const urn = `kafka://127.0.0.1:${second.ports.plain},127.0.0.1:${ports.plain}/${made.name}`;
    const tasks: string[] = [];
    let isGone = false;
    const gone = new Promise<void>((resolve) =>
      spawn("node", [join(ROOT, "scripts", "services.js"), "stop", "kafka-second"]).once("close", () => {
        isGone = true;
        resolve();
      })
    );
    for (let after = 0; after < 20; after += isGone ? 1 : 0) {
      const task = `task-${tasks.length}`;
      tasks.push(task);
      assert.deepEqual(await sending.send({ urn }, { task }), { kind: "delivered" });
    }
    await gone;
    assert.equal(await made.leader(), 1);
    assert.deepEqual((await made.records()).map(({ key }) => key), tasks);
    // With fewer acknowledgements than those of all replicas, the broker would take it at once.
    const short = await sending.send({ urn: `kafka://127.0.0.1:${ports.plain}/${strict.name}` }, { totalMs: 1_000 });
    assert.deepEqual([short.kind, short.kind === "failed" && short.retryable], ["failed", true]);
    assert.deepEqual(await strict.records(), []);
  } finally {
    services("stop", "kafka-second");
  }
});

function services(command: string, name: string): void {
  const { status, stderr } = spawnSync("node", [join(ROOT, "scripts", "services.js"), command, name]);
  assert.equal(status, 0, stderr.toString());
}

test("a client with nothing to send rests, and is given up", async () => {
  const { ports } = there(kafka);
  await using made = await topic(there(kafka));
  await using between = await wall(ports.behind ?? 0, { port: ports.wall ?? 0 });
  await using sending = sender({ idleMs: 600 });
  assert.deepEqual(await sending.send({ urn: `kafka://127.0.0.1:${ports.wall}/${made.name}` }), { kind: "delivered" });
  const wind = globalThis.setTimeout;
  let winds = 0;
  globalThis.setTimeout = Object.assign((...args: Parameters<typeof wind>) => {
    winds++;
    return wind(...args);
  }, wind);
  try {
    await new Promise((resolve) => wind(resolve, 200));
  } finally {
    globalThis.setTimeout = wind;
  }
  assert.ok(winds < 10, `${winds} timers were wound`);
  await until(() => Promise.resolve(between.open() === 0));
});
