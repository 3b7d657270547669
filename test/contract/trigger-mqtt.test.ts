// The contract of triggers, kept by the one for MQTT at a real Mosquitto.

import type { Buffer } from "node:buffer";
import { createServer } from "node:net";
import { mqttTrigger } from "../../src/trigger/mqtt.ts";
import { freshName, madeOf, service, there, wall, whyNot } from "./broker.ts";
import { type Published, subscriber } from "./mosquitto.ts";
import { freePort } from "./trigger-server.ts";
import { type Made, type Manner, PASSWORD, type Received, triggerContract } from "./trigger.suite.ts";

const mosquitto = service("mosquitto");

triggerContract("mqtt", make, whyNot(mosquitto));

async function make(): Promise<Made> {
  const found = there(mosquitto);
  const topic = freshName("contract");
  const reading = await subscriber(found, topic);
  const mute = await wall(found.ports.mqtt ?? 0, { isEvent: isPublish });
  const busy = await busyBroker();
  const urn = (port: number | undefined, path: string, userinfo = "") => `mqtt://${userinfo}127.0.0.1:${port}/${path}`;
  const userinfo = `robot:${PASSWORD.replace("/", "%2F")}@`;
  const urns: { readonly [manner in Manner]: string } = {
    "accepts": urn(found.ports.mqtt, `${topic}/a`),
    "refuses for now": urn(busy.port, `${topic}/a`),
    "refuses for good": urn(found.ports.password, `forbidden/${topic}`, userinfo),
    "never answers": urn(mute.port, `${topic}/a`),
    "is not there": urn(await freePort(), `${topic}/a`),
    "wants a password": urn(found.ports.password, `${topic}/a`, userinfo),
  };
  const trigger = mqttTrigger();
  const received = async () => (await reading.published()).map(receivedOf);
  return madeOf({ trigger, urns, received, open: [mute, busy, reading] });
}

/** A packet starts with its kind, which is 3 for one that publishes. */
function isPublish(chunk: Buffer): boolean {
  return chunk.readUInt8(0) >> 4 === 3;
}

/** One that lets nobody in for now: CONNACK with reason 0x97, quota exceeded. Mosquitto has no way to be made to say so. */
async function busyBroker(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(Uint8Array.of(0x20, 0x03, 0x00, 0x97, 0x00)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the broker has no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function receivedOf({ payload, properties }: Published): Received {
  const { id, taskid, time, attempt, traceparent } = properties["user-properties"] ?? {};
  return {
    id: String(id),
    task: String(taskid),
    instant: String(time),
    attempt: Number(attempt),
    traceparent: String(traceparent),
    payload: JSON.parse(payload),
  };
}
