// What an attempt over real HTTP leaves to be looked at.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivery } from "../../src/core/delivery/delivery.ts";
import type { Exchange } from "../../src/core/task/exchange.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import { instant } from "../../src/core/values/instant.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import { answerOf, rawServer } from "../contract/trigger-server.ts";

const NEVER = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };

async function exchanged(
  answer: Parameters<typeof rawServer>[0],
  more: { readonly headers?: { readonly [name: string]: string }; readonly totalMs?: number; readonly url?: string } =
    {},
): Promise<readonly { readonly exchange: Exchange; readonly isGood: boolean }[]> {
  await using server = await rawServer(answer);
  const kept: { exchange: Exchange; isGood: boolean }[] = [];
  const trigger = httpTrigger({ now: Date.now, keep: (exchange, { isGood }) => void kept.push({ exchange, isGood }) });
  const delivery: Delivery = {
    ...{ id: "0".repeat(32) as OccurrenceId, attempt: 1, task: "t", instant: instant(1_000), toleranceMs: 60_000 },
    target: { urn: more.url ?? server.url, ...(more.headers === undefined ? {} : { headers: more.headers }) },
    payload: { secret: "canary-1234" },
    ...{ connectMs: 5_000, totalMs: more.totalMs ?? 5_000 },
  };
  await trigger.send(delivery, NEVER);
  await trigger.close();
  return kept;
}

test("request and answer are kept, with their times, and no secret of the target's is in them", async () => {
  const body = `no canary-1234 here, <script>${"x".repeat(100_000)}`;
  const [kept] = await exchanged(() => answerOf(503, { headers: "x-a: 1\r\nset-cookie: s=1\r\n", body }), {
    headers: { "x-api-key": "canary-1234", authorization: "Bearer canary-1234" },
  });
  assert.ok(kept !== undefined && !kept.isGood);
  const { request, response, timings } = kept.exchange;
  assert.deepEqual([request.method, request.body], ["POST", { text: '{"secret":"***"}', bytes: 24 }]);
  assert.deepEqual(request.headers.filter(([name]) => /key$|authorization/.test(name)), [
    ["x-api-key", "***"],
    ["authorization", "***"],
    ["idempotency-key", "0".repeat(32)],
  ]);
  assert.deepEqual(response?.headers, [["x-a", "1"], ["set-cookie", "***"], ["content-length", String(body.length)]]);
  assert.deepEqual([response?.status, response?.body?.bytes], [503, body.length]);
  assert.match(response?.body?.text ?? "", /^no \*\*\* here, <script>x+$/);
  assert.equal((response?.body?.text ?? "").length, 64 * 1024 - "canary-1234".length + 3);
  assert.ok(!JSON.stringify(kept).includes("canary"));
  assert.ok(timings.made !== undefined && timings.made.connect <= timings.connection, JSON.stringify(timings));
  assert.ok(timings.wait !== undefined && timings.read !== undefined);
});

test("a good answer leaves its body; without one, and when nothing was sent, there is nothing to see", async () => {
  const [kept] = await exchanged(() => answerOf(200, { body: "thanks" }));
  assert.deepEqual([kept?.isGood, kept?.exchange.response?.body], [true, { text: "thanks", bytes: 6 }]);
  assert.deepEqual(await exchanged(() => answerOf(200)), []);
  assert.deepEqual(await exchanged(() => answerOf(200), { url: "http://127.0.0.1:1/" }), []);
});

test("what is no text is shown as hex, and a request without an answer for itself", async () => {
  const [binary] = await exchanged((_, socket) => {
    socket.write(Buffer.from("HTTP/1.1 500 \r\ncontent-length: 3\r\n\r\n\0\xff\x01", "latin1"));
  });
  assert.deepEqual(binary?.exchange.response?.body, { text: "00ff01", isHex: true, bytes: 3 });
  const [silent] = await exchanged(() => {}, { totalMs: 300 });
  assert.deepEqual([silent?.exchange.request.method, silent?.exchange.response], ["POST", undefined]);
});
