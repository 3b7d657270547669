import assert from "node:assert/strict";
import { test } from "node:test";
import { taskGuid } from "../../src/core/values/ids.ts";
import { chanceOf } from "../chance.ts";
import { BROKEN, DELIVERED, later, timeOf, World, WRONG } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";

test("a failed delivery is retried with full jitter under a doubling bound, then given up", async () => {
  const world = await new World(START).start();
  world.answer = () => BROKEN;
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z" });
  await world.until("2026-05-01T13:00:00Z");
  const waits = world.sent.slice(1).map(({ at }, n) => at - (world.sent[n]?.at ?? 0));
  assert.equal(waits.length, 5);
  for (const [n, wait] of waits.entries()) assert.ok(wait >= 0 && wait < 1000 * 2 ** n, `wait ${n} was ${wait} ms`);
  assert.equal(new Set(waits).size, 5);
  const [run] = await world.runs("t");
  assert.deepEqual({ outcome: run?.outcome, reason: run?.reason, attempts: run?.attempts.length }, {
    outcome: "failed",
    reason: "HTTP 503; gave up after 6 attempts",
    attempts: 6,
  });
});

test("an answer that can't get better is not retried", async () => {
  const world = await new World(START).start();
  world.answer = () => WRONG;
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z" });
  await world.until("2026-05-01T13:00:00Z");
  assert.equal(world.sent.length, 1);
  assert.deepEqual(await world.history("t"), ["12:00:01 failed"]);
});

test("Retry-After is obeyed", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) =>
    delivery.attempt === 1
      ? { kind: "failed", error: "HTTP 429", status: 429, retryable: true, retryAfterMs: 40_000 }
      : DELIVERED;
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z" });
  await world.until("2026-05-01T13:00:00Z");
  assert.deepEqual(world.sends(), ["12:00:01 t@12:00:01#1", "12:00:41 t@12:00:01#2"]);
});

test("no retry starts past maxAge", async () => {
  const world = await new World(START).start();
  world.answer = () => ({ kind: "failed", error: "HTTP 429", retryable: true, retryAfterMs: 40_000 });
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", policy: { retry: { maxAge: "PT1M" } } });
  await world.until("2026-05-01T13:00:00Z");
  assert.equal(world.sent.length, 2);
  assert.deepEqual(await world.history("t"), ["12:00:01 failed"]);
});

test("a restart continues a retry at its attempt, at its time", async () => {
  const world = await new World(START).start();
  world.answer = () => ({ kind: "failed", error: "HTTP 503", retryable: true, retryAfterMs: 600_000 });
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z" });
  await world.until("2026-05-01T12:05:00Z");
  world.crash();
  await world.start();
  world.answer = () => DELIVERED;
  await world.until("2026-05-01T13:00:00Z");
  assert.deepEqual(world.sends(), ["12:00:01 t@12:00:01#1", "12:10:01 t@12:00:01#2"]);
  const [run] = await world.runs("t");
  assert.deepEqual(run?.attempts.map(({ n, error }) => ({ n, error })), [
    { n: 1, error: "HTTP 503" },
    { n: 2, error: undefined },
  ]);
  assert.equal(new Set(world.sent.map(({ delivery }) => delivery.id)).size, 1);
});

test("an occurrence in flight at a crash is sent again with the same id", async () => {
  const world = await new World(START).start();
  world.answer = () => new Promise(() => {});
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z" });
  await world.until("2026-05-01T12:00:02Z");
  world.crash();
  world.answer = () => DELIVERED;
  await world.start();
  await world.pass(0);
  assert.deepEqual(world.sends(), ["12:00:01 t@12:00:01#1", "12:00:02 t@12:00:01#1"]);
  assert.equal(world.sent[0]?.delivery.id, world.sent[1]?.delivery.id);
  assert.deepEqual(await world.history("t"), ["12:00:01 delivered"]);
});

test("an occurrence that hangs while a later one settles is not lost in a crash", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) => timeOf(delivery.instant) === "12:00:01" ? new Promise(() => {}) : DELIVERED;
  await world.add({ id: "t", schedule: "R2/2026-05-01T12:00:01Z/PT1S" });
  await world.until("2026-05-01T12:00:03Z");
  world.crash();
  world.answer = () => DELIVERED;
  await world.start();
  await world.pass(0);
  assert.deepEqual(await world.history("t"), ["12:00:01 delivered", "12:00:02 delivered", "12:00:03 delivered"]);
});

test("at-most-once is on the disk before it is sent, and is not sent again after a crash", async () => {
  const world = await new World(START).start();
  let storedBefore: string | undefined;
  world.answer = async ({ delivery }) => {
    storedBefore = (await world.node.runs({ limit: 1 })).items[0]?.state;
    assert.equal(delivery.attempt, 1);
    return await new Promise(() => {});
  };
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", policy: { delivery: "at-most-once" } });
  await world.until("2026-05-01T12:00:02Z");
  assert.equal(storedBefore, "attempting");
  world.crash();
  await world.start();
  await world.until("2026-05-01T12:10:00Z");
  assert.equal(world.sent.length, 1);
  const [run] = await world.runs("t");
  assert.deepEqual({ outcome: run?.outcome, reason: run?.reason }, {
    outcome: "failed",
    reason: "the peer stopped during the attempt; at-most-once sends no second one",
  });
});

test("at-most-once does not retry a failure", async () => {
  const world = await new World(START).start();
  world.answer = () => BROKEN;
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", policy: { delivery: "at-most-once" } });
  await world.until("2026-05-01T12:10:00Z");
  assert.equal(world.sent.length, 1);
  assert.deepEqual(await world.history("t"), ["12:00:01 failed"]);
});

test("a manual fire that was answered survives a crash before it is sent", async () => {
  const world = await new World(START).start();
  world.answer = () => new Promise(() => {});
  await world.add({ id: "t", schedule: "2030-01-01T00:00:00Z" });
  const result = await world.command("t", { kind: "trigger", payload: { a: 1 } });
  assert.ok(result.kind === "run");
  world.crash();
  world.answer = () => DELIVERED;
  await world.start();
  await world.pass(0);
  assert.deepEqual(world.sent.map(({ delivery }) => [delivery.id, delivery.payload]), [
    [result.run.id, { a: 1 }],
    [result.run.id, { a: 1 }],
  ]);
});

test("cancel ends what waits and what flies, and the schedule goes on", async () => {
  const world = await new World(START).start();
  world.answer = ({ signal }) =>
    new Promise((resolve) =>
      signal.addEventListener("abort", () => resolve({ kind: "failed", error: "cancelled", retryable: true }))
    );
  await world.add({ id: "t", schedule: "R/2026-05-01T12:00:01Z/PT1M" });
  await world.until("2026-05-01T12:00:02Z");
  assert.deepEqual(await world.command("t", { kind: "cancel" }), { kind: "cancelled", runs: 1 });
  world.answer = () => DELIVERED;
  await world.until("2026-05-01T12:01:01Z");
  assert.deepEqual(await world.history("t"), ["12:00:01 failed", "12:01:01 delivered"]);
});

test("frequent tasks leave lower bounds in the index, and a restart neither repeats nor loses an occurrence", async () => {
  const world = await new World(START).start();
  for (let n = 0; n < 50; n++) await world.add({ id: `t${n}`, schedule: `R/2026-05-01T12:00:00Z/PT${n % 7 + 1}S` });
  await world.until("2026-05-01T12:00:20.200Z");
  world.crash();
  await world.start();
  await world.until("2026-05-01T12:00:40.200Z");
  for (let n = 0; n < 50; n++) {
    const period = n % 7 + 1;
    const expected = Array.from(
      { length: Math.floor(40 / period) },
      (_, k) => `${timeOf(Date.parse("2026-05-01T12:00:00Z") + (k + 1) * period * 1000)} delivered`,
    );
    assert.deepEqual(await world.history(`t${n}`), expected);
  }
  assert.equal(new Set(world.sent.map(({ delivery }) => delivery.id)).size, world.sent.length);
});

test("a list of runs tells of each once, on whatever page, and of those that are only in memory", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) =>
    ["12:00:02", "12:00:20"].includes(timeOf(delivery.instant)) ? new Promise(() => {}) : DELIVERED;
  await world.add({ id: "t", schedule: "R19/2026-05-01T12:00:01Z/PT1S" });
  await world.until("2026-05-01T12:00:30Z");
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await world.node.runs({
      guid: taskGuid("ada", "t"),
      limit: 7,
      ...(cursor === undefined ? {} : { cursor }),
    });
    listed.push(...page.items.map((run) => `${timeOf(run.instant)} ${run.outcome ?? run.state}`));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const instants = Array.from({ length: 20 }, (_, n) => `12:00:${String(20 - n).padStart(2, "0")}`);
  const isOpen = (at: string) => at === "12:00:02" || at === "12:00:20";
  assert.deepEqual(listed, instants.map((at) => `${at} ${isOpen(at) ? "attempting" : "delivered"}`));
});

test("crashes at random moments lose no occurrence, and double only those in flight", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const chance = chanceOf(seed);
    const world = await new World(START, { seed }).start();
    const open: ReturnType<typeof later>[] = [];
    world.answer = () => {
      const p = chance();
      if (p < 0.2) return BROKEN;
      if (p < 0.8) return DELIVERED;
      const answer = later();
      open.push(answer);
      return answer.promise;
    };
    // One of five attempts fails: of ten thousand runs, six in a row would be the end of one.
    const policy = { tolerance: "PT10M", retry: { limit: 20 } };
    for (let n = 0; n < 10; n++) {
      await world.add({ id: `t${n}`, schedule: `R/2026-05-01T12:00:00Z/PT${n + 1}S`, policy });
    }
    for (let life = 0; life < 8; life++) {
      await world.pass(Math.floor(chance() * 20_000));
      for (const answer of open.splice(0)) if (chance() < 0.5) answer.give(DELIVERED);
      world.crash();
      await world.pass(Math.floor(chance() * 5_000));
      await world.start();
    }
    world.answer = () => DELIVERED;
    for (const answer of open) answer.give(DELIVERED);
    await world.pass(600_000);
    for (let n = 0; n < 10; n++) {
      const runs = await world.runs(`t${n}`);
      const start = Date.parse("2026-05-01T12:00:00Z");
      const periodMs = (n + 1) * 1000;
      const count = Math.floor((world.now - start) / periodMs);
      const expected = Array.from({ length: count }, (_, k) => start + (k + 1) * periodMs);
      assert.deepEqual(runs.map(({ instant }) => instant), expected, `seed ${seed}, task ${n}`);
      assert.deepEqual([...new Set(runs.map(({ outcome }) => outcome))], ["delivered"], `seed ${seed}, task ${n}`);
    }
  }
});

test("an actor that throws is shown as unhealthy, comes back, and touches no other", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) =>
    delivery.task === "poison" && delivery.attempt === 1 && world.sent.length === 1
      ? {
        kind: "delivered",
        get status(): number {
          throw new Error("poison");
        },
      }
      : DELIVERED;
  await world.add({ id: "poison", schedule: "R1/2026-05-01T12:00:01Z/PT1M" });
  await world.add({ id: "sound", schedule: "R1/2026-05-01T12:00:02Z/PT1M" });
  await world.until("2026-05-01T12:02:00Z");
  assert.deepEqual(world.logged, ["error: a task's actor failed and is started again"]);
  assert.deepEqual(await world.history("sound"), ["12:00:02 delivered", "12:01:02 delivered"]);
  assert.deepEqual(await world.history("poison"), ["12:00:01 delivered", "12:01:01 delivered"]);
});

test("If-Match refuses a task that was changed since, and create refuses one that exists", async () => {
  const world = await new World(START).start();
  await world.add({ id: "t", schedule: "2030-01-01T00:00:00Z" });
  const { entity } = await world.node.dossier(taskGuid("ada", "t"));
  assert.ok(entity);
  const old = entity.registers.schedule?.stamp;
  assert.ok(old);
  await world.command("t", { kind: "pause" });
  const refused = await world.command("t", { kind: "remove", match: [old] });
  assert.ok(refused.kind === "refused" && refused.why === "changed");
  const revision = refused.revision;
  assert.deepEqual(await world.command("t", { kind: "remove", match: [revision] }), { kind: "removed" });
});

test("the same definition again is no write: its revision stays", async () => {
  const world = await new World(START).start();
  const one = await world.add({ id: "t", schedule: "2030-01-01T00:00:00Z" });
  const two = await world.add({ id: "t", schedule: "2030-01-01T00:00:00Z" });
  assert.ok(one.kind === "task" && two.kind === "task");
  assert.deepEqual(one.dossier.entity, two.dossier.entity);
  assert.deepEqual([one.created, two.created], [true, false]);
});
