// What somebody tries who has little: a token that leaked, an account of their own, a key that was lost with a machine.
// Each of these is a way that led, or could lead, to more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sign } from "hono/jwt";
import { SESSIONS_OF_USER_MAX, TOKENS_OF_USER_MAX } from "../../src/api/access/issuer.ts";
import { createPasswords } from "../../src/api/access/password.ts";
import { issueToken, renewToken } from "../../src/api/access/token.ts";
import { digest, newToken } from "../../src/api/request/secret.ts";
import { changeUser } from "../../src/core/people/user.ts";
import { instant } from "../../src/core/values/instant.ts";
import { lineOf } from "../../src/log.ts";
import { meshed, until } from "./meshed.ts";
import {
  ADMIN_TOKEN,
  HOURLY,
  JWT_KEY,
  PASSWORD,
  PASSWORD_HASH,
  person,
  PORT,
  type Reply,
  URN,
  withWorld,
} from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };
const SELF = "/api/v1/peers/peer-1/api/v1";
const OTHER = "/api/v1/peers/peer-2/api/v1";

const detail = ({ status, body }: Reply) => [status, body.field];

function cookieIn({ headers }: Reply): string {
  return headers.get("set-cookie")?.split(";")[0] ?? "";
}

// ── what a token is good for ───────────────────────────────────────────────────────────────────────────────────────

test("a token for reading takes nothing over: no password, no other token, no user", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada");
    const weak = (await call("POST tokens", { body: { scopes: ["read"] }, token: ada.token })).body;
    const seeds = await call("PATCH /user", { body: { password: "mine now" }, token: weak.token });
    assert.equal(seeds.status, 403, "the seed's way asks for no old password");
    const own = { password: "mine now", currentPassword: "guessed" };
    assert.deepEqual(detail(await call("PATCH users/me", { body: own, token: weak.token })), [403, "currentPassword"]);
    const { body: { items } } = await call("GET tokens", { token: weak.token });
    const strong = items.find(({ scopes }: { scopes: readonly string[] }) => scopes.includes("edit"));
    assert.deepEqual(detail(await call(`DELETE tokens/${strong.id}`, { token: weak.token })), [403, "id"]);
    assert.equal((await call("GET tasks", { token: ada.token })).status, 200);
    assert.equal((await call(`DELETE tokens/${weak.id}`, { token: weak.token })).status, 204, "it may end itself");
    assert.equal(
      (await call("POST auth/token", { body: { name: "ada", password: PASSWORD }, token: null })).status,
      201,
    );
  }));

test("what is made with a token ends with it, by whatever way it was made", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada");
    const { body: short } = await call("POST tokens", { body: { scopes: ["read"] }, token: ada.token });
    const cookie = cookieIn(await call("POST auth/session", { body: { token: short.token }, token: null }));
    const made = [
      await call("POST tokens", { body: {}, token: null, headers: { cookie } }),
      await call(`POST ${SELF}/tokens`, { body: {}, token: short.token }),
      await call(`POST ${SELF}/tokens`, { body: {}, token: null, headers: { cookie } }),
    ].map(({ body }) => body.token);
    for (const token of made) assert.equal((await call("GET tasks", { token })).status, 200);
    await call(`DELETE tokens/${short.id}`, { token: ada.token });
    assert.equal((await call("GET tasks", { token: null, headers: { cookie } })).status, 401);
    for (const token of made) assert.equal((await call("GET tasks", { token })).status, 401);
  }));

test("what is made with a token of the seed's API ends when that is logged out", () =>
  withWorld(async (world) => {
    const { call } = world;
    await person(world, "ada");
    const login = { type: "bearer", username: "ada", password: PASSWORD };
    const { body: { token: jwt } } = await call("POST /auth", { body: login, token: null });
    const cookie = cookieIn(await call("POST auth/session", { body: { token: jwt }, token: null }));
    const { body: { token } } = await call("POST tokens", { body: {}, token: jwt });
    assert.equal((await call("GET tasks", { token: null, headers: { cookie } })).status, 200);
    assert.equal((await call("POST /auth/logout", { token: jwt })).body, true);
    assert.equal((await call("GET tasks", { token: null, headers: { cookie } })).status, 401);
    assert.equal((await call("GET tasks", { token })).status, 401);
  }));

test("a role goes through the mesh as it is, and a token that is made there ends with the one that made it here", async () => {
  await using world = await meshed();
  const [near, far] = world.peers;
  const eve = await person(near, "eve", "viewer");
  for (
    const [line, body] of [["POST tasks", TASK], ["POST tasks:batch", undefined], [
      "DELETE tasks/a",
      undefined,
    ]] as const
  ) {
    const [method, path] = line.split(" ");
    const sent = body === undefined ? {} : { body };
    assert.equal((await near.call(`${method} ${OTHER}/${path}`, { ...sent, token: eve.token })).status, 403, line);
  }
  for (const path of ["users", "audit", "settings", "invites", "breakers", "tasks?user=admin"]) {
    assert.equal((await near.call(`GET ${OTHER}/${path}`, { token: eve.token })).status, 403, path);
  }
  const { body: short } = await near.call("POST tokens", { body: {}, token: eve.token });
  const made = await near.call(`POST ${OTHER}/tokens`, { body: {}, token: short.token });
  assert.deepEqual([made.status, made.body.scopes], [201, ["read"]]);
  await until("it is good there", async () => (await far.call("GET tasks", { token: made.body.token })).status === 200);
  await near.call(`DELETE tokens/${short.id}`, { token: short.token });
  await until("it is no more", async () => (await far.call("GET tasks", { token: made.body.token })).status === 401);
});

test("the key of the mesh alone makes no token of the seed's API, whatever its head says", () =>
  withWorld(async (world) => {
    const { call } = world;
    const { id } = await person(world, "ada", "admin");
    const iat = 1_796_117_400;
    const claims = { sub: id, iat, exp: iat + 3_600, roles: ["admin"], refreshToken: newToken() };
    const inBase64 = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const { body: { refreshToken } } = await call("POST /auth", {
      body: { type: "bearer", username: "ada", password: PASSWORD },
      token: null,
    });
    const known = { ...claims, refreshToken };
    assert.equal((await call("GET /user", { token: await sign(known, JWT_KEY, "HS256") })).status, 200);
    const forged = [
      await sign(claims, JWT_KEY, "HS256"),
      await sign(known, JWT_KEY, "HS512"),
      await sign(known, "another key", "HS256"),
      await sign({ ...known, sub: "admin" }, JWT_KEY, "HS256"),
      await sign({ ...known, exp: iat - 1 }, JWT_KEY, "HS256"),
      await sign({ sub: id, iat, refreshToken }, JWT_KEY, "HS256"),
      ...["none", "None", "RS256", ""].map((alg) => `${inBase64({ alg, typ: "JWT" })}.${inBase64(known)}.AAAA`),
    ];
    const answers = await Promise.all(forged.map(async (token) => (await call("GET /user", { token })).status));
    assert.deepEqual(answers, forged.map(() => 401));
  }));

test("who is no admin any more lets nobody in by an invitation", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada", "admin");
    await call("PATCH settings", { body: { signUp: "invite" } });
    const { body: { invite } } = await call("POST invites", { body: { role: "admin" }, token: ada.token });
    await call(`PATCH users/${ada.id}`, { body: { role: "editor" } });
    const body = { name: "eve", password: PASSWORD, invite };
    assert.deepEqual(detail(await call("POST users", { body, token: null })), [403, "invite"]);
  }));

test("a batch and an export break off when their token is revoked", () =>
  withWorld(async (world) => {
    const { call, fetch } = world;
    const ada = await person(world, "ada");
    const login = { type: "bearer", username: "ada", password: PASSWORD };
    const { body: { token: jwt } } = await call("POST /auth", { body: login, token: null });
    const payload = "x".repeat(2_000);
    const lines = Array.from({ length: 600 }, (_, n) => JSON.stringify({ ...TASK, id: `t${n}`, payload })).join("\n");
    await call("POST tasks:batch", { body: lines, type: "application/x-ndjson", token: ada.token });
    const { body: token } = await call("POST tokens", { body: {}, token: ada.token });
    const sending = new TransformStream<Uint8Array, Uint8Array>();
    const writer = sending.writable.getWriter();
    const flows = [
      fetch("POST tasks:batch", { body: sending.readable, type: "application/x-ndjson", token: token.token }),
      fetch("GET tasks:export", { token: token.token }),
      fetch("GET /tasks", { headers: { authorization: jwt } }),
    ];
    await writer.write(new TextEncoder().encode(`${JSON.stringify(TASK)}\n`));
    const readers = (await Promise.all(flows)).map(({ body }) => body?.getReader());
    for (const reader of readers) assert.equal((await reader?.read())?.done, false);
    await call(`DELETE tokens/${token.id}`, { token: ada.token });
    await call("POST /auth/logout", { headers: { authorization: jwt } });
    const late = writer.closed.catch(() => {});
    for (const reader of readers) await assert.rejects(async () => await reader?.closed, /revoked/);
    await late;
  }));

test("a new password ends what was opened with the old one, also where nobody had heard of either", async () => {
  await using world = await meshed();
  const [near, far] = world.peers;
  const ada = await person(near, "ada");
  const token = ada.token;
  await until("she is known there", async () => (await far.call("GET tasks", { token })).status === 200);
  world.network.cut("peer-1", "peer-2");
  const login = { type: "bearer", username: "ada", password: PASSWORD };
  const { body: seeds } = await far.call("POST /auth", { body: login, token: null });
  const body = { name: "ada", password: PASSWORD };
  const headers = { cookie: cookieIn(await far.call("POST auth/session", { body, token: null })) };
  const open = async ({ call }: typeof near) => [
    (await call("GET tasks", { token: null, headers })).status,
    (await call("GET /user", { token: seeds.token })).status,
    (await call("POST /auth", { body: { type: "access", refreshToken: seeds.refreshToken }, token: null })).status,
  ];
  assert.deepEqual(await open(far), [200, 200, 200]);
  const own = { cookie: cookieIn(await near.call("POST auth/session", { body, token: null })) };
  const change = { password: "battery staple", currentPassword: PASSWORD };
  assert.equal((await near.call("PATCH users/me", { body: change, token: null, headers: own })).status, 200);
  world.network.heal("peer-1", "peer-2");
  for (const peer of world.peers) await until("they are over", async () => String(await open(peer)) === "401,401,401");
  assert.equal((await near.call("GET tasks", { token: null, headers: own })).status, 200, "who changed it stays");
  assert.equal((await near.call("GET tasks", { token })).status, 200);
});

test("who has changed the password stays signed in, also where the new password has come before the word of that", () =>
  withWorld(async (world) => {
    const { call, node } = world;
    const ada = await person(world, "ada");
    const login = { type: "bearer", username: "ada", password: PASSWORD };
    const { body: { token, refreshToken } } = await call("POST /auth", { body: login, token: null });
    const { body: other } = await call("POST /auth", { body: login, token: null });
    const user = await node.entity("user", ada.id);
    assert.ok(user !== undefined);
    await node.submit(changeUser(user, { password: PASSWORD_HASH }));
    const renewal = { type: "access", refreshToken };
    const asked = [call("GET /user", { token }), call("POST /auth", { body: renewal, token: null })];
    const refused = call("GET /user", { token: other.token });
    const entity = await node.entity("token", digest(refreshToken));
    assert.ok(entity !== undefined);
    await node.submit(renewToken(entity));
    assert.deepEqual((await Promise.all(asked)).map(({ status }) => status), [200, 200]);
    assert.equal((await refused).status, 401, "another session of the old one's");
  }));

test("nobody piles up tokens and sessions, and what is over is taken off", () =>
  withWorld(async (world) => {
    const { call, node, clock } = world;
    const ada = await person(world, "ada");
    const key = (n: number) => n.toString(16).padStart(64, "0");
    const common = { name: "", user: ada.id, scopes: [], createdAt: node.now() } as const;
    for (let n = 0; n < TOKENS_OF_USER_MAX - 2; n++) {
      await node.submit(issueToken({ ...common, key: key(n), kind: "api" }));
    }
    const expiresAt = instant(node.now() + 60_000);
    await node.submit(issueToken({ ...common, key: key(5_000), kind: "invite", expiresAt }));
    await clock.jump(2 * 3_600_000);
    assert.equal((await call("POST tokens", { body: {}, token: ada.token })).status, 201);
    assert.equal((await call("POST tokens", { body: {}, token: ada.token })).status, 409);
    assert.equal((await call("POST tokens", { body: {} })).status, 201, "others may");
    assert.equal((await node.entity("token", key(5_000)))?.registers.life?.value, 2);
    const cookies: string[] = [];
    for (let n = 0; n <= SESSIONS_OF_USER_MAX; n++) {
      cookies.push(cookieIn(await call("POST auth/session", { body: { token: ada.token }, token: null })));
      await clock.jump(1);
    }
    const seen = async (cookie = "") => (await call("GET tasks", { token: null, headers: { cookie } })).status;
    assert.deepEqual([await seen(cookies[0]), await seen(cookies[1]), await seen(cookies.at(-1))], [401, 200, 200]);
  }));

test("one user's streams, and sockets that say nothing, leave room for others", () =>
  withWorld(async (world) => {
    const { fetch, api } = world;
    const eve = await person(world, "eve", "viewer");
    const streams = [];
    for (let n = 0; n < 50; n++) streams.push(await fetch("GET events", { token: eve.token }));
    const more = await fetch("GET events", { token: eve.token });
    assert.equal(more.status, 429);
    await more.body?.cancel();
    streams.push(await fetch("GET events"));
    assert.ok(streams.every(({ status }) => status === 200));
    for (const { body } of streams) await body?.cancel();

    const closed: number[] = [];
    const open = (n: number) => {
      const accept = api.upgrade(new Request(`http://localhost:${PORT}/ws`));
      assert.ok(!(accept instanceof Response));
      let say = (_: string) => {};
      let leave = () => {};
      accept({
        waiting: 0,
        send: () => {},
        close() {
          closed.push(n);
          leave();
        },
        onText: (listener) => void (say = listener),
        onClose: (listener) => void (leave = listener),
      });
      return { say, leave };
    };
    const sockets = Array.from({ length: 101 }, (_, n) => open(n));
    assert.deepEqual(closed, [0], "the eldest of those who said nothing");
    sockets[100]?.say(eve.token);
    await until("it listens", () => closed.length === 1);
    for (const { leave } of sockets) leave();
  }));

// ── what is another's ──────────────────────────────────────────────────────────────────────────────────────────────

test("what is another's is not found, by no id, tag, key or cursor", () =>
  withWorld(async (world) => {
    const { call, clock, answer } = world;
    const [ada, eve] = [await person(world, "ada"), await person(world, "eve")];
    answer({ kind: "failed", status: 404, error: "HTTP 404", retryable: false });
    for (const id of ["a", "b", "c"]) await call("POST tasks", { body: { ...TASK, id }, token: ada.token });
    await call("POST tasks", { body: { ...TASK, id: "e" }, token: eve.token });
    await clock.pass(1_800_000);
    const { body: { items: [letter] } } = await call("GET dead-letters", { token: ada.token });
    const { body: { items: [version] } } = await call("GET tasks/a/versions", { token: ada.token });
    const etag = (await call("GET tasks/a", { token: ada.token })).headers.get("etag") ?? "";
    const as = { token: eve.token };
    for (
      const line of [
        `GET runs/${letter.id}`,
        `GET runs/${letter.id}/attempts/1/exchange`,
        `POST runs/${letter.id}/retry`,
        "POST tasks/a/backfill",
        "POST tasks/a/skip",
        "GET tasks/a/days",
        "GET tasks/a/versions",
        `POST tasks/a/versions/${version.revision}/restore`,
      ]
    ) {
      const body = line.endsWith("backfill") ? { body: { from: "2026-12-01T00:00:00Z" } } : {};
      assert.equal((await call(line, { ...as, ...body })).status, 404, line);
    }
    for (const deed of ["redrive", "dismiss"]) {
      const named = await call(`POST dead-letters/${deed}`, { ...as, body: { ids: [letter.id] } });
      assert.deepEqual(detail(named), [422, "ids.0"]);
      const all = await call(`POST dead-letters/${deed}`, { ...as, body: { task: letter.task } });
      assert.equal(all.body.redriven ?? all.body.dismissed, 0);
    }
    assert.equal((await call("GET dead-letters", { token: ada.token })).body.items.length, 3);
    assert.deepEqual((await call("GET runs?task=a", as)).body.items, []);
    for (
      const [line, body] of [["PUT tasks/a", TASK], ["PATCH tasks/a", { name: "x" }], [
        "DELETE tasks/a",
        undefined,
      ]] as const
    ) {
      const sent = body === undefined ? {} : { body };
      const { status } = await call(line, { ...as, ...sent, headers: { "if-match": etag } });
      assert.ok(status === 404 || status === 412, `${line} ${status}`);
    }
    for (const list of ["tasks", "runs", "dead-letters"]) {
      const { body: { cursor } } = await call(`GET ${list}?limit=1`, { token: ada.token });
      assert.ok(cursor !== null);
      const { status, body } = await call(`GET ${list}?cursor=${cursor}`, as);
      const users = (body.items ?? []).map(({ user }: { user: string }) => user);
      assert.ok(status === 400 || users.every((user: string) => user === eve.id), `${list} ${JSON.stringify(users)}`);
    }
    const once = { body: { ...TASK, id: "once" }, headers: { "idempotency-key": "k" } };
    assert.equal((await call("POST tasks", { ...once, token: ada.token })).body.user, ada.id);
    const other = await call("POST tasks", { ...once, token: eve.token });
    assert.deepEqual([other.body.user, other.headers.get("idempotent-replayed")], [eve.id, null]);
  }));

test("a line of a batch is of who sends it, and no more than a task", () =>
  withWorld(async (world) => {
    const { call } = world;
    const [ada, eve] = [await person(world, "ada"), await person(world, "eve")];
    await call("PUT targets/t", { body: { urn: URN }, token: ada.token });
    const lines = [
      ...["user", "owner", "guid", "createdAt", "next", "__proto__", "life"].map((name) =>
        `{"id":"x","schedule":"${HOURLY}","target":"${URN}","${name}":"${ada.id}"}`
      ),
      JSON.stringify({ ...TASK, target: { name: "t" } }),
      JSON.stringify({ ...TASK, target: { name: `@${ada.id}/t` } }),
      JSON.stringify({ ...TASK, target: { urn: "http://localhost:3000/", headers: { "x-api-key": "***" } } }),
    ].join("\n");
    const sent = { body: lines, type: "application/x-ndjson" };
    const statuses = async (token: string) => {
      const { body } = await call("POST tasks:batch", { ...sent, token });
      return body.trim().split("\n").map((line: string) => JSON.parse(line).status);
    };
    const told: readonly number[] = await statuses(eve.token);
    assert.ok(told.every((status) => status >= 400 && status < 500) || told[7] === 201, String(told));
    assert.deepEqual((await call("GET tasks", { token: ada.token })).body.items, []);
    const { body: weak } = await call("POST tokens", { body: { scopes: ["read", "run"] }, token: eve.token });
    assert.equal((await call("POST tasks:batch", { ...sent, token: weak.token })).status, 403);
  }));

test("a quota is not passed by sending again what was, nor by a schedule that begins slowly", () =>
  withWorld(async (world) => {
    const { call, clock, answer } = world;
    const ada = await person(world, "ada");
    const as = { token: ada.token };
    answer({ kind: "failed", status: 404, error: "HTTP 404", retryable: false });
    await call("POST tasks", { ...as, body: TASK });
    await clock.pass(3_600_000 * 8);
    await call(`PATCH users/${ada.id}`, { body: { quota: { firesPerMinute: 5 } } });
    const over = [422, "quota.firesPerMinute"];
    const past = { from: "2026-12-01T00:00:00Z" };
    assert.deepEqual(detail(await call("POST tasks/a/backfill", { ...as, body: past })), over);
    assert.deepEqual(detail(await call("POST dead-letters/redrive", { ...as, body: { all: true } })), over);
    const slow = await call("POST dead-letters/redrive", { ...as, body: { all: true, perSecond: 0.05 } });
    assert.deepEqual([slow.status, slow.body.redriven], [202, 8]);
    await clock.pass(61_000);
    const { body: { items: [run] } } = await call("GET runs?outcome=failed", as);
    assert.equal((await call(`POST runs/${run.id}/retry`, as)).status !== 422, true);
    assert.deepEqual(detail(await call(`POST runs/${run.id}/retry`, as)), over, "those that go slowly count still");
    // Two seconds of this minute are left to it; of the next one it has all.
    await clock.jump(57_000);
    assert.deepEqual(
      detail(await call("POST tasks", { ...as, body: { ...TASK, id: "b", schedule: "* * * * * *" } })),
      over,
    );
  }));

test("payloads that are sent by hand are bounded, since they are kept with their runs", () =>
  withWorld(async (world) => {
    const { call, clock } = world;
    const ada = await person(world, "ada");
    const as = { token: ada.token };
    await call("POST tasks", { ...as, body: TASK });
    await call(`PATCH users/${ada.id}`, { body: { quota: { payloadBytes: 1_000 } } });
    const trigger = (length: number) =>
      call("POST tasks/a/trigger", { ...as, body: { payload: "x".repeat(length - 2) } });
    assert.equal((await trigger(600)).status, 202);
    assert.deepEqual(detail(await trigger(401)), [422, "quota.payloadBytes"]);
    assert.equal((await trigger(400)).status, 202);
    assert.equal((await call("POST tasks/a/trigger", as)).status, 202, "without one it may");
    await clock.jump(86_400_000);
    assert.equal((await trigger(1_000)).status, 202);
    assert.equal((await call("POST tasks/a/trigger", { body: { payload: "x".repeat(5_000) } })).status, 404, "its own");
    await call("POST tasks", { body: TASK });
    assert.equal((await call("POST tasks/a/trigger", { body: { payload: "x".repeat(5_000) } })).status, 202);
  }));

// ── the doors themselves ───────────────────────────────────────────────────────────────────────────────────────────

test("who comes through a proxy on this machine is not the first by that", () =>
  withWorld(async ({ call }) => {
    const body = { name: "eve", password: PASSWORD };
    for (
      const headers of [
        { "x-forwarded-for": "203.0.113.9" },
        { forwarded: "for=203.0.113.9" },
        { via: "1.1 proxy" },
        { "x-real-ip": "203.0.113.9" },
        { host: "metronome.lan" },
      ]
    ) {
      assert.deepEqual(detail(await call("POST users", { body, token: null, headers })), [403, "code"]);
      assert.equal((await call("POST /user", { body, token: null, headers })).status, 403);
    }
    assert.equal((await call("POST users", { body, token: null })).body.role, "admin");
  }, { hosts: ["metronome.lan"] }));

test("all addresses of one network of IPv6 guess together, and so does an address in its other form", () =>
  withWorld(async ({ call }) => {
    const guess = async (remote: string) =>
      (await call("POST auth/session", { body: { token: "wrong" }, token: null, remote })).status;
    for (let n = 0; n < 5; n++) assert.equal(await guess(`2001:db8:1:2::${n}`), 401);
    assert.equal(await guess("2001:db8:1:2:ffff::9"), 429);
    assert.equal(await guess("2001:db8:1:3::9"), 401);
    for (let n = 0; n < 5; n++) assert.equal(await guess(n % 2 === 0 ? "192.0.2.1" : "::ffff:192.0.2.1"), 401);
    assert.equal(await guess("192.0.2.1"), 429);
    assert.equal(await guess("192.0.2.2"), 401);
  }));

test("a password is hashed also where there is no user of the name, so that the time tells nothing", async () => {
  const passwords = createPasswords();
  const unknown = [passwords.matches("x", undefined), passwords.matches("x", undefined)];
  const behind = Array.from({ length: 20 }, () => passwords.matches(PASSWORD, PASSWORD_HASH));
  assert.equal(await passwords.matches(PASSWORD, PASSWORD_HASH), undefined, "two are hashed, and twenty wait for them");
  assert.deepEqual(await Promise.all(unknown), [false, false]);
  assert.deepEqual(new Set(await Promise.all(behind)), new Set([true]));
});

test("a name that can't be seen, or turns a terminal, is no name", () =>
  withWorld(async ({ call }) => {
    await call("PATCH settings", { body: { signUp: "open" } });
    for (const name of ["\u001b", "\u009b31m", "a\u202e", "\u200ba", "a\nb", " a", "\u{e0041}", "\ud800"]) {
      const body = JSON.stringify({ name, password: PASSWORD });
      const shown = JSON.stringify(name);
      assert.equal((await call("POST /user", { body, token: null })).status, 422, shown);
      assert.ok([400, 422].includes((await call("POST users", { body, token: null })).status), shown);
    }
  }));

test("what a log says of a name is one line, and turns no terminal", () => {
  const name = 'a"\n2026-12-01T00:00:00.000Z ERROR forged\u001b[31m\u009b31m\u2028\u202e';
  const line = lineOf({
    ...{ category: ["metronome"], level: "info", message: ["said"], rawMessage: "said", timestamp: 0 },
    properties: { name },
  });
  assert.match(line, /^[\x20-\x7e]+\n$/);
  assert.equal(JSON.parse(/name=(".*")\)/.exec(line)?.[1] ?? ""), name);
});

test("a WebSocket is opened to no page of another origin and under no other name", () =>
  withWorld(({ api }) => {
    const upgrade = (headers: Record<string, string>, path = "/ws", url = `http://localhost:${PORT}`) => {
      const answer = api.upgrade(new Request(url + path, { headers: { host: `localhost:${PORT}`, ...headers } }));
      return answer instanceof Response ? answer.status : 101;
    };
    assert.deepEqual(
      [
        upgrade({}),
        upgrade({ origin: `http://localhost:${PORT}` }),
        upgrade({ origin: "https://board.example" }),
        upgrade({ origin: "http://evil.example" }),
        upgrade({ origin: "null" }),
        upgrade({ origin: `http://localhost:${PORT + 1}` }),
        upgrade({ host: "evil.example" }, "/ws", "http://evil.example"),
        upgrade({}, "/ws/../ws"),
        upgrade({}, "//ws"),
        upgrade({}, "/%77s"),
        upgrade({}, "/api/v1/events"),
      ],
      [101, 101, 101, 403, 403, 403, 421, 101, 404, 404, 404],
    );
    return Promise.resolve();
  }, { origins: ["https://board.example"] }));

test("a cookie counts under its own name alone, once, and only where it was set", () =>
  withWorld(async (world) => {
    const { call, api } = world;
    const cookie = cookieIn(await call("POST auth/session", { body: { code: "one-time-code" }, token: null }));
    const [name = "", secret = ""] = cookie.split("=");
    const seen = async (text: string) => (await call("GET tasks", { token: null, headers: { cookie: text } })).status;
    assert.equal(await seen(cookie), 200);
    for (
      const text of [
        `__Host-${cookie}`,
        `__Secure-${cookie}`,
        `${name.toUpperCase()}=${secret}`,
        `metronome-${PORT + 1}=${secret}`,
        `metronome=${secret}`,
        `${name}="${secret}"`,
        `${name}=x; ${cookie}`,
        `${name}${cookie}`,
        `a=${cookie}`,
      ]
    ) {
      assert.equal(await seen(text), 401, text);
    }
    // What was set without TLS is not what is asked for with it.
    const request = new Request(`https://localhost:${PORT}/api/v1/tasks`, { headers: { cookie } });
    assert.equal((await api.fetch(request, { remote: "127.0.0.1", isSecure: true })).status, 401);
  }));

test("who has signed in elsewhere is signed out there by who holds all that a session does, and by an admin", () =>
  withWorld(async (world) => {
    const { call } = world;
    const ada = await person(world, "ada");
    const body = { name: "ada", password: PASSWORD };
    const open = async (what: object = body) => ({
      cookie: cookieIn(await call("POST auth/session", { body: what, token: null })),
    });
    const [here, there, keys] = [await open(), await open(), await open({ token: ADMIN_TOKEN })];
    const login = { type: "bearer", username: "ada", password: PASSWORD };
    const { body: seeds } = await call("POST /auth", { body: login, token: null });
    const statuses = async () => [
      ...await Promise.all([here, there, keys].map(async (headers) => (await call("GET tasks", { headers })).status)),
      (await call("GET /user", { token: seeds.token })).status,
    ];
    const { body: weak } = await call("POST tokens", { body: { scopes: ["read"] }, token: ada.token });
    assert.deepEqual(detail(await call("DELETE auth/sessions", { token: weak.token })), [403, "Authorization"]);
    assert.deepEqual(detail(await call("DELETE auth/sessions?user=admin", { headers: here })), [403, "user"]);
    assert.deepEqual(await statuses(), [200, 200, 200, 200]);
    assert.equal((await call("DELETE auth/sessions", { headers: here })).status, 204);
    assert.deepEqual(await statuses(), [200, 401, 200, 401], "who asks stays");
    // Whom the keys stand for has no password to change.
    assert.equal((await call("DELETE auth/sessions?user=admin")).status, 204);
    assert.deepEqual(await statuses(), [200, 401, 401, 401]);
    assert.equal((await call("DELETE auth/sessions?user=ada")).status, 204);
    assert.deepEqual(await statuses(), [401, 401, 401, 401]);
    assert.equal((await call("GET tasks", { token: ada.token })).status, 200, "tokens stay");
  }));

test("no page of another origin, which may ask, signs its browser in as whom it likes", () =>
  withWorld(async ({ call }) => {
    const body = { token: ADMIN_TOKEN };
    for (const origin of ["http://localhost:4200", `http://localhost:${PORT}`]) {
      const answer = await call("POST auth/session", { body, token: null, headers: { origin } });
      assert.deepEqual([answer.status, cookieIn(answer) === ""], [204, origin.endsWith("4200")], origin);
    }
  }, { origins: ["http://localhost:4200"] }));

test("nobody signs up under the name that the peers' own keys stand for", () =>
  withWorld(async ({ call }) => {
    const body = { name: "admin", password: PASSWORD };
    assert.deepEqual(detail(await call("POST users", { body, token: null })), [409, "name"]);
    assert.deepEqual(detail(await call("POST users", { body })), [409, "name"]);
    assert.equal((await call("POST /user", { body, token: null })).body[0].type, "duplicated");
  }));

test("on both sides of a cut nobody is the first of the mesh, and afterwards one is", async () => {
  await using world = await meshed();
  const [near, far] = world.peers;
  const signUp = (peer: typeof near, name: string) =>
    peer.call("POST users", { body: { name, password: PASSWORD }, token: null });
  world.network.cut("peer-1", "peer-2");
  for (const peer of world.peers) {
    const refused = await signUp(peer, "eve");
    assert.deepEqual([...detail(refused), refused.headers.get("retry-after")], [503, "name", "5"]);
    assert.match(refused.body.detail, /only 1 of its 2 peers .*`metronome user add`/);
    assert.match((await peer.call("POST /user", { body: { name: "e", password: "x" }, token: null })).body.err, /1 of/);
  }
  world.network.heal("peer-1", "peer-2");
  await until("one is let in", async () => (await signUp(near, "ada")).status === 201);
  // It is asked, whether the other has heard of her or not.
  assert.deepEqual(detail(await signUp(far, "eve")), [403, "name"]);
});
