import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, URN, withWorld } from "./world.ts";

const MAX = 512 * 1024;
const LEAST = { id: "a", schedule: HOURLY, target: URN };

test("a body has half a mebibyte, to the byte, declared or not", () =>
  withWorld(async ({ call }) => {
    const frame = JSON.stringify({ ...LEAST, name: "" }).length;
    for (const [length, status] of [[MAX, 422], [MAX + 1, 413]] as const) {
      const body = JSON.stringify({ ...LEAST, name: "x".repeat(length - frame) });
      assert.equal(body.length, length);
      assert.equal((await call("POST tasks", { body })).status, status, `${length} bytes`);
      assert.equal((await call("POST tasks", { body: pieces(body) })).status, status, `${length} bytes in pieces`);
      assert.equal((await call("POST tasks", { body, headers: { "content-length": String(length) } })).status, status);
    }
    assert.equal(
      (await call("POST tasks", { body: "{}", headers: { "content-length": String(MAX + 1) } })).status,
      413,
    );
  }));

test("an endless body is not read to its end", () =>
  withWorld(async ({ call }) => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    assert.equal((await call("POST tasks", { body })).status, 413);
    assert.ok(pulled <= 2 * MAX, `${pulled} bytes were read`);
  }));

test("a payload has a quarter of a mebibyte, to the byte", () =>
  withWorld(async ({ call }) => {
    assert.equal((await call("POST tasks", { body: { ...LEAST, payload: "x".repeat(256 * 1024 - 2) } })).status, 201);
    const refused = await call("POST tasks", { body: { ...LEAST, id: "b", payload: "x".repeat(256 * 1024 - 1) } });
    assert.deepEqual([refused.status, refused.body.field], [422, "payload"]);
    assert.equal(
      (await call("POST tasks/a/trigger", { body: { payload: "x".repeat(256 * 1024 - 1) } })).body.field,
      "payload",
    );
  }));

test("what is not JSON, not an object, not UTF-8 or too deep is refused, and says where", () =>
  withWorld(async ({ call }) => {
    const deep = (depth: number) => `{"payload":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const cases: readonly (readonly [string | Uint8Array, number, number | undefined])[] = [
      ["", 400, undefined],
      ["   ", 400, undefined],
      ['{"id":', 400, undefined],
      ['{"id":"a",}', 400, 10],
      ["{'id':1}", 400, 1],
      ["null", 422, undefined],
      ["[]", 422, undefined],
      ['"x"', 422, undefined],
      [deep(32), 422, undefined],
      [deep(33), 400, undefined],
      [deep(100_000), 400, undefined],
      [Uint8Array.of(0x22, 0xff, 0x22), 400, undefined],
      ["\ufeff{}", 422, undefined],
    ];
    for (const [body, status, position] of cases) {
      const refused = await call("POST tasks", { body, type: "application/json" });
      const shown = typeof body === "string" ? body.slice(0, 20) : "bytes";
      assert.equal(refused.status, status, shown);
      assert.equal(refused.headers.get("content-type"), "application/problem+json");
      if (position !== undefined) assert.equal(refused.body.position, position, shown);
      if (status === 400) assert.equal(refused.body.field, "body", shown);
      assert.doesNotMatch(refused.body.detail, /SyntaxError|\[\[|at JSON/);
    }
    assert.equal((await call("POST tasks", { body: { ...LEAST, ...JSON.parse(deep(32)) } })).status, 201);
  }));

test("a body that is packed is refused, whatever it is packed with", () =>
  withWorld(async ({ call }) => {
    for (
      const [line, type] of [["POST tasks", "application/json"], ["POST tasks:batch", "application/x-ndjson"]] as const
    ) {
      const packed = await call(line, { body: JSON.stringify(LEAST), type, headers: { "content-encoding": "gzip" } });
      assert.deepEqual([packed.status, packed.body.field, packed.body.suggestion], [
        415,
        "Content-Encoding",
        "identity",
      ]);
      const plain = await call(line, {
        body: JSON.stringify(LEAST),
        type,
        headers: { "content-encoding": "Identity" },
      });
      assert.ok(plain.status < 300, line);
    }
  }));

test("a preview of the slowest schedule takes no longer than it may", () =>
  withWorld(async ({ call }) => {
    const began = performance.now();
    const reply = await call("POST schedules/preview", {
      body: { schedule: "R/2000-01-01T00:00:00Z/PT1S", count: 1_000 },
    });
    assert.equal(reply.status, 200);
    assert.ok(performance.now() - began < 1_000);
  }));

function pieces(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at + 10_000));
      at += 10_000;
      if (at >= bytes.length) controller.close();
    },
  });
}

test("no text costs more than its length, however it was made to", () =>
  withWorld(async ({ call }) => {
    // With a pattern that tries these in all their parts, each would take from minutes to years.
    const blanks = " ".repeat(400_000);
    const put = async (headers: Record<string, string>) => {
      const { status, body } = await call("PUT tasks/a", { body: LEAST, headers });
      return [status, body.field];
    };
    assert.deepEqual(await put({ "if-match": `"x",${blanks}y` }), [400, "If-Match"]);
    assert.deepEqual(await put({ "if-none-match": `${'"x",'.repeat(100_000)}${blanks}y` }), [400, "If-None-Match"]);
    for (
      const prefer of [
        `replicas=${blanks}"x`,
        `replicas${blanks}x`,
        `replicas="${blanks}";${blanks}"`,
        "=;,".repeat(9_999),
      ]
    ) {
      assert.equal((await call("PUT tasks/a", { body: LEAST, headers: { prefer } })).status < 500, true);
    }
    const target = { urn: URN, headers: { x: `a${blanks}b ` } };
    const refused = await call("POST tasks", { body: { ...LEAST, target } });
    assert.deepEqual([refused.status, refused.body.field, refused.body.position], [422, "target.headers.x", 400_002]);
    const seeds = { name: "a", schedule: HOURLY, urn: `${"://".repeat(21_000)} x` };
    assert.equal((await call("POST /task", { body: seeds })).body[0].field, "urn");
    const names = Object.fromEntries(Array.from({ length: 40_000 }, (_, n) => [n.toString(36), 1]));
    const many = await call("POST auth/session", { body: names, token: null });
    assert.deepEqual([many.status, many.body.errors.length], [422, 32]);
  }));
