// What an HTTP target is told, to the byte, and what is made of its answer.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { Delivery, DeliveryResult } from "../../src/core/delivery/delivery.ts";
import type { PlainTarget } from "../../src/core/targets/target.ts";
import { instant } from "../../src/core/values/instant.ts";
import { httpTrigger, type HttpTriggerOptions } from "../../src/trigger/http.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import {
  answerOf,
  freePort,
  headerOf,
  OK,
  queryOf,
  type RawRequest,
  type RawServer,
  rawServer,
} from "../contract/trigger-server.ts";
import { deliveryTo, NEVER, PLANNED } from "../contract/trigger.suite.ts";

/** 1.234 s after the planned instant. */
const NOW = PLANNED + 1_234;

type World = AsyncDisposable & {
  readonly server: RawServer;
  readonly trigger: Trigger;
  send(target: Partial<PlainTarget> & { readonly path?: string }, more?: Partial<Delivery>): Promise<DeliveryResult>;
};

async function world(
  answer?: Parameters<typeof rawServer>[0],
  options: Partial<HttpTriggerOptions> = {},
): Promise<World> {
  const server = await rawServer(answer);
  const trigger = httpTrigger({ now: () => NOW, ...options });
  return {
    server,
    trigger,
    send: ({ path = "/", ...target }, more) =>
      trigger.send(deliveryTo({ urn: server.url + path, ...target }, more), NEVER),
    async [Symbol.asyncDispose]() {
      await trigger.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("a target receives exactly these bytes", async () => {
  await using made = await world(undefined, { userAgent: "Metronome/0.1.0" });
  const { server, send } = made;
  const result = await send({ path: "/a/tick?x=1&y", headers: { "X-Site": "lyon" } }, {
    payload: { n: 1, s: "é" },
    attempt: 2,
    toleranceMs: 2_500,
  });
  assert.deepEqual(result, { kind: "delivered", status: 200 });
  const id = deliveryTo({ urn: "" }).id;
  const low = ((parseInt(id.slice(24), 16) ^ 2) >>> 0).toString(16).padStart(8, "0");
  assert.equal(
    server.bytes(),
    [
      "POST /a/tick?x=1&y&time=1796115600&epsilon=2.5&at=1796115601 HTTP/1.1",
      `host: 127.0.0.1:${server.port}`,
      "connection: keep-alive",
      "content-type: application/json",
      "user-agent: Metronome/0.1.0",
      "X-Site: lyon",
      `idempotency-key: ${id}`,
      `traceparent: 00-${id}-${id.slice(16, 24)}${low}-01`,
      "ce-specversion: 1.0",
      `ce-id: ${id}`,
      "ce-source: /tasks/a-task",
      "ce-type: metronome.occurrence",
      "ce-time: 2026-12-01T09:00:00.000Z",
      "ce-taskid: a-task",
      "ce-attempt: 2",
      "content-length: 16",
      "",
      '{"n":1,"s":"Ã©"}',
    ].join("\r\n"),
  );
});

test("without a payload the body is null, and GET and DELETE have none", async () => {
  await using made = await world();
  const { server, send } = made;
  for (const method of ["POST", "PUT", "PATCH", "GET", "DELETE"] as const) {
    await send({ method }, { payload: method === "GET" ? [1] : null });
  }
  assert.deepEqual(
    server.requests.map((
      request,
    ) => [
      request.line.split(" ")[0],
      request.body,
      headerOf(request, "content-type"),
      headerOf(request, "content-length"),
    ]),
    [
      ["POST", "null", "application/json", "4"],
      ["PUT", "null", "application/json", "4"],
      ["PATCH", "null", "application/json", "4"],
      ["GET", "", undefined, undefined],
      ["DELETE", "", undefined, undefined],
    ],
  );
});

// A short body leaves in one text with its head, a longer one behind it.
test("a body arrives as it is, however long", async () => {
  await using made = await world();
  // As JSON a text is two characters longer, and each é is two bytes.
  const payloads = ["", "é", "é".repeat(2_047), "é".repeat(2_047) + "x", "é".repeat(2_048), "é".repeat(130_000)];
  for (const payload of payloads) await made.send({}, { payload });
  assert.deepEqual(made.server.requests.map(({ body }) => JSON.parse(body)), payloads);
  assert.deepEqual(
    made.server.requests.map((request) => headerOf(request, "content-length")),
    ["2", "4", "4096", "4097", "4098", "260002"],
  );
});

test("time, epsilon and at are set over those of the same name, and the rest of the query stays as it is", async () => {
  const own = "time=1796115600&epsilon=60&at=1796115601";
  const cases: readonly (readonly [written: string, sent: string])[] = [
    ["/", `/?${own}`],
    ["", `/?${own}`],
    ["/?", `/?${own}`],
    ["/a/?b", `/a/?b&${own}`],
    ["/?time=5", `/?${own}`],
    ["/?a=1&time=5&b=2&time&epsilon=&at=x", `/?a=1&b=2&${own}`],
    ["/?Time=5&times=1&a.t=1", `/?Time=5&times=1&a.t=1&${own}`],
    ["/?t%69me=5&%61t=1&a=%zz&%zz=time", `/?a=%zz&%zz=time&${own}`],
    ["/?a=b=c&&d&=&e=%20+'\"<>`{|}^[]\\;,", `/?a=b=c&&d&=&e=%20+'\"<>\`{|}^[]\\;,&${own}`],
    ["/?a=1?b=2/c", `/?a=1?b=2/c&${own}`],
    ["/é/%C3%A9?ü=ß&%C3%BC", `/%C3%A9/%C3%A9?%C3%BC=%C3%9F&%C3%BC&${own}`],
    ["/a%2Fb/%2e", `/a%2Fb/?${own}`],
  ];
  await using made = await world();
  for (const [path] of cases) await made.send({ path });
  assert.deepEqual(made.server.requests.map(({ line }) => line), cases.map(([, sent]) => `POST ${sent} HTTP/1.1`));
});

test("time and at are whole seconds, never after the instant that they stand for", async () => {
  await using made = await world(undefined, { now: () => PLANNED + 999 });
  await made.send({}, { instant: instant(PLANNED + 999), toleranceMs: 0 });
  await made.send({}, { instant: instant(-1), toleranceMs: 1 });
  assert.deepEqual(made.server.requests.map(queryOf), [
    "time=1796115600&epsilon=0&at=1796115600",
    "time=-1&epsilon=0.001&at=1796115600",
  ]);
});

test("userinfo becomes Basic authorization and is nowhere else", async () => {
  await using made = await world();
  const { server, trigger } = made;
  const cases = [
    ["robot:secret", "robot:secret"],
    ["robot", "robot:"],
    [":secret", ":secret"],
    ["ro%62ot:p%40ss%2Fw%3A%25%C3%A9", "robot:p@ss/w:%é"],
    ["a@b:c:d", "a@b:c:d"],
  ] as const;
  for (const [userinfo] of cases) {
    await trigger.send(deliveryTo({ urn: `http://${userinfo}@127.0.0.1:${server.port}/x` }), NEVER);
  }
  assert.deepEqual(
    server.requests.map((request) =>
      Buffer.from(headerOf(request, "authorization")?.replace(/^Basic /, "") ?? "", "base64").toString()
    ),
    cases.map(([, plain]) => plain),
  );
  for (const request of server.requests) {
    assert.equal(headerOf(request, "host"), `127.0.0.1:${server.port}`);
    assert.match(request.line, /^POST \/x\?time=/);
  }
});

test("headers of the target are sent as written, and its user agent goes before ours", async () => {
  await using made = await world();
  await made.send({
    headers: { "AUTHORIZATION": "Bearer x.y", "User-Agent": "mine", "x-a": "a\tb  c", "x-empty": "", "accept": "*/*" },
  });
  const head = made.server.requests[0]?.head ?? "";
  for (const line of ["AUTHORIZATION: Bearer x.y", "User-Agent: mine", "x-a: a\tb  c", "x-empty: ", "accept: */*"]) {
    assert.ok(head.split("\r\n").includes(line), line);
  }
  assert.equal(head.includes("Metronome"), false);
});

test("every 2xx is delivered, with its status", async () => {
  const statuses = [200, 201, 202, 204, 206, 226, 299];
  await using made = await world((request) => {
    const status = Number(request.line.slice(6, 9));
    return status === 204 ? "HTTP/1.1 204 \r\n\r\n" : answerOf(status, { body: "x" });
  });
  for (const status of statuses) {
    assert.deepEqual(await made.send({ path: `/${status}` }), { kind: "delivered", status });
  }
  // A connection is free again a turn of the loop after its answer: two take turns.
  assert.ok(made.server.connections() <= 2);
});

test("a refusal says what the target said, and whether to come back, and when", async () => {
  const date = (ms: number) => new Date(ms).toUTCString();
  const cases: readonly (readonly [answer: string, retryable: boolean, error: string, retryAfterMs?: number])[] = [
    [answerOf(404, { body: "no such thing\r\n\x1b[31m" }), false, "answered 404 Not Found: no such thing [31m"],
    [answerOf(400), false, "answered 400 Bad Request"],
    [answerOf(410, { headers: "retry-after: 5\r\n" }), false, "answered 410 Gone"],
    [answerOf(408), true, "answered 408 Request Timeout"],
    [answerOf(425), true, "answered 425 Too Early"],
    [answerOf(429, { headers: "Retry-After: 7\r\n" }), true, "answered 429 Too Many Requests", 7_000],
    [answerOf(500, { body: "é".repeat(300) }), true, `answered 500 Internal Server Error: ${"é".repeat(200)}`],
    [
      answerOf(503, { headers: `retry-after: ${date(NOW + 90_000)}\r\n` }),
      true,
      "answered 503 Service Unavailable",
      89_766,
    ],
    [
      answerOf(503, { headers: "retry-after: Tue Dec  1 09:01:01 2026\r\n" }),
      true,
      "answered 503 Service Unavailable",
      59_766,
    ],
    [answerOf(503, { headers: `retry-after: ${date(NOW - 90_000)}\r\n` }), true, "answered 503 Service Unavailable", 0],
    [answerOf(503, { headers: "retry-after: 99999999999\r\n" }), true, "answered 503 Service Unavailable", 86_400_000],
    [
      answerOf(503, { headers: `retry-after: ${"9".repeat(400)}\r\n` }),
      true,
      "answered 503 Service Unavailable",
      86_400_000,
    ],
    [answerOf(503, { headers: "retry-after: -5\r\n" }), true, "answered 503 Service Unavailable"],
    [answerOf(503, { headers: "retry-after: soon\r\n" }), true, "answered 503 Service Unavailable"],
    [answerOf(599), true, "answered 599"],
    ["HTTP/1.1 503 \r\nconnection: close\r\n\r\nhalf a", true, "answered 503 Service Unavailable: half a"],
    ["HTTP/1.1 404 \r\ncontent-length: 99\r\n\r\nhalf a", false, "answered 404 Not Found: half a"],
  ];
  await using made = await world((request, socket) => {
    const [answer = ""] = cases[Number(/\d+/.exec(request.line)?.[0])] ?? [];
    if (!answer.endsWith("half a")) return answer;
    socket.end(answer);
  });
  for (const [n, [answer, retryable, error, retryAfterMs]] of cases.entries()) {
    assert.deepEqual(await made.send({ path: `/${n}` }), {
      kind: "failed",
      status: Number(answer.slice(9, 12)),
      error: `127.0.0.1:${made.server.port} ${error}`,
      retryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(answer.includes(" 410 ") ? { gone: true } : {}),
    });
  }
});

test("a redirect is a failure that is not tried again, and nobody is asked at its place", async () => {
  await using inside = await rawServer();
  await using made = await world((request) => {
    const status = Number(request.line.slice(6, 9));
    return answerOf(status, { headers: `location: ${inside.url}/inside\r\n` });
  });
  for (const status of [300, 301, 302, 303, 304, 305, 307, 308]) {
    const result = await made.send({ path: `/${status}` }, { payload: "x" });
    assert.deepEqual([result.kind, result.kind === "failed" && result.retryable, result.status], [
      "failed",
      false,
      status,
    ]);
    assert.match(
      result.kind === "failed" ? result.error : "",
      /redirects to http:\/\/127\.0\.0\.1:\d+\/inside are not followed$/,
    );
  }
  assert.deepEqual([inside.connections(), made.server.requests.length], [0, 8]);
});

test("what the target sends back of our secrets is not shown", async () => {
  await using made = await world((request) => answerOf(403, { body: request.head + request.head }));
  const urn = `http://robot:hunter%2Ftwo@127.0.0.1:${made.server.port}/?a=hunter/two`;
  const result = await made.send({ urn, headers: { "x-api-key": "k-123456", "cookie": "sid=abc" } });
  const text = JSON.stringify(result);
  for (const secret of ["hunter/two", "hunter%2Ftwo", btoa("robot:hunter/two"), "k-123456", "sid=abc"]) {
    assert.equal(text.includes(secret), false, secret);
  }
  assert.ok(text.includes("***"));
});

test("a port where nobody listens refuses the connection", async () => {
  await using made = await world();
  const port = await freePort();
  assert.deepEqual(await made.send({ urn: `http://robot:secret@127.0.0.1:${port}/` }), {
    kind: "failed",
    error: `connection refused by 127.0.0.1:${port}`,
    retryable: true,
    cause: "unreached",
  });
  const named = await made.send({ urn: `http://localhost:${port}/` });
  assert.deepEqual(named, {
    kind: "failed",
    error: `connection refused by localhost:${port}`,
    retryable: true,
    cause: "unreached",
  });
});

test("a host name that does not exist is named", async () => {
  await using made = await world();
  const result = await made.send({ urn: "http://nobody.invalid/" });
  assert.deepEqual([result.kind, result.kind === "failed" && result.retryable], ["failed", true]);
  assert.match(
    result.kind === "failed" ? result.error : "",
    /^host name nobody\.invalid (does not resolve|can't be looked up)/,
  );
});

test("a server that speaks no TLS is no secure target", async () => {
  await using made = await world();
  const result = await made.send({ urn: `https://127.0.0.1:${made.server.port}/` }, { totalMs: 300 });
  assert.deepEqual([result.kind, result.kind === "failed" && result.retryable, made.server.requests.length], [
    "failed",
    true,
    0,
  ]);
});

test("1,000 events share 64 connections, one at a time on each", async () => {
  let busy = 0;
  let busiest = 0;
  await using made = await world((_, socket) => {
    busiest = Math.max(busiest, ++busy);
    setImmediate(() => {
      busy--;
      socket.write(OK);
    });
  });
  const results = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => made.send({ path: `/${n % 7}` }, { task: `t${n}` })),
  );
  assert.equal(results.filter(({ kind }) => kind === "delivered").length, 1_000);
  assert.equal(new Set(made.server.requests.map((request) => headerOf(request, "ce-id"))).size, 1_000);
  assert.ok(
    made.server.connections() <= 64 && busiest <= 64,
    `${made.server.connections()} connections, ${busiest} at once`,
  );
});

test("a connection that the server closes between two events costs no event, and none is sent twice", async () => {
  for (const manner of ["end", "destroy", "reset"] as const) {
    await using made = await world((_, socket) => {
      socket.write(
        OK,
        () => manner === "end" ? socket.end() : manner === "reset" ? socket.resetAndDestroy() : socket.destroy(),
      );
    });
    const attempts: string[] = [];
    for (let n = 0; n < 50; n++) {
      // As the engine does: what failed and may be tried again is an attempt of its own.
      for (let attempt = 1; attempt < 9; attempt++) {
        const result = await made.send({}, { task: `t${n}`, attempt });
        attempts.push(`t${n} ${attempt}`);
        if (result.kind === "delivered") break;
        assert.equal(result.retryable, true);
      }
    }
    const arrived = made.server.requests.map((request) =>
      `${headerOf(request, "ce-taskid")} ${headerOf(request, "ce-attempt")}`
    );
    assert.equal(new Set(arrived.map((one) => one.split(" ")[0])).size, 50, manner);
    assert.equal(new Set(arrived).size, arrived.length, `${manner}: an attempt came twice`);
    assert.deepEqual(arrived.filter((one) => !attempts.includes(one)), []);
  }
});

test("a request that dies without an answer is not silently sent again", async () => {
  await using made = await world((_, socket) => {
    socket.destroy();
  });
  const place = `127.0.0.1:${made.server.port}`;
  assert.deepEqual(await made.send({ method: "GET" }), {
    kind: "failed",
    error: `${place} closed the connection before it answered`,
    retryable: true,
  });
  assert.equal(made.server.requests.length, 1);
});

test("an idle pool gives its connections back, and the next event opens new ones", async () => {
  await using made = await world(undefined, { idleMs: 20 });
  await made.send({});
  while (made.server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await made.send({}), { kind: "delivered", status: 200 });
  assert.equal(made.server.connections(), 2);
});

test("closing gives every connection back", async () => {
  await using made = await world((request: RawRequest) => request.line.includes("/silent") ? undefined : OK);
  await Promise.all(Array.from({ length: 20 }, (_, n) => made.send({}, { task: `t${n}` })));
  const stuck = made.send({ path: "/silent" });
  await made.trigger.close();
  assert.deepEqual(await stuck, { kind: "failed", error: "the peer is stopping", retryable: true, cause: "ours" });
  while (made.server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});
