import assert from "node:assert/strict";
import { test } from "node:test";
import { overview } from "../../src/api/description/overview-shapes.ts";
import { makeWorld, URN } from "./world.ts";

const REFUSED = {
  kind: "failed",
  error: "connection refused by localhost:3000",
  retryable: true,
  cause: "unreached",
} as const;

test("shows which targets are left alone and until when, and why a run waits", async () => {
  const world = await makeWorld();
  try {
    const { call, clock, answer, logged } = world;
    assert.deepEqual((await call("GET breakers")).body, { peer: "peer-1", items: [] });
    answer(REFUSED);
    for (let n = 0; n < 12; n++) {
      await call("POST tasks", { body: { id: `t-${n}`, schedule: "2026-12-01T09:30:01Z", target: URN } });
    }
    await clock.pass(2_000);
    const { items } = (await call("GET breakers")).body;
    assert.equal(items.length, 1);
    const [{ until, ...shown }] = items;
    assert.deepEqual(shown, {
      target: "http://localhost:3000",
      breaker: "open",
      failures: 12,
      error: REFUSED.error,
      by: null,
      inFlight: 0,
      waiting: shown.waiting,
      tasksWaiting: shown.tasksWaiting,
    });
    const { shut } = overview.parse((await call("GET overview")).body);
    assert.deepEqual(shut.map(({ target, failures, error }) => [target, failures, error]), [
      ["http://localhost:3000", 12, REFUSED.error],
    ]);
    const run = (await call("POST tasks/t-0/trigger")).body;
    const reason = `waiting: the breaker of http://localhost:3000 is open until ${until} (${REFUSED.error})`;
    assert.equal((await call(`GET runs/${run.id}`)).body.reason, reason);
    assert.equal((await call("GET tasks/t-0/runs")).body.items[0].reason, reason);
    assert.match(logged[0] ?? "", /the breaker of a target has opened.*connection refused by localhost:3000/);
    assert.equal((await call("GET breakers?limit=0")).status, 400);
  } finally {
    await world.close();
  }
});
