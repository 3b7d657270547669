// Targets of MQTT 5: `mqtt(s)://user:password@host:port/topic/of/any/depth`.

import { type Fault, fault, isFault } from "../values/fault.ts";
import { type BrokerForm, decoded, type Host, parseBrokerUrn } from "./broker-urn.ts";
import { lasting, optionsFault, utf8Length, yesOrNo } from "./target-options.ts";
import type { TargetScheme } from "./target-scheme.ts";

export type MqttOptions = {
  /** Whether the broker keeps it for who subscribes later, the last one of the topic. Default false. */
  readonly retain?: boolean;
  /** How long the broker keeps it for a subscriber that is away, ISO 8601: PT1S … P366D, whole seconds. */
  readonly expiry?: string;
};

export type MqttAddress = {
  readonly isSecure: boolean;
  readonly userinfo?: { readonly user: string; readonly password: string };
  readonly host: Host;
  readonly topic: string;
};

const TOPIC_MAX_BYTES = 1_024;
const EXPIRY_MAX_MS = 366 * 86_400_000;

const FORM: BrokerForm = {
  ports: { mqtt: 1883, mqtts: 8883 },
  hostsMax: 1,
  example: "mqtt://localhost/shop/bell",
};

const OPTIONS = {
  retain: yesOrNo,
  expiry: lasting(1_000, EXPIRY_MAX_MS, "a duration of PT1S to P366D"),
};

export const MQTT_TARGETS: TargetScheme = {
  ports: FORM.ports,
  property: "mqtt",
  urnFault: (urn, field) => {
    const address = parseMqttUrn(urn, field);
    return isFault(address) ? address : undefined;
  },
  optionsFault: (options, field) => optionsFault(options, field, OPTIONS),
};

export function parseMqttUrn(urn: string, field = "urn"): MqttAddress | Fault {
  const broker = parseBrokerUrn(urn, field, FORM);
  if (isFault(broker)) return broker;
  const { scheme, userinfo, hosts: [host], path } = broker;
  if (host === undefined) throw new Error("a checked URN names a host");
  const position = urn.length - path.length;
  const topic = decoded(path);
  if (topic === undefined) {
    return fault(field, "A topic is percent-encoded UTF-8; %25 stands for a % in it.", { position });
  }
  if (topic === "") return fault(field, "A URN of MQTT ends with a slash and the topic.", { position });
  // MQTT 5 §4.7: wildcards are for subscribers, and what starts with $ is the broker's own.
  if (/[+#]/.test(topic)) {
    return fault(field, "An event goes to one topic: the wildcards + and # are for subscribers.", { position });
  }
  if (topic.startsWith("$")) return fault(field, "Topics that start with $ are the broker's own.", { position });
  if (/\p{Cc}/u.test(topic)) return fault(field, "A topic holds no control characters.", { position });
  if (utf8Length(topic) > TOPIC_MAX_BYTES) {
    return fault(field, `A topic is at most ${TOPIC_MAX_BYTES} bytes.`, { position });
  }
  return { isSecure: scheme === "mqtts", ...(userinfo === undefined ? {} : { userinfo }), host, topic };
}
