// What looks the same is one: an id or a name that can be written in more than one way is kept in one, and found by all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, PASSWORD, person, URN, withWorld } from "./world.ts";

/** `é` as one character, and as two; as no test file that is put in order would keep them. */
const [ONE, TWO] = ["caf\u00e9", "cafe\u0301"];

test("a task's id that is written in two ways is one task, wherever it is named", () =>
  withWorld(async ({ call, clock, answer }) => {
    const at = (id: string) => `tasks/${encodeURIComponent(id)}`;
    const made = await call("POST tasks", { body: { id: TWO, schedule: HOURLY, target: URN } });
    assert.deepEqual([made.status, made.body.id], [201, ONE]);
    assert.equal((await call("POST tasks", { body: { id: ONE, schedule: HOURLY, target: URN } })).status, 409);
    assert.equal((await call(`PUT ${at(TWO)}`, { body: { id: ONE, schedule: HOURLY, target: URN } })).status, 200);
    const lines = [ONE, TWO].map((id) => JSON.stringify({ id, schedule: HOURLY, target: URN })).join("\n");
    await call("POST tasks:batch", { body: lines, type: "application/x-ndjson" });
    assert.equal((await call("GET tasks")).body.items.length, 1);
    answer({ kind: "failed", error: "answered 400", status: 400, retryable: false });
    await clock.pass(3_600_000);
    for (const id of [ONE, TWO]) {
      const list = async (line: string) => (await call(`${line}${encodeURIComponent(id)}`)).body.items.length;
      assert.deepEqual([id.length, (await call(`GET ${at(id)}`)).status], [id.length, 200]);
      assert.deepEqual([await list("GET runs?task="), await list("GET dead-letters?task=")], [1, 1]);
    }
    const seed = { id: TWO, name: "n", schedule: "R/2026-01-01T00:00:00Z/PT1H", urn: URN };
    assert.equal((await call("POST /task", { body: seed })).body.id, ONE);
    assert.equal((await call(`DELETE ${at(TWO)}`)).status, 204);
    assert.equal((await call(`GET ${at(ONE)}`)).status, 404);
    // Its length counts as it is kept; the form of what is far too long is not looked for.
    const long = "e\u0301".repeat(200);
    assert.equal((await call("POST tasks", { body: { id: long, schedule: HOURLY, target: URN } })).body.field, "id");
    assert.equal(
      (await call("POST tasks", { body: { id: long.slice(0, 256), schedule: HOURLY, target: URN } })).status,
      201,
    );
  }));

test("two names that look the same are not two users, and each way of writing one signs in", () =>
  withWorld(async ({ call }) => {
    const add = async (name: string) => await call("POST users", { body: { name, password: PASSWORD } });
    const made = await add(TWO);
    assert.deepEqual([made.status, made.body.name], [201, ONE]);
    assert.equal((await add(ONE)).status, 409);
    assert.equal((await add("Ada Lovelace")).status, 201);
    for (const same of ["Ada\u00a0Lovelace", "Ada  Lovelace", "Ada\u2003Lovelace"]) {
      assert.equal((await add(same)).status, 409, JSON.stringify(same));
    }
    for (const unseen of ["caf\u00e9\ufe0f", "a\u3164b", "a\u200bb", "a\u2028b", "a\u202eb"]) {
      const refused = await add(unseen);
      assert.deepEqual([refused.status, refused.body.field], [422, "name"], JSON.stringify(unseen));
    }
    for (const name of [ONE, TWO]) {
      assert.equal((await call("POST auth/token", { body: { name, password: PASSWORD }, token: null })).status, 201);
      assert.equal((await call(`GET tasks?user=${encodeURIComponent(name)}`)).status, 200);
      const login = { type: "bearer", username: name, password: PASSWORD };
      assert.equal((await call("POST /auth", { body: login, token: null })).status, 200);
    }
    await call("PATCH settings", { body: { signUp: "open" } });
    const twin = await call("POST /user", { body: { name: TWO, password: PASSWORD }, token: null });
    assert.match(JSON.stringify(twin.body), /duplicated/);
    const ignorable = await call("POST /user", { body: { name: "a\ufe0f", password: PASSWORD }, token: null });
    assert.match(JSON.stringify(ignorable.body), /pattern/);
  }));

test("a name whose looks depend on nobody's keyboard stays as it is", () =>
  withWorld(async (world) => {
    await person(world, "\u4e2d\u6587 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u{1f600}");
    const { items } = (await world.call("GET users")).body;
    assert.equal(items[0].name, "\u4e2d\u6587 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u{1f600}");
  }));
