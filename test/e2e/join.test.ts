// A mesh as people make it: a ticket from one peer, and the others join with it. Real processes, real deliveries.

import assert from "node:assert/strict";
import { test } from "node:test";
import { again, Meshed, type MeshedPeer, ticketOf, together } from "./meshed.ts";
import { call, kill, until } from "./peer.ts";

test("three peers share a task: seen at each, fired by one, and by another when that one dies", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const a = await mesh.start("a");
  await call(a.ready.http, "/api/v1/tasks", { id: "before", schedule: everySecond(), target: target.url });
  const b = await mesh.join("b", a);
  const c = await mesh.join("c", b);
  await together(a, b, c);
  const peers = [a, b, c];
  for (let n = 0; n < 8; n++) {
    const at = peers[n % 3] ?? a;
    const made = await call(at.ready.http, "/api/v1/tasks", { id: `t${n}`, schedule: everySecond(), target: target.url });
    assert.equal(made.status, 201);
  }
  for (const { ready } of peers) {
    await until("each task is seen at each peer", async () => (await taskList(ready.http)).length === 9);
  }
  const from = Date.now();
  await until("they fire", () => Date.now() - from > 4_000);
  const owners = new Map<string, string>();
  for (const { id, owner } of await taskList(a.ready.http)) owners.set(id, owner);
  const owner = peers.find(({ ready }) => [...owners.values()].includes(ready.peer) && ready.peer !== a.ready.peer) ?? b;
  const killedAt = Date.now();
  kill(owner.ready.pid, "SIGKILL");
  await owner.program.ended;
  const left = peers.filter((peer) => peer !== owner);
  await until("the others go on with its tasks", () => Date.now() - killedAt > 8_000);
  await together(...left);

  const counts = new Map<string, number>();
  for (const { id } of target.hits) counts.set(id, (counts.get(id) ?? 0) + 1);
  const twice = [...counts.values()].filter((count) => count > 1).length;
  const early = target.hits.filter(({ planned, at }) => at < planned).length;
  console.log({ hits: target.hits.length, occurrences: counts.size, twice, early });
  const seconds = new Map<number, number>();
  for (const planned of new Set(target.hits.map((hit) => hit.planned))) seconds.set(planned, 0);
  for (const id of counts.keys()) {
    const planned = target.hits.find((hit) => hit.id === id)?.planned ?? 0;
    seconds.set(planned, (seconds.get(planned) ?? 0) + 1);
  }
  const lateMs = Math.max(...target.hits.map(({ planned, at }) => at - planned));
  console.log([...seconds].sort(([x], [y]) => x - y).map(([at, n]) => `${(at - killedAt) / 1000}:${n}`).join(" "), lateMs);
});

function everySecond(): string {
  return `R/${new Date(Math.ceil(Date.now() / 1_000) * 1_000).toISOString().replace(".000", "")}/PT1S/ET30S`;
}

async function taskList(url: string) {
  return (await call(url, "/api/v1/tasks")).body.items;
}
