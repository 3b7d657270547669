// One deed for many tasks: done to each as its own route does it, and said of each.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as shapes from "../../src/api/description/shapes.ts";
import { EACH_MAX } from "../../src/api/tasks/each.ts";
import { HOURLY, URN, withWorld } from "./world.ts";

test("one deed is done to many tasks, and each has an answer of its own", () =>
  withWorld(async ({ call, audited }) => {
    for (const id of ["a", "b/c d"]) {
      await call("POST tasks", { body: { id: id.replace(" ", "-"), schedule: HOURLY, target: URN } });
    }
    const each = async (body: object) => {
      const { status, body: answer } = await call("POST tasks:each", { body });
      assert.equal(status, 200, JSON.stringify(answer));
      return shapes.eachAnswer.parse(answer).items.map(({ id, status, problem }) => [id, status, problem?.field]);
    };
    const ids = ["a", "nothing", "b/c-d"];
    assert.deepEqual(await each({ do: "pause", ids, with: { note: "why" } }), [
      ["a", 200, undefined],
      ["nothing", 404, "id"],
      ["b/c-d", 200, undefined],
    ]);
    const { items } = (await call("GET tasks")).body;
    assert.deepEqual(items.map(({ state }: Shown) => state), [PAUSED, PAUSED]);
    assert.equal(audited.filter(({ what }) => what === "task pause").length, 2);
    assert.deepEqual(await each({ do: "change", ids: ["a"], with: { labels: { team: "ops" } } }), [[
      "a",
      200,
      undefined,
    ]]);
    assert.deepEqual((await call("GET tasks?label=team=ops")).body.items.map(({ id }: Shown) => id), ["a"]);
    assert.deepEqual(await each({ do: "change", ids: ["a"], with: { schedule: "daily" } }), [["a", 422, "schedule"]]);
    assert.deepEqual(await each({ do: "resume", ids: ["a"] }), [["a", 200, undefined]]);
    assert.deepEqual(await each({ do: "trigger", ids: ["a"], with: { payload: 1 } }), [["a", 202, undefined]]);
    assert.deepEqual(await each({ do: "delete", ids: ["a", "b/c-d"] }), [
      ["a", 204, undefined],
      ["b/c-d", 204, undefined],
    ]);
    assert.deepEqual((await call("GET tasks")).body.items, []);
  }));

test("what can't be a deed for many is refused whole, with its field and the way out", () =>
  withWorld(async ({ call }) => {
    const refused: readonly (readonly [body: object, field: string])[] = [
      [{ do: "pauze", ids: ["a"] }, "do"],
      [{ do: "pause", ids: [] }, "ids"],
      [{ do: "pause", ids: Array.from({ length: EACH_MAX + 1 }, (_, n) => `t${n}`) }, "ids"],
      [{ do: "pause", ids: ["a", "a"] }, "ids"],
      [{ do: "pause", ids: ["a", "b c"] }, "ids.1"],
      [{ do: "change", ids: ["a"] }, "with"],
      [{ do: "delete", ids: ["a"], with: {} }, "with"],
      [{ do: "pause", ids: ["a"], with: [] }, "with"],
      [{ do: "pause", ids: ["a"], note: "x" }, "note"],
    ];
    for (const [body, field] of refused) {
      const answer = await call("POST tasks:each", { body });
      assert.deepEqual([answer.status, answer.body.field], [422, field]);
      assert.equal(shapes.eachBody.safeParse(body).success, false);
    }
  }));

test("who may not do a deed to one task may not do it to many", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const tokenOf = async (scopes: readonly string[]): Promise<string> =>
      (await call("POST tokens", { body: { name: "t", scopes } })).body.token;
    const viewer = await tokenOf(["read"]);
    const runner = await tokenOf(["read", "run"]);
    const body = { do: "delete", ids: ["a"] };
    assert.equal((await call("POST tasks:each", { body, token: viewer })).status, 403);
    assert.deepEqual((await call("POST tasks:each", { body, token: runner })).body.items[0].status, 403);
    assert.equal((await call("GET tasks/a")).status, 200);
  }));

type Shown = { readonly id: string; readonly state: unknown };

const PAUSED = { paused: true, note: "why" };
