import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, rest, URN, withWorld } from "./world.ts";

const TYPE = "application/x-ndjson";
const line = (id: string, more: object = {}) =>
  JSON.stringify({ id, schedule: HOURLY, target: URN, state: { paused: true }, ...more });

type Answer = {
  line: number;
  status: number;
  id?: string;
  problem?: { status: number; detail: string; field?: string };
};
const answersOf = (body: string): Answer[] =>
  body.split("\n").filter((text) => text !== "").map((text) => JSON.parse(text));

test("two thousand lines with bad ones among them are answered each, in order", () =>
  withWorld(async ({ call }) => {
    const expected: (readonly [number, number, string | undefined])[] = [];
    const lines = Array.from({ length: 2_000 }, (_, i) => {
      const number = i + 1;
      if (number % 100 === 1) {
        expected.push([number, 400, undefined]);
        return "{not json";
      }
      if (number % 100 === 2) {
        expected.push([number, 422, undefined]);
        return line(`task-${number}`, { schedule: "never" });
      }
      if (number % 100 === 3) return "  \r";
      const isAgain = number % 100 === 5;
      const id = isAgain ? `task-${number - 1}` : `task-${number}`;
      expected.push([number, isAgain ? 200 : 201, id]);
      return line(id);
    });
    const { status, headers, body } = await call("POST tasks:batch", { type: TYPE, body: lines.join("\n") });
    assert.deepEqual([status, headers.get("content-type")], [200, TYPE]);
    const answers = answersOf(body);
    assert.deepEqual(answers.map(({ line, status, id }) => [line, status, id]), expected);
    assert.equal(answers[1]?.problem?.field, "schedule");
    for (const { status, problem } of answers) assert.equal(problem?.status, status > 201 ? status : undefined);
    assert.equal((await call("GET tasks?limit=500")).body.items.length, 500);
  }));

test("an import twice is an import once, and an export is an import", () =>
  withWorld(async ({ call }) => {
    const lines = ["a", "b", "c"].map((id) =>
      line(id, { labels: { site: "lyon" }, payload: { id }, state: { paused: id === "a" } })
    );
    await call("POST tasks:batch", { type: TYPE, body: lines.join("\n") });
    const before = (await call("GET tasks")).body;
    const exported = await call("GET tasks:export");
    assert.equal(exported.headers.get("content-type"), TYPE);
    assert.deepEqual(exported.body.trim().split("\n").map((text: string) => JSON.parse(text))[0], {
      id: "a",
      name: "a",
      schedule: HOURLY,
      target: URN,
      payload: { id: "a" },
      policy: {},
      labels: { site: "lyon" },
      state: { paused: true },
    });
    const again = await call("POST tasks:batch", { type: TYPE, body: exported.body });
    assert.deepEqual(answersOf(again.body).map(({ status }) => status), [200, 200, 200]);
    assert.deepEqual((await call("GET tasks")).body, before);
    await withWorld(async (other) => {
      await other.call("POST tasks:batch", { type: TYPE, body: exported.body });
      assert.equal((await other.call("GET tasks:export")).body, exported.body);
    });
    assert.deepEqual([(await call("HEAD tasks:export")).status, (await call("HEAD tasks:export")).body], [200, ""]);
  }));

test("a line without an id makes a task of its own", () =>
  withWorld(async ({ call }) => {
    const nameless = JSON.stringify({ schedule: HOURLY, target: URN });
    const answers = answersOf(
      (await call("POST tasks:batch", { type: TYPE, body: `${nameless}\n${nameless}\n` })).body,
    );
    assert.deepEqual(answers.map(({ status }) => status), [201, 201]);
    assert.notEqual(answers[0]?.id, answers[1]?.id);
  }));

test("a line that is too long, not UTF-8 or too deep is refused, and the others go on", () =>
  withWorld(async ({ call }) => {
    const parts = [
      line("a"),
      line("long", { payload: "x".repeat(512 * 1024) }),
      line("b", { payload: "x".repeat(255 * 1024) }),
      line("large", { payload: "x".repeat(300 * 1024) }),
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      '"text"',
      line("c"),
    ].map((text) => new TextEncoder().encode(text + "\n"));
    parts.splice(6, 0, Uint8Array.of(0x22, 0xff, 0xfe, 0x22, 0x0a));
    const answers = answersOf((await call("POST tasks:batch", { type: TYPE, body: chunked(parts) })).body);
    assert.deepEqual(answers.map(({ line, status }) => [line, status]), [
      [1, 201],
      [2, 413],
      [3, 201],
      [4, 422],
      [5, 400],
      [6, 422],
      [7, 400],
      [8, 201],
    ]);
    assert.equal(answers[3]?.problem?.field, "payload");
  }));

test("lines come in pieces of any size", () =>
  withWorld(async ({ call }) => {
    const text = new TextEncoder().encode(`${line("é-1")}\r\n\n${line("☃-2")}`);
    for (const size of [1, 2, 7]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.subarray(i * size, (i + 1) * size));
      const answers = answersOf((await call("POST tasks:batch", { type: TYPE, body: chunked(pieces) })).body);
      assert.deepEqual(answers.map(({ line, id }) => [line, id]), [[1, "é-1"], [3, "☃-2"]]);
    }
  }));

test("no more is read than there is room for, and nothing after the client has gone", () =>
  withWorld(async ({ fetch }) => {
    let pulled = 0;
    let isCancelled = false;
    const answerMaxBytes = 8 * 1024 * 1024;
    const bad = new TextEncoder().encode(`{"id":${"x".repeat(10)}\n`.repeat(1_000));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1_000;
        controller.enqueue(bad);
      },
      cancel() {
        isCancelled = true;
      },
    });
    const response = await fetch("POST tasks:batch", { type: TYPE, body });
    let last = -1;
    while (pulled !== last) {
      last = pulled;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const reader = response.body?.getReader();
    const first = await reader?.read();
    const bytesEach = (first?.value?.length ?? 0) / (new TextDecoder().decode(first?.value).split("\n").length - 1);
    assert.ok(
      pulled * bytesEach < answerMaxBytes * 1.5,
      `${pulled} lines were read with nobody fetching their answers`,
    );
    await reader?.cancel();
    await rest();
    assert.ok(isCancelled);
  }));

test("an empty batch is answered with nothing", () =>
  withWorld(async ({ call }) => {
    for (const body of ["", "\n\n", undefined]) {
      const reply = await call("POST tasks:batch", {
        type: TYPE,
        ...(body === undefined ? { headers: { "content-type": TYPE } } : { body }),
      });
      assert.deepEqual([reply.status, reply.body], [200, ""]);
    }
  }));

function chunked(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}
