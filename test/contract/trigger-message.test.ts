// How an event is written for each kind of broker, in both modes of CloudEvents. What comes of it is shown by the contracts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResolvedTarget } from "../../src/core/delivery/resolved-target.ts";
import { amqpMessage } from "../../src/trigger/amqp-message.ts";
import { kafkaMessage } from "../../src/trigger/kafka-message.ts";
import { mqttMessage } from "../../src/trigger/mqtt-message.ts";
import { deliveryTo, PLANNED } from "./trigger.suite.ts";

const PAYLOAD = { "ü": [1, null] };
const ATTRIBUTES = {
  specversion: "1.0",
  id: deliveryTo({ urn: "" }).id,
  source: "/tasks/a-task",
  type: "metronome.occurrence",
  time: "2026-12-01T09:00:00.000Z",
  taskid: "a-task",
  attempt: "1",
};
const DOCUMENT = { ...ATTRIBUTES, datacontenttype: "application/json", data: PAYLOAD };

test("a broker is handed the payload, or all of the event as one JSON document, and the attributes beside it", () => {
  for (const cloudEvents of [undefined, "binary", "structured"] as const) {
    const target: ResolvedTarget = { urn: "", ...(cloudEvents === undefined ? {} : { cloudEvents }) };
    const delivery = deliveryTo(target, { payload: PAYLOAD });
    const [type, body] = cloudEvents === "structured"
      ? ["application/cloudevents+json", DOCUMENT]
      : ["application/json", PAYLOAD];
    const amqp = amqpMessage(delivery, PLANNED);
    assert.deepEqual([amqp.properties.contentType, JSON.parse(amqp.content.toString())], [type, body]);
    const kafka = kafkaMessage(delivery, PLANNED);
    assert.deepEqual([kafka.headers["content-type"], JSON.parse(kafka.value)], [type, body]);
    const mqtt = mqttMessage(delivery);
    assert.deepEqual([mqtt.options.properties.contentType, JSON.parse(mqtt.payload)], [type, body]);
    for (const [name, value] of Object.entries(ATTRIBUTES)) {
      assert.deepEqual([
        amqp.properties.headers[`cloudEvents_${name}`],
        kafka.headers[`ce_${name}`],
        mqtt.options.properties.userProperties[name],
      ], [value, value, value]);
    }
  }
});
