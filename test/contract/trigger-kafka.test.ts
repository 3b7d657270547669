// The contract of triggers, kept by the one for Kafka at a real broker.

import type { Buffer } from "node:buffer";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { madeOf, service, there, wall, whyNot } from "./broker.ts";
import { type Record, topic } from "./kafka.ts";
import { freePort } from "./trigger-server.ts";
import { type Made, type Manner, PASSWORD, type Received, triggerContract } from "./trigger.suite.ts";

const kafka = service("kafka");

triggerContract("kafka", make, whyNot(kafka));

async function make(): Promise<Made> {
  const found = there(kafka);
  const open = await topic(found);
  const narrow = await topic(found, { config: { "max.message.bytes": "100" } });
  // The client asks the broker where to send, and is sent there.
  const mute = await wall(found.ports.behind ?? 0, { isEvent: isProduce, port: found.ports.wall ?? 0 });
  const urn = (port: number | undefined, name: string, userinfo = "") => `kafka://${userinfo}127.0.0.1:${port}/${name}`;
  const urns: { readonly [manner in Manner]: string } = {
    "accepts": urn(found.ports.plain, open.name),
    "refuses for now": urn(found.ports.plain, `${open.name}-to-come`),
    "refuses for good": urn(found.ports.plain, narrow.name),
    "never answers": urn(mute.port, open.name),
    "is not there": urn(await freePort(), open.name),
    "wants a password": urn(found.ports.sasl, open.name, `robot:${PASSWORD.replace("/", "%2F")}@`),
  };
  const trigger = kafkaTrigger({ now: Date.now });
  const received = async () => (await open.records()).map(receivedOf);
  return madeOf({ trigger, urns, received, open: [mute, open, narrow] });
}

/** A request starts with its length and its kind, which is 0 for one to produce. */
function isProduce(chunk: Buffer): boolean {
  return chunk.length > 8 && chunk.readInt16BE(4) === 0;
}

function receivedOf({ value, headers }: Record): Received {
  return {
    id: String(headers.ce_id),
    task: String(headers.ce_taskid),
    instant: String(headers.ce_time),
    attempt: Number(headers.ce_attempt),
    traceparent: String(headers.traceparent),
    payload: JSON.parse(value),
  };
}
