// Targets of AMQP 0-9-1: `amqp(s)://user:password@host:port/vhost/exchange/routing.key`, or `/vhost//queue` for a queue
// by its name, through the exchange that has none.

import { type Fault, fault, isFault } from "../values/fault.ts";
import { type BrokerForm, decoded, type Host, parseBrokerUrn } from "./broker-urn.ts";
import { lasting, optionsFault, utf8Length, wholeNumber, yesOrNo } from "./target-options.ts";
import type { TargetScheme } from "./target-scheme.ts";

export type AmqpOptions = {
  /** Whether the broker keeps the message over a restart, in a queue that is durable: delivery mode 2. Default true. */
  readonly persistent?: boolean;
  /** 0 … 255, for queues that have priorities. */
  readonly priority?: number;
  /** How long it may wait in a queue, ISO 8601: PT0.001S … P49D. For ever when absent. */
  readonly expiration?: string;
};

export type AmqpAddress = {
  readonly isSecure: boolean;
  readonly userinfo?: { readonly user: string; readonly password: string };
  readonly host: Host;
  readonly vhost: string;
  /** Empty for the default exchange, which routes to the queue of the routing key's name. */
  readonly exchange: string;
  readonly routingKey: string;
};

/** Short strings of the protocol: §4.2.5.3. */
const SHORT_MAX_BYTES = 255;
const EXPIRATION_MAX_MS = 49 * 86_400_000;

const FORM: BrokerForm = {
  ports: { amqp: 5672, amqps: 5671 },
  hostsMax: 1,
  example: "amqp://localhost/%2F/exchange/routing.key",
};

const OPTIONS = {
  persistent: yesOrNo,
  priority: wholeNumber(0, 255),
  expiration: lasting(1, EXPIRATION_MAX_MS, "a duration of at most P49D, and not none"),
};

export const AMQP_TARGETS: TargetScheme = {
  ports: FORM.ports,
  property: "amqp",
  urnFault: (urn, field) => {
    const address = parseAmqpUrn(urn, field);
    return isFault(address) ? address : undefined;
  },
  optionsFault: (options, field) => optionsFault(options, field, OPTIONS),
};

export function parseAmqpUrn(urn: string, field = "urn"): AmqpAddress | Fault {
  const broker = parseBrokerUrn(urn, field, FORM);
  if (isFault(broker)) return broker;
  const { scheme, userinfo, hosts: [host], path } = broker;
  if (host === undefined) throw new Error("a checked URN names a host");
  const position = urn.length - path.length;
  const segments = path.split("/").map(decoded);
  if (segments.includes(undefined)) {
    return fault(field, "vhost, exchange and routing key are percent-encoded UTF-8; %25 stands for a %.", { position });
  }
  const [vhost = "", exchange = "", routingKey = "", ...more] = segments;
  const written = urn.slice(0, position).replace(/\/?$/, "/");
  if (vhost === "") {
    return fault(field, 'The path starts with the vhost; the one that is called "/" is written %2F.', {
      position,
      ...suggested(`${written}%2F${path.startsWith("/") ? path : "/exchange/routing.key"}`),
    });
  }
  if (more.length > 0) {
    return fault(field, "The path is vhost/exchange/routing.key; %2F stands for a slash in one of them.", { position });
  }
  if (exchange === "" && routingKey === "") {
    return fault(
      field,
      "The path names an exchange after the vhost (/vhost/exchange/routing.key), or a queue (/vhost//queue).",
      { position },
    );
  }
  for (const part of [vhost, exchange, routingKey]) {
    if (utf8Length(part) > SHORT_MAX_BYTES) {
      return fault(field, `vhost, exchange and routing key are each at most ${SHORT_MAX_BYTES} bytes.`, { position });
    }
    if (/\p{Cc}/u.test(part)) {
      return fault(field, "vhost, exchange and routing key hold no control characters.", { position });
    }
  }
  return {
    isSecure: scheme === "amqps",
    ...(userinfo === undefined ? {} : { userinfo }),
    ...{ host, vhost, exchange, routingKey },
  };
}

/** A suggestion is shown and logged: it repeats no password. */
function suggested(suggestion: string): { readonly suggestion?: string } {
  return suggestion.includes("@") || isFault(parseAmqpUrn(suggestion)) ? {} : { suggestion };
}
