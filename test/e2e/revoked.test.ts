// A peer that was revoked while it was off: it can't have heard of it, and those who know do not speak to it any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { again, Meshed, type MeshedPeer, ticketOf, together } from "./meshed.ts";
import { call, kill, until } from "./peer.ts";

test("a peer that was revoked while it was off is refused by the others, fires nothing alone, and comes back with a ticket", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const one = await mesh.start("one");
  const two = await mesh.join("two", one);
  await together(one, two);
  for (let n = 0; n < 6; n++) {
    const task = { id: `t${n}`, schedule: "R/2026-01-01T00:00:00Z/PT1S", target: `${target.url}?task=t${n}` };
    const made = await call(one.ready.http, "/api/v1/tasks", task, { prefer: "replicas=2" });
    assert.equal(made.status, 201);
  }
  kill(two.ready.pid, "SIGTERM");
  await two.program.ended;
  assert.equal((await call(one.ready.http, `/api/v1/peers/${two.ready.peer}/revoke`, {})).status, 204);
  await again(two, "two");
  await until(
    "it is told in its log",
    () => two.program.stderr().includes("it fires nothing, and may have been revoked"),
  );
  // Longer than a peer waits that finds itself alone.
  const since = Date.now();
  await until("six seconds are over", () => Date.now() > since + 6_000);
  const { body } = await call(two.ready.http, "/api/v1/mesh");
  assert.equal(body.fenced, true);
  const ids = target.hits.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, "nothing was sent twice");
  // It takes itself for a member still.
  kill(two.ready.pid, "SIGTERM");
  await two.program.ended;
  await again(two, "two", ["--join", await ticketOf(one)]);
  await together(one, two);
});

test("who was revoked and comes back with a ticket is a newcomer: it holds what the others do, and what it alone knew", async () => {
  await using mesh = new Meshed();
  const one = await mesh.start("one");
  const two = await mesh.join("two", one);
  await together(one, two);
  const put = async (at: MeshedPeer, id: string, headers = {}) => {
    const task = { id, schedule: "R/2030-01-01T00:00:00Z/P1D", target: "http://127.0.0.1:9/" };
    assert.equal((await call(at.ready.http, "/api/v1/tasks", task, headers)).status, 201);
  };
  const ids = async (at: MeshedPeer) =>
    (await call(at.ready.http, "/api/v1/tasks")).body.items.map(({ id }: { id: string }) => id);
  await put(two, "shared", { prefer: "replicas=2" });
  await put(one, "other", { prefer: "replicas=2" });
  assert.equal((await call(one.ready.http, `/api/v1/peers/${two.ready.peer}/revoke`, {})).status, 204);
  await until("it knows", async () => (await call(two.ready.http, "/api/v1/mesh")).body.peers[0].state === "left");
  await put(two, "alone");
  await put(one, "meanwhile");
  kill(two.ready.pid, "SIGTERM");
  await two.program.ended;
  await again(two, "two", ["--join", await ticketOf(one)]);
  await together(one, two);
  const all = ["alone", "meanwhile", "other", "shared"];
  await until("both hold all", async () => {
    const seen = await Promise.all([one, two].map(ids));
    return seen.every((each) => each.join() === all.join());
  });
});
