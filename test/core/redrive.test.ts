import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandResult } from "../../src/core/protocol/command.ts";
import { type OccurrenceId, occurrenceId } from "../../src/core/task/occurrence.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { type Instant, instant } from "../../src/core/values/instant.ts";
import { BROKEN, DELIVERED, later, timeOf, USER, World, WRONG } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";
const T = taskGuid(USER, "t");

/** A task whose three occurrences have failed. */
async function failed(policy = {}): Promise<{ readonly world: World; readonly ids: readonly OccurrenceId[] }> {
  const world = await new World(START).start();
  world.answer = () => WRONG;
  await world.add({ id: "t", schedule: "R2/2026-05-01T12:00:01Z/PT1S", policy });
  await world.until("2026-05-01T12:00:10Z");
  const runs = await world.runs("t");
  assert.deepEqual(runs.map(({ outcome }) => outcome), ["failed", "failed", "failed"]);
  return { world, ids: runs.map(({ id }) => id) };
}

function again(world: World, ids: readonly OccurrenceId[], gapMs = 0): Promise<CommandResult> {
  return world.command("t", {
    kind: "redrive",
    runs: ids.map((id, n) => ({ id, at: instant(world.now + n * gapMs) })),
  });
}

function refusals(result: CommandResult): readonly string[] {
  assert.equal(result.kind, "redriven");
  return result.kind === "redriven" ? result.refused.map(({ message }) => message) : [];
}

test("a run that was given up goes again with its id, its attempts counted on, and is no duplicate", async () => {
  const { world, ids: [id] } = await failed();
  assert.ok(id !== undefined);
  world.answer = ({ delivery }) => delivery.attempt < 3 ? BROKEN : DELIVERED;
  await again(world, [id]);
  await world.until("2026-05-01T12:01:00Z");
  const run = await world.node.run(id);
  assert.equal(run?.outcome, "delivered");
  assert.equal(run.duplicate, undefined);
  assert.deepEqual(run.attempts.map(({ n }) => n), [1, 2, 3]);
  const at = instant(Date.parse("2026-05-01T12:00:10Z"));
  assert.deepEqual(run.redriven, { times: 1, at, after: 1, was: "failed" });
  assert.deepEqual(
    new Set(world.sent.filter(({ delivery }) => delivery.attempt > 1).map(({ delivery }) => delivery.id)),
    new Set([id]),
  );
});

test("a redriven run has all its retries again, and dies again when they are used up", async () => {
  const { world, ids: [id] } = await failed({ retry: { limit: 2, base: "PT1S", factor: 1 } });
  assert.ok(id !== undefined);
  world.answer = () => BROKEN;
  await again(world, [id]);
  await world.until("2026-05-01T12:01:00Z");
  const run = await world.node.run(id);
  assert.deepEqual([run?.outcome, run?.attempts.length, run?.target], ["failed", 4, "http://target.test:80"]);
  await again(world, [id]);
  await world.until("2026-05-01T12:02:00Z");
  assert.equal((await world.node.run(id))?.redriven?.times, 2);
});

test("redriven runs go at the moments that they were given, also after a crash", async () => {
  const { world, ids } = await failed();
  world.answer = () => DELIVERED;
  const before = world.sent.length;
  await again(world, ids, 60_000);
  await world.until("2026-05-01T12:00:30Z");
  world.crash();
  await world.start();
  await world.until("2026-05-01T12:10:00Z");
  assert.deepEqual(world.sent.slice(before).map(({ at, delivery }) => `${timeOf(at)} ${timeOf(delivery.instant)}`), [
    "12:00:10 12:00:01",
    "12:01:10 12:00:02",
    "12:02:10 12:00:03",
  ]);
});

test("what is delivered, open, of another task or unknown is not driven again, and twice is once", async () => {
  const { world, ids: [id = "" as OccurrenceId, other = "" as OccurrenceId] } = await failed();
  await world.add({ id: "u", schedule: "2030-01-01T00:00:00Z" });
  const stranger = await world.command("u", { kind: "redrive", runs: [{ id, at: instant(world.now) }] });
  assert.deepEqual(refusals(stranger), ["it is a run of another task"]);
  assert.deepEqual(refusals(await again(world, ["0".repeat(32) as OccurrenceId])), [
    "the owner of the task knows no such run",
  ]);
  const answer = later();
  world.answer = () => answer.promise;
  const [first, second] = await Promise.all([again(world, [id, id]), again(world, [id])]);
  assert.deepEqual([refusals(first), refusals(second)], [[], ["it is not settled yet"]]);
  await world.pass(0);
  answer.give(DELIVERED);
  await world.calm();
  assert.deepEqual(refusals(await again(world, [id])), ["it was delivered"]);
  await world.command("t", { kind: "remove" });
  assert.equal((await again(world, [other])).kind, "refused");
});

test("a run that waits to be driven again holds up no other of its task", async () => {
  const { world, ids: [id = "" as OccurrenceId] } = await failed();
  world.answer = () => DELIVERED;
  await world.command("t", { kind: "redrive", runs: [{ id, at: instant(world.now + 3_600_000) }] });
  for (const overlap of ["skip", "queue-one", "queue-all"] as const) {
    await world.add({ id: "t", schedule: `R1/${new Date(world.now + 1_000).toISOString()}/PT1S`, policy: { overlap } });
    const before = world.sent.length;
    await world.pass(5_000);
    assert.equal(world.sent.length - before, 2, overlap);
  }
});

test("dead letters are found by target and error, and leave when they are driven again", async () => {
  const { world, ids } = await failed();
  const { node } = world;
  world.answer = () => ({ kind: "failed", error: "connection refused by else.test", retryable: false });
  await world.add({ id: "u", schedule: "2026-05-01T12:00:20Z", target: { urn: "http://else.test/" } });
  await world.until("2026-05-01T12:01:00Z");
  const causes = async () =>
    (await node.deadCauses({ user: USER, limit: 10 })).items.map(({ target, error, count }) => [target, error, count]);
  assert.deepEqual(await causes(), [
    ["http://else.test:80", "connection refused by else.test", 1],
    ["http://target.test:80", "HTTP 404", 3],
  ]);
  const of = async (query: object) => (await node.deadLetters({ limit: 10, ...query })).items.map(({ id }) => id);
  assert.deepEqual(await of({ user: USER, target: "http://target.test:80" }), [...ids].reverse());
  assert.deepEqual(await of({ user: USER, task: "u" }), [
    occurrenceId(taskGuid(USER, "u"), instant(Date.parse("2026-05-01T12:00:20Z"))),
  ]);
  assert.equal((await of({})).length, 4);
  assert.deepEqual(await of({ user: "bob" }), []);
  world.answer = () => DELIVERED;
  await again(world, ids.slice(0, 2));
  await world.pass(0);
  assert.deepEqual(await of({ user: USER, target: "http://target.test:80", error: "HTTP 404" }), [ids[2]]);
  assert.deepEqual(await causes(), [
    ["http://else.test:80", "connection refused by else.test", 1],
    ["http://target.test:80", "HTTP 404", 1],
  ]);
});

test("a backfill sends what was missed or never taken up, and nothing that was delivered", async () => {
  const world = await new World(START).start();
  await world.add({ id: "t", schedule: "R/2026-05-01T09:00:00Z/PT1H" });
  await world.until("2026-05-01T13:30:00Z");
  assert.deepEqual(world.sends(), ["13:00:00 t@13:00:00#1"]);
  const at = (hour: number) => instant(Date.UTC(2026, 4, 1, hour));
  const entry = (hour: number, gap: number) => ({
    id: occurrenceId(T, at(hour)),
    at: instant(world.now + gap),
    instant: at(hour),
  });
  const result = await world.command("t", {
    kind: "redrive",
    runs: [entry(10, 0), entry(11, 1_000), entry(13, 2_000), entry(14, 3_000), {
      id: occurrenceId(T, (at(11) + 1) as Instant),
      at: at(13),
      instant: (at(11) + 1) as Instant,
    }],
  });
  assert.deepEqual(refusals(result), [
    "it was delivered",
    "it is still to come up by itself",
    "the task has no occurrence then",
  ]);
  await world.pass(5_000);
  assert.deepEqual(world.sends().slice(1), ["13:30:00 t@10:00:00#1", "13:30:01 t@11:00:00#1"]);
  assert.deepEqual(await world.history("t"), ["10:00:00 delivered", "11:00:00 delivered", "13:00:00 delivered"]);
});

test("a skipped occurrence is recorded when its time comes, and an edit of the schedule forgets nothing else", async () => {
  const world = await new World(START).start();
  await world.add({ id: "t", schedule: "R/2026-05-01T12:00:00Z/PT1M" });
  await world.command("t", { kind: "skip", count: 2 });
  await world.command("t", { kind: "pause" });
  await world.command("t", { kind: "resume" });
  const named = { kind: "skip", instant: instant(Date.parse("2026-05-01T12:05:00Z")) } as const;
  assert.equal((await world.command("t", named)).kind, "task");
  const odd = { kind: "skip", instant: instant(Date.parse("2026-05-01T12:05:01Z")) } as const;
  assert.equal((await world.command("t", odd)).kind, "refused");
  world.crash();
  await world.start();
  await world.until("2026-05-01T12:06:30Z");
  assert.deepEqual(await world.history("t"), [
    "12:01:00 skipped",
    "12:02:00 skipped",
    "12:03:00 delivered",
    "12:04:00 delivered",
    "12:05:00 skipped",
    "12:06:00 delivered",
  ]);
});
