import assert from "node:assert/strict";
import { test } from "node:test";
import { HOURLY, URN, withWorld, type World } from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };

/** What, on what, before and after, of all that was written down. */
function told({ audited }: World) {
  return audited.map(({ what, on, before, after }) => [what, on, before, after]);
}

test("each change is written down with who, what, where and when, before and after", () =>
  withWorld(async (world) => {
    const { call, audited } = world;
    await call("POST tasks", { body: TASK, remote: "10.0.0.7" });
    await call("PATCH tasks/a", { body: { name: "b", payload: 1 } });
    await call("POST tasks/a/pause", { body: { note: "n" } });
    await call("POST tasks/a/trigger");
    await call("DELETE tasks/a");
    await call("GET tasks");
    await call("POST schedules/preview", { body: { schedule: HOURLY } });
    assert.equal((await call("POST tasks", { body: {} })).status, 422, "what changes nothing is not there");
    assert.deepEqual(audited[0], {
      at: 1_796_117_400_000,
      user: "admin",
      by: "key",
      from: "10.0.0.7",
      what: "task put",
      on: "a",
      after: {
        name: "a",
        schedule: HOURLY,
        target: { urn: URN },
        payload: null,
        policy: {},
        labels: {},
        state: { paused: false },
      },
    });
    assert.deepEqual(
      told(world).slice(1),
      [
        ["task put", "a", { name: "a", payload: null }, { name: "b", payload: 1 }],
        ["task pause", "a", { state: { paused: false } }, { state: { paused: true, note: "n" } }],
        ["task trigger", "a", undefined, undefined],
        ["task remove", "a", {
          name: "b",
          schedule: HOURLY,
          target: { urn: URN },
          payload: 1,
          policy: {},
          labels: {},
          state: { paused: true, note: "n" },
        }, undefined],
      ].map(([what, on, before, after]) => [what, on, before, after]),
    );
  }));

test("what is done to users and tokens is there, without their secrets, and so is a sign-in that was refused", () =>
  withWorld(async (world) => {
    const { call } = world;
    const password = "correct horse";
    const { body: ada } = await call("POST users", { body: { name: "ada", password } });
    await call(`PATCH users/${ada.id}`, { body: { role: "viewer", password: "battery staple" } });
    await call("POST auth/session", { body: { name: "ada", password }, token: null, remote: "10.0.0.9" });
    const { body: token } = await call("POST tokens", { body: { name: "t", scopes: ["read"] } });
    await call(`DELETE tokens/${token.id}`);
    await call("PATCH settings", { body: { signUp: "closed" } });
    await call("POST peers/peer-1/drain");
    assert.deepEqual(told(world), [
      ["user make", ada.id, {}, {
        who: { name: "ada", createdAt: 1_796_117_400_000 },
        role: "editor",
        password: "***",
        quota: {},
        life: 1,
      }],
      ["user change", ada.id, { role: "editor", password: "***" }, { role: "viewer", password: "***" }],
      ["sign-in refused", ada.id, undefined, undefined],
      [
        "token make",
        token.id,
        {},
        { token: { name: "t", kind: "api", user: "admin", scopes: ["read"], expiresAt: null }, life: 1 },
      ],
      [
        "token end",
        token.id,
        { token: { name: "t", kind: "api", user: "admin", scopes: ["read"], expiresAt: null }, life: 1 },
        { token: null, life: 2 },
      ],
      ["setting change", "users", {}, { signUp: "closed", life: "***" }],
      ["request", "POST /api/v1/peers/peer-1/drain", undefined, undefined],
    ]);
    const all = JSON.stringify(world.audited);
    for (const secret of [password, "battery staple", token.token, "scrypt"]) assert.ok(!all.includes(secret), secret);
  }));

test("a password in a URN, and a header's secret, stay out of it; what is long stands as its digest", () =>
  withWorld(async (world) => {
    const target = { urn: "http://u:canary-1@localhost:3000/", headers: { "x-api-key": "canary-2" } };
    await world.call("POST tasks", { body: { ...TASK, target, payload: "x".repeat(5_000) } });
    const { after } = world.audited[0] ?? {};
    const text = JSON.stringify(after);
    assert.ok(!text.includes("canary") && /"payload":"sha256:[0-9a-f]{64}"/.test(text), text);
  }));

test("each line of a batch is written down, in the name of who sent it", () =>
  withWorld(async ({ call, audited }) => {
    const body = ["a", "b"].map((id) => JSON.stringify({ ...TASK, id })).join("\n");
    await call("POST tasks:batch", { body, type: "application/x-ndjson" });
    assert.deepEqual(audited.map(({ user, what, on }) => [user, what, on]), [
      ["admin", "task put", "a"],
      ["admin", "task put", "b"],
    ]);
  }));
