// Tasks that hold, in a mesh of three real processes, of which one stands still for longer than a lease.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Meshed, together } from "./meshed.ts";
import { call, kill, until } from "./peer.ts";

/** A lease is over, the peer is dead for the others, and they have taken over. */
const STOPPED_MS = 8_000;

test("what holds is fired without the peer that stands still, and once when that goes on", async () => {
  await using mesh = new Meshed();
  const target = await mesh.target();
  const one = await mesh.start("one");
  const two = await mesh.join("two", one);
  const three = await mesh.join("three", two);
  await together(one, two, three);
  const tasks = Array.from({ length: 12 }, (_, n) => `held-${n}`);
  for (const id of tasks) {
    const policy = { partition: "hold" };
    const task = { id, schedule: "R/2026-01-01T00:00:00Z/PT1S", target: `${target.url}?task=${id}`, policy };
    const made = await call(one.ready.http, "/api/v1/tasks", task);
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  const allCameAfter = (at: number, times: number) =>
    until(`${times} of each`, () =>
      Promise.resolve(
        tasks.every((id) => target.hits.filter(({ task, planned }) => task === id && planned > at).length >= times),
      ));
  await allCameAfter(0, 3);
  kill(two.ready.pid, "SIGSTOP");
  const stoppedAt = Date.now();
  await allCameAfter(stoppedAt, 3);
  await until("its lease is long over", () => Promise.resolve(Date.now() > stoppedAt + STOPPED_MS));
  kill(two.ready.pid, "SIGCONT");
  const goesOnAt = Date.now();
  await together(one, two, three);
  await allCameAfter(goesOnAt, 3);
  const times = new Map<string, number>();
  for (const { id } of target.hits) times.set(id, (times.get(id) ?? 0) + 1);
  assert.deepEqual([...times].filter(([, count]) => count > 1), []);
  const { body } = await call(one.ready.http, "/api/v1/mesh");
  assert.ok(body.converged);
});
