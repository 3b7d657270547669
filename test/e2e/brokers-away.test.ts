// Three real brokers are away at one time, for longer than all retries last, each behind a wall that is not there yet.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { freshName, service, there, titleOf, type Wall, wall, whyNot } from "../contract/broker.ts";
import { topic } from "../contract/kafka.ts";
import { subscriber } from "../contract/mosquitto.ts";
import { RabbitMq } from "../contract/rabbitmq.ts";
import { freePort } from "../contract/trigger-server.ts";
import { call, Site, until } from "./peer.ts";

const [rabbitmq, kafka, mosquitto] = [service("rabbitmq"), service("kafka"), service("mosquitto")];
const missing = [rabbitmq, kafka, mosquitto].map(whyNot).filter((why) => why !== undefined);
const why = missing.length === 0 ? undefined : missing.join("; ");

type Run = {
  readonly id: string;
  readonly outcome: string | null;
  readonly reason?: string;
  readonly attempts: readonly { readonly n: number; readonly target?: string }[];
};

test(
  titleOf("what is given up while brokers are away is told by broker and reason, and comes when they are back", why),
  { skip: why ?? false },
  async () => {
    const broker = new RabbitMq(there(rabbitmq));
    const name = freshName("away");
    await broker.declareQueue(name);
    await using records = await topic(there(kafka));
    await using reading = await subscriber(there(mosquitto), name);
    await using hook = await receiver();
    const [amqpPort, mqttPort, kafkaPort = 0] = [await freePort(), await freePort(), there(kafka).ports.wall];
    const urns = {
      amqp: `amqp://127.0.0.1:${amqpPort}/%2F//${name}`,
      kafka: `kafka://127.0.0.1:${kafkaPort}/${records.name}`,
      mqtt: `mqtt://127.0.0.1:${mqttPort}/${name}/a`,
    };
    const ids = Object.keys(urns);
    await using site = new Site();
    const { http } = await site.start().ready();
    const add = async (id: string, task: object) => {
      const { status, body } = await call(http, "/api/v1/tasks", { id, ...task });
      assert.equal(status, 201, JSON.stringify(body));
    };
    const runOf = async (id: string): Promise<Run | undefined> =>
      (await call(http, `/api/v1/tasks/${id}/runs`)).body.items[0];
    const once = { schedule: new Date(Date.now() + 1_000).toISOString() };
    const policy = { retry: { limit: 1, base: "PT0.1S" }, timeout: { connect: "PT2S", total: "PT10S" } };
    await add("beside", { schedule: "R/2026-01-01T00:00:00Z/PT1S", target: `${hook.url}/beside` });
    for (const [id, target] of Object.entries(urns)) await add(id, { ...once, target, policy });
    await add("elsewhere", {
      ...once,
      target: urns.amqp,
      policy: { ...policy, fallback: [{ urn: `${hook.url}/elsewhere` }] },
    });

    await until("all three are given up", async () => {
      return (await Promise.all(ids.map(runOf))).every((run) => run?.outcome === "failed");
    });
    const given = await Promise.all(ids.map(runOf));
    for (const [n, port] of [amqpPort, kafkaPort, mqttPort].entries()) {
      // On a busy machine the first call of a broker may take all the time that there is.
      const why =
        `(connection refused by|could not connect to) 127.0.0.1:${port}( within 2 s)?; gave up after 2 attempts`;
      assert.match(given[n]?.reason ?? "", new RegExp(`^${why}$`));
    }
    const causes: readonly { target: string; count: number; error: string }[] =
      (await call(http, "/api/v1/dead-letters/causes")).body.items;
    assert.deepEqual(causes.map(({ target, count }) => `${target} ${count}`).sort(), [
      `amqp://127.0.0.1:${amqpPort} 1`,
      `kafka://127.0.0.1:${kafkaPort} 1`,
      `mqtt://127.0.0.1:${mqttPort} 1`,
    ]);
    // The one that had another target came there, and what goes elsewhere anyway was not held up.
    await until("the other target has it", async () => (await runOf("elsewhere"))?.outcome === "delivered");
    assert.deepEqual(hook.seen("/elsewhere"), [(await runOf("elsewhere"))?.id]);
    const beside = hook.seen("/beside").length;
    await until("others go on", () => hook.seen("/beside").length > beside + 1);

    const walls: Wall[] = [];
    try {
      walls.push(await wall(there(rabbitmq).ports.amqp ?? 0, { port: amqpPort }));
      walls.push(await wall(there(mosquitto).ports.mqtt ?? 0, { port: mqttPort }));
      walls.push(await wall(there(kafka).ports.behind ?? 0, { port: kafkaPort }));
      const { status, body } = await call(http, "/api/v1/dead-letters/redrive", { all: true });
      assert.deepEqual([status, body.redriven], [202, 3]);
      await until("all three have come", async () => {
        return (await Promise.all(ids.map(runOf))).every((run) => run?.outcome === "delivered");
      });
      const came = [
        (await broker.take(name)).map(({ properties }) => properties.message_id),
        (await records.records()).map(({ headers }) => headers.ce_id),
        (await reading.published()).map(({ properties }) => properties["user-properties"]?.id),
      ];
      assert.deepEqual(came, given.map((run) => [run?.id]));
      const numbers = await Promise.all(ids.map(async (id) => (await runOf(id))?.attempts.at(-1)?.n));
      assert.deepEqual(numbers, [3, 3, 3]);
    } finally {
      for (const each of walls) await each[Symbol.asyncDispose]();
      await broker.deleteQueue(name);
    }
  },
);

/** Takes events over HTTP, and remembers their ids. */
async function receiver() {
  const came: { readonly path: string; readonly id: string }[] = [];
  const server = createServer((request, response) => {
    came.push({ path: (request.url ?? "").split("?")[0] ?? "", id: String(request.headers["ce-id"]) });
    request.resume();
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: (path: string) => came.filter((each) => each.path === path).map(({ id }) => id),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
