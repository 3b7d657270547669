// What the store says at the start of the side that faces the mesh.

import type { Electors } from "../membership/electorate.ts";
import type { Admission } from "../membership/membership-list.ts";
import type { LogEnds, Stamps } from "../protocol/message.ts";
import type { Entity } from "../register/register.ts";
import type { Periods } from "../values/periods.ts";
import type { Introduction } from "./introduction.ts";

export type MeshStart = {
  readonly vector: Stamps;
  readonly runEnds: LogEnds;
  /** Up to where run logs are known by results alone. */
  readonly runFloors: LogEnds;
  /** The end of this peer's own log. */
  readonly ownSeq: number;
  /** Something was pulled from this mesh before, or there is nobody to pull from. */
  readonly isNew: boolean;
  /** Whose votes count, as it was kept last. */
  readonly electors?: Electors;
  readonly members: readonly Entity[];
  readonly targets: readonly Entity[];
  readonly users: readonly Entity[];
  /** The peer groups of which tasks are due at some time, as `PeerGroup.text`. */
  readonly groups: readonly string[];
};

export type MeshSideSettings = {
  readonly introduction: Introduction;
  readonly periods: Periods;
  readonly start: MeshStart;
  readonly highWaterMs: number;
  readonly origin: number;
  /** The same at all peers of a mesh, so that their digests can be compared. */
  readonly digestKey: string;
  readonly isSigned: (admission: Admission) => boolean;
  /** How long what was deleted is told to others at least; TOMBSTONE_AGE_MS when absent. */
  readonly tombstoneAgeMs?: number;
};
