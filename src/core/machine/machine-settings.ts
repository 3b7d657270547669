// What a machine is told when it is made: who it is, what it may ask of chance, and what the store says.

import type { Admission } from "../membership/membership-list.ts";
import type { Introduction } from "../keeper/introduction.ts";
import type { MeshStart } from "../keeper/mesh-start.ts";
import type { EgressRules } from "../targets/egress.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Periods } from "../values/periods.ts";
import type { Origin } from "../values/stamp.ts";

export type MachineSettings = {
  readonly self: PeerId;
  readonly origin: Origin;
  /** The stored high-water mark of stamps. */
  readonly highWaterMs: number;
  /** A number in [0, 1), anew at each call. */
  readonly chance: () => number;
  /** The moment of the start. */
  readonly now: Instant;
  readonly introduction: Introduction;
  readonly periods: Periods;
  readonly start: MeshStart;
  readonly digestKey: string;
  readonly egress: EgressRules;
  readonly isSigned: (admission: Admission) => boolean;
  readonly tombstoneAgeMs?: number;
};
