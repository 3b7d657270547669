import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { serve, ServeRefusal, type Serving } from "../../src/api/serve.ts";
import { ADMIN_TOKEN, HOURLY, makeWorld, URN, type World } from "../api/world.ts";

const AUTH = { authorization: `Bearer ${ADMIN_TOKEN}` };
const JSON_BODY = { ...AUTH, "content-type": "application/json" };

async function withServer(run: (url: string, world: World, serving: Serving) => Promise<void>): Promise<void> {
  const world = await makeWorld();
  const serving = await serve({ fetch: world.api.fetch, hostname: "127.0.0.1", port: 0 });
  try {
    await run(serving.url, world, serving);
    assert.deepEqual(world.logged, []);
  } finally {
    world.api.close();
    await serving.close();
    await world.close();
  }
}

test("serves on a port of its own choice, and gives it back", async () => {
  await withServer(async (url, _world, serving) => {
    assert.equal(url, `http://127.0.0.1:${serving.port}`);
    const created = await fetch(`${url}/api/v1/tasks`, {
      method: "POST",
      headers: JSON_BODY,
      body: JSON.stringify({ id: "a", schedule: HOURLY, target: URN }),
    });
    assert.deepEqual([created.status, (await created.json()).id], [201, "a"]);
    const read = await fetch(`${url}/api/v1/tasks/a`, {
      headers: { ...AUTH, "if-none-match": created.headers.get("etag") ?? "" },
    });
    assert.equal(read.status, 304);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/api/v1/tasks`)).status, 401);
    await serving.close();
    await serving.close();
    await assert.rejects(fetch(`${url}/healthz`));
    const next = await serve({
      fetch: () => Promise.resolve(new Response("next")),
      hostname: "127.0.0.1",
      port: serving.port,
    });
    assert.equal(await (await fetch(next.url)).text(), "next");
    await next.close();
  });
});

test("says in words why it can't listen", () =>
  withServer(async (_url, world, { port }) => {
    const refusal = async (hostname: string, port: number) => {
      try {
        const serving = await serve({ fetch: world.api.fetch, hostname, port });
        await serving.close();
        return "served";
      } catch (error) {
        assert.ok(error instanceof ServeRefusal, String(error));
        assert.match(error.message, /listen/);
        return error.kind;
      }
    };
    assert.equal(await refusal("127.0.0.1", port), "in-use");
    assert.equal(await refusal("192.0.2.1", 0), "no-such-address");
    assert.equal(await refusal("no-such-name.invalid", 0), "no-such-address");
  }));

test("answers to our own names only, however a request spells them", () =>
  withServer(async (_url, _world, { port }) => {
    const ask = (head: string) => raw(port, `${head}\r\nConnection: close\r\n\r\n`);
    assert.match(await ask("GET /healthz HTTP/1.1\r\nHost: localhost"), /^HTTP\/1\.1 200 /);
    assert.match(await ask("GET /healthz HTTP/1.1\r\nHost: evil.example"), /^HTTP\/1\.1 421 /);
    for (
      const head of [
        "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost",
        "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost",
        "GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example",
        "GET /healthz HTTP/1.1\r\nHost: evil.example\r\nHost: localhost",
        "GET /healthz HTTP/1.1\r\nHost: a b",
        "GET /healthz HTTP/1.1\r\nHost: localhost@evil.example",
        "GET /healthz HTTP/1.1\r\nHost:",
        "GET /healthz HTTP/1.1",
        "GET healthz HTTP/1.1\r\nHost: localhost",
        "GET /\\healthz HTTP/1.1\r\nHost: localhost",
        "OPTIONS * HTTP/1.1\r\nHost: localhost",
      ]
    ) assert.match(await ask(head), /^(HTTP\/1\.1 (400|401|421) |$)/, head);
  }));

test("reads what comes in chunks, and no more than it may", () =>
  withServer(async (_url, _world, { port }) => {
    const chunk = "x".repeat(65_536);
    const head =
      `POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${AUTH.authorization}\r\nContent-Type: application/json\r\n`;
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n${`10000\r\n${chunk}\r\n`.repeat(12)}0\r\n\r\n`;
    assert.match(await raw(port, chunked), /^HTTP\/1\.1 413 /);
    const task = JSON.stringify({ id: "c", schedule: HOURLY, target: URN });
    const small = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${
      task.length.toString(16)
    }\r\n${task}\r\n0\r\n\r\n`;
    assert.match(await raw(port, small), /^HTTP\/1\.1 201 /);
    assert.match(await raw(port, `${head}Content-Length: 600000\r\n\r\n`), /^HTTP\/1\.1 413 /);
  }));

test("a connection lives on after a request whose body nobody wanted", () =>
  withServer(async (_url, _world, { port }) => {
    const body = "x".repeat(20_000);
    const post = (more: string) =>
      `POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
    const last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const answers = await raw(port, post("") + post(`Authorization: ${AUTH.authorization}\r\n`) + last);
    assert.deepEqual([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), ["401", "415", "200"]);
  }));

test("a stream gives its place back when its client has gone", () =>
  withServer(async (_url, _world, { port }) => {
    for (let i = 0; i < 150; i++) {
      const answer = await raw(
        port,
        `GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${AUTH.authorization}\r\n\r\n`,
        /welcome/,
      );
      assert.match(answer, /^HTTP\/1\.1 200 /, `stream ${i}`);
    }
  }));

test("streams a batch both ways at once", () =>
  withServer(async (url) => {
    const line = (id: number) =>
      new TextEncoder().encode(JSON.stringify({ id: `t${id}`, schedule: HOURLY, target: URN }) + "\n");
    let send: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (send = controller) });
    const asked = fetch(`${url}/api/v1/tasks:batch`, {
      method: "POST",
      headers: { ...AUTH, "content-type": "application/x-ndjson" },
      body,
      duplex: "half",
    } as RequestInit);
    send?.enqueue(line(1));
    const reader = (await asked).body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader?.read())?.value, '{"line":1,"status":201,"id":"t1"}\n');
    send?.enqueue(line(2));
    assert.equal((await reader?.read())?.value, '{"line":2,"status":201,"id":"t2"}\n');
    send?.close();
    assert.equal((await reader?.read())?.done, true);
  }));

test("streams events until it is closed, which takes no longer than it may", async () => {
  await withServer(async (url, world, serving) => {
    const response = await fetch(`${url}/api/v1/events`, { headers: AUTH });
    assert.ok(response.body !== null);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let heard = (await reader.read()).value ?? "";
    await fetch(`${url}/api/v1/tasks`, {
      method: "POST",
      headers: JSON_BODY,
      body: JSON.stringify({ id: "a", schedule: HOURLY, target: URN }),
    });
    while (!heard.includes("event: task")) heard += (await reader.read()).value ?? "";
    assert.match(heard, /^retry: 1000\n\n: welcome\n\nevent: hello\ndata: .*\n\nevent: task\ndata: \{"id":"a",/);
    const began = performance.now();
    world.api.close();
    await serving.close();
    while (!(await reader.read()).done);
    assert.ok(performance.now() - began < 2_000);
  });
});

test("ends requests that do not end by themselves", async () => {
  const serving = await serve({ fetch: () => new Promise<Response>(() => {}), hostname: "127.0.0.1", port: 0 });
  const asked = assert.rejects(fetch(serving.url));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  await serving.close();
  assert.ok(performance.now() - began < 5_000);
  await asked;
});

test("listens on an IPv6 address, and writes it as a URL does", async () => {
  const serving = await serve({ fetch: () => Promise.resolve(new Response("six")), hostname: "::1", port: 0 });
  assert.equal(serving.url, `http://[::1]:${serving.port}`);
  assert.equal(await (await fetch(serving.url)).text(), "six");
  await serving.close();
});

/** Sends bytes, and resolves to what comes back until the server closes, or says nothing more, or `enough` was heard. */
function raw(port: number, text: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8");
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on("data", (data: string) => {
      heard += data;
      if (enough?.test(heard)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}
