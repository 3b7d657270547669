// An event as a message of AMQP 0-9-1: its properties say what it is, in the way of CloudEvents' binding to AMQP.

import { Buffer } from "node:buffer";
import type { Delivery } from "../core/delivery/delivery.ts";
import { exactDurationMs } from "../core/values/duration.ts";
import { attributesOf, type Content, contentOf, EVENT_TYPE, traceparentOf } from "./cloud-event.ts";

export type AmqpMessage = {
  readonly content: Buffer;
  readonly properties: {
    readonly mandatory: true;
    readonly deliveryMode: 1 | 2;
    readonly priority?: number;
    readonly expiration?: string;
    readonly contentType: Content["contentType"];
    readonly messageId: string;
    readonly timestamp: number;
    readonly type: typeof EVENT_TYPE;
    readonly appId: "metronome";
    readonly headers: { readonly [name: string]: string };
  };
};

/**
 * `now` is when it is sent: the protocol's timestamp, in seconds. The headers are to be written before the next message is
 * made: where the target has none of its own, all messages have one object.
 */
export function amqpMessage(delivery: Delivery, now: number): AmqpMessage {
  const { id, target, attempt } = delivery;
  const { persistent = true, priority, expiration } = target.amqp ?? {};
  const attributes = attributesOf(delivery);
  const { contentType, text } = contentOf(delivery);
  return {
    content: Buffer.from(text),
    properties: {
      mandatory: true,
      deliveryMode: persistent ? 2 : 1,
      ...(priority === undefined ? {} : { priority }),
      ...(expiration === undefined ? {} : { expiration: String(exactDurationMs(expiration)) }),
      contentType,
      messageId: id,
      timestamp: Math.floor(now / 1_000),
      type: EVENT_TYPE,
      appId: "metronome",
      // CloudEvents AMQP binding §3.1.3: the prefix that tools written for JMS can read too.
      headers: Object.assign(target.headers === undefined ? COMMON : { ...target.headers }, {
        traceparent: traceparentOf(id, attempt),
        cloudEvents_specversion: attributes.specversion,
        cloudEvents_id: id,
        cloudEvents_source: attributes.source,
        cloudEvents_type: attributes.type,
        cloudEvents_time: attributes.time,
        cloudEvents_taskid: attributes.taskid,
        cloudEvents_attempt: attributes.attempt,
      }),
    },
  };
}

/** The library makes the headers the prototype of another object, which costs 5 µs for each that never was one before. */
const COMMON: { [name: string]: string } = {};
