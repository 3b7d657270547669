// A target that says over a real connection that it is gone: its task is paused, and stays so over a restart.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { call, Site, until } from "./peer.ts";

test("410 ends a task's events: one request is made, the task is paused with the reason, and resuming asks once more", async (t) => {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url?.split("?")[0] ?? "");
    response.writeHead(request.url?.startsWith("/gone") === true ? 410 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  await using site = new Site();
  const program = site.start();
  let { http, pid } = await program.ready();
  const add = async (id: string, more: object = {}) => {
    const body = { id, schedule: "R/2026-01-01T00:00:00Z/PT0.2S", target: `http://127.0.0.1:${port}/${id}`, ...more };
    assert.equal((await call(http, "/api/v1/tasks", body)).status, 201);
  };
  const count = (id: string) => requests.filter((path) => path === `/${id}`).length;
  const stateOf = async (id: string) => (await call(http, `/api/v1/tasks/${id}`)).body.state;
  await add("gone", { policy: { retry: { limit: 5, base: "PT0.1S" } } });
  await add("there");
  await until("the task is paused", async () => (await stateOf("gone")).paused);
  const { note } = await stateOf("gone");
  assert.equal(note, `paused by itself: 127.0.0.1:${port} answered 410 Gone`);
  const seen = count("there");
  await until("twenty more would have been due", () => count("there") >= seen + 20);
  // What was on its way when the answer came may have asked, too.
  const asked = count("gone");
  assert.ok(asked <= 2, `${asked} requests`);
  const { items } = (await call(http, "/api/v1/tasks/gone/runs")).body;
  assert.deepEqual(
    items.map(({ outcome, attempts }: { outcome: string; attempts: readonly { status: number }[] }) => [
      outcome,
      attempts.map(({ status }) => status),
    ]),
    items.map(() => ["failed", [410]]),
    "it is not tried again",
  );

  process.kill(pid, "SIGKILL");
  await program.ended;
  ({ http, pid } = await site.start().ready());
  const before = count("there");
  await until("the other one goes on", () => count("there") >= before + 10);
  assert.equal((await stateOf("gone")).note, note);
  assert.equal(count("gone"), asked);
  assert.equal((await call(http, "/api/v1/tasks/gone/resume", {})).status, 200);
  await until(
    "it asks once more, and is paused again",
    async () => count("gone") > asked && (await stateOf("gone")).paused,
  );
});
