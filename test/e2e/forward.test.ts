// The API of a peer through another one: two processes, and the HTTP port of the second closed to everybody but itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meshed, together } from "./meshed.ts";
import { call, kill, TOKEN, until } from "./peer.ts";

const HEADERS = { authorization: `Bearer ${TOKEN}` };
const MIB = 1024 * 1024;

test("a peer is asked through another: tasks, 5 MiB up and down, events, and a hundred at once", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const b = await mesh.join("b", a);
  await together(a, b);
  const through = `${a.ready.http}/api/v1/peers/${b.ready.peer}/api/v1`;
  const ask = async (path: string, init: RequestInit = {}) =>
    await fetch(`${through}/${path}`, { ...init, headers: { ...HEADERS, ...init.headers } });

  const session = await (await ask("auth/session")).json();
  assert.equal(session.peer.name, "b");
  assert.equal((await fetch(`${through}/healthz`)).status, 401);
  assert.equal((await ask(`peers/${a.ready.peer}/api/v1/tasks`)).status, 508);

  const events = await ask("events");
  const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  const heard = async (wanted: RegExp) => {
    while (!wanted.test(seen)) seen += (await reader?.read())?.value ?? assert.fail("the stream has ended");
  };
  await heard(/welcome/);
  const before = Date.now();
  await call(b.ready.http, "/api/v1/tasks", taskOf("seen"));
  await heard(/event: task\ndata: .*"id":"seen"/);
  const eventMs = Date.now() - before;
  assert.ok(eventMs < 1_000, `${eventMs} ms`);
  await reader?.cancel();

  const payload = "x".repeat(5_000);
  const lines = Array.from({ length: 1_100 }, (_, n) => JSON.stringify({ ...taskOf(`t${n}`), payload })).join("\n");
  assert.ok(lines.length > 5 * MIB);
  const batch = await ask("tasks:batch", {
    method: "POST",
    body: lines,
    headers: { "content-type": "application/x-ndjson" },
  });
  assert.equal((await batch.text()).trim().split("\n").length, 1_100);
  const exported = await (await ask("tasks:export")).text();
  assert.ok(exported.length > 5 * MIB);
  assert.equal(exported.trim().split("\n").length, 1_101);

  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const answer = await ask("tasks/seen");
      await answer.text();
      return answer.status;
    }),
  );
  assert.deepEqual([...new Set(statuses)], [200]);

  // What only its owner knows is told by every peer.
  const { items } = (await call(a.ready.http, "/api/v1/tasks?limit=1")).body;
  const [here, there] = [
    await call(a.ready.http, `/api/v1/tasks/${items[0].id}/explain`),
    await call(b.ready.http, `/api/v1/tasks/${items[0].id}/explain`),
  ];
  assert.deepEqual(here.body.candidates, there.body.candidates);
  assert.equal(here.headers.get("metronome-stale"), null);

  kill(b.ready.pid, "SIGKILL");
  await b.program.ended;
  const gone = await ask("tasks");
  const problem = await gone.json();
  assert.equal(gone.status, 502, JSON.stringify(problem));
  assert.match(problem.detail, new RegExp(`^The peer b \\(${b.ready.peer}\\) can't be reached from here`));
});

test("a peer that stands still in the middle is named after 15 s, and a client that leaves ends what it asked for", async () => {
  await using mesh = new Meshed();
  const a = await mesh.start("a");
  const b = await mesh.join("b", a);
  await together(a, b);
  const through = `${a.ready.http}/api/v1/peers/${b.ready.peer}/api/v1`;
  // A peer serves a hundred streams: of 130 clients that came and went none is left.
  for (let n = 0; n < 130; n++) {
    const client = new AbortController();
    const answer = await fetch(`${through}/events`, { headers: HEADERS, signal: client.signal });
    assert.equal(answer.status, 200, `${n}`);
    client.abort();
    await answer.text().catch(() => {});
  }
  await until("the hub is empty again", async () => {
    const clients = Array.from({ length: 30 }, () => new AbortController());
    const answers = await Promise.all(
      clients.map(({ signal }) => fetch(`${through}/events`, { headers: HEADERS, signal })),
    );
    for (const client of clients) client.abort();
    return answers.every(({ status }) => status === 200);
  });
  kill(b.ready.pid, "SIGSTOP");
  const before = Date.now();
  const answer = await fetch(`${through}/tasks`, { headers: HEADERS });
  const { status, detail } = await answer.json();
  kill(b.ready.pid, "SIGCONT");
  assert.ok(Date.now() - before < 17_000, `${Date.now() - before} ms`);
  // The link is given up, or the patience is at its end: whichever is first.
  assert.ok(status === 504 || status === 502, detail);
  assert.match(detail, new RegExp(`^The peer b \\(${b.ready.peer}\\)`));
});

function taskOf(id: string) {
  return { id, schedule: "R/2026-01-01T00:00:00Z/P1D", target: "http://127.0.0.1:9/" };
}
