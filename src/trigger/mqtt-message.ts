// An event as a message of MQTT 5: its user properties say what it is, in the way of CloudEvents' binding to MQTT.

import type { Delivery } from "../core/delivery/delivery.ts";
import { exactDurationMs } from "../core/values/duration.ts";
import { attributesOf, type Content, contentOf, traceparentOf } from "./cloud-event.ts";

export type MqttMessage = {
  readonly payload: string;
  readonly options: {
    readonly qos: 1;
    readonly retain: boolean;
    readonly properties: {
      readonly contentType: Content["contentType"];
      /** The payload is UTF-8. */
      readonly payloadFormatIndicator: true;
      /** Seconds. */
      readonly messageExpiryInterval?: number;
      readonly userProperties: { readonly [name: string]: string };
    };
  };
};

export function mqttMessage(delivery: Delivery): MqttMessage {
  const { id, target, attempt } = delivery;
  const { retain = false, expiry } = target.mqtt ?? {};
  const { contentType, text } = contentOf(delivery);
  return {
    payload: text,
    options: {
      qos: 1,
      retain,
      properties: {
        contentType,
        payloadFormatIndicator: true,
        ...(expiry === undefined ? {} : { messageExpiryInterval: Math.floor(exactDurationMs(expiry) / 1_000) }),
        userProperties: { ...target.headers, traceparent: traceparentOf(id, attempt), ...attributesOf(delivery) },
      },
    },
  };
}
