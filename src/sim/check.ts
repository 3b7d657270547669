// All checkers over one world that has ended.

import { checkCoverage } from "./check-coverage.ts";
import { checkDeliveries } from "./check-deliveries.ts";
import { checkEnding } from "./check-ending.ts";
import { checkPlacement } from "./check-placement.ts";
import { endingOf } from "./ending.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

export async function check(world: World): Promise<readonly Violation[]> {
  const ends = await endingOf(world);
  return [
    ...world.garbled,
    ...world.vectors.violations,
    ...checkDeliveries(world),
    ...checkPlacement(world),
    ...checkCoverage(world, ends),
    ...checkEnding(world, ends),
  ];
}
