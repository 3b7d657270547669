// The contract of triggers, kept by the one for AMQP at a real RabbitMQ.

import { amqpTrigger } from "../../src/trigger/amqp.ts";
import { freshName, madeOf, service, there, wall, whyNot } from "./broker.ts";
import { type Found, RabbitMq } from "./rabbitmq.ts";
import { freePort } from "./trigger-server.ts";
import { type Made, type Manner, PASSWORD, type Received, triggerContract } from "./trigger.suite.ts";

const rabbitmq = service("rabbitmq");

triggerContract("amqp", make, whyNot(rabbitmq));

async function make(): Promise<Made> {
  const found = there(rabbitmq);
  const broker = new RabbitMq(found);
  const queue = freshName("contract");
  const full = `${queue}-full`;
  const forbidden = `forbidden-${queue}`;
  await broker.declareQueue(queue);
  await broker.declareExchange(forbidden);
  await broker.declareQueue(full, { args: { "x-max-length": 0, "x-overflow": "reject-publish" } });
  // Some method `basic.publish`: class 60, method 40.
  const mute = await wall(found.ports.amqp ?? 0, {
    isEvent: (chunk) => chunk.includes("\x00\x3c\x00\x28", 0, "latin1"),
  });
  const urn = (port: number | undefined, path: string, userinfo = "") =>
    `amqp://${userinfo}127.0.0.1:${port}/%2F/${path}`;
  const userinfo = `robot:${PASSWORD.replace("/", "%2F")}@`;
  const urns: { readonly [manner in Manner]: string } = {
    "accepts": urn(found.ports.amqp, `/${queue}`),
    "refuses for now": urn(found.ports.amqp, `/${full}`),
    "refuses for good": urn(found.ports.amqp, `${forbidden}/${queue}`),
    "never answers": urn(mute.port, `/${queue}`),
    "is not there": urn(await freePort(), `/${queue}`),
    "wants a password": urn(found.ports.amqp, `/${queue}`, userinfo),
  };
  const taken: Received[] = [];
  const received = async () => {
    taken.push(...(await broker.take(queue)).map(receivedOf));
    return taken;
  };
  const names = {
    async [Symbol.asyncDispose]() {
      for (const each of [queue, full]) await broker.deleteQueue(each);
      await broker.deleteExchange(forbidden);
    },
  };
  return madeOf({ trigger: amqpTrigger({ now: Date.now }), urns, received, open: [mute, names] });
}

function receivedOf({ payload, properties: { headers = {} } }: Found): Received {
  return {
    id: String(headers.cloudEvents_id),
    task: String(headers.cloudEvents_taskid),
    instant: String(headers.cloudEvents_time),
    attempt: Number(headers.cloudEvents_attempt),
    traceparent: String(headers.traceparent),
    payload: JSON.parse(payload),
  };
}
