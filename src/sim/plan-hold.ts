// Plans for what holds in a partition: all tasks hold and come often, and the mesh is cut, one way or both, and peers stand
// still for longer than a lease, again and again and two at a time, at any moment. Nobody falls: so nothing at all is to be
// sent twice.

import { Chance } from "./chance.ts";
import { planOf } from "./plan-draw.ts";
import { HOLDING_EVERY } from "./plan-users.ts";
import { type Fault, type Plan, type PlanSize, REST_MS, SETTLE_MS, type UserAction } from "./plan.ts";

/** Between the starts of two faults. */
const FAULT_EVERY_MS: readonly [number, number] = [500, 12_000];

/** Shorter and longer than a lease, a suspicion, a time-out. */
const LENGTHS_MS: readonly number[] = [200, 1_000, 2_500, 4_000, 9_000, 30_000];

const PERIODS_S: readonly number[] = [1, 2, 2, 3, 5];

export function holdPlanOf(size: PlanSize): Plan {
  const plan = planOf(size);
  const chance = new Chance(size.seed, "hold");
  return { ...plan, users: usersOf(size, chance), faults: faultsOf(size, chance) };
}

function usersOf({ peers, tasks }: PlanSize, chance: Chance): readonly UserAction[] {
  return Array.from({ length: tasks }, (_, n) => ({
    kind: "put" as const,
    at: 6_000,
    peer: chance.whole(0, peers - 1),
    task: `t${(n + 1) * HOLDING_EVERY - 1}`,
    schedule: `R/2026-01-01T00:00:00.${String(chance.whole(0, 999)).padStart(3, "0")}Z/PT${chance.one(PERIODS_S)}S`,
    policy: {
      partition: "hold" as const,
      retry: { limit: chance.whole(0, 3) },
      timeout: { total: "PT10S" },
      ...(chance.is(0.2) ? { misfire: "all" as const } : {}),
      ...(chance.is(0.2) ? { overlap: "queue-one" as const } : {}),
    },
    payload: n,
  }));
}

function faultsOf({ peers, minutes }: PlanSize, chance: Chance): readonly Fault[] {
  const faults: Fault[] = [];
  const endMs = minutes * 60_000 - REST_MS;
  for (let at = SETTLE_MS; at < endMs; at += chance.between(...FAULT_EVERY_MS)) {
    const ms = Math.min(endMs - at, chance.one(LENGTHS_MS) * chance.between(0.5, 1.5));
    const peer = chance.whole(0, peers - 1);
    const kind = chance.one(["partition", "partition", "one-way", "one-way", "freeze", "freeze", "drain"] as const);
    switch (kind) {
      case "partition": {
        faults.push({ kind, at, ms, sides: Array.from({ length: peers }, () => chance.whole(0, 1)) });
        break;
      }
      case "one-way":
        faults.push({ kind, at, ms, from: peer, to: (peer + chance.whole(1, peers - 1)) % peers });
        break;
      case "freeze":
      case "drain":
        faults.push({ kind, at, ms, peer });
        break;
    }
  }
  return faults;
}
