import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { serve } from "../../src/api/serve.ts";
import { withWorld } from "../api/world.ts";
import { chanceOf } from "../chance.ts";
import { RAW_MESSAGES, type RawAnswer, type RawMessage, rawMessage, sendRaw } from "../raw-messages.ts";

/** Those that are changed, beside the known ones. */
const CHANGED = Number(globalThis.process?.env.METRONOME_RAW ?? 400);
const SEED = Number(globalThis.process?.env.METRONOME_SEED ?? 20_261_128);
/** A head that does not end is waited for for 10 s, a body for 30 s. */
const PATIENCE_MS = 45_000;
const AT_ONCE = 64;

test(`whatever comes over a socket is answered by none of 5xx, and the connection ends: ${CHANGED} made up ones too`, () =>
  withWorld(async ({ api }) => {
    const { fetch, upgrade } = api;
    const serving = await serve({ fetch, upgrade, hostname: "127.0.0.1", port: 0 });
    const chance = chanceOf(SEED);
    const messages = [...RAW_MESSAGES, ...Array.from({ length: CHANGED }, () => rawMessage(chance))];
    const counts: Record<number, number> = {};
    try {
      const next = messages.entries();
      const lane = async () => {
        for (const [n, message] of next) {
          const answer = await sendRaw(serving.port, message, PATIENCE_MS);
          check(answer, message, `seed ${SEED}, ${n}, ${message.name}`);
          for (const status of answer.statuses) counts[status] = (counts[status] ?? 0) + 1;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      const health = await globalThis.fetch(`${serving.url}/healthz`, { headers: { connection: "close" } });
      assert.equal(health.status, 200);
      await health.body?.cancel();
    } finally {
      await serving.close();
    }
    console.log(`seed ${SEED}: ${JSON.stringify(counts)}`);
  }));

function check({ statuses, isEnded }: RawAnswer, { bytes }: RawMessage, told: string): void {
  const shown = JSON.stringify(String.fromCharCode(...bytes.subarray(0, 300)));
  assert.ok(isEnded, `${told}: the connection is open after ${PATIENCE_MS} ms: ${shown}`);
  assert.ok(statuses.every((status) => status < 500), `${told}: ${statuses} ${shown}`);
}

test("what is smuggled behind a body is no request", () =>
  withWorld(async ({ api }) => {
    let asked = 0;
    const serving = await serve({
      ...{ hostname: "127.0.0.1", port: 0 },
      fetch(request, connection) {
        if (request.headers.has("x-smuggled")) asked++;
        return api.fetch(request, connection);
      },
    });
    try {
      const names = ["two lengths", "a list of lengths", "CL.TE", "TE.CL", "TE.TE"];
      const messages = RAW_MESSAGES.filter(({ name, end }) =>
        end === "open" && names.includes(name.split(",")[0] ?? "")
      );
      assert.equal(messages.length, names.length);
      for (const message of messages) {
        const { statuses } = await sendRaw(serving.port, message, PATIENCE_MS);
        assert.ok(statuses.length <= 1, `${message.name}: ${statuses}`);
      }
      assert.equal(asked, 0);
    } finally {
      await serving.close();
    }
  }));

test("what is no request is answered with a problem that names what can't be read, and the connection ends", () =>
  withWorld(async ({ api: { fetch } }) => {
    const serving = await serve({ fetch, hostname: "127.0.0.1", port: 0 });
    const host = "Host: localhost\r\n";
    try {
      for (
        const [text, status, field] of [
          ["no request\r\n\r\n", 400, "headers"],
          [`GET /healthz HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400, "headers"],
          [`GET /healthz HTTP/1.1\r\n${host}X: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers"],
          ["GET /healthz HTTP/1.1\r\n\r\n", 400, "Host"],
        ] as const
      ) {
        const answer = await heard(serving.port, text);
        const [head = "", body = ""] = answer.split("\r\n\r\n");
        assert.match(head, new RegExp(`^HTTP/1.1 ${status} `), text.slice(0, 60));
        assert.match(head, /\r\ncontent-type: application\/problem\+json(?:\r\n|$)/i);
        assert.deepEqual([JSON.parse(body).status, JSON.parse(body).field], [status, field]);
      }
    } finally {
      await serving.close();
    }
  }));

/** All that comes until the connection ends. */
async function heard(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}
