// How a plan is drawn from its seed.

import { Chance } from "./chance.ts";
import { faultsOf } from "./plan-faults.ts";
import { usersOf } from "./plan-users.ts";
import { type Plan, type PlanSize, START, type WorldKind } from "./plan.ts";

export function planOf(size: PlanSize): Plan {
  const chance = new Chance(size.seed, "plan");
  const isFar = chance.is(0.35);
  const kind: WorldKind = {
    delayMs: isFar ? [10, chance.whole(30, 120)] : [0.2, chance.between(0.5, 3)],
    broadcastLoss: chance.one([0, 0, 0.05, 0.3, 1]),
    syncMs: chance.one([[0.5, 7], [0.5, 7], [5, 60]]),
    readMaxMs: chance.is(0.25) ? chance.one([0.5, 5, 30]) : 0,
    isWired: true,
    failures: chance.one([0, 0, 0.05, 0.3]),
    hangs: chance.one([0, 0, 0.01]),
    skewMaxMs: chance.one([0, 50, 700]),
    driftMax: chance.one([0, 1e-5, 2e-4]),
  };
  return { ...size, start: START, kind, users: usersOf(size, chance), faults: faultsOf(size, chance) };
}
