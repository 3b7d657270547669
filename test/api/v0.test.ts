import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "node:crypto";
import { v0State } from "../../src/api/v0/v0-view.ts";
import { occurrenceId } from "../../src/core/task/occurrence.ts";
import type { Run } from "../../src/core/task/run.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import { type Call, HOURLY, type Reply, rest, URN, withWorld, type World } from "./world.ts";

const SCHEDULE = "R/2026-12-01T09:00:00Z/PT1H/ET30S";
const NAME_PATTERN = String.raw`^(?!.*[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}])\S(?:.*\S)?$`;
const ADA = { name: "ada", password: "x" };

/** A token stands alone in the header, as the seed's client writes it. */
function as(token: string): Call {
  return { headers: { authorization: token } };
}

async function signedIn(
  { call }: Pick<World, "call">,
  user = ADA,
): Promise<{ id: string; token: string; refresh: string }> {
  const made = await call("POST /user", { body: user, token: null });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const { body } = await call("POST /auth", {
    body: { type: "bearer", username: user.name, password: user.password },
    token: null,
  });
  return { id: made.body.id, token: body.token, refresh: body.refreshToken };
}

const answer = ({ status, body }: Reply) => [status, body];

test("a user signs up, signs in, is shown, and changes the password, as with the seed", () =>
  withWorld(async ({ call }) => {
    const { status, body: made } = await call("POST /user/", { body: ADA, token: null });
    assert.equal(status, 200);
    const { id, ...user } = made;
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual(user, { name: "ada", created_at: "2026-12-01T09:30:00.000Z", roles: ["admin"] });
    const wrong = { type: "bearer", username: "ada", password: "y" };
    assert.deepEqual(answer(await call("POST /auth", { body: wrong, token: null })), [401, { err: "Unknown user" }]);
    const { body: tokens } = await call("POST /auth/", { body: { ...wrong, password: "x" }, token: null });
    assert.deepEqual([Object.keys(tokens).sort(), tokens.tokenType], [
      ["refreshToken", "token", "tokenType"],
      "bearer",
    ]);
    const claims = JSON.parse(atob(tokens.token.split(".")[1]));
    assert.deepEqual(claims, {
      sub: id,
      iat: 1_796_117_400,
      exp: 1_796_121_000,
      roles: ["admin"],
      refreshToken: tokens.refreshToken,
    });
    for (const authorization of [tokens.token, `Bearer ${tokens.token}`]) {
      assert.deepEqual(answer(await call("GET /user", as(authorization))), [200, made]);
    }
    const changed = await call("PATCH /user", { body: { password: "y" }, ...as(tokens.token) });
    assert.deepEqual([changed.status, changed.body], [200, ""]);
    assert.equal((await call("POST /auth", { body: wrong, token: null })).status, 200);
    const key = await call("GET /user");
    assert.deepEqual(answer(key), [404, { err: "Not found" }], "the peer's own key is no user of the seed");
  }));

test("a name that is taken, and a body that can't be, are refused in the seed's words", () =>
  withWorld(async ({ call }) => {
    await call("PATCH settings", { body: { signUp: "open" } });
    await signedIn({ call });
    const post = async (path: string, body: unknown) => answer(await call(`POST ${path}`, { body, token: null }));
    assert.deepEqual(await post("/user", ADA), [422, [
      { field: "name", type: "duplicated", description: "name is duplicated" },
    ]]);
    assert.deepEqual(await post("/user", { name: " a ", password: "", x: 1 }), [422, [
      { field: "name", type: "pattern", description: `Does not match pattern '${NAME_PATTERN}'` },
      { field: "password", type: "string_gte", description: "String length must be greater than or equal to 1" },
      { field: "x", type: "additional_property_not_allowed", description: "Additional property x is not allowed" },
    ]]);
    assert.deepEqual(await post("/user", { name: 5 }), [422, [
      { field: "password", type: "required", description: "password is required" },
      { field: "name", type: "invalid_type", description: "Invalid type. Expected: string, given: number" },
    ]]);
    assert.deepEqual(await post("/auth", { type: "basic" }), [422, [
      { field: "type", type: "enum", description: 'type must be one of the following: "bearer", "access"' },
    ]]);
    assert.deepEqual(await post("/auth", { type: "bearer", username: "a".repeat(257) }), [422, [
      { field: "username", type: "string_lte", description: "String length must be less than or equal to 256" },
    ]]);
    assert.equal((await post("/user", "{"))[0], 400);
    assert.equal((await post("/user", `"${"x".repeat(1024 * 1024)}"`))[0], 413);
    assert.deepEqual(Object.keys((await call("POST /user", { body: "{", token: null })).body), ["err"]);
  }));

test("a token is asked for, a wrong or old one is 401, and logging out ends all that it was given out with", () =>
  withWorld(async ({ call, clock }) => {
    const { token, refresh } = await signedIn({ call });
    const [head, body, signature] = token.split(".");
    const none = btoa('{"alg":"none","typ":"JWT"}').replaceAll("=", "");
    for (
      const authorization of [
        "",
        "x",
        `${head}.${body}.`,
        `${head}.${body}.${signature?.slice(1)}`,
        `${none}.${body}.`,
        `${head}.${btoa('{"sub":"admin"}').replaceAll("=", "")}.${signature}`,
      ]
    ) {
      for (const line of ["GET /user", "GET /tasks/", "POST /task", "DELETE /task/a", "POST /auth/logout"]) {
        assert.deepEqual(answer(await call(line, as(authorization))), [401, { err: "Unauthorized" }], authorization);
      }
    }
    await clock.jump(3_600_000);
    assert.equal((await call("GET /user", as(token))).status, 401, "it lasts an hour");
    const renew = async (refreshToken: string) =>
      await call("POST /auth", { body: { type: "access", refreshToken }, token: null });
    const { body: fresh } = await renew(refresh);
    assert.equal(fresh.refreshToken, refresh);
    assert.equal((await call("GET /user", as(fresh.token))).status, 200);
    assert.deepEqual(answer(await call("POST /auth/logout", as(fresh.token))), [200, true]);
    assert.equal((await call("GET /user", as(fresh.token))).status, 401);
    assert.deepEqual(answer(await renew(refresh)), [401, { err: "No such refresh token" }]);
    assert.deepEqual(answer(await renew("nonsense")), [401, { err: "No such refresh token" }]);
  }));

test("a task is written, listed with what became of it, and deleted", () =>
  withWorld(async ({ call, clock, answer: targetAnswers }) => {
    const { id: user, token } = await signedIn({ call });
    assert.deepEqual(answer(await call("GET /tasks", as(token))), [200, null]);
    const sent = {
      id: "a",
      name: "a task",
      schedule: SCHEDULE,
      urn: "http://u:secret@localhost:3000/x",
      payload: { n: 1 },
    };
    const made = await call("POST /task", { body: sent, type: "text/plain", ...as(token) });
    const task = {
      guid: hash("sha256", `${user}a`, "hex"),
      id: "a",
      user_id: user,
      name: "a task",
      payload: { n: 1 },
      schedule: SCHEDULE,
      URN: "http://u:***@localhost:3000/x",
      created_at: "2026-12-01T09:30:00.000Z",
    };
    assert.deepEqual(answer(made), [200, task]);
    assert.equal(task.guid, taskGuid(user, "a"));
    assert.deepEqual((await call("GET /tasks/", as(token))).body, [task], "what never ran has no run");
    await clock.pass(1_800_000);
    const ran = { runAt: 1_796_119_200, runCode: 0 };
    assert.deepEqual((await call("GET /tasks", as(token))).body, [{ ...task, ...ran }]);
    targetAnswers({ kind: "failed", status: 404, error: "HTTP 404", retryable: false });
    await clock.pass(3_600_000);
    const { body: { token: later } } = await call("POST /auth", {
      body: { type: "bearer", username: "ada", password: "x" },
      token: null,
    });
    assert.equal((await call("GET /tasks", as(later))).body[0].runCode, 1);
    const edited = { ...sent, name: "other", urn: task.URN };
    assert.equal((await call("POST /task/", { body: edited, ...as(later) })).body.name, "other");
    const { body: full } = await call(`GET tasks/a?user=ada`);
    assert.deepEqual([full.name, full.target], ["other", "http://u:***@localhost:3000/x"]);
    const { body: made2 } = await call("POST /task", { body: { name: "n", schedule: HOURLY, urn: URN }, ...as(later) });
    assert.match(made2.id, /^[a-z2-9]{24}$/);
    assert.equal((await call("GET /tasks", as(later))).body.length, 2);
    for (const line of ["DELETE /task/a", "DELETE /task/a/", "DELETE /task/none", "DELETE /task/%20"]) {
      assert.deepEqual(answer(await call(line, as(later))), [200, ""], line);
    }
    assert.equal((await call("GET /tasks", as(later))).body.length, 1);
    const bad = await call("POST /task", {
      body: { name: "n", schedule: "R/2017-02-30T00:00:00Z/PT1S", urn: "x" },
      ...as(later),
    });
    assert.deepEqual([bad.status, bad.body.map(({ field, type }: Record<string, string>) => [field, type])], [422, [
      ["urn", "pattern"],
    ]]);
    const never = await call("POST /task", {
      body: { name: "n", schedule: "R/2017-02-30T00:00:00Z/PT1S", urn: URN },
      ...as(later),
    });
    assert.deepEqual([never.body[0].field, never.body[0].type], ["schedule", "pattern"]);
    await rest();
  }));

test("what the seed has no word for stays when a task is written by it", () =>
  withWorld(async ({ call }) => {
    const { token, id } = await signedIn({ call });
    const body = { id: "a", schedule: HOURLY, target: URN, labels: { site: "lyon" }, policy: { overlap: "skip" } };
    assert.equal((await call("POST tasks", { body, token })).body.user, id, "a token of the seed opens all of the API");
    await call("POST tasks/a/pause", { token });
    assert.equal(
      (await call("POST /task", { body: { id: "a", name: "b", schedule: HOURLY, urn: URN }, ...as(token) })).status,
      200,
    );
    const { body: task } = await call("GET tasks/a", { token });
    assert.deepEqual([task.name, task.labels, task.policy, task.state.paused], ["b", { site: "lyon" }, {
      overlap: "skip",
    }, true]);
  }));

test("pages of the origins of the settings may ask, with a token and without a cookie, and no others", () =>
  withWorld(async ({ call }) => {
    const board = "https://board.example";
    const { token } = await signedIn({ call });
    const ask = { "access-control-request-method": "DELETE", "access-control-request-headers": "authorization" };
    const asked = await call("OPTIONS /task/a", { headers: { origin: board, ...ask }, token: null });
    assert.equal(asked.status, 204);
    assert.deepEqual(
      ["origin", "methods", "headers", "credentials"].map((name) => asked.headers.get(`access-control-allow-${name}`)),
      [
        board,
        "GET, POST, PUT, PATCH, DELETE",
        "authorization, content-type, if-match, if-none-match, idempotency-key, prefer",
        null,
      ],
    );
    const cross = { "sec-fetch-site": "cross-site" };
    const listed = await call("GET /tasks", { headers: { origin: board, authorization: token, ...cross } });
    assert.deepEqual([listed.status, listed.headers.get("access-control-allow-origin")], [200, board]);
    const deleted = await call("DELETE /task/a", { headers: { origin: board, authorization: token, ...cross } });
    assert.equal(deleted.status, 200);
    const refused = await call("GET /tasks", { headers: { origin: board }, token: "mtr_wrong" });
    assert.deepEqual(
      [refused.status, refused.headers.get("access-control-allow-origin")],
      [401, board],
      "it can be read",
    );
    const opened = await call("POST auth/session", { body: { name: "ada", password: "x" }, token: null });
    const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
    assert.equal((await call("GET /tasks", { headers: { cookie } })).status, 200);
    assert.equal((await call("GET /tasks", { headers: { cookie, origin: board } })).status, 401);
    assert.equal((await call("DELETE /task/a", { headers: { cookie, origin: board, ...cross } })).status, 401);
    for (
      const origin of ["https://board.example:444", "http://board.example", "https://board.example.evil", "null", "*"]
    ) {
      const other = await call("OPTIONS /task/a", { headers: { origin, ...ask }, token: null });
      assert.deepEqual([other.status, other.headers.get("access-control-allow-origin")], [401, null], origin);
      const read = await call("GET /tasks", { headers: { origin, authorization: token } });
      assert.equal(read.headers.get("access-control-allow-origin"), null, origin);
      assert.equal((await call("DELETE /task/a", { headers: { origin, authorization: token } })).status, 403, origin);
    }
  }, { origins: ["https://board.example"] }));

test("each path of the seed, with a slash at its end too, lets a page of an allowed origin ask by each of its methods", () =>
  withWorld(async ({ call }) => {
    const origin = "https://board.example";
    const calls = [
      ...["POST /user", "PATCH /user", "GET /user", "POST /auth", "POST /task", "DELETE /task/a", "GET /tasks"],
      "POST /auth/logout",
    ];
    const { token } = await signedIn({ call });
    for (const line of calls.flatMap((line) => [line, `${line}/`])) {
      const [method = "", path] = line.split(" ");
      const asked = await call(`OPTIONS ${path}`, {
        headers: {
          origin,
          "access-control-request-method": method,
          "access-control-request-headers": "authorization,content-type",
        },
        token: null,
      });
      const allowed = (what: string) => asked.headers.get(`access-control-allow-${what}`)?.split(", ") ?? [];
      assert.deepEqual([asked.status, allowed("origin")], [204, [origin]], line);
      assert.ok(allowed("methods").includes(method), line);
      assert.ok(["authorization", "content-type"].every((name) => allowed("headers").includes(name)), line);
      assert.equal(allowed("credentials").length, 0);
      const sent = method === "GET" || method === "DELETE" ? {} : { body: {} };
      const headers = { origin, authorization: token, "sec-fetch-site": "cross-site" };
      const answered = await call(line, { headers, ...sent });
      assert.equal(answered.headers.get("access-control-allow-origin"), origin, line);
      const isOver = line === "POST /auth/logout/";
      assert.ok((isOver ? [401] : [200, 422]).includes(answered.status), `${line} ${answered.status}`);
    }
  }, { origins: ["https://board.example"] }));

test("a task that can't be is refused in the seed's words: its id, its size, what it does not know", () =>
  withWorld(async ({ call }) => {
    const { token } = await signedIn({ call });
    const task = { name: "n", schedule: HOURLY, urn: URN };
    const faults = async (more: object) => {
      const { status, body } = await call("POST /task", { body: { ...task, ...more }, ...as(token) });
      return [status, ...(Array.isArray(body) ? body : []).map(({ field, type }) => `${field} ${type}`)];
    };
    assert.deepEqual(await faults({ id: "a b" }), [422, "id pattern"]);
    assert.deepEqual(await faults({ id: "" }), [422, "id string_gte"]);
    assert.deepEqual(await faults({ id: "x".repeat(257) }), [422, "id string_lte"]);
    assert.deepEqual(await faults({ name: " n" }), [422, "name pattern"]);
    assert.deepEqual(await faults({ urn: undefined }), [422, "urn required"]);
    assert.deepEqual(await faults({ schedule: 5, user: "eve" }), [
      ...[422, "schedule invalid_type", "user additional_property_not_allowed"],
    ]);
    assert.deepEqual(await faults({ schedule: "R/2026-01-01T00:00:00Z/PT0S" }), [422, "schedule pattern"]);
    assert.deepEqual(await faults({ payload: "x".repeat(1024 * 1024) }), [413]);
    assert.deepEqual((await call("POST /task", { body: task, ...as(token) })).body.payload, null);
    assert.deepEqual((await call("PUT /task", { body: task, ...as(token) })).body, {
      err: "This path knows POST.",
    });
  }));

test("what became of a run is told with the seed's id, times and codes", () => {
  const guid = taskGuid("u", "a");
  const at = instant(1_796_119_200_000);
  const attempt = { n: 1, peer: "p", startedAt: instant(at + 5), endedAt: instant(at + 1_250), status: 200 };
  const run: Run = {
    ...{ id: occurrenceId(guid, at), guid, user: "u", task: "a", instant: at, state: "settled" },
    ...{ outcome: "delivered", attempts: [attempt], settledAt: instant(at + 1_251) },
  };
  const state = {
    ...{ id: hash("sha256", `${guid}1796119200`, "hex"), taskGUID: guid, userID: "u", at: 1_796_119_200 },
    ...{ doneAt: 1_796_119_201, duration: 1_245_000, URN, state: 0 },
  };
  assert.deepEqual(v0State(run, URN), state);
  for (const [outcome, code] of [["failed", 1], ["expired", 2], ["missed", 2], ["skipped", 2]] as const) {
    assert.deepEqual(v0State({ ...run, outcome }, URN), { ...state, state: code });
  }
  const { outcome: _, ...open } = run;
  assert.equal(v0State(open, URN), undefined);
});
