// A seed is simulated: its world is run to its end and checked; what is found is told with the fewest faults that still
// bring it about.

import { hash } from "node:crypto";
import type { KeyValue } from "../store/key-value.ts";
import { check } from "./check.ts";
import type { Sabotage } from "./network.ts";
import type { Plan } from "./plan.ts";
import { storyOf } from "./story.ts";
import type { Violation } from "./violation.ts";
import { World } from "./world.ts";

export type SimulationParts = {
  readonly keyValue: () => KeyValue;
  readonly sabotage?: Sabotage;
};

export type Simulated = { readonly world: World; readonly violations: readonly Violation[] };

/** Worlds that are run to make a story short. */
const SHRINKS_MAX = 24;

export async function simulate(plan: Plan, parts: SimulationParts): Promise<Simulated> {
  const world = new World({ plan, ...parts });
  await world.run();
  return { world, violations: await check(world) };
}

/** Throws when a promise was broken, with the seed and the story. */
export async function simulateSeed(plan: Plan, parts: SimulationParts): Promise<World> {
  const { world, violations } = await simulate(plan, parts);
  if (violations.length === 0) return world;
  const { peers, minutes, tasks, seed } = plan;
  const shrunk = await shrink(plan, { world, violations }, parts);
  throw new Error(
    `seed ${seed} (peers ${peers}, minutes ${minutes}, tasks ${tasks}) breaks a promise\n${
      storyOf(shrunk.world, shrunk.violations)
    }`,
  );
}

/** The same history has the same hash, to the letter. */
export function historyHash({ targets, history, network }: World): string {
  const { acks, troubles, logged } = history;
  const text = JSON.stringify([targets.sent, acks, troubles, logged, network.messages, network.broadcasts]);
  return hash("sha256", text, "hex").slice(0, 16);
}

/** Takes out fault after fault, and leaves out what is not needed for a promise of the same kind to be broken. */
async function shrink(plan: Plan, found: Simulated, parts: SimulationParts): Promise<Simulated> {
  let best = found;
  const promise = found.violations[0]?.promise;
  let faults = plan.faults;
  for (const fault of plan.faults.slice(0, SHRINKS_MAX)) {
    const fewer = faults.filter((other) => other !== fault);
    const tried = await simulate({ ...plan, faults: fewer }, parts);
    if (!tried.violations.some((violation) => violation.promise === promise)) continue;
    faults = fewer;
    best = tried;
  }
  return best;
}
