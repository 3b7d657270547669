// The reference for the rate at which a broker is sent to: its client library and nothing else, with as many messages of
// the same size in flight as a lane has.
//
//   bare-broker.ts amqp|kafka|mqtt PORT NAME COUNT IN_FLIGHT

import { connect } from "amqplib";
import { Buffer } from "node:buffer";
import process from "node:process";
import { Kafka } from "kafkajs";
import { connectAsync } from "mqtt";
import { quieten } from "../../src/trigger/kafka-quiet.ts";

const [kind, port, name = "", ...numbers] = process.argv.slice(2);
const [count = 0, inFlight = 0] = numbers.map(Number);

const PAYLOAD = "null";
/** As many as the peer's, of the same length; `prefix` is what the binding of CloudEvents to the protocol says. */
function headersOf(id: string, prefix: string): { [name: string]: string } {
  return {
    "traceparent": `00-${id}-${id.slice(16)}-01`,
    [`${prefix}specversion`]: "1.0",
    [`${prefix}id`]: id,
    [`${prefix}source`]: "/tasks/bench-00000",
    [`${prefix}type`]: "metronome.occurrence",
    [`${prefix}time`]: "2026-12-01T09:00:00.000Z",
    [`${prefix}taskid`]: "bench-00000",
    [`${prefix}attempt`]: "1",
  };
}

function idOf(n: number): string {
  return n.toString(16).padStart(32, "0");
}

async function amqp(): Promise<() => Promise<void>> {
  const connection = await connect(`amqp://127.0.0.1:${port}`);
  const channel = await connection.createConfirmChannel();
  let next = 0;
  const send = () =>
    new Promise<void>((resolve, reject) => {
      const id = idOf(next++);
      channel.publish("", name, Buffer.from(PAYLOAD), {
        ...{ mandatory: true, deliveryMode: 2, contentType: "application/json", messageId: id, appId: "metronome" },
        ...{ timestamp: Math.floor(Date.now() / 1_000), type: "metronome.occurrence" },
        headers: headersOf(id, "cloudEvents_"),
      }, (error) => error === null ? resolve() : reject(error));
    });
  const lane = async () => {
    while (next < count) await send();
  };
  return async () => void await Promise.all(Array.from({ length: inFlight }, lane));
}

async function mqtt(): Promise<() => Promise<void>> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const userProperties = headersOf(idOf(next++), "");
      const properties = { contentType: "application/json", payloadFormatIndicator: true, userProperties };
      await client.publishAsync(name, PAYLOAD, { qos: 1, properties });
    }
  };
  return async () => void await Promise.all(Array.from({ length: inFlight }, lane));
}

async function kafka(): Promise<() => Promise<void>> {
  quieten();
  const client = new Kafka({ brokers: [`127.0.0.1:${port}`], logCreator: () => () => {} });
  const producer = client.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  return async () => {
    for (let next = 0; next < count; next += inFlight) {
      const ids = Array.from({ length: Math.min(inFlight, count - next) }, (_, n) => idOf(next + n));
      const messages = ids.map((id, n) => ({
        ...{ key: `bench-${next + n}`, value: PAYLOAD, timestamp: String(Date.now()) },
        headers: { "content-type": "application/json", ...headersOf(id, "ce_") },
      }));
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic: name, messages }] });
    }
  };
}

const send = await (kind === "amqp" ? amqp() : kind === "mqtt" ? mqtt() : kafka());
const startedAt = performance.now();
const before = process.cpuUsage();
await send();
const { user, system } = process.cpuUsage(before);
const perSecond = count / ((performance.now() - startedAt) / 1_000);
console.log(JSON.stringify({ ready: true, perSecond, cpuUs: (user + system) / count }));
process.exit(0);
