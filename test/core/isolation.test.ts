import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryResult } from "../../src/core/delivery/delivery.ts";
import { Gate } from "../../src/core/firing/gate.ts";
import { resolveLimits, type TargetLimits } from "../../src/core/targets/target-limits.ts";
import type { OccurrenceId } from "../../src/core/task/occurrence.ts";
import type { TaskGuid } from "../../src/core/values/ids.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import { BROKEN, DELIVERED, timeOf, World, WRONG } from "../world.ts";

const START = "2026-05-01T12:00:00.500Z";

/** What the trigger says of a target that gives no answer. */
const LATE: DeliveryResult = { kind: "failed", error: "no answer within 30 s", retryable: true };

const isSlow = (urn: string) => urn.includes("slow");

/** Adds many tasks, some at a time. */
async function addAll(world: World, tasks: readonly Parameters<World["add"]>[0][]): Promise<void> {
  for (let at = 0; at < tasks.length; at += 2_000) {
    await Promise.all(tasks.slice(at, at + 2_000).map((task) => world.add(task)));
  }
}

test("28,000 tasks due at a target that hangs delay no task of another target", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) => isSlow(delivery.target.urn) ? new Promise(() => {}) : DELIVERED;
  await addAll(
    world,
    Array.from({ length: 28_000 }, (_, n) => ({
      id: `slow-${n}`,
      schedule: "2026-05-01T12:10:00Z",
      target: { urn: "http://slow.test/" },
    })),
  );
  await addAll(
    world,
    Array.from({ length: 200 }, (_, n) => ({
      id: `fast-${n}`,
      schedule: "R59/2026-05-01T12:10:00Z/PT1S",
      target: { urn: "http://fast.test/" },
    })),
  );
  await world.until("2026-05-01T12:10:59Z");
  const fast = world.sent.filter(({ delivery }) => !isSlow(delivery.target.urn));
  assert.equal(world.sent.length - fast.length, 64);
  assert.equal(fast.length, 200 * 60);
  assert.ok(fast.every(({ at, delivery }) => at === delivery.instant), "one was sent late");
  assert.ok(world.node.status().activeTasks <= 28_672, `${world.node.status().activeTasks} tasks have seats`);
});

test("ten failures in a row shut a target, one event at a time tries it, and an answer opens it to all", async () => {
  const world = await new World(START).start();
  let isUp = false;
  world.answer = () => isUp ? DELIVERED : BROKEN;
  await addAll(
    world,
    Array.from({ length: 30 }, (_, n) => ({
      id: `t-${n}`,
      schedule: "2026-05-01T12:00:10Z",
      policy: { retry: { base: "PT1S", factor: 1 } },
    })),
  );
  await world.until("2026-05-01T12:00:12Z");
  const [lane] = world.node.lanes();
  assert.deepEqual([lane?.target, lane?.breaker, lane?.error], ["http://target.test:80", "open", "HTTP 503"]);
  const before = world.sent.length;
  await world.until("2026-05-01T12:01:00Z");
  const probes = world.sent.slice(before).map(({ at }) => at);
  assert.ok(probes.length >= 3 && probes.length <= 6, `${probes.length} events tried a target that is down`);
  assert.ok(probes.every((at, n) => n === 0 || at - (probes[n - 1] ?? 0) >= 3_750), "two were tried at one time");
  const waiting = (await world.runs("t-0"))[0];
  assert.match(waiting?.reason ?? "", /^waiting: the breaker of http:\/\/target\.test:80 is open until .*HTTP 503/);
  isUp = true;
  await world.until("2026-05-01T12:02:00Z");
  for (let n = 0; n < 30; n++) assert.deepEqual(await world.history(`t-${n}`), ["12:00:10 delivered"]);
  assert.deepEqual(world.node.lanes(), []);
});

test("a target that is shut is left alone for as long as it asks, but for no more than five minutes", async () => {
  for (const [asked, kept] of [[120_000, 120_000], [86_400_000, 300_000]] as const) {
    const world = await new World(START).start();
    let isUp = false;
    world.answer = () =>
      isUp ? DELIVERED : { kind: "failed", error: "HTTP 429", status: 429, retryable: true, retryAfterMs: asked };
    await addAll(
      world,
      Array.from({ length: 10 }, (_, n) => ({ id: `t-${n}`, schedule: "2026-05-01T12:00:10Z" })),
    );
    await world.add({ id: "later", schedule: "2026-05-01T12:00:20Z", policy: { tolerance: "PT1H" } });
    await world.until("2026-05-01T12:00:30Z");
    isUp = true;
    await world.until("2026-05-01T12:30:00Z");
    assert.equal(timeOf(world.sent[10]?.at ?? 0), timeOf(Date.parse("2026-05-01T12:00:10Z") + kept));
    assert.deepEqual(await world.history("later"), ["12:00:20 delivered"]);
  }
});

test("what a target refuses, and what its user cancels, says nothing against it", async () => {
  const world = await new World(START).start();
  world.answer = () => WRONG;
  await world.add({ id: "wrong", schedule: "R/2026-05-01T12:00:01Z/PT1S" });
  await world.until("2026-05-01T12:00:30Z");
  assert.equal(world.sent.length, 30);
  world.answer = ({ signal }) =>
    new Promise((resolve) => {
      signal.addEventListener(
        "abort",
        () => resolve({ kind: "failed", error: "cancelled", retryable: true, cause: "ours" }),
      );
    });
  for (let n = 0; n < 30; n++) {
    await world.pass(1_000);
    await world.command("wrong", { kind: "cancel" });
  }
  assert.equal(world.sent.length, 60);
  assert.deepEqual(world.node.lanes(), []);
});

test("of an hour in which a target is down each occurrence is accounted for, sent or missed as the policy says", async () => {
  const world = await new World(START).start();
  const [from, to] = ["2026-05-01T12:10:00Z", "2026-05-01T13:10:00Z"].map(Date.parse);
  world.answer = ({ at }) => at >= (from ?? 0) && at < (to ?? 0) ? LATE : DELIVERED;
  const count = 5;
  await addAll(world, [
    ...Array.from({ length: count }, (_, n) => ({
      id: `last-${n}`,
      schedule: "R/2026-05-01T12:00:00Z/PT5S",
      policy: { retry: { limit: 1 } },
    })),
    { id: "strict", schedule: "R/2026-05-01T12:00:00Z/PT5S/ET2S", policy: { retry: { limit: 1 } } },
  ]);
  await world.until("2026-05-01T13:20:00Z");
  const outcomes = new Map<string, number>();
  for (const id of [...Array.from({ length: count }, (_, n) => `last-${n}`), "strict"]) {
    const runs = await world.runs(id);
    // Each once, none left out: from 12:00:05 to 13:20:00.
    assert.deepEqual(
      runs.map(({ instant }) => instant),
      Array.from({ length: 960 }, (_, n) => Date.parse("2026-05-01T12:00:05Z") + n * 5_000),
    );
    for (const run of runs) {
      const outcome = run.outcome ?? run.state;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      // The end of it is seen by the next event that tries.
      const isInOutage = run.instant >= (from ?? 0) && run.instant < (to ?? 0) + 30_000;
      if (!isInOutage) assert.equal(outcome, "delivered", `${id} at ${timeOf(run.instant)}`);
    }
  }
  const tries = world.sent.filter(({ at }) => at >= (from ?? 0) && at < (to ?? 0)).length;
  // Why nothing was sent stands in the record: what is missed otherwise was late for another reason.
  for (const id of ["last-0", "strict"]) {
    const unsent = (await world.runs(id)).filter(({ outcome }) => outcome === "missed" || outcome === "expired");
    assert.ok(unsent.length > 100, id);
    for (const { reason = "", outcome } of unsent) {
      assert.match(
        reason,
        outcome === "expired" ? /^later than the tolerance of 2000 ms; its/ : /misfire policy last; its/,
      );
      assert.match(
        reason,
        /; its target was left alone: the breaker of http:\/\/target\.test:80 was open \(no answer within 30 s\)/,
      );
    }
  }
  // Ten that open it, and a probe in 30 s at the most.
  assert.ok(tries < 10 + 3_600 / 22.5 + 6, `${tries} were sent to a target that is down`);
  assert.ok((outcomes.get("missed") ?? 0) > 2_000, JSON.stringify([...outcomes]));
  assert.ok((outcomes.get("expired") ?? 0) > 600, JSON.stringify([...outcomes]));
});

test("what is missed while a target is down is recorded while it is down", async () => {
  const world = await new World(START).start();
  world.answer = () => LATE;
  await world.add({ id: "t", schedule: "R/2026-05-01T12:00:00Z/PT5S" });
  await world.until("2026-05-01T12:30:00Z");
  const runs = await world.runs("t");
  const open = runs.filter(({ state }) => state !== "settled").length;
  const behind = Date.parse("2026-05-01T12:30:00Z") - (runs.at(-1)?.instant ?? 0);
  assert.ok(open <= 40 && behind <= 70_000, `${open} open, ${behind} ms behind`);
});

test("a command for a task that waits for its target is obeyed at once, and a retargeted one goes at once", async () => {
  const world = await new World(START).start();
  world.answer = ({ delivery }) => isSlow(delivery.target.urn) ? LATE : DELIVERED;
  const slow = { urn: "http://slow.test/" };
  await addAll(
    world,
    Array.from({ length: 12 }, (_, n) => ({ id: `t-${n}`, schedule: "2026-05-01T12:00:01Z", target: slow })),
  );
  await world.add({ id: "late", schedule: "2026-05-01T12:00:02Z", target: slow });
  await world.until("2026-05-01T12:00:03Z");
  assert.equal(world.sent.some(({ delivery }) => delivery.task === "late"), false);
  await world.add({ id: "late", schedule: "2026-05-01T12:00:02Z", target: { urn: "http://fast.test/" } });
  await world.pass(0);
  assert.deepEqual(await world.history("late"), ["12:00:02 delivered"]);
});

// ── the gate alone ───────────────────────────────────────────────────────────────────────────────────────────────────

const at = (ms: number) => ms as Instant;
const passenger = (n: number) => ({ guid: `task-${n}` as TaskGuid, id: `run-${n}` as OccurrenceId });

function gateOf(limits: TargetLimits): Gate {
  const resolved = resolveLimits(limits);
  return new Gate({ chance: () => 0.5, limitsOf: () => resolved });
}

/** Everyone who goes until `end`, at each moment for which the gate has asked. */
function passing(gate: Gate, end: number, seen: (ms: number) => void): void {
  for (let now = gate.wakeAt; now <= end; now = gate.wakeAt) {
    for (let next = gate.next(at(now)); next !== undefined; next = gate.next(at(now))) {
      seen(now);
      gate.ended(next.id, DELIVERED, at(now));
    }
  }
}

test("a rate lets no more through in any second than it says, and loses nothing of it", () => {
  const gate = gateOf({ rate: { perSecond: 100, burst: 10 } });
  const went: number[] = [];
  for (let n = 0; n < 1_000; n++) {
    if (!gate.enter("a", passenger(n), at(0))) continue;
    went.push(0);
    gate.ended(passenger(n).id, DELIVERED, at(0));
  }
  passing(gate, 20_000, (ms) => went.push(ms));
  assert.equal(went.length, 1_000);
  const last = went.at(-1) ?? 0;
  assert.ok(last >= 9_890 && last <= 9_910, `the last went after ${last} ms`);
  for (const [n, ms] of went.entries()) assert.ok((went[n + 110] ?? Infinity) - ms >= 1_000, `too many after ${ms} ms`);
});

test("the peers of a mesh share a target's rate and its concurrency", () => {
  const gate = gateOf({ rate: { perSecond: 100, burst: 10 }, concurrency: 9 });
  gate.share(4, at(0));
  const went: number[] = [];
  for (let n = 0; n < 100; n++) {
    if (!gate.enter("a", passenger(n), at(0))) continue;
    went.push(0);
    gate.ended(passenger(n).id, DELIVERED, at(0));
  }
  passing(gate, 20_000, (ms) => went.push(ms));
  const last = went.at(-1) ?? 0;
  assert.ok(last >= 3_850 && last <= 3_950, `the last of 100 went after ${last} ms at a quarter of 100 a second`);
  const crowd = gateOf({ concurrency: 9 });
  crowd.share(4, at(0));
  const entered = Array.from({ length: 20 }, (_, n) => crowd.enter("a", passenger(n), at(0)));
  assert.equal(entered.filter(Boolean).length, 2);
  crowd.share(1, at(1));
  let more = 0;
  while (crowd.next(at(1)) !== undefined) more++;
  assert.equal(2 + more, 9);
});

test("after an outage the stream to a target swells from one event in flight", () => {
  const gate = gateOf({});
  for (let n = 0; n < 64; n++) gate.enter("a", passenger(n), at(0));
  for (let n = 64; n < 400; n++) gate.enter("a", passenger(n), at(0));
  for (let n = 0; n < 64; n++) gate.ended(passenger(n).id, BROKEN, at(10));
  assert.equal(gate.next(at(10)), undefined);
  const [lane] = gate.lanes(at(10));
  assert.equal(lane?.breaker, "open");
  let now = lane?.until ?? at(0);
  const waves: number[] = [];
  for (let round = 0; round < 9; round++) {
    const wave: OccurrenceId[] = [];
    for (let next = gate.next(now); next !== undefined; next = gate.next(now)) wave.push(next.id);
    waves.push(wave.length);
    now = at(now + 10);
    for (const id of wave) gate.ended(id, DELIVERED, now);
  }
  assert.deepEqual(waves, [1, 1, 2, 4, 8, 16, 32, 64, 64]);
});
