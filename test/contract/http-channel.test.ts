// The contract of HTTP over a channel of the mesh, in memory and over real sockets on loopback.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { HttpLine, serveOver } from "../../src/mesh/http-channel.ts";
import { httpForward, LANES_MAX } from "../../src/mesh/http-forward.ts";
import { libp2pMesh } from "../../src/mesh/libp2p.ts";
import { memoryNetwork } from "../../src/mesh/memory.ts";
import { type Channel, type Mesh, MeshFailure } from "../../src/mesh/mesh.ts";
import { peerIdOf } from "../../src/mesh/peer-key.ts";
import { collectGarbage } from "../garbage.ts";
import { meet, Witness } from "./mesh-witness.ts";

type Handler = (request: Request) => Promise<Response>;
type Pair = AsyncDisposable & {
  /** Asks the other peer, which answers as the test says. */
  ask(path: string, init?: RequestInit & { readonly duplex?: "half" }, signal?: AbortSignal): Promise<Response>;
  readonly near: Mesh;
  readonly far: Mesh;
};

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;

const networks: { readonly [name: string]: () => (witness: Witness) => Promise<Mesh> } = {
  memory: () => {
    const network = memoryNetwork();
    return (witness) => Promise.resolve(network.join({ ...witness.settings, self: peerIdOf(randomBytes(32)) }));
  },
  libp2p: () => {
    const meshKey = randomBytes(32);
    return (witness) =>
      libp2pMesh({ ...witness.settings, seed: randomBytes(32), meshKey, listen: ["/ip4/127.0.0.1/tcp/0"] });
  },
};

/** Takes what is opened for requests. */
class Server extends Witness {
  readonly #take: (channel: Channel) => void;

  constructor(take: (channel: Channel) => void) {
    super();
    this.#take = take;
  }

  override opened(_from: string, _protocol: string, channel: Channel): void {
    this.#take(channel);
  }
}

for (const [name, network] of Object.entries(networks)) {
  const pairOf = async (handler: Handler): Promise<Pair> => {
    return await pairWith((channel) => void serveOver(channel, handler));
  };

  const pairWith = async (take: (channel: Channel) => void): Promise<Pair> => {
    const join = network();
    const [client, server] = [new Witness(), new Server(take)];
    const [near, far] = [await join(client), await join(server)];
    await meet([{ mesh: near, witness: client }, { mesh: far, witness: server }]);
    const forward = httpForward(near);
    return {
      near,
      far,
      ask: (path, init = {}, signal = NEVER) => forward(far.self, new Request(`http://peer${path}`, init), signal),
      async [Symbol.asyncDispose]() {
        await Promise.all([near.close(), far.close()]);
      },
    };
  };

  test(`${name}: a request arrives as it was sent, and its answer comes back as it was given`, async () => {
    await using pair = await pairOf(async (request) => {
      const { pathname, search } = new URL(request.url);
      const said = { method: request.method, pathname, search, type: request.headers.get("content-type") };
      return Response.json({ ...said, body: await request.text() }, { status: 207, headers: { etag: '"x"' } });
    });
    const answer = await pair.ask("/api/v1/tasks/%C3%A9%2Fx?limit=5&q=%20", {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: '{"é":1}',
    });
    assert.deepEqual([answer.status, answer.headers.get("etag")], [207, '"x"']);
    assert.deepEqual(await answer.json(), {
      method: "PATCH",
      pathname: "/api/v1/tasks/%C3%A9%2Fx",
      search: "?limit=5&q=%20",
      type: "application/json",
      body: '{"é":1}',
    });
  });

  test(`${name}: what belongs to one connection, and what opens something, stays on its side`, async () => {
    let got: readonly string[] = [];
    await using pair = await pairOf(({ headers }) => {
      got = [...headers].map(([name]) => name);
      return Promise.resolve(
        new Response("x", { headers: { "set-cookie": "a=b", "connection": "close", "etag": '"1"' } }),
      );
    });
    const answer = await pair.ask("/", {
      headers: {
        "authorization": "Bearer secret",
        "cookie": "session=secret",
        "connection": "keep-alive, x-hop",
        "x-hop": "1",
        "te": "trailers",
        "transfer-encoding": "chunked",
        "if-match": '"2"',
      },
    });
    assert.deepEqual(got, ["if-match"]);
    assert.deepEqual([...answer.headers].map(([name]) => name), ["content-type", "etag"]);
    await answer.body?.cancel();
  });

  test(`${name}: an answer without a body has none`, async () => {
    await using pair = await pairOf(({ method, url }) => {
      const status = Number(new URL(url).pathname.slice(1));
      return Promise.resolve(new Response(null, { status, headers: { "x-method": method } }));
    });
    for (
      const [method, status] of [["GET", 204], ["HEAD", 200], ["DELETE", 204], ["GET", 304], ["POST", 500]] as const
    ) {
      const answer = await pair.ask(`/${status}`, { method });
      assert.deepEqual([answer.status, answer.body, answer.headers.get("x-method")], [status, null, method]);
    }
  });

  test(`${name}: 5 MiB go up and come back, in pieces of at most 64 KiB`, async () => {
    let longest = 0;
    await using pair = await pairOf(({ body }) => {
      const seen = body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(piece, controller) {
            longest = Math.max(longest, piece.length);
            controller.enqueue(piece);
          },
        }),
      );
      return Promise.resolve(new Response(seen ?? null));
    });
    const sent = randomBytes(5 * MIB);
    const answer = await pair.ask("/", { method: "POST", body: sent });
    const back = Buffer.from(await answer.arrayBuffer());
    assert.ok(back.equals(sent));
    assert.equal(longest, 64 * 1024);
  });

  test(`${name}: what is not read is not made: an answer without end waits for its reader`, async () => {
    let made = 0;
    const ended = Promise.withResolvers<void>();
    await using pair = await pairOf(() =>
      Promise.resolve(
        new Response(
          new ReadableStream<Uint8Array>({
            async pull(controller) {
              made += 64 * 1024;
              controller.enqueue(new Uint8Array(64 * 1024));
              await new Promise((resolve) => setTimeout(resolve, 0));
            },
            cancel: () => ended.resolve(),
          }),
        ),
      )
    );
    const reader = (await pair.ask("/")).body?.getReader();
    await reader?.read();
    const before = await rested(() => made);
    assert.ok(before < 2 * MIB, `${before} bytes were made for a reader that took 64 KiB`);
    for (let read = 0; read < 4 * MIB; read += (await reader?.read())?.value?.length ?? MIB);
    assert.ok(made > 4 * MIB);
    await reader?.cancel();
    await ended.promise;
  });

  test(`${name}: a request whose body is not read is not sent on, and is answered all the same`, async () => {
    let pulled = 0;
    await using pair = await pairOf(() => Promise.resolve(new Response("too large", { status: 413 })));
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 64 * 1024;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
      cancel: () => cancelled.resolve(),
    }, { highWaterMark: 0 });
    const answer = await pair.ask("/", { method: "POST", body, duplex: "half" });
    assert.deepEqual([answer.status, await answer.text()], [413, "too large"]);
    await cancelled.promise;
    assert.ok(pulled < 4 * MIB, `${pulled} bytes were read`);
  });

  test(`${name}: who ends the request is heard by its handler, before the answer and in the middle of it`, async () => {
    for (const when of ["before", "within"]) {
      const heard = Promise.withResolvers<void>();
      const came = Promise.withResolvers<void>();
      const cancelled = Promise.withResolvers<void>();
      await using pair = await pairOf(async ({ signal }) => {
        signal.addEventListener("abort", () => heard.resolve());
        came.resolve();
        if (when === "before") await heard.promise;
        return new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(1)),
            cancel: () => cancelled.resolve(),
          }),
        );
      });
      const caller = new AbortController();
      const answer = pair.ask("/", {}, caller.signal);
      await came.promise;
      if (when === "within") {
        const reader = (await answer).body?.getReader();
        await reader?.read();
        await collectGarbage();
        caller.abort();
        await assert.rejects(async () => await reader?.read());
      } else {
        caller.abort();
        await assert.rejects(answer, (error) => error instanceof MeshFailure && error.kind === "timeout");
      }
      await heard.promise;
      await cancelled.promise;
    }
  });

  test(`${name}: of answers that are over nothing is held, however long their channel goes on`, async () => {
    const bodies: WeakRef<ReadableStream>[] = [];
    await using pair = await pairOf(() => {
      const { body } = new Response(new Uint8Array(1));
      if (body !== null) bodies.push(new WeakRef(body));
      return Promise.resolve(new Response(body));
    });
    for (let n = 0; n < 10; n++) assert.equal((await (await pair.ask("/")).arrayBuffer()).byteLength, 1);
    await collectGarbage();
    const held = bodies.filter((body) => body.deref() !== undefined).length;
    // The last answer may still be on somebody's stack.
    assert.ok(bodies.length === 10 && held <= 2, `${held} of ${bodies.length}`);
  });

  test(`${name}: a reader that stops reading ends the answer where it is made`, async () => {
    const cancelled = Promise.withResolvers<void>();
    await using pair = await pairOf(() =>
      Promise.resolve(
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(1)),
            cancel: () => cancelled.resolve(),
          }),
        ),
      )
    );
    const reader = (await pair.ask("/")).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await cancelled.promise;
  });

  test(`${name}: an answer that breaks off is seen to, and so is a handler that throws`, async () => {
    const begun = Promise.withResolvers<void>();
    await using pair = await pairOf(({ url }) => {
      if (url.endsWith("throws")) return Promise.reject(new Error("a defect"));
      return Promise.resolve(
        new Response(
          new ReadableStream({
            async start(controller) {
              if (url.endsWith("at-once")) return controller.error(new Error("x"));
              controller.enqueue(new Uint8Array(1));
              await begun.promise;
              controller.error(new Error("x"));
            },
          }),
        ),
      );
    });
    const answer = await pair.ask("/later");
    begun.resolve();
    await assert.rejects(answer.arrayBuffer());
    await assert.rejects(pair.ask("/at-once"), MeshFailure);
    await assert.rejects(pair.ask("/throws"), MeshFailure);
  });

  test(`${name}: a request whose body breaks off is no request to its handler`, async () => {
    const came = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<string>();
    await using pair = await pairOf(async (request) => {
      came.resolve();
      const text = await request.text().then(() => "whole", () => "broken");
      seen.resolve(text);
      return new Response(text);
    });
    let at = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (at++ === 0) return controller.enqueue(new Uint8Array(9));
        await came.promise;
        controller.error(new Error("gone"));
      },
    });
    await assert.rejects(pair.ask("/", { method: "POST", body, duplex: "half" }), MeshFailure);
    assert.equal(await seen.promise, "broken");
  });

  test(`${name}: a peer that goes takes its answers with it`, async () => {
    const came = Promise.withResolvers<void>();
    await using pair = await pairOf(({ url }) => {
      if (url.endsWith("never")) {
        came.resolve();
        return new Promise<Response>(() => {});
      }
      return Promise.resolve(new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) })));
    });
    const reader = (await pair.ask("/streams")).body?.getReader();
    await reader?.read();
    const answer = assert.rejects(
      pair.ask("/never"),
      (error) => error instanceof MeshFailure && error.kind === "unreachable",
    );
    await came.promise;
    await pair.far.close();
    await answer;
    await assert.rejects(async () => await reader?.read());
    await assert.rejects(pair.ask("/again"), MeshFailure);
  });

  test(`${name}: a hundred requests at once are all answered, though only ${LANES_MAX} go at a time`, async () => {
    let [now, most] = [0, 0];
    await using pair = await pairOf(async (request) => {
      most = Math.max(most, ++now);
      const text = await request.text();
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return new Response(text);
    });
    for (let round = 0; round < 3; round++) {
      const answers = Array.from({ length: 100 }, async (_, n) => {
        const answer = await pair.ask("/", { method: "POST", body: `${n} `.repeat(1_000) });
        return await answer.text() === `${n} `.repeat(1_000);
      });
      assert.deepEqual(await Promise.all(answers), Array.from({ length: 100 }, () => true));
    }
    assert.ok(most > 1 && most <= LANES_MAX, `${most}`);
  });

  test(`${name}: who waits for a lane may give up, and the next takes it`, async () => {
    const hold = Promise.withResolvers<void>();
    await using pair = await pairOf(async ({ url }) => {
      if (url.endsWith("held")) await hold.promise;
      return new Response("done");
    });
    const held = Array.from({ length: LANES_MAX }, async () => await (await pair.ask("/held")).text());
    const caller = new AbortController();
    const impatient = assert.rejects(
      pair.ask("/", {}, caller.signal),
      (error) => error instanceof MeshFailure && error.kind === "timeout",
    );
    const patient = pair.ask("/");
    caller.abort();
    await impatient;
    hold.resolve();
    assert.equal(await (await patient).text(), "done");
    assert.deepEqual([...new Set(await Promise.all(held))], ["done"]);
  });

  test(`${name}: a head is at most 16 KiB, on either side`, async () => {
    await using pair = await pairOf(() =>
      Promise.resolve(new Response("", { headers: { "x-long": "x".repeat(17 * 1024) } }))
    );
    assert.equal((await pair.ask("/", { headers: { "x-long": "x".repeat(17 * 1024) } })).status, 431);
    await assert.rejects(pair.ask("/"), MeshFailure);
  });

  test(`${name}: what is no request gets no answer, and what is no answer is none`, async () => {
    await using pair = await pairOf(() => Promise.resolve(new Response("")));
    const bad = [
      [0, 0, 0, 0],
      [0, 0, 0, 2, 0x7b, 0x7d],
      [255, 255, 255, 255, 1],
      framed('{"method":"GET","path":"no root","headers":[],"hasBody":false}'),
      framed('{"method":"GET","path":"/","headers":[["a b","c"]],"hasBody":false}'),
      framed('{"method":"GET","path":"/","headers":[["a","c\\r\\nd: e"]],"hasBody":false}'),
      framed('{"method":"TRACE","path":"/","headers":[],"hasBody":false}'),
      framed('{"method":"GET","path":"/","headers":[],"hasBody":true}'),
    ];
    for (const bytes of bad) {
      const channel = await pair.near.open(pair.far.self, "http/1", NEVER);
      const writer = channel.writable.getWriter();
      writer.closed.catch(() => {});
      await writer.write(new Uint8Array(bytes));
      await assert.rejects(channel.readable.getReader().read(), `${Buffer.from(bytes)}`);
    }
    for (const head of ['{"status":101,"headers":[],"hasBody":false}', '{"status":204,"headers":[],"hasBody":true}']) {
      await using liar = await pairWith((channel) => void channel.writable.getWriter().write(framed(head)));
      await assert.rejects(liar.ask("/"), MeshFailure);
    }
  });

  test(`${name}: thousands of requests share some channels, and one that failed is not used again`, async () => {
    let opened = 0;
    await using pair = await pairWith((channel) => {
      opened++;
      void serveOver(channel, async (request) => {
        if (request.url.endsWith("throws")) throw new Error("a defect");
        // Half of them read nothing of what was sent with the request.
        const text = request.url.endsWith("reads") ? await request.text() : "";
        return Response.json({ length: text.length });
      });
    });
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(
        Array.from(
          { length: 20 },
          (_, n) => pair.ask(n % 2 === 0 ? "/reads" : "/", { method: "POST", body: "x".repeat(n) }),
        ),
      );
      const lengths = await Promise.all(answers.map(async (answer) => (await answer.json()).length));
      assert.deepEqual(lengths, lengths.map((_, n) => n % 2 === 0 ? n : 0));
    }
    assert.equal(opened, 20);
    for (let n = 0; n < 5; n++) await assert.rejects(pair.ask("/throws"), MeshFailure);
    assert.deepEqual(await (await pair.ask("/reads", { method: "POST", body: "abc" })).json(), { length: 3 });
    assert.equal(opened, 20);
  });
}

test("a request that is called off before it begins never gets there", async () => {
  const aborted: string[] = [];
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const channel: Channel = { readable, writable, abort: (reason) => void aborted.push(reason) };
  let overs = 0;
  const asked = new HttpLine(channel).ask(new Request("http://peer/"), AbortSignal.abort("enough"), () => void overs++);
  await assert.rejects(asked, (error) => error instanceof MeshFailure && error.kind === "timeout");
  assert.deepEqual([aborted[0], overs], ["it was called off: enough", 1]);
});

/** The value once it has not changed for a while. */
async function rested(value: () => number): Promise<number> {
  for (let [before, calm] = [-1, 0]; calm < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    calm = value() === before ? calm + 1 : 0;
    before = value();
  }
  return value();
}

function framed(text: string): Uint8Array {
  const frame = new Uint8Array(4 + text.length);
  new DataView(frame.buffer).setUint32(0, text.length);
  frame.set(new TextEncoder().encode(text), 4);
  return frame;
}
