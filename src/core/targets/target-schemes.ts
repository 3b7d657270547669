// The schemes that events can be sent by. A new one is a file with its rules, named here, and a trigger that serves it.

import type { Fault } from "../values/fault.ts";
import { AMQP_TARGETS, type AmqpOptions } from "./target-amqp.ts";
import { cloudEventsFault, headersFault, HTTP_RULES, type HttpOptions } from "./target-http.ts";
import { KAFKA_TARGETS, type KafkaOptions } from "./target-kafka.ts";
import { MQTT_TARGETS, type MqttOptions } from "./target-mqtt.ts";
import type { SchemeRules, TargetScheme } from "./target-scheme.ts";

/** How to send, beside the URN. Each scheme knows some of these. */
export type SendOptions = HttpOptions & {
  readonly amqp?: AmqpOptions;
  readonly kafka?: KafkaOptions;
  readonly mqtt?: MqttOptions;
};

const ALL: readonly SchemeRules[] = [HTTP_RULES, ...[AMQP_TARGETS, KAFKA_TARGETS, MQTT_TARGETS].map(rulesOfBroker)];

const PORTS: { readonly [scheme: string]: number } = Object.assign({}, ...ALL.map(({ ports }) => ports));

/** Schemes that events can be sent by. */
export const SCHEMES: readonly string[] = Object.keys(PORTS);

/** Every property that some scheme knows. */
export const OPTIONS: readonly string[] = [...new Set(ALL.flatMap(({ options }) => Object.keys(options)))];

export function rulesOf(scheme: string): SchemeRules | undefined {
  return ALL.find(({ ports }) => Object.hasOwn(ports, scheme));
}

/** The port that a URN of this scheme means when it names none. */
export function portOf(scheme: string): number | undefined {
  return Object.hasOwn(PORTS, scheme) ? PORTS[scheme] : undefined;
}

/** What is wrong with a property of how to send, where the scheme is not known yet; absent when some scheme takes it. */
export function optionFault(name: string, value: unknown, field: string): Fault | undefined {
  let first: Fault | undefined;
  for (const { options } of ALL) {
    const check = Object.hasOwn(options, name) ? options[name] : undefined;
    if (check === undefined) continue;
    const found = check(value, field);
    if (found === undefined) return undefined;
    first ??= found;
  }
  return first;
}

function rulesOfBroker({ ports, property, urnFault, optionsFault }: TargetScheme): SchemeRules {
  return {
    ports,
    urnFault,
    options: { headers: headersFault, cloudEvents: cloudEventsFault, [property]: optionsFault },
  };
}
