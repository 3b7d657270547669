import assert from "node:assert/strict";
import { test } from "node:test";
import * as shapes from "../../src/api/description/shapes.ts";
import { STALE_HEADER } from "../../src/api/request/stale.ts";
import { parseSchedule } from "../../src/core/schedule/schedule-source.ts";
import { nextAtOrAfter } from "../../src/core/schedule/schedule.ts";
import { isFault } from "../../src/core/values/fault.ts";
import { instant } from "../../src/core/values/instant.ts";
import { meshed, type MeshedPeer, until } from "./meshed.ts";
import { HOURLY, type Reply, URN, withWorld } from "./world.ts";

const TASK = { id: "a", schedule: HOURLY, target: URN };

/** What is said of the instant, and a part of the sentence. */
async function findingOf(reply: Promise<Reply>): Promise<Record<string, unknown>> {
  const { status, body } = await reply;
  assert.equal(status, 200, JSON.stringify(body));
  const parsed = shapes.explanation.safeParse(body);
  assert.ok(parsed.success, `${JSON.stringify(body)} ${JSON.stringify(parsed.error?.issues)}`);
  return body.finding;
}

test("an explanation says who fires a task and why, and what comes next", () =>
  withWorld(async ({ call }) => {
    await call("POST tasks", { body: TASK });
    const { body } = await call("GET tasks/a/explain");
    const { candidates, guid, ...rest } = body;
    assert.deepEqual(rest, {
      task: "a",
      shard: Number.parseInt(guid.slice(0, 3), 16),
      placement: null,
      now: "2026-12-01T09:30:00.000Z",
      at: "2026-12-01T10:00:00.000Z",
      sentence: "It is fired by test (peer-1), which is the only one able to. That is this peer. " +
        "2026-12-01T10:00:00.000Z is not due yet.",
      owner: "peer-1",
      here: { peer: "peer-1", state: "owned" },
      ownerThen: null,
      finding: { kind: "not-due" },
    });
    const [{ score, ...candidate }] = candidates;
    assert.ok(score > 0 && candidates.length === 1);
    assert.deepEqual(candidate, { peer: "peer-1", name: "test", weight: 1, eligible: true });
    assert.equal((await call("GET tasks/none/explain")).status, 404);
    assert.equal((await call("GET tasks/a/explain?at=soon")).status, 400);
    assert.equal((await call("GET tasks/a/explain?when=now")).status, 400);
  }));

test("an explanation says what became of an instant, whatever it is", () =>
  withWorld(async ({ call, clock, answer }) => {
    await call("POST tasks", { body: TASK });
    const explain = (at: string, id = "a") => findingOf(call(`GET tasks/${id}/explain?at=2026-12-01T${at}Z`));
    answer({ kind: "failed", status: 404, error: "HTTP 404", retryable: false });
    await clock.pass(1_800_000);
    answer({ kind: "delivered", status: 204 });
    await clock.pass(3_600_000);
    const failed = await explain("10:00:00");
    assert.deepEqual([failed.kind, (failed.run as { outcome: string }).outcome], ["run", "failed"]);
    const { body } = await call("GET tasks/a/explain?at=2026-12-01T12:00:00%2B01:00");
    assert.deepEqual([body.at, body.finding.run.outcome], ["2026-12-01T11:00:00.000Z", "delivered"]);
    assert.deepEqual(body.ownerThen, { peer: "peer-1", from: "attempts" });
    assert.match(body.sentence, /11:00:00\.000Z was delivered after one attempt by peer-1\.$/);
    assert.deepEqual(await explain("11:00:00.001"), {
      kind: "no-occurrence",
      before: "2026-12-01T11:00:00.000Z",
      after: "2026-12-01T12:00:00.000Z",
    });
    assert.deepEqual(await explain("09:00:00"), { kind: "not-active-yet", since: "2026-12-01T09:30:00.000Z" });
    assert.deepEqual(await explain("23:00:00"), { kind: "not-due" });
    await call("POST tasks/a/pause", { body: { until: "2026-12-01T14:30:00Z", note: "moving" } });
    assert.deepEqual(await explain("14:00:00"), { kind: "paused", until: "2026-12-01T14:30:00.000Z", note: "moving" });
    assert.deepEqual(await explain("15:00:00"), { kind: "not-due" });
    assert.equal((await explain("11:00:00")).kind, "run");
    await clock.pass(4 * 3_600_000);
    assert.equal((await explain("13:00:00")).kind, "paused");
    assert.equal((await explain("15:00:00")).kind, "run");
    await call("POST tasks", { body: { ...TASK, id: "once", schedule: "2026-12-01T15:00:00Z" } });
    const over = await call("GET tasks/once/explain");
    assert.deepEqual([over.body.at, over.body.finding], [null, { kind: "never-again" }]);
    assert.match(over.body.sentence, /It has no occurrence to come\.$/);
  }));

test("an explanation of what is late says that nobody has taken it up", () =>
  withWorld(async ({ call, node, clock }) => {
    await call("POST tasks", { body: TASK });
    node.yield(true);
    await clock.pass(1_801_000);
    const { body } = await call("GET tasks/a/explain?at=2026-12-01T10:00:00Z");
    assert.deepEqual([body.owner, body.finding], [null, { kind: "waiting" }]);
    assert.deepEqual([body.candidates[0].eligible, body.candidates[0].reason], [false, "draining"]);
    assert.match(body.sentence, /^Nobody owns it now: no peer is able to fire it: test is drained\./);
  }));

test("each peer of a mesh gives the same owner and scores, and the state of the shard where it is", async () => {
  await using world = await meshed();
  const [one, two] = world.peers;
  for (let n = 0; n < 8; n++) await one.call("POST tasks", { body: { ...TASK, id: `t${n}` } });
  await until("all are at both", async () => (await two.call("GET tasks")).body.items.length === 8);
  const owners = new Set<string>();
  for (let n = 0; n < 8; n++) {
    const [here, there] = [await one.call(`GET tasks/t${n}/explain`), await two.call(`GET tasks/t${n}/explain`)];
    assert.deepEqual(here.body.candidates, there.body.candidates);
    const { owner, candidates } = here.body;
    assert.deepEqual([candidates[0].peer, there.body.owner], [owner, owner]);
    assert.deepEqual(
      [here.body.here.state, there.body.here.state],
      owner === "peer-1" ? ["owned", "foreign"] : ["foreign", "owned"],
    );
    assert.match(here.body.sentence, /which ranks first of 2 that are able to\./);
    assert.equal((await one.call(`GET tasks/t${n}`)).body.owner, owner);
    owners.add(owner);
  }
  assert.equal(owners.size, 2);
  two.node.yield(true);
  await until(
    "the first has all",
    () => one.node.mesh().peers.some(({ peer, shards }) => peer === "peer-1" && shards === 4_096),
  );
  const { candidates, owner } = (await one.call("GET tasks/t0/explain")).body;
  assert.equal(owner, "peer-1");
  assert.equal(candidates.find(({ peer }: { peer: string }) => peer === "peer-2").reason, "draining");
  world.network.cut("peer-1", "peer-2");
  await until("the second is dead", async () => {
    const seen = (await one.call("GET tasks/t0/explain")).body.candidates;
    return seen.find(({ peer }: { peer: string }) => peer === "peer-2").reason === "dead";
  });
});

test("a run that is in flight at its owner is seen at every peer", async () => {
  await using world = await meshed();
  const [one, two] = world.peers;
  const id = await taskOwnedBy("peer-2", world.peers);
  world.answer("nothing");
  const fired = await one.call(`POST tasks/${id}/trigger`);
  assert.equal(fired.status, 202);
  await until("it is in flight", () => two.sent.length === 1);
  const runs = await one.call(`GET tasks/${id}/runs`);
  assert.deepEqual(runs.body.items.map(({ id, state }: { id: string; state: string }) => [id, state]), [
    [fired.body.id, "attempting"],
  ]);
  assert.deepEqual(runs.body.items[0].attempts.map(({ peer }: { peer: string }) => peer), ["peer-2"]);
  assert.deepEqual(runs.body.items, (await two.call(`GET tasks/${id}/runs`)).body.items);
  assert.equal(runs.headers.get(STALE_HEADER), null);
  // A page with an outcome, or a later one, has none that are in flight.
  assert.deepEqual((await one.call(`GET tasks/${id}/runs?outcome=delivered`)).body.items, []);
  assert.equal((await one.call(`POST tasks/${id}/cancel`)).body.cancelled, 1);
});

test("an occurrence that is in flight at its owner is explained at every peer", async () => {
  await using world = await meshed();
  const [one, two] = world.peers;
  world.answer("nothing");
  const schedule = `R/${new Date(Date.now() + 1_500).toISOString()}/PT1H`;
  const id = await taskOwnedBy("peer-2", world.peers, schedule);
  await until("it is in flight", () => two.sent.length > 0);
  const at = nextAtOrAfter(parsed(schedule), instant(Date.now() - 60_000));
  const { body } = await one.call(`GET tasks/${id}/explain`);
  assert.deepEqual([body.at, body.finding.run?.state], [new Date(at ?? 0).toISOString(), "attempting"]);
  assert.deepEqual(body.ownerThen, { peer: "peer-2", from: "attempts" });
  const shown = (await one.call(`GET tasks/${id}`)).body;
  assert.deepEqual(shown.next, (await two.call(`GET tasks/${id}`)).body.next);
});

test("an edit is seen at once where it was made, whoever owns the task", async () => {
  await using world = await meshed();
  const [one] = world.peers;
  const id = await taskOwnedBy("peer-2", world.peers);
  for (let n = 0; n < 20; n++) {
    const name = `name ${n}`;
    const patched = await one.call(`PATCH tasks/${id}`, { body: { name } });
    const read = await one.call(`GET tasks/${id}`);
    assert.deepEqual([read.body.name, read.headers.get("etag")], [name, patched.headers.get("etag")]);
  }
});

test("an owner that does not answer is named, within half a second, beside what is here", async () => {
  await using world = await meshed();
  const [one, two] = world.peers;
  const id = await taskOwnedBy("peer-2", world.peers);
  two.fallSilent();
  for (const path of [`tasks/${id}`, `tasks/${id}/runs`, `tasks/${id}/explain`]) {
    const before = Date.now();
    const { status, headers } = await one.call(`GET ${path}`);
    const tookMs = Date.now() - before;
    assert.deepEqual([status, headers.get(STALE_HEADER)], [200, "owner peer-2 did not answer"], path);
    assert.ok(tookMs >= 290 && tookMs < 500, `${tookMs} ms`);
    if (path === `tasks/${id}`) assert.equal(headers.get("etag") !== null, true);
  }
});

/** The id of a new task, known to both, which that peer owns. */
async function taskOwnedBy(
  owner: string,
  [one, two]: readonly [MeshedPeer, MeshedPeer],
  schedule = HOURLY,
): Promise<string> {
  for (let n = 0; n < 64; n++) {
    const id = `owned-${n}`;
    const { body } = await one.call("POST tasks", { body: { ...TASK, id, schedule } });
    if (body.owner !== owner) {
      await one.call(`DELETE tasks/${id}`);
      continue;
    }
    await until("it is known to both", async () => (await two.call(`GET tasks/${id}`)).status === 200);
    return id;
  }
  throw new Error(`${owner} owns none of 64 tasks`);
}

function parsed(source: string) {
  const schedule = parseSchedule(source);
  assert.ok(!isFault(schedule));
  return schedule;
}
