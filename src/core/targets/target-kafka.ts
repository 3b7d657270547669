// Targets of Apache Kafka: `kafka(s)://user:password@broker:port,broker:port/topic`. Any one of the brokers is enough to
// find the others.

import { type Fault, fault, isFault } from "../values/fault.ts";
import { type BrokerForm, decoded, type Host, parseBrokerUrn } from "./broker-urn.ts";
import { oneOf, optionsFault, textUpTo, wholeNumber } from "./target-options.ts";
import type { TargetScheme } from "./target-scheme.ts";

export const SASL_MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

export type KafkaOptions = {
  /** What decides the partition, and what compaction keeps the latest of: at most 1,024 bytes. Default the task's id. */
  readonly key?: string;
  /** The partition itself, in place of what the key says: 0 … 99,999. */
  readonly partition?: number;
  /** How the user of the URN is proven. Default `plain`. */
  readonly sasl?: typeof SASL_MECHANISMS[number];
};

export type KafkaAddress = {
  readonly isSecure: boolean;
  readonly userinfo?: { readonly user: string; readonly password: string };
  readonly hosts: readonly Host[];
  readonly topic: string;
};

const BROKERS_MAX = 16;

const FORM: BrokerForm = {
  ports: { kafka: 9092, kafkas: 9093 },
  hostsMax: BROKERS_MAX,
  example: "kafka://localhost:9092/topic",
};

const OPTIONS = {
  key: textUpTo(1_024),
  partition: wholeNumber(0, 99_999),
  sasl: oneOf(SASL_MECHANISMS),
};

export const KAFKA_TARGETS: TargetScheme = {
  ports: FORM.ports,
  property: "kafka",
  urnFault: (urn, field) => {
    const address = parseKafkaUrn(urn, field);
    return isFault(address) ? address : undefined;
  },
  optionsFault: (options, field) => optionsFault(options, field, OPTIONS),
};

/** What the broker itself takes for a topic's name. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

export function parseKafkaUrn(urn: string, field = "urn"): KafkaAddress | Fault {
  const broker = parseBrokerUrn(urn, field, FORM);
  if (isFault(broker)) return broker;
  const { scheme, userinfo, hosts, path } = broker;
  const position = urn.length - path.length;
  const topic = decoded(path) ?? "";
  if (path === "") return fault(field, "A URN of Kafka ends with a slash and the topic.", { position });
  if (!TOPIC.test(topic) || topic === "." || topic === "..") {
    return fault(field, "The name of a topic is 1 to 249 of the characters A-Z a-z 0-9 . _ -", { position });
  }
  return { isSecure: scheme === "kafkas", ...(userinfo === undefined ? {} : { userinfo }), hosts, topic };
}
