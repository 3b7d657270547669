// What the store says at the start of the side that faces the mesh.

import type { LogEnds, Stamps } from "./message.ts";
import type { Entity } from "./register.ts";

export type MeshStart = {
  readonly vector: Stamps;
  readonly runEnds: LogEnds;
  /** Up to where run logs are known by results alone. */
  readonly runFloors: LogEnds;
  /** The end of this peer's own log. */
  readonly ownSeq: number;
  /** Something was pulled from this mesh before, or there is nobody to pull from. */
  readonly isNew: boolean;
  readonly members: readonly Entity[];
  readonly targets: readonly Entity[];
  readonly users: readonly Entity[];
  /** The peer groups of which tasks are due at some time, as `PeerGroup.text`. */
  readonly groups: readonly string[];
};
