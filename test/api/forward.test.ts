import assert from "node:assert/strict";
import { test } from "node:test";
import { meshed, until } from "./meshed.ts";
import { ADMIN_TOKEN, CODE, HOURLY, PORT, URN, withWorld } from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };
const SELF = "/api/v1/peers/peer-1/api/v1";
/** What a member says of who asks. */
const FOR = encodeURIComponent(JSON.stringify({ user: "admin", role: "admin", scopes: ["read"] }));
const OTHER = "/api/v1/peers/peer-2/api/v1";

test("a peer's API is below its own id, for those who may use it", () =>
  withWorld(async ({ call }) => {
    const made = await call(`POST ${SELF}/tasks`, { body: TASK });
    assert.deepEqual([made.status, made.headers.get("location")], [201, "/api/v1/tasks/a"]);
    assert.deepEqual((await call(`GET ${SELF}/tasks?limit=1`)).body, (await call("GET tasks?limit=1")).body);
    assert.equal((await call(`HEAD ${SELF}/tasks/a`)).status, 200);
    assert.equal((await call(`PATCH ${SELF}/tasks/a`, { body: { name: "b" } })).body.name, "b");
    assert.equal((await call(`PUT ${SELF}/tasks/b`, { body: { ...TASK, id: "b" } })).status, 201);
    assert.equal((await call(`DELETE ${SELF}/tasks/a`)).status, 204);
    assert.equal((await call(`GET ${SELF}/tasks/a`)).status, 404);
    assert.equal((await call(`PURGE ${SELF}/tasks/a`)).status, 405);
    assert.equal((await call(`GET ${SELF}/nothing`)).status, 404);
  }));

test("no way through the mesh is open to those who may not come in by the door", () =>
  withWorld(async ({ call }) => {
    const paths = [
      `${SELF}/tasks`,
      `${SELF}/healthz`,
      `${SELF}/openapi.json`,
      `${SELF}/auth/session`,
      `${OTHER}/healthz`,
      "/api/v1/peers//api/v1/healthz",
      "/api/v1/peers/peer-1//api/v1/healthz",
      "/api/v1/peers/peer-1/api/v1//healthz",
      "/api/v1/peers/peer-1/api/v1/",
      "/api/v1/peers/peer-1/api/v1",
      "/api/v1/peers/peer-1/healthz",
      "/api/v1/peers/peer-1%2Fapi%2Fv1%2Fhealthz",
      "/api/v1/peers/peer-1/api%2Fv1/healthz",
      "/api/v1/peers/peer-1/api/v1/..%2F..%2Fhealthz",
      "/api/v1/peers/peer-1/api/v1/%2e%2e%2fhealthz",
      "/api/v1/peers/peer-1/api/v1/healthz%00",
      "/api/v1/peers/peer-1/api/v1/healthz;x",
      "/api/v1/peers/peer-1/api/v1/tasks%3F",
      "/api/v1/peers/%70eer-1/api/v1/healthz",
      "//api/v1/peers/peer-1/api/v1/healthz",
      `${SELF}/peers/peer-1/api/v1/healthz`,
    ];
    for (const path of paths) {
      for (const method of ["GET", "HEAD", "POST"]) {
        const { status } = await call(`${method} ${path}`, { token: null });
        assert.equal(status, 401, `${method} ${path}`);
      }
    }
    // What these are by the time that anybody reads them is public itself.
    for (
      const path of [`${SELF}/../../../../healthz`, `${SELF}/%2e%2e/../healthz`, `${SELF}\\..\\..\\..\\..\\..\\healthz`]
    ) {
      const reply = await call(`GET ${path}`, { token: null });
      assert.ok(reply.status === 401 || JSON.stringify(reply.body) === '{"status":"ok"}', `${path} ${reply.status}`);
    }
    for (const path of paths.slice(5).filter((each) => !/v1\/healthz$/.test(each))) {
      assert.ok([400, 404, 405].includes((await call(`GET ${path}`)).status), path);
    }
    const foreign = { headers: { "sec-fetch-site": "cross-site" } };
    assert.equal((await call(`POST ${SELF}/tasks`, { body: TASK, ...foreign })).status, 403);
    assert.equal((await call(`GET ${SELF}/tasks`, { headers: { host: "evil.example" } })).status, 421);
  }));

test("what has come through the mesh is not sent on", () =>
  withWorld(async ({ call, api }) => {
    assert.equal((await call(`GET ${SELF}/peers/peer-1/api/v1/tasks`)).status, 508);
    assert.equal((await call(`GET ${SELF}/peers/peer-2/api/v1/tasks`)).status, 508);
    const headers = { "metronome-on-behalf-of": FOR };
    const trusted = await api.fetch(new Request(`http://peer${SELF}/tasks`, { headers }), { isTrusted: true });
    assert.equal(trusted.status, 508);
    assert.equal((await trusted.json()).status, 508);
  }));

test("a request is trusted for where it came from, not for what it says", () =>
  withWorld(async ({ api }) => {
    const forged = new Request("http://peer/api/v1/tasks", {
      headers: { isTrusted: "true", "x-forwarded-for": "::1", "metronome-on-behalf-of": FOR },
    });
    assert.equal((await api.fetch(forged, { remote: "127.0.0.1" })).status, 421);
    const local = new Request("http://localhost/api/v1/tasks", { headers: forged.headers });
    assert.equal((await api.fetch(local, { remote: "127.0.0.1" })).status, 401);
    assert.equal((await api.fetch(forged, { isTrusted: true })).status, 200);
    const unsaid = new Request("http://peer/api/v1/tasks", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    assert.equal((await api.fetch(unsaid, { isTrusted: true })).status, 401);
  }));

test("a peer that is none is not found, and is named", () =>
  withWorld(async ({ call }) => {
    const { status, body } = await call(`GET ${OTHER}/tasks`);
    assert.deepEqual([status, body.detail], [404, "There is no peer with the id peer-2 in this mesh."]);
  }));

test("another peer is asked as if one were there: tasks, pages, conditions, problems", async () => {
  await using world = await meshed();
  const [{ call }, far] = world.peers;
  const made = await call(`POST ${OTHER}/tasks`, { body: TASK });
  assert.deepEqual([made.status, made.body.id], [201, "a"]);
  const etag = made.headers.get("etag") ?? "";
  assert.equal((await far.call("GET tasks/a")).headers.get("etag"), etag);
  assert.equal((await call(`GET ${OTHER}/tasks/a`, { headers: { "if-none-match": etag } })).status, 304);
  const changed = await call(`PUT ${OTHER}/tasks/a`, { body: TASK, headers: { "if-match": '"0"' } });
  assert.deepEqual([changed.status, changed.body.title], [412, "Precondition failed"]);
  assert.deepEqual((await call(`GET ${OTHER}/auth/session`)).body.peer, { id: "peer-2", name: "name-2" });
  assert.deepEqual((await call("GET auth/session")).body.peer, { id: "peer-1", name: "name-1" });
  assert.equal((await call(`HEAD ${OTHER}/tasks/a`)).status, 200);
  assert.equal((await call(`GET ${OTHER}/tasks?limit=0`)).status, 400);
  assert.equal((await call(`GET ${OTHER}/peers/peer-1/api/v1/tasks`)).status, 508);
  assert.equal((await call(`DELETE ${OTHER}/tasks/a`)).status, 204);
  // A key of the caller is heard there, and the secret that opened the first door is not.
  const keyed = { body: TASK, headers: { "idempotency-key": "k" } };
  assert.equal((await call(`POST ${OTHER}/tasks`, keyed)).status, 201);
  assert.equal((await call(`POST ${OTHER}/tasks`, keyed)).headers.get("idempotent-replayed"), "true");
  assert.equal((await call(`POST ${OTHER}/tasks`, { body: "x".repeat(600_000) })).status, 413);
});

test("5 MiB of tasks go to another peer, and come back from it", async () => {
  await using world = await meshed();
  const [{ call, fetch }] = world.peers;
  const payload = "x".repeat(5_000);
  const lines = Array.from({ length: 1_050 }, (_, n) => JSON.stringify({ ...TASK, id: `t${n}`, payload }));
  const body = lines.join("\n");
  assert.ok(body.length > 5 * 1024 * 1024);
  const answered = await call(`POST ${OTHER}/tasks:batch`, { body, type: "application/x-ndjson" });
  assert.equal(answered.body.trim().split("\n").length, lines.length);
  const exported = await (await fetch(`GET ${OTHER}/tasks:export`)).text();
  assert.deepEqual(
    exported.trim().split("\n").map((line) => JSON.parse(line).id).sort(),
    lines.map((line) => JSON.parse(line).id).sort(),
  );
});

test("a hundred requests at once are answered", async () => {
  await using world = await meshed();
  const [{ call }] = world.peers;
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, n) => call(`PUT ${OTHER}/tasks/t${n}`, { body: { ...TASK, id: `t${n}` } })),
  );
  assert.deepEqual(replies.map(({ status, body }) => [status, body.id]), replies.map((_, n) => [201, `t${n}`]));
});

test("events of another peer come as they happen, until the reader goes or its token is revoked", async () => {
  await using world = await meshed();
  const [near, far] = world.peers;
  const { token, id } = (await near.call("POST tokens", { body: {} })).body;
  const stream = await near.fetch(`GET ${OTHER}/events`, { token });
  assert.deepEqual([stream.status, stream.headers.get("content-type")], [200, "text/event-stream"]);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const read = async (wanted: RegExp) => {
    while (!wanted.test(text)) text += (await reader?.read())?.value ?? assert.fail("the stream has ended");
  };
  await read(/welcome/);
  const before = Date.now();
  await far.call("POST tasks", { body: { ...TASK, id: "watched" } });
  await read(/event: task\ndata: .*"id":"watched"/);
  assert.ok(Date.now() - before < 1_000, `${Date.now() - before} ms`);
  await near.call(`DELETE tokens/${id}`);
  await assert.rejects(async () => {
    while (reader !== undefined && !(await reader.read()).done);
  });
  // The streams that a peer serves are counted: 120 that are left are 120 that are free again.
  for (let n = 0; n < 120; n++) {
    const left = await near.fetch(`GET ${OTHER}/events`);
    assert.equal(left.status, 200);
    await left.body?.cancel();
  }
});

test("a peer that can't be reached is named, with what to do", async () => {
  await using world = await meshed();
  const [{ call, fetch }] = world.peers;
  const stream = (await fetch(`GET ${OTHER}/events`)).body?.getReader();
  await stream?.read();
  world.network.cut("peer-1", "peer-2");
  await assert.rejects(async () => {
    while (stream !== undefined && !(await stream.read()).done);
  });
  const { status, body } = await call(`GET ${OTHER}/tasks`);
  assert.equal(status, 502);
  assert.match(body.detail, /^The peer name-2 \(peer-2\) can't be reached from here: .* See that it runs/);
  world.network.heal("peer-1", "peer-2");
  await until("it is asked again", async () => (await call(`GET ${OTHER}/tasks`)).status === 200);
});

test("a peer that does not answer within 15 s is named, and a client that goes before waits for nothing", async () => {
  await using world = await meshed();
  const [near, far] = world.peers;
  far.fallSilent();
  const caller = new AbortController();
  const gone = near.api.fetch(
    new Request(`http://localhost:${PORT}${OTHER}/tasks`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      signal: caller.signal,
    }),
  );
  const before = Date.now();
  const answer = near.call(`POST ${OTHER}/tasks`, { body: TASK });
  caller.abort();
  await gone;
  assert.ok(Date.now() - before < 2_000);
  const { status, body } = await answer;
  assert.equal(status, 504);
  assert.match(body.detail, /^The peer name-2 \(peer-2\) has not answered for 15 s\. It may have done/);
  const tookMs = Date.now() - before;
  assert.ok(tookMs >= 15_000 && tookMs < 18_000, `${tookMs} ms`);
});

test("a session opens the way as a token does, and its cookie stays here", () =>
  withWorld(async ({ call }) => {
    const signedIn = await call("POST auth/session", { body: { code: CODE }, token: null });
    const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    assert.equal((await call(`GET ${SELF}/tasks`, { token: null, headers: { cookie } })).status, 200);
    assert.equal((await call(`GET ${OTHER}/tasks`, { token: null, headers: { cookie } })).status, 404);
  }));
