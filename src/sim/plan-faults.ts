// The faults of a world, by its seed: none in some, planned changes only in some, and in the others all that can go
// wrong, one thing after another and several at a time.

import type { Chance } from "./chance.ts";
import { type Fault, type PlanSize, REST_MS, SETTLE_MS } from "./plan.ts";

/** Faults that an operator brings about, and that are to add no duplicate. */
export const PLANNED: readonly Fault["kind"][] = ["restart", "drain", "join"];

const UNPLANNED: readonly Fault["kind"][] = [
  "crash",
  "crash",
  "crash",
  "freeze",
  "freeze",
  "partition",
  "partition",
  "one-way",
  "weather",
  "slow disk",
  "full disk",
  "clock",
  "targets",
  "loss",
];

/** With more of them gone, what holds in a partition would wait for a majority that is not there. */
const LOSSES_MAX = 1;
const NEWCOMERS_MAX = 2;

export function faultsOf({ peers, minutes }: PlanSize, chance: Chance): readonly Fault[] {
  const spanMs = minutes * 60_000 - REST_MS - SETTLE_MS;
  const luck = chance.next();
  const kinds = luck < 0.05 ? [] : luck < 0.2 ? PLANNED : [...UNPLANNED, ...PLANNED];
  if (kinds.length === 0 || spanMs <= 0) return [];
  const faults: Fault[] = [];
  let [newcomers, losses] = [0, 0];
  for (let count = chance.whole(1, Math.max(2, minutes * 1.5)); count > 0; count--) {
    const kind = chance.one(kinds);
    if (kind === "join" && newcomers >= NEWCOMERS_MAX) continue;
    if (kind === "loss" && ++losses > LOSSES_MAX) continue;
    const ms = Math.min(lengthOf(kind, chance), spanMs);
    const at = SETTLE_MS + chance.next() * (spanMs - ms);
    faults.push(
      faultOf(kind, { at, ms }, kind === "join" ? peers + newcomers++ : chance.whole(0, peers - 1), peers, chance),
    );
  }
  return faults.sort((a, b) => a.at - b.at);
}

function lengthOf(kind: Fault["kind"], chance: Chance): number {
  switch (kind) {
    case "crash":
      return chance.one([1_000, 5_000, 20_000, 60_000]) * chance.between(0.5, 1.5);
    case "restart":
      return chance.between(500, 15_000);
    case "join":
      return 0;
    case "freeze":
      return chance.one([400, 3_000, 15_000, 60_000]) * chance.between(0.5, 1.5);
    case "weather":
    case "one-way":
    case "partition":
      return chance.one([1_000, 10_000, 60_000]) * chance.between(0.5, 1.5);
    case "loss":
    case "drain":
    case "slow disk":
    case "full disk":
    case "clock":
    case "targets":
    case "no way":
      return chance.between(1_000, 40_000);
  }
}

function faultOf(
  kind: Fault["kind"],
  when: { readonly at: number; readonly ms: number },
  peer: number,
  peers: number,
  chance: Chance,
): Fault {
  switch (kind) {
    case "crash":
      return { kind, ...when, peer, isPower: chance.is(0.3) };
    case "loss":
      return { kind, ...when, peer, isRevoked: chance.is(0.5) };
    case "restart":
    case "drain":
    case "join":
    case "freeze":
    case "full disk":
    case "no way":
      return { kind, ...when, peer };
    case "partition": {
      const sides = chance.is(0.8) ? 2 : 3;
      return { kind, ...when, sides: Array.from({ length: peers + 2 }, () => chance.whole(0, sides - 1)) };
    }
    case "one-way":
      return { kind, ...when, from: peer, to: (peer + chance.whole(1, peers - 1)) % peers };
    case "weather":
      return {
        kind,
        ...when,
        weather: {
          loss: chance.one([0, 0.02, 0.2]),
          disorder: chance.one([0, 0.2]),
          copies: chance.one([0, 0.1]),
          slowness: chance.one([1, 5, 20]),
        },
      };
    case "slow disk":
      return { kind, ...when, peer, times: chance.one([10, 50, 300]) };
    case "clock":
      return { kind, ...when, peer, byMs: chance.one([-1, 1]) * chance.one([100, 1_500, 10_000, 70_000]) };
    case "targets":
      return { kind, ...when };
  }
}
