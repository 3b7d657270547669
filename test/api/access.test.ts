import assert from "node:assert/strict";
import { test } from "node:test";
import { makeAsset } from "../../src/api/assets.ts";
import { openapi } from "../../src/api/description/openapi.ts";
import { ADMIN_TOKEN, CODE, HOURLY, LOCAL_KEY, PORT, URN, withWorld } from "./world.ts";

const SESSION = "/api/v1/auth/session";
const PUBLIC = [
  "GET /healthz",
  "GET /readyz",
  "GET /api/v1/healthz",
  "GET /api/v1/readyz",
  "GET /api/v1/openapi.json",
  "GET /api/v1/auth",
  "POST /api/v1/auth/token",
  "POST /api/v1/users",
  `POST ${SESSION}`,
];

type Document = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: { readonly security?: unknown[] } } };
};

const operations = Object.entries((openapi("0") as Document).paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security }]) => ({
    line: `${method.toUpperCase()} ${path.replace("{id}", "a")}`,
    isPublic: security?.length === 0,
  }))
);

test("every operation without a token, or with a wrong or an old one, is turned away, but for the public ones", () =>
  withWorld(async ({ call, clock }) => {
    const ada = { name: "ada", password: "x" };
    await call("POST /user", { body: ada, token: null });
    const login = { type: "bearer", username: "ada", password: "x" };
    const { body: { token: jwt } } = await call("POST /auth", { body: login, token: null });
    const { body: short } = await call("POST tokens", { body: { ttlSeconds: 60 } });
    const { body: revoked } = await call("POST tokens", { body: {} });
    await call(`DELETE tokens/${revoked.id}`);
    const opened = await call(`POST ${SESSION}`, { body: { token: short.token }, token: null });
    const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
    await clock.jump(3_600_000);
    assert.deepEqual(operations.filter(({ isPublic }) => isPublic).map(({ line }) => line).sort(), [...PUBLIC].sort());
    for (const { line, isPublic } of operations) {
      if (isPublic) {
        assert.notEqual(
          (await call(line, { token: null, ...(line.startsWith("POST") ? { body: {} } : {}) })).status,
          401,
          line,
        );
        continue;
      }
      for (
        const authorization of [
          undefined,
          "Bearer",
          "Bearer ",
          "Bearer wrong",
          `Basic ${btoa(`a:${ADMIN_TOKEN}`)}`,
          `Bearer ${ADMIN_TOKEN}x`,
          `bearer  x ${ADMIN_TOKEN}`,
          `Bearer mtr_${"A".repeat(43)}`,
          `Bearer ${short.token}`,
          `Bearer ${revoked.token}`,
          `Bearer ${jwt}`,
          jwt,
          ADMIN_TOKEN,
        ]
      ) {
        const refused = await call(line, {
          token: null,
          ...(authorization === undefined ? {} : { headers: { authorization } }),
        });
        assert.equal(refused.status, 401, `${line} ${authorization}`);
        assert.match(refused.headers.get("www-authenticate") ?? "", /^Bearer realm="metronome"/);
      }
      const forged = await call(line, { token: null, headers: { cookie: `metronome-${PORT}=mtr_${"A".repeat(43)}` } });
      assert.equal(forged.status, 401, line);
      assert.equal((await call(line, { token: null, headers: { cookie } })).status, 401, line);
    }
  }));

test("no other spelling of a path opens anything", () =>
  withWorld(async ({ call }) => {
    for (
      const path of [
        "/api/v1/healthz/",
        "/Healthz",
        "//healthz",
        "/healthz;a=b",
        "/%68ealthz",
        "/healthz%00",
        "/api/v1/tasks/../healthz2",
        "/api/v1/openapi.json/x",
        "/api//v1/openapi.json",
        "/metrics",
        "/ws",
        "/api/v1/tasks%2Fa",
        "/%",
        "/index.html",
      ]
    ) {
      assert.equal((await call(`GET ${path}`, { token: null })).status, 401, path);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      assert.equal((await call(`${method} /healthz`, { token: null })).status, 401, method);
    }
    assert.equal(
      (await call(`GET /api/v1/tasks`, {
        token: null,
        headers: { "x-http-method-override": "GET", "x-original-url": "/healthz" },
      })).status,
      401,
    );
    assert.equal((await call("GET /nothing")).status, 404);
    assert.equal((await call("GET /api/v1/tasks/%")).status, 400);
    assert.equal((await call("GET /api/v1/tasks/%ff")).status, 400);
  }));

test("health says whether the peer lives and works, to anybody", () =>
  withWorld(async ({ call }) => {
    for (const path of ["/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"]) {
      const { status, body } = await call(`GET ${path}`, { token: null });
      assert.deepEqual([status, body], [200, { status: "ok" }], path);
    }
  }));

test("every answer forbids what a page need not do, and allows no other origin", () =>
  withWorld(async ({ call }) => {
    for (const line of ["GET /healthz", "GET tasks", "GET nothing", "POST tasks", "OPTIONS tasks", "GET events2"]) {
      const { headers } = await call(line, { headers: { origin: "http://evil.example" } });
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("referrer-policy"), "no-referrer");
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.match(
        headers.get("content-security-policy") ?? "",
        /^default-src 'none'; .*frame-ancestors 'none'; require-trusted-types-for 'script'$/,
      );
      assert.deepEqual([...headers.keys()].filter((name) => name.startsWith("access-control-")), []);
    }
  }));

test("only our own host names are answered to, on every path", () =>
  withWorld(async ({ call }) => {
    const good = [
      "localhost",
      "LOCALHOST:8081",
      "x.localhost",
      "a.b.localhost:1",
      "127.0.0.1",
      "127.1.2.3:80",
      "[::1]",
      "[::1]:8081",
      "metronome.lan",
      "metronome.lan:8081",
      "[fd00::5]:8081",
    ];
    const bad = [
      "evil.example",
      "localhost.evil.example",
      "evil-localhost",
      "127.0.0.1.evil.example",
      "127.0.0.1x",
      "127.0.0",
      "0127.0.0.1",
      "10.0.0.1",
      "[::2]",
      "::1",
      "localhost:80:80",
      "localhost:x",
      "a,localhost",
      "localhost, evil.example",
      "user@localhost",
      "localhost/",
      "localhost.",
      ".localhost",
      "[::1",
      "metronome.lan.evil",
      "xmetronome.lan",
      " ",
      "2130706433",
      "0x7f.1",
      "[::ffff:127.0.0.1]",
    ];
    for (const path of ["/", "/healthz", "/metrics", "/api/v1/tasks", "/api/v1/events2", "/nothing"]) {
      for (const host of good) {
        assert.notEqual((await call(`GET ${path}`, { headers: { host } })).status, 421, `${host} ${path}`);
      }
      for (const host of bad) {
        const refused = await call(`GET ${path}`, {
          headers: { host, "x-forwarded-host": "localhost", forwarded: "host=localhost" },
        });
        assert.deepEqual([refused.status, refused.body.field], [421, "Host"], `${host} ${path}`);
      }
    }
    assert.equal((await call("GET http://evil.example/healthz", { headers: { host: "localhost" } })).status, 421);
    assert.equal(
      (await call("POST /api/v1/auth/session", {
        body: { code: CODE },
        token: null,
        headers: { host: "evil.example" },
      })).status,
      421,
    );
  }, { hosts: ["metronome.lan", "fd00::5"] }));

test("a page of another origin changes nothing", () =>
  withWorld(async ({ call }) => {
    const host = `localhost:${PORT}`;
    const types = [
      "application/json",
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/x-ndjson",
      "",
    ];
    const sources: readonly (readonly [Record<string, string>, boolean])[] = [
      [{}, true],
      [{ origin: `http://${host}` }, true],
      [{ origin: `http://${host}`, "sec-fetch-site": "same-origin" }, true],
      [{ "sec-fetch-site": "none" }, true],
      [{ origin: "null" }, false],
      [{ origin: "http://evil.example" }, false],
      [{ origin: "http://localhost:3000" }, false],
      [{ origin: `http://${host}.evil.example` }, false],
      [{ origin: `http://${host}`, "sec-fetch-site": "cross-site" }, false],
      [{ "sec-fetch-site": "same-site" }, false],
      [{ "sec-fetch-site": "cross-site" }, false],
    ];
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "PURGE"]) {
      for (const type of types) {
        for (const [source, passes] of sources) {
          const path = method === "POST" ? "tasks" : "tasks/a";
          const { status } = await call(`${method} ${path}`, { body: "{}", type, headers: { host, ...source } });
          assert.equal(status !== 403, passes, `${method} ${type} ${JSON.stringify(source)} ${status}`);
        }
      }
    }
    assert.equal(
      (await call("GET tasks", { headers: { host, origin: "http://evil.example", "sec-fetch-site": "cross-site" } }))
        .status,
      200,
    );
  }));

test("a body of another type is refused", () =>
  withWorld(async ({ call }) => {
    const body = JSON.stringify({ id: "a", schedule: HOURLY, target: URN });
    for (
      const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "application/json; charset=latin1",
        "application/merge-patch+json",
        "",
      ]
    ) {
      const refused = await call("POST tasks", { body: type === "" ? new TextEncoder().encode(body) : body, type });
      assert.deepEqual([refused.status, refused.body.field], [415, "Content-Type"], type);
    }
    assert.equal((await call("POST tasks", { body, type: "Application/JSON; Charset=UTF-8" })).status, 201);
    assert.equal((await call("POST tasks:batch", { body, type: "application/json" })).status, 415);
    assert.equal((await call("POST tasks/a/trigger", { body: "{}", type: "text/plain" })).status, 415);
  }));

// ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────

test("the one-time code opens one session, which lasts thirty days", () =>
  withWorld(async ({ call, clock }) => {
    const opened = await call(`POST ${SESSION}`, { body: { code: CODE }, token: null });
    assert.equal(opened.status, 204);
    const set = opened.headers.get("set-cookie") ?? "";
    assert.match(set, /^metronome-8081=mtr_[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
    const cookie = set.split(";")[0] ?? "";
    const seen = await call(`GET ${SESSION}`, { headers: { cookie } });
    assert.deepEqual([seen.status, seen.body], [200, {
      user: "admin",
      name: "admin",
      role: "admin",
      scopes: ["read", "run", "edit", "targets", "admin"],
      peer: { id: "peer-1", name: "test" },
    }]);
    assert.equal((await call("GET tasks", { headers: { cookie: `a=b; ${cookie}; c=d` } })).status, 200);
    assert.equal((await call("GET tasks", { headers: { cookie: cookie.replace("8081", "8082") } })).status, 401);
    assert.equal((await call("GET tasks", { headers: { cookie: `${cookie}; ${cookie}` } })).status, 401);
    assert.equal(
      (await call("GET tasks", { token: cookie.split("=")[1] ?? "" })).status,
      401,
      "a session is no bearer token",
    );
    assert.equal((await call(`POST ${SESSION}`, { body: { code: CODE }, token: null })).status, 401);
    await clock.jump(30 * 86_400_000 - 1);
    assert.equal((await call("GET tasks", { headers: { cookie } })).status, 200);
    await clock.jump(1);
    assert.equal((await call("GET tasks", { headers: { cookie } })).status, 401);
  }));

test("signing out ends the session", () =>
  withWorld(async ({ call }) => {
    const cookie =
      (await call(`POST ${SESSION}`, { body: { token: ADMIN_TOKEN }, token: null })).headers.get("set-cookie")?.split(
        ";",
      )[0] ?? "";
    const ended = await call(`DELETE ${SESSION}`, { headers: { cookie } });
    assert.deepEqual([ended.status, ended.headers.get("set-cookie")], [
      204,
      "metronome-8081=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
    ]);
    assert.equal((await call(`GET ${SESSION}`, { headers: { cookie } })).status, 401);
    assert.equal((await call(`DELETE ${SESSION}`, { headers: { cookie } })).status, 401);
  }));

test("the local key and a token open a session; it ends with the token", () =>
  withWorld(async ({ call }) => {
    assert.equal((await call(`POST ${SESSION}`, { body: { token: LOCAL_KEY }, token: null })).status, 204);
    const { body: token } = await call("POST tokens", { body: { ttlSeconds: 3_600 } });
    const opened = await call(`POST ${SESSION}`, { body: { token: token.token }, token: null });
    assert.match(opened.headers.get("set-cookie") ?? "", /Max-Age=3600$/);
    const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
    assert.equal((await call("GET tasks", { headers: { cookie } })).status, 200);
    await call(`DELETE tokens/${token.id}`);
    assert.equal((await call("GET tasks", { headers: { cookie } })).status, 401);
    for (
      const body of [{}, { code: "a", token: "b" }, { code: "" }, { code: 5 }, { cod: "x" }, {
        token: "x".repeat(1_025),
      }]
    ) {
      assert.equal((await call(`POST ${SESSION}`, { body, token: null })).status, 422);
    }
  }));

test("who guesses waits: five times a minute from one address, sixty from all, and a right one is not counted", () =>
  withWorld(async ({ call, clock }) => {
    const attempt = async (token: string, remote: string) => {
      const { status, headers } = await call(`POST ${SESSION}`, { body: { token }, token: null, remote });
      return [status, headers.get("retry-after")];
    };
    for (let i = 0; i < 20; i++) assert.deepEqual(await attempt(ADMIN_TOKEN, "10.0.0.1"), [204, null]);
    for (let i = 0; i < 5; i++) assert.deepEqual(await attempt("wrong", "10.0.0.1"), [401, null]);
    assert.deepEqual(await attempt("wrong", "10.0.0.1"), [429, "60"]);
    assert.deepEqual(await attempt(ADMIN_TOKEN, "10.0.0.1"), [429, "60"]);
    assert.deepEqual(await attempt(ADMIN_TOKEN, "10.0.0.2"), [204, null]);
    await clock.jump(20_000);
    for (let i = 0; i < 55; i++) assert.deepEqual(await attempt("wrong", `10.0.1.${i % 50}`), [401, null]);
    assert.deepEqual(await attempt("wrong", "10.0.2.1"), [429, "40"]);
    await clock.jump(40_000);
    assert.deepEqual(await attempt("wrong", "10.0.0.1"), [401, null]);
    await clock.jump(20_000);
    assert.deepEqual(await attempt(ADMIN_TOKEN, "10.0.1.1"), [204, null]);
  }));

// ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test("a token is shown once, listed without its secret, and revoked", () =>
  withWorld(async ({ call, clock }) => {
    const made = await call("POST tokens", { body: { name: "script", ttlSeconds: 60 } });
    assert.equal(made.status, 201);
    const { id, token, ...shown } = made.body;
    assert.match(token, /^mtr_[A-Za-z0-9_-]{43}$/);
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.deepEqual(shown, {
      name: "script",
      user: "admin",
      scopes: ["read", "run", "edit", "targets", "admin"],
      createdAt: "2026-12-01T09:30:00.000Z",
      expiresAt: "2026-12-01T09:31:00.000Z",
      lastUsedAt: null,
      lastUsedFrom: null,
    });
    await clock.jump(1);
    const lasting = (await call("POST tokens", { body: {} })).body;
    assert.equal(lasting.expiresAt, null);
    await call(`POST ${SESSION}`, { body: { token }, token: null });
    const { token: _, ...other } = lasting;
    assert.deepEqual((await call("GET tokens")).body, { items: [{ id, ...shown }, other], cursor: null });
    assert.equal((await call("GET tasks", { token })).status, 200);
    assert.equal(
      (await call("GET tasks", { headers: { cookie: `metronome-${PORT}=${token}` } })).status,
      401,
      "a token is no session",
    );
    await clock.jump(60_000);
    assert.equal((await call("GET tasks", { token })).status, 401);
    assert.equal((await call(`DELETE tokens/${id}`)).status, 404);
    assert.equal((await call(`DELETE tokens/${lasting.id}`, { token: lasting.token })).status, 204);
    assert.equal((await call("GET tasks", { token: lasting.token })).status, 401);
    assert.equal((await call(`DELETE tokens/${lasting.id}`)).status, 404);
    assert.equal((await call("DELETE tokens/x")).status, 404);
    for (const body of [{ ttlSeconds: 0 }, { ttlSeconds: 1.5 }, { name: 5 }, { nam: "" }, { ttlSeconds: 1e12 }]) {
      assert.equal((await call("POST tokens", { body })).status, 422, JSON.stringify(body));
    }
  }));

// ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────

const bytes = (text: string) => new TextEncoder().encode(text);
const ASSETS = new Map([
  ["/", makeAsset("/index.html", bytes("<!doctype html><title>Metronome</title>".repeat(20)))],
  ["/assets/index-Bq3xY_2k.js", makeAsset("/assets/index-Bq3xY_2k.js", bytes("console.log(1);".repeat(100)))],
  ["/icon.png", makeAsset("/icon.png", bytes("png"))],
]);

test("the page is served from memory, by exact path, without a token", () =>
  withWorld(async ({ call, fetch }) => {
    const page = await call("GET /", { token: null });
    assert.equal(page.status, 200);
    assert.match(page.body, /^<!doctype html>/);
    assert.deepEqual([
      page.headers.get("content-type"),
      page.headers.get("cache-control"),
      page.headers.get("content-encoding"),
    ], [
      "text/html; charset=utf-8",
      "no-cache",
      null,
    ]);
    assert.match(page.headers.get("content-security-policy") ?? "", /script-src 'self'/);
    const script = await fetch("GET /assets/index-Bq3xY_2k.js", {
      token: null,
      headers: { "accept-encoding": "br, gzip" },
    });
    assert.deepEqual([
      script.headers.get("content-type"),
      script.headers.get("cache-control"),
      script.headers.get("content-encoding"),
    ], [
      "text/javascript; charset=utf-8",
      "public, max-age=31536000, immutable",
      "gzip",
    ]);
    const unzipped = new Response(script.body?.pipeThrough(new DecompressionStream("gzip")));
    assert.equal(await unzipped.text(), "console.log(1);".repeat(100));
    const known = await call("GET /", { token: null, headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    assert.deepEqual([known.status, known.body], [304, ""]);
    const head = await call("HEAD /icon.png", { token: null });
    assert.deepEqual([head.status, head.body, head.headers.get("content-length")], [200, "", "3"]);
    for (
      const path of [
        "/assets/",
        "/assets/../icon.png2",
        "/assets/%2e%2e/deno.json",
        "/assets/index-Bq3xY_2k.js/",
        "/assets/index-bq3xY_2k.js",
      ]
    ) {
      assert.equal((await call(`GET ${path}`, { token: null })).status, 401, path);
    }
    assert.equal((await call("POST /", { token: null, body: {} })).status, 401);
  }, { assets: ASSETS }));
