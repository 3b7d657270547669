// An event as a record of Kafka: its headers say what it is, in the way of CloudEvents' binding to Kafka.

import type { Delivery } from "../core/delivery/delivery.ts";
import { attributesOf, contentOf, traceparentOf } from "./cloud-event.ts";

export type KafkaMessage = {
  readonly key: string;
  readonly value: string;
  readonly partition?: number;
  /** Milliseconds since 1970. */
  readonly timestamp: string;
  readonly headers: { readonly [name: string]: string };
};

/** `now` is when it is sent. */
export function kafkaMessage(delivery: Delivery, now: number): KafkaMessage {
  const { id, target, attempt } = delivery;
  const { key = delivery.task, partition } = target.kafka ?? {};
  const attributes = attributesOf(delivery);
  const { contentType, text } = contentOf(delivery);
  return {
    key,
    value: text,
    ...(partition === undefined ? {} : { partition }),
    timestamp: String(now),
    headers: {
      ...target.headers,
      "content-type": contentType,
      traceparent: traceparentOf(id, attempt),
      ce_specversion: attributes.specversion,
      ce_id: id,
      ce_source: attributes.source,
      ce_type: attributes.type,
      ce_time: attributes.time,
      ce_taskid: attributes.taskid,
      ce_attempt: attributes.attempt,
    },
  };
}
