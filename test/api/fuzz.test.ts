import assert from "node:assert/strict";
import { test } from "node:test";
import { isV0 } from "../../src/api/v0-answer.ts";
import { ADMIN_TOKEN, HOURLY, makeWorld, PORT, URN } from "./world.ts";

/** SAFETY 22 asks for 100,000: METRONOME_FUZZ says otherwise. */
const REQUESTS = Number(globalThis.process?.env.METRONOME_FUZZ ?? 20_000);
const SEED = Number(globalThis.process?.env.METRONOME_SEED ?? 20_261_124);

/** Texts that trip readers up, or once did. */
const ODD: readonly string[] = [
  "",
  " ",
  "null",
  "0",
  "-1",
  "1e999",
  "9007199254740993",
  "true",
  "[]",
  "{}",
  "\u0000",
  "\ud800",
  "\u202e",
  "%",
  "%2F",
  "%00",
  "%ff",
  "..",
  ".",
  "*",
  '"',
  'W/"x"',
  '"x',
  ",",
  "__proto__",
  "constructor",
  "toString",
  "R/",
  "R/2026-02-30T00:00:00Z/PT1H",
  "R-1/2026-01-01T00:00:00Z/PT0S",
  "R99999999999999999999/2026-01-01T00:00:00Z/PT1S",
  "R/2026-01-01T00:00:00[Europe/Paris]/P1M/ET1H",
  "R5/PT1H/2026-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "0000-01-01T00:00:00+23:59",
  "P99999999999Y",
  "PT0.000000001S",
  "http://",
  "http://[::1",
  "http://a:b@c:99999/",
  "javascript:alert(1)",
  "<script>alert(1)</script>",
  "x".repeat(300),
  "é☃𝒳",
];

const TASK = {
  id: "a",
  name: "a",
  schedule: HOURLY,
  target: { urn: URN, method: "POST", headers: { "x-a": "b" } },
  payload: { a: [1, null] },
  policy: { tolerance: "PT1M", retry: { limit: 1, base: "PT1S" }, timeout: { total: "PT1S" }, overlap: "skip" },
  labels: { site: "lyon" },
  state: { paused: true, note: "n", until: "2027-01-01T00:00:00Z" },
};

const TARGET = {
  name: "a",
  urn: "https://api.example.com/v1",
  auth: { kind: "basic", user: "u" },
  tls: { serverName: "b" },
  limits: { concurrency: 2, rate: { perSecond: 1 }, breaker: { failures: 3, openFor: "PT1S" } },
  success: { status: [200, "2xx"], body: { pointer: "/a", equals: 1 } },
  credentials: { password: "p", headers: { "x-key": "k" }, signingSecret: null },
};

const SEEDS: readonly { readonly line: string; readonly body?: unknown; readonly type?: string }[] = [
  { line: "POST /api/v1/tasks", body: TASK },
  { line: "PUT /api/v1/tasks/a", body: TASK },
  { line: "PATCH /api/v1/tasks/a", body: TASK, type: "application/merge-patch+json" },
  { line: "GET /api/v1/tasks?limit=10&cursor=YQ&q=a&paused=true&label=site=lyon" },
  { line: "GET /api/v1/tasks/a" },
  { line: "DELETE /api/v1/tasks/b" },
  { line: "POST /api/v1/tasks/a/trigger", body: { payload: 1 } },
  { line: "POST /api/v1/tasks/a/pause", body: { note: "n", until: "2027-01-01T00:00:00Z" } },
  { line: "POST /api/v1/tasks/a/resume", body: {} },
  { line: "POST /api/v1/tasks/a/cancel", body: {} },
  { line: "GET /api/v1/tasks/a/next?count=5&from=2026-01-01T00:00:00Z&zone=Europe/Paris" },
  { line: "GET /api/v1/tasks/a/runs?limit=5&cursor=YQ&outcome=failed" },
  { line: "GET /api/v1/runs?limit=5&cursor=YQ&outcome=failed&task=a" },
  { line: `GET /api/v1/runs/${"0".repeat(32)}` },
  {
    line: "POST /api/v1/schedules/preview",
    body: { schedule: HOURLY, from: "2026-01-01T00:00:00Z", count: 5, zone: "UTC" },
  },
  { line: "POST /api/v1/tokens", body: { name: "n", ttlSeconds: 60 } },
  { line: "DELETE /api/v1/tokens/x" },
  { line: "POST /api/v1/auth/session", body: { token: "x" } },
  { line: "POST /api/v1/auth/session", body: { name: "ada", password: "x" } },
  { line: "POST /api/v1/auth/token", body: { name: "ada", password: "x", ttlSeconds: 60, for: "n" } },
  { line: "GET /api/v1/auth" },
  { line: "POST /api/v1/users", body: { name: "ada", password: "short", role: "editor", quota: { tasks: 5 } } },
  { line: "GET /api/v1/users?limit=5&cursor=YQ" },
  { line: "GET /api/v1/users/me" },
  { line: "PATCH /api/v1/users/x", body: { role: "viewer", quota: { tasks: null } } },
  { line: "GET /api/v1/settings" },
  { line: "PATCH /api/v1/settings", body: { signUp: "first", quota: { tasks: 5, payloadBytes: null } } },
  { line: "POST /api/v1/invites", body: { role: "viewer", ttlSeconds: 60 } },
  { line: "DELETE /api/v1/invites/x" },
  { line: "GET /api/v1/audit?limit=5&cursor=YQ" },
  { line: "GET /api/v1/tasks?user=ada" },
  { line: "POST /user", body: { name: "ada", password: "" } },
  { line: "POST /auth/", body: { type: "access", refreshToken: "x" } },
  { line: "POST /task", body: { id: "v", name: "a", schedule: HOURLY, urn: URN, payload: {} } },
  { line: "DELETE /task/v/" },
  { line: "GET /tasks" },
  { line: "PATCH /user", body: { password: "x" } },
  { line: "POST /api/v1/targets", body: { ...TARGET, name: "b" } },
  { line: "PUT /api/v1/targets/a", body: TARGET },
  { line: "PATCH /api/v1/targets/a", body: TARGET, type: "application/merge-patch+json" },
  { line: "GET /api/v1/targets?limit=10&cursor=YQ" },
  { line: "DELETE /api/v1/targets/b?force=true" },
  { line: "POST /api/v1/targets/a/test", body: { payload: 1 } },
  {
    line: "POST /api/v1/targets/a/rotate",
    body: { credentials: TARGET.credentials, previousUntil: "2027-01-01T00:00:00Z" },
  },
  { line: "POST /api/v1/targets/a/confirm", body: {} },
  { line: "PUT /api/v1/tasks/c", body: { ...TASK, target: { name: "a", path: "/x", headers: { "x-a": "b" } } } },
  { line: "POST /api/v1/tasks:batch", body: `${JSON.stringify(TASK)}\n{}\n`, type: "application/x-ndjson" },
];

const HEADERS = [
  "if-match",
  "if-none-match",
  "idempotency-key",
  "origin",
  "host",
  "content-type",
  "cookie",
  "authorization",
  "accept-encoding",
  "prefer",
  "content-length",
];

test(`of ${REQUESTS} mutated requests none breaks anything, and every refusal is a problem that says why`, async () => {
  const random = generator(SEED);
  const world = await makeWorld();
  const counts: Record<number, number> = {};
  let slowestMs = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const request = mutated(random);
    const told = `seed ${SEED}, request ${i}: ${request.method} ${request.url.slice(0, 200)}`;
    const began = performance.now();
    const response = await world.api.fetch(request, { remote: `10.0.0.${i % 250}` });
    const text = await response.text();
    slowestMs = Math.max(slowestMs, performance.now() - began);
    counts[response.status] = (counts[response.status] ?? 0) + 1;
    assert.ok(response.status < 500, `${told}: ${response.status} ${text} ${world.logged.join("\n")}`);
    // The seed has words of its own for what it refuses.
    if (response.status < 400 || isV0(new URL(request.url).pathname)) {
      if (response.headers.get("content-type") === "application/x-ndjson") {
        assert.doesNotMatch(text, /"status":5/, told);
      }
      continue;
    }
    assert.equal(response.headers.get("content-type"), "application/problem+json", told);
    if (request.method === "HEAD") continue;
    const problem = JSON.parse(text);
    assert.equal(problem.status, response.status, told);
    assert.ok(problem.detail.length > 10, told);
    if (response.status === 422 && problem.detail.startsWith("The body is a JSON object")) continue;
    if (response.status === 422 && /^(A task is|Either)/.test(problem.detail)) continue;
    if (response.status === 422) assert.equal(typeof problem.field, "string", `${told}: ${text}`);
  }
  assert.deepEqual(world.logged, []);
  assert.ok(Object.keys(counts).length > 8, JSON.stringify(counts));
  assert.ok((counts[200] ?? 0) + (counts[201] ?? 0) > REQUESTS / 20, JSON.stringify(counts));
  console.log(`seed ${SEED}: ${JSON.stringify(counts)}, the slowest took ${slowestMs.toFixed(1)} ms`);
  await world.close();
});

type Random = (below: number) => number;

function mutated(random: Random): Request {
  const seed = SEEDS[random(SEEDS.length)] ?? SEEDS[0];
  assert.ok(seed !== undefined);
  let [method = "GET", target = "/"] = seed.line.split(" ");
  const headers = new Headers();
  headers.set("authorization", `Bearer ${ADMIN_TOKEN}`);
  let type = seed.type ?? "application/json";
  let body = seed.body === undefined
    ? undefined
    : typeof seed.body === "string"
    ? seed.body
    : JSON.stringify(mutatedJson(seed.body, random));
  for (let n = random(3); n > 0; n--) {
    switch (random(7)) {
      case 0:
        target = spliced(target, random);
        break;
      case 1:
        target = target.replace(/=[^&]*/, () => `=${encodeURIComponent(odd(random).toWellFormed())}`);
        break;
      case 2:
        target = target.replace(/\/a(?=\/|$)/, () => `/${encodeURIComponent(odd(random).toWellFormed())}`);
        break;
      case 3:
        setHeader(headers, HEADERS[random(HEADERS.length)] ?? "if-match", odd(random));
        break;
      case 4:
        if (body !== undefined) body = spliced(body, random);
        break;
      case 5:
        type = random(3) === 0 ? odd(random) : type;
        break;
      case 6:
        if (random(4) === 0) {
          method = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"][random(8)] ?? "GET";
        }
        break;
    }
  }
  if (body !== undefined) setHeader(headers, "content-type", type);
  const url = `http://localhost:${PORT}${target.startsWith("/") ? "" : "/"}${target}`;
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  return new Request(
    URL.canParse(url) ? url : `http://localhost:${PORT}/`,
    { method, headers, ...(hasBody ? { body } : {}) } as RequestInit,
  );
}

/** One value somewhere in it is another; one property may have another name, or be gone. */
function mutatedJson(value: unknown, random: Random): unknown {
  if (random(3) === 0) return value;
  if (typeof value !== "object" || value === null || random(12) === 0) {
    return [odd(random), null, random(2) === 0, -1, 1.5, 1e300, [], {}, [[[[]]]], { x: odd(random) }][random(10)];
  }
  const entries = Object.entries(value);
  const chosen = random(entries.length || 1);
  const next = entries.flatMap(([name, item], i): [string, unknown][] => {
    if (i !== chosen) return [[name, item]];
    switch (random(8)) {
      case 0:
        return [];
      case 1:
        return [[odd(random), item]];
      default:
        return [[name, mutatedJson(item, random)]];
    }
  });
  return Array.isArray(value) ? next.map(([, item]) => item) : Object.fromEntries(next);
}

/** Some of it cut out, and something odd put in. */
function spliced(text: string, random: Random): string {
  const at = random(text.length + 1);
  return text.slice(0, at) + odd(random) + text.slice(at + random(4));
}

function odd(random: Random): string {
  return ODD[random(ODD.length)] ?? "";
}

/** What no header can hold is not sent. */
function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    headers.delete(name);
  }
}

/** mulberry32 */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4_294_967_296 * below);
  };
}
