// What a user reads when a real broker is not as the target says: one sentence that names the place, says what is amiss
// and what helps, in the same words for every kind of broker and on both runtimes.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import { amqpTrigger } from "../../src/trigger/amqp.ts";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { mqttTrigger } from "../../src/trigger/mqtt.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { type Service, service, there, titleOf, whyNot } from "../contract/broker.ts";
import { freePort } from "../contract/trigger-server.ts";
import { deliveryTo, NEVER, PASSWORD } from "../contract/trigger.suite.ts";

type Case = readonly [urn: string, error: string];

type Kind = {
  readonly name: string;
  readonly make: () => Trigger;
  readonly cases: (ports: Service["ports"]) => readonly Case[];
  /** A URN of its scheme, at a port. */
  readonly at: (port: number) => string;
};

const ROBOT = `robot:${PASSWORD.replace("/", "%2F")}@`;
const UNTRUSTED = "nobody known here vouches for its certificate; tls.ca of a named target says who does";
const CORRECT = "correct them in the target";

const KINDS: readonly Kind[] = [
  {
    name: "rabbitmq",
    make: () => amqpTrigger({ now: Date.now }),
    at: (port) => `amqp://127.0.0.1:${port}/%2F//hello`,
    cases: ({ amqp, amqps }) => [
      [`amqp://127.0.0.1:${amqp}/%2F//nobody`, `127.0.0.1:${amqp} has no queue "nobody" in its vhost / (NO_ROUTE)`],
      [`amqp://127.0.0.1:${amqp}/nowhere//hello`, `127.0.0.1:${amqp} has no vhost "nowhere" for this user`],
      [
        `amqp://me:wr0ng@127.0.0.1:${amqp}/%2F//hello`,
        `127.0.0.1:${amqp} refuses the user me, or its password: ${CORRECT}`,
      ],
      [`amqps://127.0.0.1:${amqps}/%2F//hello`, `no secure connection with 127.0.0.1:${amqps}: ${UNTRUSTED}`],
      [
        `amqps://127.0.0.1:${amqp}/%2F//hello`,
        `no secure connection with 127.0.0.1:${amqp}: it speaks no TLS at this port`,
      ],
      [`amqp://127.0.0.1:${amqps}/%2F//hello`, `127.0.0.1:${amqps} closed the connection at once: it may want TLS`],
    ],
  },
  {
    name: "kafka",
    make: () => kafkaTrigger({ now: Date.now }),
    at: (port) => `kafka://127.0.0.1:${port}/hello`,
    cases: ({ plain, tls, sasl, behind, wall }) => [
      [`kafka://127.0.0.1:${plain}/nothing`, `127.0.0.1:${plain} has no topic nothing: create it`],
      [
        `kafka://me:wr0ng@127.0.0.1:${sasl}/hello`,
        `127.0.0.1:${sasl} refuses the user me, or its password: ${CORRECT}`,
      ],
      [`kafka://me:wr0ng@127.0.0.1:${plain}/hello`, `127.0.0.1:${plain} asks for no user at this port`],
      [`kafka://127.0.0.1:${sasl}/hello`, `127.0.0.1:${sasl} closed the connection at once: it may want TLS`],
      [`kafkas://127.0.0.1:${tls}/hello`, `no secure connection with 127.0.0.1:${tls}: ${UNTRUSTED}`],
      [`kafkas://127.0.0.1:${plain}/hello`, `127.0.0.1:${plain} closed the connection at once: it may speak no TLS`],
      [`kafka://127.0.0.1:${tls}/hello`, `127.0.0.1:${tls} does not speak as Kafka does: it may want TLS`],
      // It can be reached, and sends whoever comes to a port where nobody is.
      [
        `kafka://127.0.0.1:${behind}/hello`,
        `connection refused by 127.0.0.1:${wall}: 127.0.0.1:${behind} says that this is a broker (advertised.listeners)`,
      ],
    ],
  },
  {
    name: "mosquitto",
    make: () => mqttTrigger(),
    at: (port) => `mqtt://127.0.0.1:${port}/hello`,
    cases: ({ mqtt, mqtts, password }) => [
      [
        `mqtt://${ROBOT}127.0.0.1:${password}/forbidden/a`,
        `127.0.0.1:${password} lets this user publish to no topic forbidden/a`,
      ],
      [
        `mqtt://me:wr0ng@127.0.0.1:${password}/hello`,
        `127.0.0.1:${password} refuses the user me, or its password: ${CORRECT}`,
      ],
      [`mqtt://127.0.0.1:${password}/hello`, `127.0.0.1:${password} refuses who gives no user: give the target one`],
      [`mqtts://127.0.0.1:${mqtts}/hello`, `no secure connection with 127.0.0.1:${mqtts}: ${UNTRUSTED}`],
      [`mqtts://127.0.0.1:${mqtt}/hello`, `127.0.0.1:${mqtt} closed the connection at once: it may speak no TLS`],
      [`mqtt://127.0.0.1:${mqtts}/hello`, `127.0.0.1:${mqtts} closed the connection at once: it may want TLS`],
    ],
  },
];

for (const { name, make, cases, at } of KINDS) {
  const found = service(name);
  const why = whyNot(found);
  nodeTest(titleOf(`${name}: what is amiss is said in one sentence`, why), { skip: why ?? false }, async () => {
    const trigger = make();
    const nobody = await freePort();
    const all: readonly Case[] = [
      ...cases(there(found).ports),
      [at(nobody), `connection refused by 127.0.0.1:${nobody}`],
      [at(1).replace("127.0.0.1:1", "nohost.invalid:1"), "host name nohost.invalid does not resolve"],
    ];
    try {
      const errors = await Promise.all(all.map(([urn, error]) => said(trigger, urn, error)));
      assert.deepEqual(errors.map((error, n) => error.slice(0, all[n]?.[1].length)), all.map(([, error]) => error));
      assert.ok(!errors.join().includes("wr0ng"));
    } finally {
      await trigger.close();
    }
  });
}

/** What is said of it. A busy machine may need longer to find out than an attempt has: then the next one has longer. */
async function said(trigger: Trigger, urn: string, wanted: string): Promise<string> {
  for (let seconds = 1;; seconds *= 2) {
    const how = { connectMs: seconds * 1_000, totalMs: seconds * 5_000 };
    const result = await trigger.send(deliveryTo({ urn }, how), NEVER);
    const error = result.kind === "failed" ? result.error : "";
    if (error.startsWith(wanted) || seconds >= 8) return error;
  }
}
