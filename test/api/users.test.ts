import assert from "node:assert/strict";
import { test } from "node:test";
import { needOf } from "../../src/api/access/rules.ts";
import { openapi } from "../../src/api/description/openapi.ts";
import { ROLES, type Scope, SCOPES, SCOPES_OF } from "../../src/core/people/user.ts";
import { CODE, HOURLY, PASSWORD, type Person, person, type Reply, URN, withWorld } from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };

const detail = ({ status, body }: Reply) => [status, body.field];

test("the first to sign up is an admin, and then nobody does", () =>
  withWorld(async ({ call }) => {
    const body = { name: "ada", password: PASSWORD };
    assert.deepEqual((await call("GET auth", { token: null })).body, {
      signUp: "first",
      canSignUp: true,
      user: null,
      scopes: [],
    });
    const far = await call("POST users", { body, token: null, remote: "10.0.0.1" });
    assert.deepEqual(detail(far), [403, "code"], "a stranger on the network is not the first by being quick");
    const [one, two] = await Promise.all(
      ["ada", "bob"].map((name) => call("POST users", { body: { name, password: PASSWORD }, token: null })),
    );
    assert.deepEqual([one?.status, two?.status].sort(), [201, 403]);
    const first = one?.status === 201 ? one : two;
    const { id, createdAt, ...user } = first?.body ?? {};
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(createdAt, "2026-12-01T09:30:00.000Z");
    assert.deepEqual({ ...user, name: "" }, {
      name: "",
      role: "admin",
      quota: { tasks: null, payloadBytes: null, firesPerMinute: null },
    });
    assert.deepEqual(detail(await call("POST users", { body: { ...body, name: "eve" }, token: null })), [403, "name"]);
    assert.equal((await call("GET auth", { token: null })).body.canSignUp, false);
  }));

test("from elsewhere, the first signs up with the code of the first start", () =>
  withWorld(async ({ call }) => {
    const body = { name: "ada", password: PASSWORD, code: CODE };
    const wrong = await call("POST users", { body: { ...body, code: "x" }, token: null, remote: "10.0.0.1" });
    assert.deepEqual(detail(wrong), [403, "code"]);
    assert.equal((await call("POST users", { body, token: null, remote: "10.0.0.1" })).body.role, "admin");
  }));

test("who may sign up is a setting of the mesh: open, invited, nobody", () =>
  withWorld(async ({ call }) => {
    const signUp = (name: string, more = {}) =>
      call("POST users", { body: { name, password: PASSWORD, ...more }, token: null });
    assert.equal((await call("PATCH settings", { body: { signUp: "open" } })).body.signUp, "open");
    assert.equal((await signUp("ada")).body.role, "editor");
    assert.deepEqual(detail(await signUp("ada")), [409, "name"]);
    await call("PATCH settings", { body: { signUp: "closed" } });
    assert.deepEqual(detail(await signUp("bob")), [403, "name"]);
    await call("PATCH settings", { body: { signUp: "invite" } });
    assert.deepEqual(detail(await signUp("bob")), [403, "invite"]);
    const { body: made } = await call("POST invites", { body: { role: "runner" } });
    assert.deepEqual([(await call("GET invites")).body.items.length, made.role], [1, "runner"]);
    assert.equal((await call("GET tasks", { token: made.invite })).status, 401, "an invitation is no token");
    assert.equal((await signUp("bob", { invite: made.invite })).body.role, "runner");
    assert.deepEqual(detail(await signUp("eve", { invite: made.invite })), [403, "invite"], "once");
    const { body: other } = await call("POST invites");
    assert.equal((await call(`DELETE invites/${other.id}`)).status, 204);
    assert.deepEqual(detail(await signUp("eve", { invite: other.invite })), [403, "invite"]);
    assert.equal((await call("PATCH settings", { body: { signUp: "opne" } })).body.suggestion, "open");
  }));

test("each user sees only their own tasks and runs; an admin sees all, or those of one", () =>
  withWorld(async (world) => {
    const { call, clock } = world;
    const ada = await person(world, "ada");
    const bob = await person(world, "bob");
    for (const token of [ada.token, bob.token]) {
      assert.equal((await call("POST tasks", { body: TASK, token })).status, 201, "ids are each user's own");
    }
    await call("POST tasks", { body: { ...TASK, id: "b" }, token: bob.token });
    await clock.pass(1_800_000);
    const ids = ({ body }: Reply) => body.items.map(({ user, id, task }: Record<string, string>) => [user, task ?? id]);
    const own = [[ada.id, "a"]];
    assert.deepEqual(ids(await call("GET tasks", { token: ada.token })), own);
    assert.deepEqual(ids(await call("GET runs", { token: ada.token })), own);
    assert.equal((await call("GET tasks")).body.items.length, 3);
    assert.deepEqual(ids(await call("GET tasks?user=ada")), own);
    assert.deepEqual(ids(await call(`GET runs?user=${ada.id}`)), own);
    assert.equal((await call("GET tasks/a?user=ada")).body.user, ada.id);
    assert.deepEqual(detail(await call("GET tasks?user=eve")), [404, "user"]);
    assert.deepEqual(ids(await call("GET tasks?user=ada", { token: ada.token })), own);
    assert.deepEqual(detail(await call("GET tasks?user=bob", { token: ada.token })), [403, "user"]);
    const { body: { items: [run] } } = await call("GET runs?user=bob");
    for (const path of ["tasks/b", "tasks/b/runs", "tasks/b/next", "tasks/b/explain", `runs/${run.id}`]) {
      assert.equal((await call(`GET ${path}`, { token: ada.token })).status, 404, path);
      assert.equal(
        (await call(`GET ${path}`, { token: bob.token })).status,
        path === `runs/${run.id}` ? 200 : 200,
        path,
      );
    }
    for (const path of ["trigger", "pause", "resume", "cancel"]) {
      assert.equal((await call(`POST tasks/b/${path}`, { token: ada.token })).status, 404, path);
    }
    assert.equal((await call("DELETE tasks/b", { token: ada.token })).status, 404);
    const exported = async (token?: string) =>
      (await call("GET tasks:export", token === undefined ? {} : { token })).body.trim().split("\n").length;
    assert.deepEqual([await exported(ada.token), await exported(bob.token), await exported()], [1, 2, 3]);
  }));

test("an event stream tells each user what is theirs", () =>
  withWorld(async (world) => {
    const { call, fetch } = world;
    const [ada, bob] = [await person(world, "ada"), await person(world, "bob")];
    const tell = async (token?: string) => {
      const { body } = await fetch("GET events", token === undefined ? {} : { token });
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      assert.ok(reader !== undefined);
      let text = "";
      return {
        async until(word: string) {
          while (!text.includes(word)) text += (await reader.read()).value ?? "";
          return text;
        },
        cancel: () => reader.cancel(),
      };
    };
    const streams = [await tell(ada.token), await tell(bob.token), await tell()];
    await call("POST tasks", { body: { ...TASK, id: "of-ada" }, token: ada.token });
    await call("POST tasks", { body: { ...TASK, id: "of-bob" }, token: bob.token });
    await call("DELETE tasks/of-bob", { token: bob.token });
    await call("POST tasks", { body: { ...TASK, id: "last" }, token: ada.token });
    const [toAda, toBob, toAdmin] = await Promise.all([
      streams[0]?.until('"last"'),
      streams[1]?.until("removed"),
      streams[2]?.until('"last"'),
    ]);
    assert.ok(!toAda?.includes("of-bob"));
    assert.ok(!toBob?.includes("of-ada"));
    assert.ok(toAdmin?.includes("of-ada") && toAdmin.includes("of-bob"));
    for (const stream of streams) await stream.cancel();
  }));

test("a password opens a session and a token, is changed with the old one, and the new one ends what was open", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada");
    const signIn = async (password: string) => {
      const reply = await call("POST auth/session", { body: { name: "ada", password }, token: null });
      return { status: reply.status, cookie: reply.headers.get("set-cookie")?.split(";")[0] ?? "" };
    };
    assert.equal((await signIn("wrong")).status, 401);
    assert.equal((await call("POST auth/token", { body: { name: "eve", password: "x" }, token: null })).status, 401);
    const [one, two] = [await signIn(PASSWORD), await signIn(PASSWORD)];
    assert.deepEqual([one.status, two.status], [204, 204]);
    const seen = await call("GET auth/session", { headers: { cookie: one.cookie } });
    assert.deepEqual([seen.body.user, seen.body.name, seen.body.role], [ada.id, "ada", "editor"]);
    assert.deepEqual((await call("GET auth", { headers: { cookie: one.cookie } })).body.user, {
      id: ada.id,
      name: "ada",
      role: "editor",
    });
    const change = (body: object) => call("PATCH users/me", { body, headers: { cookie: one.cookie } });
    assert.deepEqual(detail(await change({ password: "another one" })), [422, "currentPassword"]);
    assert.deepEqual(detail(await change({ password: "another one", currentPassword: "no" })), [
      403,
      "currentPassword",
    ]);
    assert.deepEqual(detail(await change({ password: "short", currentPassword: PASSWORD })), [422, "password"]);
    assert.deepEqual(detail(await change({ role: "admin" })), [403, "role"]);
    assert.equal((await change({ password: "another one", currentPassword: PASSWORD })).status, 200);
    assert.equal((await call("GET tasks", { headers: { cookie: one.cookie } })).status, 200, "who changed it stays");
    assert.equal((await call("GET tasks", { headers: { cookie: two.cookie } })).status, 401);
    assert.equal((await call("GET tasks", { token: ada.token })).status, 200, "tokens stay");
    assert.equal((await signIn(PASSWORD)).status, 401);
    assert.equal((await signIn("another one")).status, 204);
    assert.equal((await call(`PATCH users/${ada.id}`, { body: { password: "set by admin" } })).status, 200);
    assert.equal((await signIn("set by admin")).status, 204);
  }));

test("a password is kept as a hash alone, and never shown", () =>
  withWorld(async (world) => {
    const { body: ada } = await world.call("POST users", { body: { name: "ada", password: PASSWORD } });
    const entity = await world.node.entity("user", ada.id);
    const stored = JSON.stringify(entity);
    assert.match(stored, /scrypt\$15\$8\$3\$/);
    assert.ok(!stored.includes(PASSWORD));
    for (const path of ["users", `users/${ada.id}`, "auth", "conflicts"]) {
      assert.doesNotMatch(JSON.stringify((await world.call(`GET ${path}`)).body), /scrypt/, path);
    }
  }));

test("who guesses a password waits, as who guesses a token", () =>
  withWorld(async (world) => {
    await person(world, "ada");
    const guess = async (path: string) =>
      (await world.call(`POST ${path}`, { body: { name: "ada", password: "guess" }, token: null, remote: "10.0.0.9" }))
        .status;
    for (let i = 0; i < 4; i++) assert.equal(await guess(i % 2 === 0 ? "auth/session" : "auth/token"), 401);
    const token = { body: { token: "guess" }, token: null, remote: "10.0.0.9" };
    assert.equal((await world.call("POST auth/session", token)).status, 401);
    for (const path of ["auth/session", "auth/token"]) assert.equal(await guess(path), 429, path);
  }));

test("a role, and what a token was made for, bound what an access does", () =>
  withWorld(async (world) => {
    const { call, fetch } = world;
    type Document = { readonly paths: { readonly [path: string]: { readonly [method: string]: unknown } } };
    const operations = Object.entries((openapi("0") as Document).paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        line: `${method.toUpperCase()} ${path.replace(/\{(id|name)\}/, "a").replace(/\{\w+\}/, "1")}`,
        need: needOf(`${method.toUpperCase()} ${path.replace("{path}", "*").replace(/\{(\w+)\}/g, ":$1")}`),
      }))
    );
    assert.deepEqual(
      operations.filter(({ need }) => need === undefined).map(({ line }) => line),
      [],
      "each is in the table",
    );
    const people = new Map<string, string>();
    for (const role of ROLES) people.set(role, (await person(world, role, role)).token);
    const admin = people.get("admin") ?? "";
    const ways: (readonly [string, string, readonly Scope[]])[] = ROLES.map((role) => [
      role,
      people.get(role) ?? "",
      SCOPES_OF[role],
    ]);
    for (const scope of SCOPES) {
      const { body } = await call("POST tokens", { body: { scopes: [scope] }, token: admin });
      ways.push([`scope ${scope}`, body.token, [scope]]);
    }
    for (const [name, token, scopes] of ways) {
      for (const { line, need = "admin" } of operations) {
        // What would end the access that asks.
        if (need === "anybody" || need === "member") continue;
        const may = scopes.includes(need);
        const body = /^(POST|PUT|PATCH)/.test(line) ? { body: { nothing: true } } : {};
        const response = await fetch(line, { token, ...body });
        // A stream has no end of its own.
        const text = response.status === 403 ? await response.text() : await response.body?.cancel();
        assert.equal(!/needs the scope/.test(text ?? ""), may, `${name}: ${line} ${response.status}`);
      }
    }
  }));

test("a token opens no more than what it was made with, nor longer", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada", "runner");
    assert.deepEqual(detail(await call("POST tokens", { body: { scopes: ["edit"] }, token: ada.token })), [
      403,
      "scopes",
    ]);
    const { body: small } = await call("POST tokens", { body: { scopes: ["read"] }, token: ada.token });
    assert.deepEqual([small.user, small.scopes], [ada.id, ["read"]]);
    assert.equal((await call("POST tasks/a/trigger", { token: small.token })).status, 403);
    const { body: smaller } = await call("POST tokens", { body: {}, token: small.token });
    assert.deepEqual(smaller.scopes, ["read"]);
    assert.deepEqual((await call("GET tokens", { token: ada.token })).body.items.length, 3);
    assert.equal((await call("DELETE tokens/" + small.id, { token: ada.token })).status, 204);
    assert.equal((await call("GET tasks", { token: smaller.token })).status, 401, "what it made ends with it");
    const bob = await person(world, "bob");
    assert.equal((await call(`DELETE tokens/${smaller.id}`, { token: bob.token })).status, 404);
    assert.deepEqual(
      (await call("GET tokens?user=ada")).body.items.map(({ user }: Person & { user: string }) => user),
      [
        ada.id,
        ada.id,
      ],
    );
  }));

test("a role that is taken away, and a user that is deleted, end what was open", () =>
  withWorld(async (world) => {
    const { call, fetch } = world;
    const ada = await person(world, "ada");
    await call("POST tasks", { body: TASK, token: ada.token });
    const { body } = await fetch("GET events", { token: ada.token });
    assert.equal((await call(`PATCH users/${ada.id}`, { body: { role: "viewer" } })).body.role, "viewer");
    assert.equal((await call("POST tasks", { body: TASK, token: ada.token })).status, 403);
    const reader = body?.getReader();
    while (!(await reader?.read())?.done);
    assert.deepEqual(detail(await call(`DELETE users/${ada.id}`)), [409, "tasks"]);
    assert.equal((await call(`DELETE users/${ada.id}?tasks=delete`)).status, 204);
    assert.equal((await call("GET tasks", { token: ada.token })).status, 401);
    assert.equal((await call("GET tasks")).body.items.length, 0);
    assert.equal((await call(`GET users/${ada.id}`)).status, 404);
    assert.deepEqual((await call("GET users")).body, { items: [], cursor: null });
    assert.equal(
      (await call("POST auth/token", { body: { name: "ada", password: PASSWORD }, token: null })).status,
      401,
    );
  }));

test("users are listed by their names, page by page, to admins", () =>
  withWorld(async (world) => {
    for (const name of ["bob", "ada", "eve"]) await person(world, name);
    const first = (await world.call("GET users?limit=2")).body;
    const second = (await world.call(`GET users?limit=2&cursor=${first.cursor}`)).body;
    const names = [...first.items, ...second.items].map(({ name }: { name: string }) => name);
    assert.deepEqual([names, second.cursor], [["ada", "bob", "eve"], null]);
  }));

test("a user has no more than its quota, by whatever way it is written, and an admin has none", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada");
    const put = (id: string, more: object = {}, token = ada.token) =>
      call("POST tasks", { body: { ...TASK, id, ...more }, token });
    assert.deepEqual((await call("GET users/me", { token: ada.token })).body.quota, {
      tasks: 10_000,
      payloadBytes: 67_108_864,
      firesPerMinute: 6_000,
    });
    await put("a");
    const quota = { tasks: 3, payloadBytes: 20, firesPerMinute: 62 };
    assert.deepEqual((await call(`PATCH users/${ada.id}`, { body: { quota } })).body.quota, quota);
    assert.deepEqual(detail(await put("b", { payload: "x".repeat(20) })), [422, "quota.payloadBytes"]);
    assert.equal((await put("b", { payload: "x".repeat(18) })).status, 201);
    assert.deepEqual(detail(await call("PATCH tasks/a", { body: { payload: 1 }, token: ada.token })), [
      422,
      "quota.payloadBytes",
    ]);
    assert.equal((await call("PATCH tasks/b", { body: { payload: 1 }, token: ada.token })).status, 200);
    const each = (period: string) => ({ schedule: `R/2026-12-01T10:00:00Z/${period}` });
    assert.deepEqual(detail(await put("c", each("PT0.5S"))), [422, "quota.firesPerMinute"]);
    assert.equal((await put("c", each("PT1S"))).status, 201);
    const seed = await call("POST /task", {
      body: { id: "d", name: "d", schedule: HOURLY, urn: URN },
      token: ada.token,
    });
    assert.equal(seed.status, 422);
    const { body: batch } = await call("POST tasks:batch", {
      body: ["d", "e"].map((id) => JSON.stringify({ ...TASK, id })).join("\n"),
      type: "application/x-ndjson",
      token: ada.token,
    });
    assert.equal(batch.match(/quota.tasks/g)?.length >= 2, true);
    assert.deepEqual(detail(await call("POST tasks/a/trigger", { token: ada.token })), [422, "quota.firesPerMinute"]);
    await call("DELETE tasks/c", { token: ada.token });
    assert.equal((await call("POST tasks/a/trigger", { token: ada.token })).status, 202);
    assert.equal((await put("d")).status, 201, "what is gone counts no more");
    assert.deepEqual((await call("PATCH settings", { body: { quota: { tasks: 1 } } })).body.quota.tasks, 1);
    const bob = await person(world, "bob");
    assert.equal((await put("a", {}, bob.token)).status, 201);
    assert.deepEqual(detail(await put("b", {}, bob.token)), [422, "quota.tasks"]);
    assert.equal((await call("PUT tasks/a", { body: TASK, token: bob.token })).status, 200, "it is the same one");
    const eve = await person(world, "eve", "admin");
    for (const id of ["a", "b"]) assert.equal((await put(id, {}, eve.token)).status, 201);
  }));

test("a user and the settings are changed as they were read, and of changes made at once none is lost", () =>
  withWorld(async (world) => {
    const { call } = world;
    const { id } = await person(world, "ada");
    for (const path of [`users/${id}`, "settings"]) {
      const etag = (await call(`GET ${path}`)).headers.get("etag") ?? "";
      const known = await call(`GET ${path}`, { headers: { "if-none-match": etag } });
      assert.deepEqual([known.status, known.body], [304, ""], path);
      const quota = (limit: object, tag?: string) =>
        call(`PATCH ${path}`, {
          body: { quota: limit },
          ...(tag === undefined ? {} : { headers: { "if-match": tag } }),
        });
      const first = await quota({ tasks: 1 }, etag);
      assert.equal(first.status, 200);
      assert.equal((await call(`GET ${path}`)).headers.get("etag"), first.headers.get("etag"));
      assert.deepEqual(detail(await quota({ tasks: 2 }, etag)), [412, "If-Match"], path);
      assert.deepEqual(detail(await quota({ tasks: 2 }, "abc")), [400, "If-Match"], path);
      assert.equal((await quota({ tasks: 3 }, `"x", ${first.headers.get("etag")}`)).status, 200);
      assert.equal((await quota({ tasks: 4 }, "*")).status, 200);
      const [one, two] = await Promise.all([quota({ payloadBytes: 5 }), quota({ firesPerMinute: 6 })]);
      assert.deepEqual([one?.status, two?.status], [200, 200], path);
      assert.deepEqual((await call(`GET ${path}`)).body.quota, { tasks: 4, payloadBytes: 5, firesPerMinute: 6 }, path);
    }
    const etag = (await call(`GET users/${id}`)).headers.get("etag") ?? "";
    assert.equal((await call("PATCH settings", { body: { quota: { tasks: null } } })).status, 200);
    await call(`PATCH users/${id}`, { body: { role: "viewer" } });
    assert.deepEqual(detail(await call(`DELETE users/${id}`, { headers: { "if-match": etag } })), [412, "If-Match"]);
    assert.equal((await call(`DELETE users/${id}`, { headers: { "if-match": "*" } })).status, 204);
  }));
