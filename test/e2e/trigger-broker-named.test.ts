// Named targets at real brokers: who calls is read from what is sealed, and the broker is believed by the target's own
// authority alone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { ResolvedTarget } from "../../src/core/delivery/resolved-target.ts";
import type { Credentials } from "../../src/core/targets/credentials.ts";
import { instant } from "../../src/core/values/instant.ts";
import { amqpTrigger } from "../../src/trigger/amqp.ts";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { mqttTrigger } from "../../src/trigger/mqtt.ts";
import type { OpenCredentials } from "../../src/trigger/open-target.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { freshName, type Service, service, there, titleOf, whyNot } from "../contract/broker.ts";
import { topic } from "../contract/kafka.ts";
import { RabbitMq } from "../contract/rabbitmq.ts";
import { deliveryTo, NEVER, PASSWORD } from "../contract/trigger.suite.ts";
import { makeCertificates } from "./certificates.ts";

const NOW = Date.now();
/** As a URN would not write it. */
const WORD = decodeURIComponent(PASSWORD);
const rabbitmq = service("rabbitmq");
const kafka = service("kafka");
const mosquitto = service("mosquitto");

test(
  titleOf(
    "RabbitMQ is called by the user whose password is sealed, over TLS by the target's authority",
    whyNot(rabbitmq),
  ),
  { skip: whyNot(rabbitmq) ?? false },
  async () => {
    const broker = new RabbitMq(there(rabbitmq));
    const queue = freshName("named");
    await broker.declareQueue(queue);
    const urn = `amqps://127.0.0.1:${there(rabbitmq).ports.amqps}/%2F//${queue}`;
    await isCalled((open) => amqpTrigger({ now: () => NOW, open }), there(rabbitmq), { urn });
    assert.equal((await broker.take(queue)).length, 2);
    await broker.deleteQueue(queue);
  },
);

test(
  titleOf("Kafka is called by the user whose password is sealed, over TLS by the target's authority", whyNot(kafka)),
  { skip: whyNot(kafka) ?? false },
  async () => {
    await using made = await topic(there(kafka));
    const urn = `kafkas://127.0.0.1:${there(kafka).ports.both}/${made.name}`;
    await isCalled((open) => kafkaTrigger({ now: () => NOW, open }), there(kafka), { urn });
    assert.equal((await made.records()).length, 2);
  },
);

test(
  titleOf(
    "Mosquitto is called by the user whose password is sealed, or believed by the target's authority",
    whyNot(mosquitto),
  ),
  { skip: whyNot(mosquitto) ?? false },
  async () => {
    const { ports, tls } = there(mosquitto);
    const vault = new Map<string, Credentials>([
      ["right", held(WORD)],
      ["wrong", held("another-password")],
      ["rotating", held("another-password", { value: WORD })],
    ]);
    const trigger = mqttTrigger({ open: (sealed) => vault.get(sealed) });
    const send = (target: ResolvedTarget) => trigger.send(deliveryTo({ name: "named", ...target }), NEVER);
    const auth = { kind: "basic", user: "robot" } as const;
    const login = (text: string) =>
      send({ urn: `mqtt://127.0.0.1:${ports.password}/named`, auth, sealed: { text, context: "" } });
    const secure = (ca: string) => send({ urn: `mqtts://127.0.0.1:${ports.mqtts}/named`, tls: { ca } });
    try {
      const results = [
        await login("right"),
        await login("rotating"),
        await secure(await readFile(tls.ca, "utf8")),
        await login("wrong"),
        await secure((await makeCertificates()).otherCa),
      ];
      assert.deepEqual(results.map(({ kind }) => kind), ["delivered", "delivered", "delivered", "failed", "failed"]);
      assert.ok(!JSON.stringify(results).includes("another-password"));
    } finally {
      await trigger.close();
    }
  },
);

/** Delivers twice, with the right password, now or until now, and the right authority; every other way is refused, and tells no secret. */
async function isCalled(
  make: (open: OpenCredentials) => Trigger,
  { tls }: Service,
  more: Pick<ResolvedTarget, "urn">,
): Promise<void> {
  const ca = await readFile(tls.ca, "utf8");
  const { otherCa } = await makeCertificates();
  const vault = new Map<string, Credentials>([
    ["right", held(WORD)],
    ["wrong", held("another-password")],
    ["rotating", held("another-password", { value: WORD })],
    ["rotated", held("another-password", { value: WORD, until: instant(NOW) })],
  ]);
  const trigger = make((sealed) => vault.get(sealed));
  const send = (text: string, authority: string): Promise<DeliveryResult> => {
    const auth = { kind: "basic", user: "robot" } as const;
    const target = { name: text, ...more, auth, tls: { ca: authority }, sealed: { text, context: "" } };
    return trigger.send(deliveryTo(target, { payload: 1 }), NEVER);
  };
  try {
    for (const [text, authority] of [["wrong", ca], ["rotated", ca], ["right", otherCa], ["lost", ca]] as const) {
      const result = await send(text, authority);
      assert.ok(result.kind === "failed", text);
      if (["wrong", "rotated"].includes(text)) assert.match(result.error, /refuses the user robot/);
      for (const secret of [WORD, "another-password"]) assert.ok(!result.error.includes(secret), result.error);
    }
    // The second by the password before, which the broker knows still.
    for (const text of ["right", "rotating"]) assert.deepEqual(await send(text, ca), { kind: "delivered" });
  } finally {
    await trigger.close();
  }
}

function held(value: string, previous?: Credentials[string]["previous"]): Credentials {
  return { password: { value, since: instant(1), ...(previous === undefined ? {} : { previous }) } };
}
