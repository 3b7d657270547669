import assert from "node:assert/strict";
import { test } from "node:test";
import { DELIVERED, later, timeOf, World } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";

/** A peer that was away from 12:00:30 until `back`. */
async function away(back: string, task: Parameters<World["add"]>[0]): Promise<World> {
  const world = await new World(START).start();
  await world.add(task);
  await world.until("2026-05-01T12:00:30Z");
  world.crash();
  world.setClock(back);
  await world.start();
  await world.pass(0);
  return world;
}

test("what is late within the tolerance is simply sent", async () => {
  const world = await away("2026-05-01T12:01:20Z", { id: "t", schedule: "R/2026-05-01T12:00:00Z/PT20S" });
  assert.deepEqual(world.sends(), [
    "12:00:20 t@12:00:20#1",
    "12:01:20 t@12:00:40#1",
    "12:01:20 t@12:01:00#1",
    "12:01:20 t@12:01:20#1",
  ]);
});

test("late by exactly the tolerance is still sent, a millisecond more is not", async () => {
  const exact = await away("2026-05-01T12:00:42.000Z", { id: "t", schedule: "R0/2026-05-01T12:00:40Z/PT1H/ET2S" });
  assert.deepEqual(exact.sends(), ["12:00:42 t@12:00:40#1"]);
  const more = await away("2026-05-01T12:00:42.001Z", { id: "t", schedule: "R0/2026-05-01T12:00:40Z/PT1H/ET2S" });
  assert.deepEqual(more.sends(), []);
  assert.deepEqual(await more.history("t"), ["12:00:40 expired"]);
});

test("misfire last sends the latest missed one and records the others as missed", async () => {
  const world = await away("2026-05-01T15:30:00Z", { id: "t", schedule: "R/2026-05-01T12:00:00Z/PT1H" });
  assert.deepEqual(world.sends(), ["15:30:00 t@15:00:00#1"]);
  assert.deepEqual(await world.history("t"), ["13:00:00 missed", "14:00:00 missed", "15:00:00 delivered"]);
});

test("misfire skip records every missed one and sends none", async () => {
  const world = await away("2026-05-01T14:30:00Z", {
    id: "t",
    schedule: "R/2026-05-01T12:00:00Z/PT1H",
    policy: { misfire: "skip" },
  });
  assert.deepEqual(world.sends(), []);
  assert.deepEqual(await world.history("t"), ["13:00:00 missed", "14:00:00 missed"]);
});

test("misfire all sends those of the window one after another and records the older ones", async () => {
  const world = await new World(START).start();
  await world.add({
    id: "t",
    schedule: "R/2026-05-01T12:00:00Z/PT1H",
    policy: { misfire: "all", misfireWindow: "PT2H30M" },
  });
  world.crash();
  world.setClock("2026-05-01T16:30:00Z");
  const answers: ReturnType<typeof later>[] = [];
  world.answer = () => {
    const answer = later();
    answers.push(answer);
    return answer.promise;
  };
  await world.start();
  await world.pass(0);
  for (let n = 0; n < 3; n++) {
    assert.equal(answers.length, n + 1);
    answers[n]?.give(DELIVERED);
    await world.calm();
  }
  assert.deepEqual(await world.history("t"), [
    "13:00:00 missed",
    "14:00:00 delivered",
    "15:00:00 delivered",
    "16:00:00 delivered",
  ]);
});

test("a schedule with its own tolerance expires what is later, whatever the misfire policy", async () => {
  const world = await away("2026-05-01T12:01:01Z", {
    id: "t",
    schedule: "R/2026-05-01T12:00:00Z/PT20S/ET5S",
    policy: { misfire: "all" },
  });
  assert.deepEqual(world.sends(), ["12:00:20 t@12:00:20#1", "12:01:01 t@12:01:00#1"]);
  assert.deepEqual(await world.history("t"), ["12:00:20 delivered", "12:00:40 expired", "12:01:00 delivered"]);
});

test("policy.tolerance stands in for the schedule's own", async () => {
  const world = await away("2026-05-01T12:10:00Z", {
    id: "t",
    schedule: "2026-05-01T12:00:40Z",
    policy: { tolerance: "PT10M", misfire: "skip" },
  });
  assert.deepEqual(await world.history("t"), ["12:00:40 delivered"]);
});

test("a month away from a task of every second leaves a bounded record that says what it leaves out", async () => {
  const world = await away("2026-06-01T12:00:00Z", {
    id: "t",
    schedule: "R/2026-05-01T12:00:00Z/PT1S/ET1S",
  });
  const { items } = await world.node.runs({ outcome: "expired", limit: 500 });
  assert.equal(items.length, 500);
  assert.deepEqual(world.logged, ["warning: more occurrences missed than are recorded one by one"]);
  assert.equal(world.sent.filter(({ at }) => timeOf(at) === "12:00:00").length, 2);
});

async function overlapping(overlap: "allow" | "skip" | "queue-one" | "queue-all" | "cancel-previous") {
  const world = await new World(START).start();
  const answers: { id: string; give: ReturnType<typeof later>["give"] }[] = [];
  world.answer = ({ delivery, signal }) => {
    const answer = later();
    answers.push({ id: timeOf(delivery.instant), give: answer.give });
    signal.addEventListener("abort", () => answer.give({ kind: "failed", error: "cancelled", retryable: true }));
    return answer.promise;
  };
  await world.add({ id: "t", schedule: "R3/2026-05-01T12:00:01Z/PT1S", policy: { overlap } });
  await world.until("2026-05-01T12:00:04Z");
  const atOnce = answers.map(({ id }) => id);
  for (let n = 0; n < answers.length; n++) {
    answers[n]?.give(DELIVERED);
    await world.calm();
  }
  return { atOnce, history: await world.history("t") };
}

test("overlap allow sends each at its instant", async () => {
  assert.deepEqual(await overlapping("allow"), {
    atOnce: ["12:00:01", "12:00:02", "12:00:03", "12:00:04"],
    history: ["12:00:01 delivered", "12:00:02 delivered", "12:00:03 delivered", "12:00:04 delivered"],
  });
});

test("overlap skip skips while one is not settled", async () => {
  assert.deepEqual(await overlapping("skip"), {
    atOnce: ["12:00:01"],
    history: ["12:00:01 delivered", "12:00:02 skipped", "12:00:03 skipped", "12:00:04 skipped"],
  });
});

test("overlap queue-one lets one wait and skips the rest", async () => {
  assert.deepEqual(await overlapping("queue-one"), {
    atOnce: ["12:00:01"],
    history: ["12:00:01 delivered", "12:00:02 delivered", "12:00:03 skipped", "12:00:04 skipped"],
  });
});

test("overlap queue-all sends all, one after another", async () => {
  assert.deepEqual(await overlapping("queue-all"), {
    atOnce: ["12:00:01"],
    history: ["12:00:01 delivered", "12:00:02 delivered", "12:00:03 delivered", "12:00:04 delivered"],
  });
});

test("overlap cancel-previous ends the one before and sends the next", async () => {
  assert.deepEqual(await overlapping("cancel-previous"), {
    atOnce: ["12:00:01", "12:00:02", "12:00:03", "12:00:04"],
    history: ["12:00:01 skipped", "12:00:02 skipped", "12:00:03 skipped", "12:00:04 delivered"],
  });
});
