// What a named target is shown of who sends, over real connections, and what is made of its answers.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { verify } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import type { Delivery, DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { ResolvedTarget } from "../../src/core/delivery/resolved-target.ts";
import type { Credentials } from "../../src/core/targets/credentials.ts";
import { publicKeyOf } from "../../src/core/values/ed25519.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import { answerOf, headerOf, OK, type RawRequest, type RawServer, rawServer } from "../contract/trigger-server.ts";
import { deliveryTo, NEVER } from "../contract/trigger.suite.ts";
import { makeCertificates } from "./certificates.ts";

const PASSWORD = "canary-of-a-password";
const SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("another secret of thirty-two byte").toString("base64")}`;
const SINCE = instant(1);

type World = AsyncDisposable & {
  readonly server: RawServer;
  /** Moves the clock of the sender. */
  at(now: number): void;
  send(more: Partial<ResolvedTarget>, credentials?: Credentials, delivery?: Partial<Delivery>): Promise<DeliveryResult>;
};

async function world(answer?: Parameters<typeof rawServer>[0]): Promise<World> {
  const server = await rawServer(answer);
  const vault = new Map<string, Credentials>();
  const targets = new Map<string, ResolvedTarget>();
  let now = Date.now();
  const trigger = httpTrigger({ now: () => now, open: (sealed, context) => vault.get(sealed + context) });
  return {
    server,
    at: (moment) => void (now = moment),
    send(more, credentials, delivery) {
      const key = JSON.stringify([more, credentials]);
      if (credentials !== undefined) vault.set(`${key}context`, credentials);
      const sealed = credentials === undefined ? {} : { sealed: { text: key, context: "context" } };
      const target = targets.get(key) ?? { name: "a-target", urn: `${server.url}/`, ...sealed, ...more };
      targets.set(key, target);
      return trigger.send(deliveryTo(target, delivery), NEVER);
    },
    async [Symbol.asyncDispose]() {
      await trigger.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

function held(value: string, previous?: { readonly value: string; readonly until?: Instant }) {
  return { value, since: SINCE, ...(previous === undefined ? {} : { previous }) };
}

test("who sends is shown by Basic, by a token, or by headers that nobody else sees", async () => {
  await using made = await world((request) => answerOf(400, { body: request.head }));
  const { server, send } = made;
  const basic = await send({ auth: { kind: "basic", user: "me" } }, { password: held(PASSWORD) });
  const bearer = await send({ auth: { kind: "bearer" } }, { token: held(PASSWORD) });
  const header = await send({ headers: { "x-a": "1" } }, { "headers.x-api-key": held(PASSWORD) });
  assert.deepEqual(server.requests.map((each) => [headerOf(each, "authorization"), headerOf(each, "x-api-key")]), [
    [`Basic ${btoa(`me:${PASSWORD}`)}`, undefined],
    [`Bearer ${PASSWORD}`, undefined],
    [undefined, PASSWORD],
  ]);
  for (const result of [basic, bearer, header]) {
    assert.ok(result.kind === "failed" && result.error.includes("POST /"), "the target has sent back what it was sent");
    assert.ok(!result.error.includes(PASSWORD) && !result.error.includes(btoa(`me:${PASSWORD}`)), result.error);
  }
});

test("credentials that can't be opened are no reason to send without them", async () => {
  await using made = await world();
  const result = await made.send({ sealed: { text: "mts1.x", context: "y" } });
  assert.ok(result.kind === "failed" && result.cause === "ours" && /can't be opened here/.test(result.error));
  assert.deepEqual(made.server.requests, []);
});

test("what was secret before is tried when the new is refused, while it is good", async () => {
  await using made = await world((request) => headerOf(request, "authorization") === "Bearer old" ? OK : answerOf(401));
  const { server, send, at } = made;
  const until = instant(Date.now() + 60_000);
  const token = held("new-token", { value: "old", until });
  assert.equal((await send({ auth: { kind: "bearer" } }, { token })).kind, "delivered");
  assert.deepEqual(server.requests.map((each) => headerOf(each, "authorization")), ["Bearer new-token", "Bearer old"]);
  assert.equal(new Set(server.requests.map((each) => headerOf(each, "ce-id"))).size, 1);
  at(until);
  assert.equal((await send({ auth: { kind: "bearer" } }, { token })).kind, "failed");
  assert.equal(server.requests.length, 3);
});

test("signatures are those of Standard Webhooks, by each secret while it is rotated", async () => {
  await using made = await world();
  const { server, send, at } = made;
  const now = Date.now();
  const until = instant(now + 1_000);
  const payload = { "ü": [1, null] };
  await send({}, { signingSecret: held(SECRET) }, { payload });
  await send({}, { signingSecret: held(OTHER, { value: SECRET, until }) }, { payload });
  await send({ method: "GET" }, { signingSecret: held(SECRET) }, { payload });
  await send({ cloudEvents: "structured" }, { signingSecret: held(SECRET) }, { payload });
  at(until);
  await send({}, { signingSecret: held(OTHER, { value: SECRET, until }) }, { payload });
  const verified = server.requests.map((request) => [SECRET, OTHER].filter((secret) => verifies(request, secret)));
  assert.deepEqual(verified, [[SECRET], [SECRET, OTHER], [SECRET], [SECRET], [OTHER]]);
  const [first] = server.requests;
  assert.ok(first !== undefined);
  assert.equal(headerOf(first, "webhook-id"), headerOf(first, "ce-id"));
  // Whoever changes anything of it is found out.
  const tampered: readonly RawRequest[] = [
    { ...first, body: `${first.body} ` },
    changed(first, "webhook-id", "0".repeat(32)),
    changed(first, "webhook-timestamp", String(Math.floor(now / 1_000) + 1)),
    changed(first, "webhook-signature", `v1,${btoa("x".repeat(32))}`),
  ];
  for (const request of tampered) assert.equal(verifies(request, SECRET), false);
  const bytes = Buffer.from(first.body);
  for (let n = 0; n < 1_000; n++) {
    const other = Buffer.from(bytes);
    const at = n % bytes.length;
    other[at] = ((other[at] ?? 0) + 1 + Math.floor(n / bytes.length)) % 256;
    assert.equal(verifies({ ...first, body: other.toString("latin1") }, SECRET), false);
  }
});

test("a pair of keys signs too, and who checks needs its public one alone", async () => {
  // RFC 8032 §7.1, test 1.
  const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
  const publicKey = publicKeyOf(Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex"));
  await using made = await world();
  const { server, send } = made;
  const payload = { "ü": 1 };
  const pair = `whsk_${seed.toString("base64")}`;
  await send({}, { signingSecret: held(pair) }, { payload });
  await send({}, { signingSecret: held(SECRET, { value: pair }) }, { payload });
  const checked = (request: RawRequest, change = "") => {
    const [id, timestamp, signatures = ""] = ["id", "timestamp", "signature"].map((each) =>
      headerOf(request, `webhook-${each}`)
    );
    const content = Buffer.from(`${id}.${timestamp}.${change}${request.body}`);
    return signatures.split(" ").filter((each) => each.startsWith("v1a,")).map((each) =>
      verify(null, content, publicKey, Buffer.from(each.slice("v1a,".length), "base64"))
    );
  };
  const [alone, both] = server.requests;
  assert.ok(alone !== undefined && both !== undefined);
  assert.deepEqual([checked(alone), checked(alone, " "), checked(both)], [[true], [false], [true]]);
  assert.deepEqual([verifies(alone, SECRET), verifies(both, SECRET)], [false, true], "the library reads v1 alone");
});

function verifies({ headers, body }: RawRequest, secret: string): boolean {
  try {
    new Webhook(secret).verify(body, Object.fromEntries(headers), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function changed(request: RawRequest, name: string, value: string): RawRequest {
  const headers = request.headers.map((each) => each[0] === name ? [name, value] as const : each);
  return { ...request, headers };
}

test("a structured event is one JSON document, and a method without a body has none", async () => {
  await using made = await world();
  const { server, send } = made;
  const delivery = deliveryTo({ urn: "" });
  await send({ cloudEvents: "structured" }, undefined, { payload: { n: 1 }, attempt: 2 });
  await send({ cloudEvents: "structured", method: "DELETE" }, undefined, { payload: { n: 1 } });
  const [structured, bare] = server.requests;
  assert.equal(headerOf(structured, "content-type"), "application/cloudevents+json");
  assert.equal(headerOf(structured, "ce-id"), undefined);
  assert.equal(headerOf(structured, "idempotency-key"), delivery.id);
  assert.deepEqual(JSON.parse(structured?.body ?? ""), {
    specversion: "1.0",
    id: delivery.id,
    source: "/tasks/a-task",
    type: "metronome.occurrence",
    time: "2026-12-01T09:00:00.000Z",
    taskid: "a-task",
    attempt: "2",
    datacontenttype: "application/json",
    data: { n: 1 },
  });
  assert.deepEqual([bare?.body, headerOf(bare, "ce-id")], ["", delivery.id]);
});

test("which answers are a success is the target's to say, by status and by body", async () => {
  await using made = await world((request) => {
    const [, status, body] = /\/(\d+)\/([^?]*)/.exec(request.line) ?? [];
    return answerOf(Number(status), { body: decodeURIComponent(body ?? "") });
  });
  const { server, send } = made;
  const ok = { body: { pointer: "/a/0/b~1c", equals: { x: 1, y: [2] } } };
  const cases:
    readonly (readonly [path: string, success: ResolvedTarget["success"] & object, expected: RegExp | true])[] = [
      ["/202/", { status: [200, 202] }, true],
      ["/201/", { status: [200, 202] }, /answered 201 Created, which is no success here/],
      ["/404/", { status: ["2xx", 404] }, true],
      ["/500/", { status: ["5xx"] }, true],
      ["/200/all%20ok", { body: { contains: "ok" } }, true],
      ["/200/no", { body: { contains: "ok" } }, /answered 200, but its body does not contain "ok"/],
      ["/503/ok", { body: { contains: "ok" } }, /answered 503/],
      [`/200/${encodeURIComponent('{"a":[{"b/c":{"y":[2],"x":1}}]}')}`, ok, true],
      [`/200/${encodeURIComponent('{"a":[{"b/c":{"y":[2],"x":2}}]}')}`, ok, /body is not {"x":1,"y":\[2\]} at/],
      [`/200/${encodeURIComponent('{"a":{}}')}`, ok, /has nothing at \/a\/0\/b~1c/],
      ["/200/nonsense", ok, /body is not JSON/],
      [`/200/${"x".repeat(65_536)}ok`, { body: { contains: "ok" } }, /does not contain/],
    ];
  for (const [path, success, expected] of cases) {
    const result = await send({ urn: server.url + path, success });
    if (expected === true) assert.equal(result.kind, "delivered", JSON.stringify(result));
    else {assert.ok(
        result.kind === "failed" && result.retryable === true && expected.test(result.error),
        JSON.stringify(result),
      );}
  }
});

test("a target that may have more in flight than others has as many connections", async () => {
  const waiting: (() => void)[] = [];
  await using made = await world((_, socket) => {
    waiting.push(() => socket.write(OK));
    if (waiting.length === 100) { for (const answer of waiting) answer(); }
  });
  const sent = Array.from({ length: 100 }, () => made.send({ concurrency: 100 }));
  assert.ok((await Promise.all(sent)).every(({ kind }) => kind === "delivered"));
  assert.equal(made.server.connections(), 100);
});

// ── OAuth 2.0 ──────────────────────────────────────────────────────────────────────────────────────────────────────

const OAUTH = { kind: "oauth2", clientId: "me & co", scope: "events" } as const;

/** A target and its authority at one server: tokens are numbered, and those before `goodFrom` are refused. */
async function authority(token: (n: number) => string = (n) => tokenOf(n)) {
  const asked: RawRequest[] = [];
  const state = { goodFrom: 1 };
  const made = await world((request) => {
    if (request.line.startsWith("POST /token")) return token(asked.push(request));
    const number = Number(/^Bearer token-(\d+)$/.exec(headerOf(request, "authorization") ?? "")?.[1]);
    return number >= state.goodFrom ? OK : answerOf(401, { body: request.head });
  });
  const tokenUrl = `${made.server.url}/token?a=b`;
  return { ...made, asked, state, tokenUrl, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
}

function tokenOf(n: number, more: object = {}): string {
  return answerOf(200, {
    body: JSON.stringify({ access_token: `token-${n}`, token_type: "bearer", expires_in: 3600, ...more }),
  });
}

test("a token is asked for once, however many wait for it, and again when it ends", async () => {
  await using made = await authority();
  const { asked, send, at, tokenUrl } = made;
  const auth = { ...OAUTH, tokenUrl };
  const credentials = { clientSecret: held(PASSWORD) };
  const results = await Promise.all(Array.from({ length: 20 }, () => send({ auth }, credentials)));
  assert.deepEqual([results.every(({ kind }) => kind === "delivered"), asked.length], [true, 1]);
  const [request] = asked;
  assert.equal(headerOf(request, "authorization"), `Basic ${btoa(`me+%26+co:${PASSWORD}`)}`);
  assert.equal(request?.body, "grant_type=client_credentials&scope=events");
  at(Date.now() + 3_560_000);
  await send({ auth }, credentials);
  assert.equal(asked.length, 1);
  at(Date.now() + 3_575_000);
  assert.deepEqual([(await send({ auth }, credentials)).kind, asked.length], ["delivered", 2]);
});

test("a token that is refused is renewed, once in an attempt, and seen in no error", async () => {
  await using made = await authority();
  const { asked, send, state, tokenUrl, server } = made;
  const auth = { ...OAUTH, tokenUrl, clientAuth: "body", audience: "a" } as const;
  const credentials = { clientSecret: held(PASSWORD) };
  await send({ auth }, credentials);
  state.goodFrom = 2;
  assert.deepEqual([(await send({ auth }, credentials)).kind, asked.length], ["delivered", 2]);
  assert.equal(
    asked[1]?.body,
    `grant_type=client_credentials&scope=events&audience=a&client_id=me+%26+co&client_secret=${PASSWORD}`,
  );
  state.goodFrom = 99;
  const before = server.requests.length;
  const result = await send({ auth }, credentials);
  assert.ok(result.kind === "failed" && result.status === 401 && !result.retryable, JSON.stringify(result));
  assert.ok(!/token-\d/.test(result.error), result.error);
  assert.equal(server.requests.length - before, 3, "an event, a token, an event");
});

test("without a token nothing is sent, and why is told without the secret", async () => {
  const cases: readonly (readonly [answer: string, expected: RegExp, retryable: boolean])[] = [
    [
      answerOf(400, { body: `{"error":"invalid_client","echo":"${PASSWORD}"}` }),
      /^no token: .*answered 400.*invalid_client.*\*\*\*/,
      false,
    ],
    [answerOf(503, { headers: "retry-after: 7\r\n" }), /^no token: .*503/, true],
    [answerOf(200, { body: "hello" }), /answered without a token: it is not JSON/, true],
    [answerOf(200, { body: '{"access_token":"a b"}' }), /access_token is none/, true],
    [tokenOf(1, { token_type: "mac" }), /its type is not Bearer/, true],
    [answerOf(302, { headers: "location: /elsewhere\r\n" }), /redirects to \/elsewhere are not followed/, false],
    [answerOf(200, { body: "x".repeat(1_100_000) }), /more than 1 MiB/, false],
  ];
  for (const [answer, expected, retryable] of cases) {
    await using made = await authority(() => answer);
    const result = await made.send({ auth: { ...OAUTH, tokenUrl: made.tokenUrl } }, { clientSecret: held(PASSWORD) });
    assert.ok(result.kind === "failed" && expected.test(result.error), JSON.stringify(result));
    assert.deepEqual([result.retryable, result.cause], [retryable, "unreached"]);
    assert.ok(!result.error.includes(PASSWORD));
    assert.ok(made.server.requests.every(({ line }) => line.startsWith("POST /token")));
  }
});

test("the secret of the client from before is tried when whoever gives tokens does not know the new", async () => {
  const old = btoa("me+%26+co:old-secret");
  const authorizations: (string | undefined)[] = [];
  await using made = await world((request) => {
    if (!request.line.startsWith("POST /token")) return OK;
    authorizations.push(headerOf(request, "authorization"));
    return authorizations.at(-1) === `Basic ${old}` ? tokenOf(1) : answerOf(401);
  });
  const auth = { ...OAUTH, tokenUrl: `${made.server.url}/token` };
  assert.equal((await made.send({ auth }, { clientSecret: held("new", { value: "old-secret" }) })).kind, "delivered");
  assert.equal(authorizations.length, 2);
  const refused = await made.send({ auth }, { clientSecret: held("new") });
  assert.ok(refused.kind === "failed" && /^no token: .*401/.test(refused.error), JSON.stringify(refused));
  assert.equal(authorizations.length, 3);
});

test("an attempt that waits for a token ends in its time", async () => {
  await using made = await authority(() => "");
  const result = await made.send({ auth: { ...OAUTH, tokenUrl: made.tokenUrl } }, { clientSecret: held(PASSWORD) }, {
    totalMs: 200,
  });
  assert.ok(result.kind === "failed" && result.retryable && /no token for .* in time/.test(result.error));
});

// ── TLS ────────────────────────────────────────────────────────────────────────────────────────────────────────────

test("a server is believed by the target's own authority, and shown the client's certificate", async () => {
  const { ca, otherCa, server, expired, client } = await makeCertificates();
  const seen: string[] = [];
  await using open = await secureServer({ ...server }, seen);
  await using over = await secureServer({ ...expired }, seen);
  await using closed = await secureServer({ ...server, ca, requestCert: true, rejectUnauthorized: true }, seen);
  await using made = await world();
  const { send } = made;
  const tls = { ca };
  const certificate = client.cert;
  const key = { key: held(client.key) };
  const urn = (port: number, host = "localhost") => `https://${host}:${port}/`;
  assert.equal((await send({ urn: urn(open.port), tls })).kind, "delivered");
  assert.equal((await send({ urn: urn(open.port, "127.0.0.1"), tls })).kind, "delivered");
  assert.equal(
    (await send({ urn: urn(open.port, "127.0.0.1"), tls: { ca, serverName: "localhost" } })).kind,
    "delivered",
  );
  assert.equal((await send({ urn: urn(closed.port), tls: { ca, certificate } }, key)).kind, "delivered");
  assert.deepEqual(seen, ["", "", "", "client"]);
  const refused = [
    await send({ urn: urn(open.port) }),
    await send({ urn: urn(open.port), tls: { ca: otherCa } }),
    await send({ urn: urn(open.port), tls: { ca, serverName: "elsewhere.example" } }),
    await send({ urn: urn(over.port), tls }),
    await send({ urn: urn(closed.port), tls }),
  ];
  for (const result of refused) assert.ok(result.kind === "failed" && result.retryable, JSON.stringify(result));
  assert.equal(seen.length, 4, "nothing was sent to who was not believed");
});

async function secureServer(options: Parameters<typeof createServer>[0], seen: string[]) {
  const server: Server = createServer(options, (request, response) => {
    const certificate = "getPeerCertificate" in request.socket
      ? (request.socket as { getPeerCertificate(): { subject?: { CN?: string } } | null }).getPeerCertificate()
      : null;
    seen.push(certificate?.subject?.CN ?? "");
    request.resume();
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
