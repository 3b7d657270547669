// A whole peer, in its sandbox, sends to real brokers; what came is read by the brokers' own tools.

import assert from "node:assert/strict";
import { test } from "node:test";
import { freshName, type Service, service, there, titleOf, whyNot } from "../contract/broker.ts";
import { consoleConsumer } from "../contract/kafka-tool.ts";
import { topic } from "../contract/kafka.ts";
import { subscriber } from "../contract/mosquitto.ts";
import { RabbitMq } from "../contract/rabbitmq.ts";
import { call, Site, until } from "./peer.ts";

const [rabbitmq, kafka, mosquitto] = ["rabbitmq", "kafka", "mosquitto"].map(service);

/** Adds a task for now, and resolves to the id of its occurrence once it is delivered. */
async function delivered(target: unknown): Promise<string> {
  await using site = new Site();
  const program = site.start();
  const { http } = await program.ready();
  const { status, body } = await call(http, "/api/v1/tasks", {
    id: "once",
    schedule: new Date(Date.now() + 500).toISOString(),
    target,
    payload: { say: "é" },
  });
  assert.equal(status, 201, JSON.stringify(body));
  let run: { readonly id: string; readonly outcome: string | null; readonly attempts: readonly unknown[] } | undefined;
  await until("the run is settled", async () => {
    [run] = (await call(http, "/api/v1/tasks/once/runs")).body.items;
    return typeof run?.outcome === "string";
  });
  assert.equal(run?.outcome, "delivered", JSON.stringify(run));
  // A client of Kafka's that nobody looks after winds a negative timer, which Node says in the user's terminal.
  assert.doesNotMatch(program.stderr(), /Warning/);
  return run.id;
}

function needs(found: Service | { readonly unavailable: string } | undefined) {
  const missing = found ?? { unavailable: "it is not known" };
  const why = whyNot(missing);
  return {
    title: (title: string) => titleOf(title, why),
    options: { skip: why ?? false },
    there: () => there(missing),
  };
}

const amqp = needs(rabbitmq);
test(amqp.title("a peer delivers to RabbitMQ"), amqp.options, async () => {
  const broker = new RabbitMq(amqp.there());
  const queue = freshName("peer");
  await broker.declareQueue(queue);
  const id = await delivered(`amqp://127.0.0.1:${amqp.there().ports.amqp}/%2F//${queue}`);
  const found = await broker.take(queue);
  assert.deepEqual(found.map(({ payload, properties }) => [payload, properties.message_id]), [['{"say":"é"}', id]]);
  await broker.deleteQueue(queue);
});

const log = needs(kafka);
test(log.title("a peer delivers to Kafka"), log.options, async () => {
  await using made = await topic(log.there());
  const urn = `kafka://127.0.0.1:${log.there().ports.plain}/${made.name}`;
  const id = await delivered({ urn, kafka: { key: "a-key" } });
  const [line = "", ...more] = await consoleConsumer(log.there(), made.name, 1);
  assert.deepEqual(more, []);
  assert.match(line, new RegExp(`ce_id:${id},.*\ta-key\t\\{"say":"é"\\}$`));
});

const bus = needs(mosquitto);
test(bus.title("a peer delivers to Mosquitto"), bus.options, async () => {
  const name = freshName("peer");
  await using reading = await subscriber(bus.there(), name);
  const id = await delivered(`mqtt://127.0.0.1:${bus.there().ports.mqtt}/${name}/a`);
  const found = await reading.published();
  assert.deepEqual(found.map(({ payload, properties }) => [payload, properties["user-properties"]?.id]), [[
    '{"say":"é"}',
    id,
  ]]);
});
