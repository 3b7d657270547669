// A carry says how far its author has carried one task: the runs that changed, and the instant up to which every
// occurrence is settled or stands among them or earlier ones. A peer numbers its carries without a gap; that is its run
// log, and whoever holds all of them up to a number knows all that the author knew then.

import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import type { Progress } from "./dossier.ts";
import type { OccurrenceId } from "./occurrence.ts";
import type { Run } from "./run.ts";

/** As it is kept: the runs stand in the store under their ids. */
export type StoredCarry = {
  readonly guid: TaskGuid;
  readonly through: Instant;
  readonly schedule?: Stamp;
  readonly failures: number;
  readonly ids: readonly OccurrenceId[];
};

/** As it travels. A run that has moved on since is sent as it is now: it only moves forward. */
export type Carry = {
  /** Its place in the author's log, from 1 on. */
  readonly seq: number;
  readonly guid: TaskGuid;
  readonly through: Instant;
  /** The stamp of the schedule whose occurrences the author has carried so far. */
  readonly schedule?: Stamp;
  readonly failures: number;
  readonly runs: readonly Run[];
};

/** Carries of one author, in order. The numbers from `after` (exclusive) to the last one are all of them. */
export type CarryPage = {
  readonly author: PeerId;
  readonly after: number;
  /** The number up to which this page tells all: the last one's, or further where others were trimmed. */
  readonly to: number;
  readonly carries: readonly Carry[];
};

/** What a peer that missed trimmed carries is given in their place. */
export type LastResult = { readonly guid: TaskGuid; readonly progress: Progress; readonly open: readonly Run[] };
