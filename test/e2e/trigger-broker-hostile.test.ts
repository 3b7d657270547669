// Brokers that are none, or that mean no good: each attempt ends within its time, and nobody's memory fills.

import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { amqpTrigger } from "../../src/trigger/amqp.ts";
import { kafkaTrigger } from "../../src/trigger/kafka.ts";
import { mqttTrigger } from "../../src/trigger/mqtt.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { deliveryTo, NEVER } from "../contract/trigger.suite.ts";

const ATTEMPTS = 20;
const TOTAL_MS = 1_500;
/** Of one connection: what is on the way when it is cut off counts too. */
const TAKEN_MAX_BYTES = 48 * 1024 * 1024;

const KINDS: readonly (readonly [scheme: string, path: string, make: () => Trigger])[] = [
  ["amqp", "/%2F//q", () => amqpTrigger({ now: Date.now })],
  ["kafka", "/topic", () => kafkaTrigger({ now: Date.now })],
  ["mqtt", "/topic", () => mqttTrigger()],
];

/** What a broker starts with, when it goes on with zeros for ever: the head of something that is 2 GiB long. */
const HEADS: { readonly [scheme: string]: readonly number[] } = {
  amqp: [1, 0, 0, 0x7f, 0xff, 0xff, 0xff],
  kafka: [0x7f, 0xff, 0xff, 0xff],
  mqtt: [0x20, 0xff, 0xff, 0xff, 0x7f],
};

for (const [scheme, path, make] of KINDS) {
  const manners: { readonly [name: string]: (socket: Socket) => void } = {
    "says nothing": () => {},
    "hangs up": (socket) => socket.destroy(),
    "speaks HTTP": (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"),
    "sends without end": (socket) => {
      socket.write(Uint8Array.from(HEADS[scheme] ?? []));
      const chunk = new Uint8Array(64 * 1024);
      const more = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on("drain", more);
      more();
    },
  };
  for (const [name, take] of Object.entries(manners)) {
    test(`${scheme}: who ${name} costs an attempt its time, and little memory`, async () => {
      const taken: number[] = [];
      const server = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        socket.on("close", () => taken.push(socket.bytesWritten));
        socket.once("data", () => take(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      assert.ok(address !== null && typeof address === "object");
      const trigger = make();
      const target = { urn: `${scheme}://127.0.0.1:${address.port}${path}` };
      const before = performance.now();
      const results = await Promise.all(
        Array.from(
          { length: ATTEMPTS },
          (_, n) => trigger.send(deliveryTo(target, { attempt: n + 1, connectMs: 500, totalMs: TOTAL_MS }), NEVER),
        ),
      );
      assert.ok(performance.now() - before < TOTAL_MS * 4);
      for (const result of results) {
        assert.ok(result.kind === "failed" && result.retryable, JSON.stringify(result));
        assert.match(result.error, /127\.0\.0\.1/);
      }
      await trigger.close();
      await new Promise((resolve) => server.close(resolve));
      assert.ok(Math.max(...taken) < TAKEN_MAX_BYTES, `took ${Math.max(...taken)} bytes`);
    });
  }
}
