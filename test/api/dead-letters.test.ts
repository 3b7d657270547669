import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_PROGRESS } from "../../src/core/task/dossier.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { meshed, type MeshedPeer, until } from "./meshed.ts";
import { HOURLY, URN, USER, withWorld } from "./world.ts";

const REFUSED = { kind: "failed", error: "HTTP 404", status: 404, retryable: false } as const;
const DELIVERED = { kind: "delivered", status: 200 } as const;
const SOON = { kind: "failed", error: "HTTP 500", status: 500, retryable: true, retryAfterMs: 3_000 } as const;

const ORIGIN = "http://localhost:3000";

test("dead letters are shown by target and error, and driven again: one, some, all, at a rate", () =>
  withWorld(async ({ call, clock, answer, sent }) => {
    answer(REFUSED);
    for (const id of ["a", "b", "c"]) {
      await call("POST tasks", { body: { id, schedule: "R3/2026-12-01T09:30:01Z/PT1S", target: URN } });
    }
    await clock.pass(10_000);
    const { items, cursor } = (await call("GET dead-letters?limit=5")).body;
    assert.deepEqual([items.length, typeof cursor], [5, "string"]);
    assert.equal((await call(`GET dead-letters?limit=500&cursor=${cursor}`)).body.items.length, 7);
    assert.deepEqual([items[0].target, items[0].outcome], [ORIGIN, "failed"]);
    assert.deepEqual((await call("GET dead-letters/causes")).body, {
      items: [{ target: ORIGIN, error: "HTTP 404", count: 12, isMore: false, latest: "2026-12-01T09:30:04.000Z" }],
      cursor: null,
    });
    const filtered = `GET dead-letters?target=${encodeURIComponent(ORIGIN)}&error=HTTP%20404&task=a`;
    assert.equal((await call(filtered)).body.items.length, 4);

    answer(DELIVERED);
    const retried = await call(`POST runs/${items[0].id}/retry`);
    assert.deepEqual([retried.status, retried.body.id], [202, items[0].id]);
    assert.deepEqual(retried.body.redriven, { times: 1, at: "2026-12-01T09:30:10.000Z" });
    await clock.pass(0);
    assert.equal((await call(`GET runs/${items[0].id}`)).body.outcome, "delivered");
    const twice = await call(`POST runs/${items[0].id}/retry`);
    assert.deepEqual([twice.status, twice.body.detail], [409, "The run is not sent again: it was delivered."]);

    const before = sent.length;
    const some = await call("POST dead-letters/redrive", { body: { task: "a", perSecond: 0.5, limit: 2 } });
    assert.deepEqual(some.body, {
      redriven: 2,
      refused: 0,
      refusals: [],
      until: "2026-12-01T09:30:12.000Z",
      more: true,
    });
    await clock.pass(1_000);
    assert.equal(sent.length - before, 1);
    await clock.pass(1_000);
    assert.equal(sent.length - before, 2);
    const named = await call("POST dead-letters/redrive", { body: { ids: [items[0].id, items[1].id] } });
    assert.deepEqual([named.body.redriven, named.body.refused], [1, 1]);
    assert.deepEqual(named.body.refusals, [{ id: items[0].id, reason: "it was delivered" }]);
    assert.equal((await call("POST dead-letters/redrive", { body: { all: true } })).status, 202);
    await clock.pass(0);
    assert.deepEqual((await call("GET dead-letters")).body, { items: [], cursor: null });
    assert.deepEqual((await call("GET dead-letters/causes")).body, { items: [], cursor: null });
  }));

test("a redrive that does not say which, or says it wrongly, drives nothing", () =>
  withWorld(async ({ call }) => {
    const unknown = "0".repeat(32);
    for (
      const [body, field] of [
        [{}, undefined],
        [{ all: true, target: ORIGIN }, undefined],
        [{ all: false }, "all"],
        [{ ids: [] }, "ids"],
        [{ ids: "x" }, "ids"],
        [{ ids: ["x"] }, "ids.0"],
        [{ ids: [unknown] }, "ids.0"],
        [{ all: true, perSecond: 0 }, "perSecond"],
        [{ all: true, limit: 10_001 }, "limit"],
        [{ al: true }, "al"],
      ] as const
    ) {
      const refused = await call("POST dead-letters/redrive", { body });
      assert.deepEqual([refused.status, refused.body.field], [422, field], JSON.stringify(body));
    }
    assert.equal((await call(`POST runs/${unknown}/retry`)).status, 404);
    assert.equal((await call("POST runs/x/retry")).status, 400);
    assert.equal((await call("GET dead-letters?cursor=eA")).status, 400);
  }));

test("dead letters are dismissed: one, some, all; they stay failed, and can be driven again by their ids", () =>
  withWorld(async ({ call, clock, answer, sent }) => {
    answer(REFUSED);
    for (const id of ["a", "b", "c"]) {
      await call("POST tasks", { body: { id, schedule: "R2/2026-12-01T09:30:01Z/PT1S", target: URN } });
    }
    await clock.pass(10_000);
    const letters = async () => (await call("GET dead-letters")).body.items;
    assert.equal((await letters()).length, 9);
    const [first, kept] = (await letters()).filter(({ task }: { task: string }) => task === "a");
    const one = await call("POST dead-letters/dismiss", { body: { ids: [first.id] } });
    assert.deepEqual([one.status, one.body], [200, { dismissed: 1, refused: 0, refusals: [], more: false }]);
    const run = (await call(`GET runs/${first.id}`)).body;
    assert.deepEqual([run.outcome, run.dismissedAt], ["failed", "2026-12-01T09:30:10.000Z"]);
    assert.equal((await letters()).length, 8);
    assert.equal((await call("GET dead-letters/causes")).body.items[0].count, 8);
    const again = await call("POST dead-letters/dismiss", { body: { ids: [first.id] } });
    assert.deepEqual(again.body.refusals, [{ id: first.id, reason: "it was dismissed already" }]);

    // A task that is gone leaves letters too.
    assert.equal((await call("DELETE tasks/b")).status, 204);
    const some = await call("POST dead-letters/dismiss", { body: { task: "b", limit: 2 } });
    assert.deepEqual([some.body.dismissed, some.body.more], [2, true]);
    const rest = await call("POST dead-letters/dismiss", { body: { target: ORIGIN, error: "HTTP 404" } });
    assert.deepEqual([rest.body.dismissed, await letters()], [6, []]);
    assert.deepEqual((await call("POST dead-letters/dismiss", { body: { all: true } })).body.dismissed, 0);
    assert.deepEqual((await call("GET dead-letters/causes")).body, { items: [], cursor: null });
    assert.equal((await call("GET runs?outcome=failed")).body.items.length, 9);

    assert.equal((await call(`POST runs/${kept.id}/retry`)).status, 202);
    await clock.pass(0);
    const redriven = (await call(`GET runs/${kept.id}`)).body;
    assert.deepEqual([redriven.outcome, redriven.dismissedAt, sent.length], ["failed", undefined, 10]);
    assert.deepEqual((await letters()).map(({ id }: { id: string }) => id), [kept.id]);
    for (const body of [{}, { all: true, task: "a" }, { ids: ["x"] }, { all: true, perSecond: 1 }]) {
      assert.equal((await call("POST dead-letters/dismiss", { body })).status, 422, JSON.stringify(body));
    }
  }));

test("a backfill sends the past at a rate, and says what it leaves out", () =>
  withWorld(async ({ call, clock, sent }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const filled = await call("POST tasks/a/backfill", {
      body: { from: "2026-12-01T00:00:00Z", count: 3, perSecond: 1 },
    });
    assert.deepEqual([filled.status, filled.body], [202, {
      redriven: 3,
      refused: 0,
      refusals: [],
      until: "2026-12-01T09:30:02.000Z",
      next: "2026-12-01T03:00:00.000Z",
    }]);
    await clock.pass(2_000);
    assert.deepEqual(sent.map(({ instant }) => new Date(instant).getUTCHours()), [0, 1, 2]);
    for (
      const [body, field] of [
        [{}, "from"],
        [{ from: "x" }, "from"],
        [{ from: "2026-12-01T09:00:00Z", until: "2026-12-01T08:00:00Z" }, "until"],
        [{ from: "2026-12-01T09:00:00Z", until: "2026-12-02T08:00:00Z" }, "until"],
        [{ from: "2026-12-01T09:00:00Z", count: 0 }, "count"],
      ] as const
    ) {
      const refused = await call("POST tasks/a/backfill", { body });
      assert.deepEqual([refused.status, refused.body.field], [422, field], JSON.stringify(body));
    }
    assert.equal((await call("POST tasks/none/backfill", { body: { from: "2026-12-01T09:00:00Z" } })).status, 404);
  }));

test("a skip shows what is left out, and what is next", () =>
  withWorld(async ({ call, clock, sent }) => {
    await call("POST tasks", { body: { id: "a", schedule: HOURLY, target: URN } });
    const { status, body } = await call("POST tasks/a/skip");
    assert.deepEqual([status, body.next, body.state], [200, "2026-12-01T11:00:00.000Z", {
      paused: false,
      skips: ["2026-12-01T10:00:00.000Z"],
    }]);
    assert.equal((await call("PATCH tasks/a", { body: { name: "b" } })).body.next, "2026-12-01T11:00:00.000Z");
    await clock.pass(3_600_000);
    assert.equal(sent.length, 0);
    assert.equal((await call("GET runs")).body.items[0].outcome, "skipped");
    assert.deepEqual((await call("GET tasks/a")).body.state, { paused: false });
    assert.equal((await call("POST tasks/a/skip", { body: { instant: "2026-12-01T11:00:01Z" } })).status, 409);
    assert.equal((await call("POST tasks/a/skip", { body: { count: 0 } })).status, 422);
    assert.equal((await call("POST tasks/none/skip")).status, 404);
  }));

/** A task that `owner` fires. */
function taskOf({ node }: MeshedPeer): string {
  for (let n = 0;; n++) {
    const guid = taskGuid(USER, `t-${n}`);
    if (node.ownerOf({ guid, progress: NO_PROGRESS, open: [] }) === node.id) return `t-${n}`;
  }
}

test("a run is driven again from any peer, by its owner, and all peers agree on what became of it", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const id = taskOf(one);
  mesh.answer(REFUSED);
  await two.call("POST tasks", { body: { id, schedule: HOURLY, target: URN } });
  await until("the owner knows the task", async () => (await one.call(`GET tasks/${id}`)).status === 200);
  const run = (await two.call(`POST tasks/${id}/trigger`)).body;
  const letters = async (peer: MeshedPeer) => (await peer.call("GET dead-letters")).body.items.length;
  await until("both know the dead letter", async () => await letters(one) === 1 && await letters(two) === 1);
  mesh.answer(DELIVERED);
  assert.equal((await two.call(`POST runs/${run.id}/retry`)).status, 202);
  const seen = async (peer: MeshedPeer) => (await peer.call(`GET runs/${run.id}`)).body;
  await until(
    "both know that it was delivered",
    async () => (await seen(one)).outcome === "delivered" && (await seen(two)).outcome === "delivered",
  );
  assert.deepEqual(await seen(two), await seen(one));
  const { duplicate, redriven, attempts } = await seen(two);
  assert.deepEqual([duplicate, redriven.times, attempts.length], [undefined, 1, 2]);
  assert.deepEqual([await letters(one), await letters(two)], [0, 0]);
  assert.deepEqual([one.sent.length, two.sent.length], [2, 0]);
});

test("what is dismissed at one peer is dismissed at all", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const id = taskOf(one);
  mesh.answer(REFUSED);
  await two.call("POST tasks", { body: { id, schedule: HOURLY, target: URN } });
  await until("the owner knows the task", async () => (await one.call(`GET tasks/${id}`)).status === 200);
  const run = (await two.call(`POST tasks/${id}/trigger`)).body;
  const letters = async (peer: MeshedPeer) => (await peer.call("GET dead-letters")).body.items.length;
  await until("both know the dead letter", async () => await letters(one) === 1 && await letters(two) === 1);
  const dismissed = await two.call("POST dead-letters/dismiss", { body: { ids: [run.id] } });
  assert.deepEqual([dismissed.status, dismissed.body.dismissed], [200, 1]);
  await until("it is none any more", async () => await letters(one) === 0 && await letters(two) === 0);
  const seen = (await one.call(`GET runs/${run.id}`)).body;
  assert.deepEqual(seen, (await two.call(`GET runs/${run.id}`)).body);
  assert.deepEqual([seen.outcome, typeof seen.dismissedAt, seen.duplicate], ["failed", "string", undefined]);
});

test("a new owner goes on with a run at the attempt that is next, with the same id", async () => {
  await using mesh = await meshed();
  const [one, two] = mesh.peers;
  const id = taskOf(one);
  mesh.answer(SOON);
  await one.call("POST tasks", { body: { id, schedule: HOURLY, target: URN } });
  const run = (await one.call(`POST tasks/${id}/trigger`)).body;
  await until(
    "the first attempt has failed",
    async () => (await one.call(`GET runs/${run.id}`)).body.state === "retrying",
  );
  mesh.answer(DELIVERED);
  one.node.yield(true);
  await until("it is delivered", async () => (await two.call(`GET runs/${run.id}`)).body.outcome === "delivered");
  assert.deepEqual(one.sent.map(({ attempt }) => attempt), [1]);
  assert.deepEqual(two.sent.map(({ attempt, id }) => [attempt, id]), [[2, run.id]]);
  const { attempts } = (await two.call(`GET runs/${run.id}`)).body;
  assert.deepEqual(attempts.map(({ n, peer }: { n: number; peer: string }) => [n, peer]), [[1, "peer-1"], [
    2,
    "peer-2",
  ]]);
});
