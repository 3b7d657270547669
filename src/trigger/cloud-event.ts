// What an event says of itself, whatever carries it: CloudEvents 1.0, its attributes beside the payload (binary) or all of
// it as one JSON document (structured), and a W3C trace context.

import type { Delivery } from "../core/delivery/delivery.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import { formatInstant } from "../core/values/instant.ts";

export const EVENT_TYPE = "metronome.occurrence";

export type Attributes = {
  readonly specversion: "1.0";
  readonly id: OccurrenceId;
  readonly source: string;
  readonly type: typeof EVENT_TYPE;
  readonly time: string;
  readonly taskid: string;
  readonly attempt: string;
};

/** Attributes of the CloudEvent, by their names; `attempt` and `taskid` are extensions. Texts as they are, not yet encoded. */
export function attributesOf({ id, task, instant, attempt }: Delivery): Attributes {
  return {
    specversion: "1.0",
    id,
    source: `/tasks/${percentEncoded(task)}`,
    type: EVENT_TYPE,
    time: formatInstant(instant),
    taskid: task,
    attempt: String(attempt),
  };
}

export type Content = {
  readonly contentType: "application/json" | "application/cloudevents+json";
  readonly text: string;
};

/** What a broker is handed as the message itself. Its attributes stand beside it in both modes, as the bindings allow. */
export function contentOf(delivery: Delivery): Content {
  return delivery.target.cloudEvents === "structured"
    ? { contentType: "application/cloudevents+json", text: JSON.stringify(structuredOf(delivery)) }
    : { contentType: "application/json", text: JSON.stringify(delivery.payload) };
}

/** The JSON format of CloudEvents, §3.1. */
export function structuredOf(delivery: Delivery) {
  return { ...attributesOf(delivery), datacontenttype: "application/json", data: delivery.payload };
}

/**
 * `00-<trace>-<span>-01`, W3C Trace Context §3.2: all attempts of an occurrence are one trace, each is a span of it, and
 * every peer gives an attempt the same name.
 */
export function traceparentOf(id: OccurrenceId, attempt: number): string {
  const low = (Number.parseInt(id.slice(24), 16) ^ attempt) >>> 0;
  const span = id.slice(16, 24) + low.toString(16).padStart(8, "0");
  return `00-${id}-${span === NO_SPAN ? ONE_SPAN : span}-01`;
}

const NO_SPAN = "0".repeat(16);
const ONE_SPAN = "1".padStart(16, "0");

/** A segment of a URI path, RFC 3986 §3.3. */
function percentEncoded(text: string): string {
  return UNRESERVED.test(text) ? text : encodeURIComponent(text.toWellFormed());
}

const UNRESERVED = /^[A-Za-z0-9._~-]*$/;
