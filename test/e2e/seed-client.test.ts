// What the seed's own client does, as a script: served from another origin, it signs up, signs in, creates, watches,
// edits, deletes and signs out, at two peers of one mesh with one token.

import assert from "node:assert/strict";
import { type IncomingHttpHeaders, request } from "node:http";
import { test } from "node:test";
import { Meshed, together } from "./meshed.ts";
import { call, until } from "./peer.ts";

const ORIGIN = "http://localhost:4200";

type Frame = { readonly kind: string; readonly json: ReturnType<typeof JSON.parse> };

test("the seed's client works at either peer with one token, and signing out ends it at both", async () => {
  await using mesh = new Meshed();
  const args = ["--allow-origins", ORIGIN];
  const one = await mesh.start("one", { args });
  const two = await mesh.join("two", one, { args });
  await together(one, two);
  const target = await mesh.target();
  const [first, second] = [one.ready.http, two.ready.http];

  await ask(first, "POST /user", { name: "ada", password: "x" });
  await until(
    "the other peer knows her",
    async () => (await ask(second, "POST /auth", { type: "bearer", username: "ada", password: "x" })).status === 200,
  );
  const { body: { token, refreshToken } } = await ask(first, "POST /auth", {
    type: "bearer",
    username: "ada",
    password: "x",
  });
  for (const url of [first, second]) {
    const user = await ask(url, "GET /user", undefined, token);
    assert.deepEqual([user.status, user.body.name], [200, "ada"], "at once, at both");
  }

  const heard = [await watch(first, token), await watch(second, token)];
  const start = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, "Z");
  const task = { id: "tick", name: "tick", schedule: `R/${start}/PT1S/ET5S`, urn: target.url, payload: { a: 1 } };
  const made = await ask(second, "POST /task/", task, token);
  assert.deepEqual([made.status, made.body.URN, made.body.id], [200, target.url, "tick"]);
  for (const { frames } of heard) {
    await until(
      "the task and a run are told",
      () =>
        frames.some(({ kind, json }) => kind === "task" && json.guid === made.body.guid) &&
        frames.some(({ kind, json }) => kind === "state" && json.taskGUID === made.body.guid && json.state === 0),
    );
    const state = frames.find(({ kind }) => kind === "state")?.json;
    assert.deepEqual(Object.keys(state).sort(), [
      "URN",
      "at",
      "doneAt",
      "duration",
      "id",
      "state",
      "taskGUID",
      "userID",
    ]);
    assert.ok(state.duration >= 0 && state.doneAt >= state.at);
  }
  await until("the list says what became of it", async () => {
    const { body } = await ask(first, "GET /tasks", undefined, token);
    return body?.[0]?.runCode === 0 && body[0].runAt > 0;
  });

  await ask(first, "POST /task", { ...task, name: "tock" }, token);
  await until(
    "the edit is everywhere",
    async () => (await ask(second, "GET /tasks", undefined, token)).body?.[0]?.name === "tock",
  );
  assert.equal((await ask(second, "DELETE /task/tick", undefined, token)).status, 200);
  for (const { frames } of heard) {
    await until(
      "the end of the task is told",
      () =>
        frames.some(({ kind, json }) =>
          kind === "task" && json.id === "tick" && json.schedule === "" && json.URN === ""
        ),
    );
  }
  await until(
    "it is gone at both",
    async () =>
      (await Promise.all([first, second].map((url) => ask(url, "GET /tasks", undefined, token))))
        .every(({ body }) => body === null),
  );

  assert.equal((await ask(second, "POST /auth/logout", undefined, token)).body, true);
  for (const { closed } of heard) assert.equal(await closed, 1008, "a socket ends with its session, at every peer");
  for (const url of [first, second]) {
    assert.deepEqual((await ask(url, "GET /tasks", undefined, token)).body, { err: "Unauthorized" });
    assert.equal((await ask(url, "POST /auth", { type: "access", refreshToken })).status, 401);
  }
});

test("a token that is revoked at one peer ends the streams of another within 5 s", async () => {
  await using mesh = new Meshed();
  const one = await mesh.start("one");
  const two = await mesh.join("two", one);
  await together(one, two);
  const { body: token } = await call(one.ready.http, "/api/v1/tokens", { scopes: ["read"] });
  const headers = { authorization: `Bearer ${token.token}` };
  await until(
    "the other peer knows the token",
    async () => (await fetch(`${two.ready.http}/api/v1/tasks`, { headers })).status === 200,
  );
  const stream = await fetch(`${two.ready.http}/api/v1/events`, { headers });
  const reader = stream.body?.getReader();
  const began = performance.now();
  await fetch(`${one.ready.http}/api/v1/tokens/${token.id}`, { method: "DELETE", headers });
  while (!(await reader?.read())?.done);
  assert.equal((await fetch(`${two.ready.http}/api/v1/tasks`, { headers })).status, 401);
  // The promise is 5 s; the machine of the tests is shared.
  console.log(`ended after ${Math.round(performance.now() - began)} ms`);
});

/** As a page of another origin: asks first whether it may, as its browser would, and reads only what it may read. */
async function ask(url: string, line: string, body?: unknown, token?: string) {
  const [method = "GET", path = "/"] = line.split(" ");
  const preflight = await send(url + path, "OPTIONS", { "access-control-request-method": method });
  assert.equal(preflight.headers["access-control-allow-origin"], ORIGIN);
  assert.ok(preflight.headers["access-control-allow-methods"]?.includes(method));
  const headers = {
    ...(token === undefined ? {} : { authorization: token }),
    ...(body === undefined ? {} : { "content-type": "application/json;charset=UTF-8" }),
  };
  const answer = await send(url + path, method, headers, body === undefined ? "" : JSON.stringify(body));
  assert.equal(answer.headers["access-control-allow-origin"], ORIGIN);
  return { status: answer.status, body: answer.text === "" ? undefined : JSON.parse(answer.text) };
}

/** Not by fetch, which sets some of these headers itself. */
function send(url: string, method: string, more: Record<string, string>, body = "") {
  const headers = { origin: ORIGIN, "sec-fetch-site": "cross-site", ...more };
  return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece) => text += piece);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function watch(url: string, token: string) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const frames: Frame[] = [];
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  socket.addEventListener("message", ({ data }) => {
    const [, kind = "", json = ""] = /^(\w+):(.*)$/s.exec(String(data)) ?? [];
    frames.push({ kind, json: JSON.parse(json) });
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  socket.send(token);
  return { frames, closed };
}
