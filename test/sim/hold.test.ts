import assert from "node:assert/strict";
import { test } from "node:test";
import { holdPlanOf } from "../../src/sim/plan-hold.ts";
import { isHolding } from "../../src/sim/plan-users.ts";
import { type Fault, type Plan, START, type UserAction } from "../../src/sim/plan.ts";
import { simulate, simulateSeed } from "../../src/sim/simulate.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";

/** With leases alone the first would send 49 of 3,699 events twice in five minutes with 20 tasks. */
const SEEDS = [1, 5];

test("what holds is never sent twice, whoever is cut off from whom, or stands still, at any moment", async () => {
  for (const seed of SEEDS) {
    const plan = holdPlanOf({ seed, peers: 5, minutes: 3, tasks: 8 });
    const { targets: { sent } } = await simulateSeed(plan, { keyValue: memoryKeyValue });
    assert.ok(sent.length > 200, `seed ${seed}: ${sent.length} events`);
  }
});

test("the two of five that admit two others inside a cut are no majority, when they start again there neither", async () => {
  const plan = holdPlanOf({ seed: 3, peers: 5, minutes: 3, tasks: 4 });
  const [from, to] = [30_000, 90_000];
  const faults: readonly Fault[] = [
    // Peer 0, which the newcomers come to, is among the two.
    { kind: "partition", at: from, ms: to - from, sides: [1, 0, 0, 0, 1, 1, 1] },
    { kind: "join", at: 40_000, ms: 0, peer: 5 },
    { kind: "join", at: 41_000, ms: 0, peer: 6 },
    ...[0, 4, 5, 6].map((peer): Fault => ({
      kind: "crash",
      at: 50_000 + peer * 1_000,
      ms: 2_000,
      peer,
      isPower: true,
    })),
  ];
  const { world, violations } = await simulate({ ...plan, faults, kind: { ...plan.kind, failures: 0, hangs: 0 } }, {
    keyValue: memoryKeyValue,
  });
  assert.deepEqual(violations, []);
  const sent = world.targets.sent.filter(({ at }) => at > START + from + 20_000 && at < START + to);
  assert.deepEqual(new Set(sent.map(({ peer }) => peer)), new Set(["peer-1", "peer-2", "peer-3"]));
});

/** Tasks that hold, with a tolerance of three seconds, and peers that are restarted one after the other. */
function restartsOf(peers: number, ...at: readonly (readonly [peer: number, at: number])[]): Plan {
  const plan = holdPlanOf({ seed: 4, peers, minutes: 1, tasks: 0 });
  const tasks = Array.from({ length: 120 }, (_, n) => `t${n}`).filter(isHolding);
  const users = tasks.map((task, n): UserAction => ({
    kind: "put",
    at: 5_000,
    peer: 0,
    task,
    schedule: `R/2026-01-01T00:00:0${n % 5}.${String(n * 41 % 1000).padStart(3, "0")}Z/PT5S/ET3S`,
    policy: { misfire: "skip", partition: "hold" },
    payload: n,
  }));
  const faults = at.map(([peer, at]): Fault => ({ kind: "restart", at, ms: 5_000, peer }));
  return { ...plan, users, faults, kind: { ...plan.kind, failures: 0, hangs: 0 } };
}

for (
  const [name, plan] of [
    ["who is restarted leaves what holds to the next one", restartsOf(5, [1, 17_300])],
    ["who is restarted one after the other", restartsOf(5, [1, 17_300], [2, 29_600], [3, 41_900])],
    ["who is restarted in a mesh where few are asked in a round", restartsOf(12, [1, 20_300])],
  ] as const
) {
  test(`${name}, and takes it back, within a tolerance of three seconds`, async () => {
    const { world, violations } = await simulate(plan, { keyValue: memoryKeyValue });
    assert.deepEqual(violations, []);
    assert.ok(world.targets.sent.length > 8 * plan.users.length);
  });
}
