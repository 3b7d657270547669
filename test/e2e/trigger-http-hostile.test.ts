// Targets that mean harm, or are broken: each costs its own attempt, and no more.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import type { Delivery, DeliveryResult } from "../../src/core/delivery/delivery.ts";
import { httpTrigger } from "../../src/trigger/http.ts";
import type { Trigger } from "../../src/trigger/trigger.ts";
import { answerOf, OK, type RawRequest, type RawServer, rawServer } from "../contract/trigger-server.ts";
import { deliveryTo, NEVER } from "../contract/trigger.suite.ts";

type World = AsyncDisposable & {
  readonly server: RawServer;
  readonly trigger: Trigger;
  send(path?: string, more?: Partial<Delivery>): Promise<DeliveryResult>;
};

async function world(answer: (request: RawRequest, socket: Socket) => string | void): Promise<World> {
  const server = await rawServer(answer);
  const trigger = httpTrigger({ now: Date.now });
  return {
    server,
    trigger,
    send: (path = "/", more = {}) => trigger.send(deliveryTo({ urn: server.url + path }, more), NEVER),
    async [Symbol.asyncDispose]() {
      await trigger.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** What a failure is, without the port. */
function said(result: DeliveryResult): readonly unknown[] {
  return result.kind === "delivered"
    ? ["delivered"]
    : [result.error.replace(/127\.0\.0\.1:\d+/g, "X"), result.retryable, result.status];
}

/** Writes as fast as the other side takes it, until the connection ends. */
function pour(socket: Socket, chunk: string | Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
}

/** A timer counts from the start of the turn of the loop in which it is set: so does this watch, or it would seem early. */
async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const before = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  return [await work(), performance.now() - before];
}

test("a server that takes the connection and says nothing costs the whole time, once", async () => {
  await using made = await world((request) => request.line.includes("/warm") ? OK : undefined);
  await made.send("/warm");
  const [result, tookMs] = await timed(() => made.send("/", { totalMs: 150 }));
  assert.deepEqual(said(result), ["no answer from X within 150 ms", true, undefined]);
  assert.ok(tookMs >= 145 && tookMs < 1_500, `${tookMs} ms`);
  assert.equal(made.server.requests.length, 2);
});

test("a byte at a time does not stretch the time, in the head or in the body", async () => {
  await using made = await world((request, socket) => {
    const text = request.line.includes("/head")
      ? OK.repeat(9)
      : `HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${"x".repeat(999)}`;
    if (!request.line.includes("/head")) socket.write(text.slice(0, 60));
    let at = request.line.includes("/head") ? 0 : 60;
    const timer = setInterval(() => socket.write(text[at++] ?? "x"), 20);
    socket.on("close", () => clearInterval(timer));
  });
  const results = await Promise.all(["/head", "/body"].map((path) => timed(() => made.send(path, { totalMs: 200 }))));
  assert.deepEqual(results.map(([result]) => said(result)), [
    ["no answer from X within 200 ms", true, undefined],
    ["the answer 200 of X did not end within 200 ms", true, 200],
  ]);
  for (const [, tookMs] of results) assert.ok(tookMs >= 195 && tookMs < 1_500, `${tookMs} ms`);
});

test("a refusal whose body never ends is that refusal", async () => {
  await using made = await world((request) =>
    `HTTP/1.1 ${request.line.slice(6, 9)} \r\ncontent-length: 99\r\nretry-after: 3\r\n\r\nsorry`
  );
  assert.deepEqual(said(await made.send("/404", { totalMs: 100 })), ["X answered 404 Not Found: sorry", false, 404]);
  const result = await made.send("/503", { totalMs: 100 });
  assert.deepEqual([...said(result), result.kind === "failed" && result.retryAfterMs], [
    "X answered 503 Service Unavailable: sorry",
    true,
    503,
    3_000,
  ]);
});

// All connections are read into one piece of memory, and undici's parser keeps its headers where they were read.
test("a head that comes in two parts is that head, whatever others answer in between", async () => {
  const { promise: begun, resolve } = Promise.withResolvers<Socket>();
  await using made = await world((request, socket) => {
    if (!request.line.includes("/parts")) return answerOf(200, { body: "y".repeat(999) });
    socket.write("HTTP/1.1 503 \r\nretry-after: 3\r\nconte");
    resolve(socket);
  });
  const parts = made.send("/parts");
  const socket = await begun;
  for (const path of ["/one", "/two"]) assert.deepEqual(said(await made.send(path)), ["delivered"]);
  socket.write("nt-length: 5\r\n\r\nsorry");
  const result = await parts;
  assert.deepEqual([...said(result), result.kind === "failed" && result.retryAfterMs], [
    "X answered 503 Service Unavailable: sorry",
    true,
    503,
    3_000,
  ]);
});

test("an answer of 1 MiB is read, one byte more is a failure that is not tried again", async () => {
  const MIB = 1024 * 1024;
  await using made = await world((request) =>
    answerOf(Number(request.line.slice(6, 9)), { body: "x".repeat(Number(request.line.split("/")[2]?.split("?")[0])) })
  );
  assert.deepEqual(said(await made.send(`/200/${MIB}`)), ["delivered"]);
  assert.deepEqual(said(await made.send(`/200/${MIB + 1}`)), ["X sent an answer of more than 1 MiB", false, 200]);
  assert.deepEqual(said(await made.send(`/500/${MIB + 1}`)), [
    `X answered 500 Internal Server Error: ${"x".repeat(200)}`,
    true,
    500,
  ]);
});

test("endless answers, however framed, end soon and leave no memory behind", async () => {
  const heads: { readonly [path: string]: string } = {
    "/length": "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n",
    "/close": "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
    "/chunked": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
  };
  await using made = await world((request, socket) => {
    const path = request.line.split(" ")[1]?.split("?")[0] ?? "";
    socket.write(heads[path] ?? "");
    pour(socket, path === "/chunked" ? `10000\r\n${"x".repeat(65_536)}\r\n` : Buffer.alloc(65_536, "x"));
  });
  for (const path of Object.keys(heads)) await made.send(path);
  const before = process.memoryUsage().rss;
  const [results, tookMs] = await timed(
    () => Promise.all(Array.from({ length: 30 }, (_, n) => made.send(Object.keys(heads)[n % 3], { task: `t${n}` }))),
  );
  for (const result of results) assert.deepEqual(said(result), ["X sent an answer of more than 1 MiB", false, 200]);
  const grownMiB = (process.memoryUsage().rss - before) / 1024 / 1024;
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  // Both sides are in this process: what the server has in its own queues counts too.
  assert.ok(grownMiB < 120, `${grownMiB} MiB`);
});

test("a compressed answer is not unpacked", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  await using made = await world((request, socket) => {
    assert.equal(request.head.includes("accept-encoding"), false);
    socket.write(
      `HTTP/1.1 ${request.line.slice(6, 9)} \r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`,
    );
    socket.write(bomb);
  });
  assert.ok(bomb.length < 100_000);
  assert.deepEqual(said(await made.send("/200")), ["delivered"]);
  const [text] = said(await made.send("/404"));
  assert.match(String(text), /^X answered 404 Not Found(: [ -~\u00a1-\u{10ffff}]{1,200})?$/u);
});

test("a flood of headers, trailers or interim answers is cut off", async () => {
  const floods: { readonly [path: string]: readonly [head: string, flood: string] } = {
    "/headers": ["HTTP/1.1 200 OK\r\n", `x-a: ${"b".repeat(200)}\r\n`.repeat(1_000)],
    "/long": ["HTTP/1.1 200 OK\r\nx-a: ", "b".repeat(9_000)],
    "/trailers": [
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
      `x-a: ${"b".repeat(200)}\r\n`.repeat(1_000),
    ],
    "/interim": ["", "HTTP/1.1 102 Processing\r\n\r\n".repeat(10)],
    "/hints": ["", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(10)],
    "/small": ["HTTP/1.1 200 OK\r\n", "a:\r\n".repeat(1_000)],
    "/small-after": ["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n", "a:\r\n".repeat(1_000)],
    "/small-trailers": [
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
      "a:\r\n".repeat(1_000),
    ],
    "/extension": ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5;", "a".repeat(9_000)],
  };
  await using made = await world((request, socket) => {
    const [head, flood] = floods[request.line.split(" ")[1]?.split("?")[0] ?? ""] ?? ["", "x"];
    socket.write(head);
    pour(socket, flood);
  });
  const results = await Promise.all(
    Object.keys(floods).map((path) => timed(() => made.send(path, { totalMs: 8_000 }))),
  );
  const headers = "X sent an answer with more than 16 KiB of headers";
  const interim = "X sent more than 16 interim answers";
  const small = "X sent an answer with more than 128 headers";
  assert.deepEqual(results.map(([result]) => said(result).slice(0, 2)), [
    [headers, false],
    [headers, false],
    [headers, false],
    [interim, false],
    [interim, false],
    [small, false],
    [small, false],
    [small, false],
    [headers, false],
  ]);
  for (const [, tookMs] of results) assert.ok(tookMs < 6_000, `${tookMs} ms`);
});

test("a head as long as it may be is read, in whatever pieces it comes, and so is a body of lines and small chunks", async () => {
  const head = Array.from({ length: 120 }, (_, n) => `x-${n}: ${"y".repeat(120)}`).join("\r\n");
  const lines = "\n".repeat(20_000);
  const chunks = "1\r\n\n\r\n".repeat(20_000);
  const answers: { readonly [path: string]: string } = {
    "/head": `HTTP/1.1 200 OK\r\n${head}\r\ncontent-length: 0\r\n\r\n`,
    "/lines": `HTTP/1.1 200 OK\r\ncontent-length: ${lines.length}\r\n\r\n${lines}`,
    "/chunks": `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    "/trailer": `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${head}\r\n\r\n`,
  };
  await using made = await world((request, socket) => {
    const [, path = "", size = ""] = /^POST (\/[a-z]+)\/(\d*)/.exec(request.line) ?? [];
    const text = answers[path] ?? "";
    if (size === "") socket.write(text);
    else void inParts(socket, text, Number(size));
  });
  for (const path of Object.keys(answers)) {
    for (const size of ["", "1999", "997"]) {
      assert.deepEqual([path, size, said(await made.send(`${path}/${size}`))], [path, size, ["delivered"]]);
    }
  }
});

async function inParts(socket: Socket, text: string, size: number): Promise<void> {
  for (let at = 0; at < text.length; at += size) {
    socket.write(text.slice(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("interim answers before the answer are passed over", async () => {
  await using made = await world(() => `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 \r\n\r\n${OK}`);
  assert.deepEqual(await made.send(), { kind: "delivered", status: 200 });
});

test("an answer that breaks off is no delivery", async () => {
  const broken = {
    "/body": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
    "/chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe",
    "/chunks": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n",
    "/head": "HTTP/1.1 200 OK\r\ncontent-le",
    "/status": "HTTP/1.",
    "/nothing": "",
  };
  for (const manner of ["end", "reset"] as const) {
    await using made = await world((request, socket) => {
      const text = broken[(request.line.split(" ")[1]?.split("?")[0] ?? "") as keyof typeof broken];
      if (manner === "end") socket.end(text);
      else socket.write(text, () => socket.resetAndDestroy());
    });
    for (const path of Object.keys(broken)) {
      const result = await made.send(path, { totalMs: 5_000 });
      assert.deepEqual([path, result.kind, result.kind === "failed" && result.retryable], [path, "failed", true]);
      assert.match(
        String(said(result)[0]),
        /^X closed the connection (before it answered|in the middle of its answer 200)$|^X sent what is not/,
        path,
      );
    }
  }
});

test("a body that ends with the connection is whole", async () => {
  await using made = await world((_, socket) => {
    socket.end("HTTP/1.1 200 OK\r\n\r\nall there is");
  });
  assert.deepEqual(await made.send(), { kind: "delivered", status: 200 });
});

test("what is not HTTP is a failure, and never an error that nobody handles", async () => {
  const answers = [
    "SSH-2.0-OpenSSH_9.9\r\n",
    "\x00\x01\x02\x03".repeat(100),
    "HTTP/9.9 200 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "<html>hello</html>\r\n\r\n",
  ];
  await using made = await world((request, socket) => {
    socket.end(answers[Number(/\d+/.exec(request.line)?.[0])] ?? "", "latin1");
  });
  for (const n of answers.keys()) {
    const result = await made.send(`/${n}`, { totalMs: 3_000 });
    assert.deepEqual([answers[n], result.kind, result.kind === "failed" && result.retryable], [
      answers[n],
      "failed",
      true,
    ]);
    assert.ok(result.kind === "failed" && /^[ -~]+$/.test(result.error) && result.error.length < 300);
  }
});

test("answers that nobody asked for reach no event", async () => {
  await using made = await world(() => `${OK}HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nextra`);
  for (let n = 0; n < 20; n++) {
    const result = await made.send("/", { task: `t${n}` });
    assert.notEqual(result.status, 404);
  }
});

test("an answer before the request was read to its end counts, and the connection is not used again", async () => {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(answerOf(413, { headers: "connection: close\r\n" })));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const trigger = httpTrigger({ now: Date.now });
  const payload = "x".repeat(256 * 1024 - 2);
  for (let n = 0; n < 3; n++) {
    const result = await trigger.send(deliveryTo({ urn: `http://127.0.0.1:${port}/` }, { payload }), NEVER);
    assert.equal(result.kind, "failed");
    assert.ok(result.status === 413 || (result.kind === "failed" && result.retryable), JSON.stringify(result));
  }
  await trigger.close();
  for (const socket of connections) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  assert.equal(connections.length, 3);
});

test("a connection that is not made in its time is given up, long before the whole time", async () => {
  await using full = await fullServer();
  await using made = await world(() => undefined);
  const { trigger } = made;
  const [result, tookMs] = await timed(
    () =>
      trigger.send(deliveryTo({ urn: `http://127.0.0.1:${full.port}/` }, { connectMs: 300, totalMs: 20_000 }), NEVER),
  );
  assert.deepEqual(said(result), ["could not connect to X within 300 ms", true, undefined]);
  assert.ok(tookMs >= 295 && tookMs < 2_000, `${tookMs} ms`);
  // The times of two tasks with one target do not mix, and the whole time counts while connecting too.
  const [both, bothMs] = await timed(() =>
    Promise.all([
      trigger.send(deliveryTo({ urn: `http://127.0.0.1:${full.port}/` }, { connectMs: 100, totalMs: 20_000 }), NEVER),
      trigger.send(deliveryTo({ urn: `http://127.0.0.1:${full.port}/` }, { connectMs: 20_000, totalMs: 200 }), NEVER),
    ])
  );
  assert.deepEqual(both.map(said), [
    ["could not connect to X within 100 ms", true, undefined],
    ["no connection to X within 200 ms", true, undefined],
  ]);
  assert.ok(bothMs < 2_000, `${bothMs} ms`);
  const [, closeMs] = await timed(() => trigger.close());
  assert.ok(closeMs < 1_000, `${closeMs} ms to close`);
});

/** A server that accepts nobody, with so many waiting already that the kernel lets no more connect. */
async function fullServer(): Promise<AsyncDisposable & { readonly port: number }> {
  // [0]: let go. [1]: the server's thread stands still.
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const server = require("node:net").createServer();
     server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setTimeout(() => { Atomics.store(workerData, 1, 1); Atomics.wait(workerData, 0, 0); process.exit(0); }, 20);
     });`,
    { eval: true, workerData: gate },
  );
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  while (Atomics.load(gate, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const waiting: Socket[] = [];
  // Full when a connection is not made within a time that loopback never takes.
  for (let isFull = false; !isFull;) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    waiting.push(socket);
    isFull = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), 200);
      socket.once("connect", () => {
        clearTimeout(timer);
        resolve(false);
      });
    });
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of waiting) socket.destroy();
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      await worker.terminate();
    },
  };
}
