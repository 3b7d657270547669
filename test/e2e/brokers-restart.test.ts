// A real broker is restarted while events come: none is lost, and what comes twice comes with one id.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { amqpTrigger } from "../../src/trigger/amqp.ts";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { mqttTrigger } from "../../src/trigger/mqtt.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { freshName, service, there, titleOf, whyNot } from "../contract/broker.ts";
import { topic } from "../contract/kafka.ts";
import { subscriber } from "../contract/mosquitto.ts";
import { RabbitMq } from "../contract/rabbitmq.ts";
import { deliveryTo, NEVER } from "../contract/trigger.suite.ts";
import { ROOT } from "./peer.ts";

const rabbitmq = service("rabbitmq");
const kafka = service("kafka");
const mosquitto = service("mosquitto");

const SENDERS = 16;
/** Events before the restart, and after it. */
const BEFORE = 100;
const AFTER = 200;

test(
  titleOf("RabbitMQ is restarted, and no event is lost", whyNot(rabbitmq)),
  { skip: whyNot(rabbitmq) ?? false },
  async () => {
    const broker = new RabbitMq(there(rabbitmq));
    const queue = freshName("restart");
    await broker.declareQueue(queue);
    const urn = `amqp://127.0.0.1:${there(rabbitmq).ports.amqp}/%2F//${queue}`;
    const { ids, failures } = await sendAll(amqpTrigger({ now: Date.now }), urn, "rabbitmq");
    assert.ok(failures > 0, "the broker was never away");
    const came = (await broker.take(queue)).map(({ properties }) => String(properties.message_id));
    assert.deepEqual([...new Set(came)].sort(), ids);
    await broker.deleteQueue(queue);
  },
);

test(titleOf("Kafka is restarted, and no event is lost", whyNot(kafka)), { skip: whyNot(kafka) ?? false }, async () => {
  await using made = await topic(there(kafka), { partitions: 4 });
  const urn = `kafka://127.0.0.1:${there(kafka).ports.plain}/${made.name}`;
  const { ids } = await sendAll(kafkaTrigger({ now: Date.now }), urn, "kafka");
  const came = (await made.records()).map(({ headers }) => String(headers.ce_id));
  assert.deepEqual([...new Set(came)].sort(), ids);
});

test(
  titleOf("Mosquitto is restarted, and no event is lost", whyNot(mosquitto)),
  { skip: whyNot(mosquitto) ?? false },
  async () => {
    const name = freshName("restart");
    await using reading = await subscriber(there(mosquitto), name, { isKept: true });
    const urn = `mqtt://127.0.0.1:${there(mosquitto).ports.mqtt}/${name}/a`;
    const { ids } = await sendAll(mqttTrigger(), urn, "mosquitto");
    const came = (await reading.published()).map(({ properties }) => String(properties["user-properties"]?.id));
    assert.deepEqual([...new Set(came)].sort(), ids);
  },
);

type Sent = { readonly ids: readonly string[]; readonly failures: number };

/** Sends events, each until it is delivered, before and after the broker is restarted and meanwhile; their ids, in order. */
async function sendAll(trigger: Trigger, urn: string, name: string): Promise<Sent> {
  const ids: string[] = [];
  let next = 0;
  let failures = 0;
  let left = Infinity;
  let restarting: Promise<void> | undefined;
  const send = async () => {
    while (left > 0) {
      const task = `task-${next++}`;
      for (let attempt = 1;; attempt++) {
        const delivery = deliveryTo({ urn }, { task, attempt, connectMs: 1_000, totalMs: 5_000 });
        const result = await trigger.send(delivery, NEVER);
        if (result.kind === "delivered") {
          left--;
          if (ids.push(delivery.id) === BEFORE) restarting = restart(name).then(() => void (left = AFTER));
          break;
        }
        failures++;
        assert.equal(result.retryable, true, result.error);
        await pause(100);
      }
      await pause(10);
    }
  };
  try {
    await Promise.all(Array.from({ length: SENDERS }, send));
    await restarting;
  } finally {
    await trigger.close();
  }
  return { ids: ids.sort(), failures };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function restart(name: string): Promise<void> {
  const child = spawn("node", [join(ROOT, "scripts", "services.js"), "restart", name], { stdio: "ignore" });
  assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0);
}
