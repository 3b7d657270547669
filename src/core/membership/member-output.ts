// What the membership wants done, and tells, at the end of each event.

import type { PresenceState, SwimMessage } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type MemberChange = {
  readonly peer: PeerId;
  /** Absent when it was unknown. */
  readonly from: PresenceState | undefined;
  readonly to: PresenceState;
};

export type MemberOutput = {
  readonly sends: readonly { readonly to: PeerId; readonly message: SwimMessage }[];
  readonly changes: readonly MemberChange[];
  /** The own loop stood still for so long that others may have given this peer up: it is to fire nothing until `isInformed`. */
  readonly fenced: boolean;
  readonly wakeAt: Instant | undefined;
};
