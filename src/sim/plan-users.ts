// What the users of a world do: they make tasks at any peer, and edit, pause, delete and fire some of them now and then.

import type { Policy } from "../core/task/task.ts";
import type { Chance } from "./chance.ts";
import { placementOf } from "./placement.ts";
import { type PlanSize, REST_MS, type UserAction } from "./plan.ts";

const PERIODS_S = [2, 5, 10, 15, 30, 30, 60, 60, 90];

/** One task in so many is fired by a majority only. */
export const HOLDING_EVERY = 6;

/** All tasks are there after this share of the world's life; the last edit leaves this much time before the rest. */
const MAKING = 0.3;

export function usersOf({ peers, minutes, tasks }: PlanSize, chance: Chance): readonly UserAction[] {
  const endMs = minutes * 60_000 - REST_MS;
  const actions: UserAction[] = [];
  const ids = Array.from({ length: tasks }, (_, n) => `t${n}`);
  for (const task of ids) {
    actions.push(put(task, chance.is(0.7) ? 6_000 : chance.between(6_000, endMs * MAKING), peers, chance));
  }
  // Half of the tasks are left alone, so that what they do can be foretold; the others are edited, some by two at once.
  const edited = ids.slice(0, Math.ceil(tasks / 2));
  for (let edit = chance.whole(0, tasks); edit > 0; edit--) {
    const task = chance.one(edited);
    const at = chance.between(20_000, endMs);
    actions.push(action(task, at, peers, chance));
    if (chance.is(0.4)) actions.push(action(task, at + chance.between(0, 500), peers, chance));
  }
  return actions.sort((a, b) => a.at - b.at);
}

function action(task: string, at: number, peers: number, chance: Chance): UserAction {
  const kind = chance.one(["put", "put", "pause", "resume", "remove", "trigger", "trigger"] as const);
  return kind === "put" ? put(task, at, peers, chance) : { kind, at, peer: chance.whole(0, peers - 1), task };
}

function put(task: string, at: number, peers: number, chance: Chance): UserAction {
  const seconds = chance.one(PERIODS_S);
  const tolerance = chance.is(0.15) ? `/ET${chance.whole(2, 20)}S` : "";
  // Of a day long ago, at an odd millisecond: the tasks of a world do not all come at once.
  const start = `2026-01-01T00:00:${String(chance.whole(0, 59)).padStart(2, "0")}.${
    String(chance.is(0.5) ? 0 : chance.whole(1, 999)).padStart(3, "0")
  }Z`;
  return {
    kind: "put",
    at,
    peer: chance.whole(0, peers - 1),
    task,
    schedule: `R/${start}/PT${seconds}S${tolerance}`,
    policy: {
      ...policyOf(chance),
      ...(isHolding(task) ? { partition: "hold" as const } : {}),
      ...placementOf(task),
    },
    payload: chance.whole(0, 1_000_000),
  };
}

/** For good: so that it can be told what a task promises, whoever has edited it. */
export function isHolding(task: string): boolean {
  return Number(task.slice(1)) % HOLDING_EVERY === HOLDING_EVERY - 1;
}

function policyOf(chance: Chance): Policy {
  const misfire = chance.one(["last", "last", "all", "skip"] as const);
  const overlap = chance.one(["allow", "allow", "allow", "skip", "queue-one"] as const);
  return {
    ...(misfire === "last" ? {} : { misfire }),
    ...(overlap === "allow" ? {} : { overlap }),
    ...(chance.is(0.1) ? { delivery: "at-most-once" as const } : {}),
    retry: { limit: chance.whole(0, 3) },
    timeout: { total: "PT10S" },
  };
}
