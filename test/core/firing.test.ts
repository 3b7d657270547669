import assert from "node:assert/strict";
import { test } from "node:test";
import { isDead } from "../../src/core/register/register.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import { BROKEN, DELIVERED, later, timeOf, World, WRONG } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";

test("fires each occurrence once, at its instant, never early", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT5S" });
  await world.until("2026-05-01T12:00:20Z");
  assert.deepEqual(world.sends(), [
    "12:00:05 tick@12:00:05#1",
    "12:00:10 tick@12:00:10#1",
    "12:00:15 tick@12:00:15#1",
    "12:00:20 tick@12:00:20#1",
  ]);
  assert.deepEqual(await world.history("tick"), [
    "12:00:05 delivered",
    "12:00:10 delivered",
    "12:00:15 delivered",
    "12:00:20 delivered",
  ]);
});

test("counts exactly the moment of creation, and nothing before it", async () => {
  const world = await new World("2026-05-01T12:00:10Z").start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT5S" });
  await world.until("2026-05-01T12:00:14Z");
  assert.deepEqual(world.sends(), ["12:00:10 tick@12:00:10#1"]);
});

test("never fires an instant that lay before the task", async () => {
  const world = await new World(START).start();
  await world.add({ id: "gone", schedule: "2026-05-01T11:59:59Z" });
  await world.until("2026-05-01T13:00:00Z");
  assert.deepEqual(world.sends(), []);
});

test("a trigger that breaks, at once or later, loses its own attempt, and not the peer", async () => {
  const world = await new World(START).start();
  const breaks = [
    () => {
      throw new Error("at once");
    },
    () => Promise.reject(new Error("later")),
  ];
  world.answer = ({ delivery }) => breaks[delivery.attempt - 1]?.() ?? DELIVERED;
  await world.add({ id: "tick", schedule: "2026-05-01T12:00:01Z" });
  await world.until("2026-05-01T12:01:00Z");
  assert.deepEqual(await world.history("tick"), ["12:00:01 delivered"]);
  assert.equal(world.sent.length, 3);
  assert.deepEqual(world.logged.filter((line) => line.startsWith("error")), [
    "error: a trigger broke",
    "error: a trigger broke",
  ]);
});

test("holds R2 to three occurrences and forgets the actor afterwards", async () => {
  const world = await new World(START).start();
  await world.add({ id: "three", schedule: "R2/2026-05-01T12:00:01Z/PT1S" });
  await world.until("2026-05-01T12:10:00Z");
  assert.deepEqual(await world.history("three"), ["12:00:01 delivered", "12:00:02 delivered", "12:00:03 delivered"]);
  assert.equal(world.node.status().activeTasks, 0);
});

test("fires a task that lies far beyond the window on its instant", async () => {
  const world = await new World(START).start();
  await world.add({ id: "far", schedule: "2026-05-09T09:09:09Z" });
  assert.equal(world.node.status().activeTasks, 0);
  await world.until("2026-05-09T09:10:00Z");
  assert.deepEqual(world.sends(), ["09:09:09 far@09:09:09#1"]);
});

test("gives every attempt of an occurrence one id, and another occurrence another", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) => delivery.attempt < 3 ? BROKEN : DELIVERED;
  await world.add({ id: "tick", schedule: "R1/2026-05-01T12:00:01Z/PT1M" });
  await world.until("2026-05-01T12:05:00Z");
  const ids = world.sent.map(({ delivery }) => delivery.id);
  assert.deepEqual(world.sent.map(({ delivery }) => delivery.attempt), [1, 2, 3, 1, 2, 3]);
  assert.equal(new Set(ids.slice(0, 3)).size, 1);
  assert.equal(new Set(ids).size, 2);
  assert.match(ids[0] ?? "", /^[0-9a-f]{32}$/);
});

test("an edit never fires by itself, and a new schedule starts at the edit", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT1H" });
  await world.until("2026-05-01T12:30:00Z");
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT10M" });
  await world.until("2026-05-01T12:45:00Z");
  assert.deepEqual(world.sends(), ["12:30:00 tick@12:30:00#1", "12:40:00 tick@12:40:00#1"]);
});

test("an edit of the payload leaves the rhythm as it was", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT5S" });
  await world.until("2026-05-01T12:00:05Z");
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT5S", payload: { new: true } });
  await world.until("2026-05-01T12:00:10Z");
  assert.deepEqual(world.sends(), ["12:00:05 tick@12:00:05#1", "12:00:10 tick@12:00:10#1"]);
  assert.deepEqual(world.sent[1]?.delivery.payload, { new: true });
});

test("two manual fires in one millisecond are two occurrences", async () => {
  const world = await new World(START).start();
  await world.add({ id: "manual", schedule: "2030-01-01T00:00:00Z", payload: "own" });
  const [one, two] = await Promise.all([
    world.command("manual", { kind: "trigger" }),
    world.command("manual", { kind: "trigger", payload: "given" }),
  ]);
  assert.ok(one.kind === "run" && two.kind === "run");
  assert.notEqual(one.run.id, two.run.id);
  assert.deepEqual(world.sent.map(({ delivery }) => delivery.payload), ["own", "given"]);
  const runs = await world.runs("manual");
  assert.deepEqual(runs.map(({ outcome, manual }) => ({ outcome, manual })), [
    { outcome: "delivered", manual: true },
    { outcome: "delivered", manual: true },
  ]);
});

test("a paused task fires nothing, and what passed meanwhile is not made up for", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT10S" });
  await world.until("2026-05-01T12:00:15Z");
  await world.command("tick", { kind: "pause", note: "maintenance" });
  await world.until("2026-05-01T12:01:05Z");
  await world.command("tick", { kind: "resume" });
  await world.until("2026-05-01T12:01:20Z");
  assert.deepEqual(await world.history("tick"), ["12:00:10 delivered", "12:01:10 delivered", "12:01:20 delivered"]);
});

test("a pause with an end is over by itself", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT10M" });
  await world.command("tick", { kind: "pause", until: Date.parse("2026-05-01T13:00:00Z") as never });
  await world.until("2026-05-01T13:15:00Z");
  assert.deepEqual(world.sends(), ["13:00:00 tick@13:00:00#1", "13:10:00 tick@13:10:00#1"]);
});

test("to resume a task whose pause is over, or that was not paused, makes nothing up and loses nothing", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT10M" });
  await world.command("tick", { kind: "pause", until: Date.parse("2026-05-01T12:35:00Z") as never });
  await world.until("2026-05-01T12:36:00Z");
  await world.command("tick", { kind: "resume" });
  await world.until("2026-05-01T12:45:00Z");
  world.setClock("2026-05-01T12:50:00.500Z");
  await world.command("tick", { kind: "resume" });
  await world.until("2026-05-01T12:51:00Z");
  assert.deepEqual(world.sends(), ["12:40:00 tick@12:40:00#1", "12:50:00.500 tick@12:50:00#1"]);
});

test("a removed task fires no more, and its waiting retry is skipped", async () => {
  const world = await new World(START).start();
  world.answer = () => BROKEN;
  await world.add({
    id: "tick",
    schedule: "R/2026-05-01T12:00:05Z/PT1M",
    policy: { retry: { base: "PT30S", factor: 1 } },
  });
  await world.until("2026-05-01T12:00:05Z");
  assert.deepEqual(await world.command("tick", { kind: "remove" }), { kind: "removed" });
  const sends = world.sent.length;
  await world.until("2026-05-01T12:30:00Z");
  assert.equal(world.sent.length, sends);
  const [run] = await world.runs("tick");
  assert.deepEqual({ outcome: run?.outcome, reason: run?.reason }, {
    outcome: "skipped",
    reason: "the task was deleted",
  });
});

test("a task that is added again after its removal starts anew", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT1M" });
  await world.command("tick", { kind: "remove" });
  await world.until("2026-05-01T12:05:30Z");
  const result = await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT1M" });
  assert.ok(result.kind === "task" && result.created);
  await world.until("2026-05-01T12:06:00Z");
  assert.deepEqual(world.sends(), ["12:06:00 tick@12:06:00#1"]);
});

test("removeWhenDone removes the task after its last occurrence is settled, not before", async () => {
  const world = await new World(START).start();
  const answer = later();
  world.answer = () => answer.promise;
  await world.add({ id: "once", schedule: "2026-05-01T12:00:01Z", policy: { removeWhenDone: true } });
  await world.until("2026-05-01T12:00:10Z");
  assert.notEqual((await world.node.dossier(taskGuid("ada", "once"))).entity?.registers.schedule?.value, null);
  answer.give(DELIVERED);
  await world.calm();
  const { entity } = await world.node.dossier(taskGuid("ada", "once"));
  assert.ok(entity !== undefined && isDead(entity));
});

test("pauseAfterFailures pauses the task with a note that says so", async () => {
  const world = await new World(START).start();
  world.answer = () => WRONG;
  await world.add({ id: "bad", schedule: "R/2026-05-01T12:00:01Z/PT1S", policy: { pauseAfterFailures: 3 } });
  await world.until("2026-05-01T12:01:00Z");
  assert.equal(world.sent.length, 3);
  const dossier = await world.node.dossier(taskGuid("ada", "bad"));
  assert.deepEqual(dossier.entity?.registers.state?.value, {
    paused: true,
    note: "paused by itself after 3 failures in a row",
    turn: 1,
    since: Date.parse(START),
  });
});

test("one origin carries at most 64 attempts at a time, and a hanging one delays no other", async () => {
  const world = await new World(START).start();
  const hung: ReturnType<typeof later>[] = [];
  world.answer = ({ delivery }) => {
    if (!delivery.target.urn.includes("slow")) return DELIVERED;
    const answer = later();
    hung.push(answer);
    return answer.promise;
  };
  for (let n = 0; n < 100; n++) {
    await world.add({ id: `slow-${n}`, schedule: "2026-05-01T12:00:10Z", target: { urn: "http://slow.test/" } });
    await world.add({ id: `fast-${n}`, schedule: "2026-05-01T12:00:10Z", target: { urn: "http://fast.test/" } });
  }
  await world.until("2026-05-01T12:00:10Z");
  assert.equal(hung.length, 64);
  assert.equal(world.sent.filter(({ delivery }) => delivery.target.urn.includes("fast")).length, 100);
  for (const answer of hung) answer.give(DELIVERED);
  await world.calm();
  assert.equal(hung.length, 100);
});

test("ten thousand tasks due at one instant are each sent once, and leave nobody active", async () => {
  const world = await new World(START).start();
  const guids = Array.from({ length: 10_000 }, (_, n) => `one-${n}`);
  await Promise.all(guids.map((id) => world.add({ id, schedule: "2026-05-01T12:00:30Z" })));
  await world.until("2026-05-01T12:00:31Z");
  assert.equal(world.sent.length, 10_000);
  assert.equal(new Set(world.sent.map(({ delivery }) => delivery.id)).size, 10_000);
  assert.deepEqual(world.node.status(), { ready: true, writable: true, inFlight: 0, activeTasks: 0 });
});

test("a task whose occurrences wait behind a retry takes no seat, and sends them in order when it is settled", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) =>
    delivery.attempt === 1 && timeOf(delivery.instant) === "12:00:01"
      ? { kind: "failed", error: "HTTP 503", retryable: true, retryAfterMs: 600_000 }
      : DELIVERED;
  await world.add({ id: "t", schedule: "R2/2026-05-01T12:00:01Z/PT1S", policy: { overlap: "queue-all" } });
  await world.until("2026-05-01T12:00:05Z");
  assert.equal(world.node.status().activeTasks, 0);
  await world.until("2026-05-01T12:11:00Z");
  assert.deepEqual(world.sends(), [
    "12:00:01 t@12:00:01#1",
    "12:10:01 t@12:00:01#2",
    "12:10:01 t@12:00:02#1",
    "12:10:01 t@12:00:03#1",
  ]);
});

test("a clock that is set back fires nothing twice", async () => {
  const world = await new World(START).start();
  await world.add({ id: "tick", schedule: "R/2026-05-01T12:00:00Z/PT5S" });
  await world.until("2026-05-01T12:00:10Z");
  world.setClock("2026-05-01T12:00:02Z");
  await world.until("2026-05-01T12:00:15Z");
  assert.deepEqual(world.sent.map(({ delivery }) => timeOf(delivery.instant)), ["12:00:05", "12:00:10", "12:00:15"]);
});
