// A dossier is all that a peer keeps of one task: its registers, how far it has been carried, and its open runs. A task
// actor is activated from it and passivated into it.

import type { Entity } from "../register/register.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MIN } from "../values/instant.ts";
import type { Stamp } from "../values/stamp.ts";
import type { GroupId } from "./peer-group.ts";
import type { Outcome, Run } from "./run.ts";

/** How far a task has been carried at this peer. Written with each change of its runs, in the same batch. */
export type Progress = {
  /** Every occurrence at or before this instant is settled, or stands among the open runs. */
  readonly through: Instant;
  /** The stamp of the schedule whose occurrences these are; absent when the peer knows of none. */
  readonly schedule?: Stamp;
  /** How far another peer has carried a later schedule, which has not come here yet, when that was ahead of this clock. */
  readonly ahead?: Ahead;
  /** Where the task stands in the due index: a lower bound of the moment at which it has something to do. */
  readonly wake?: Instant;
  /** Under which group it stands there; absent when any peer may fire it. */
  readonly group?: GroupId;
  /** How many open runs are stored. */
  readonly open: number;
  /** Failed occurrences in a row. */
  readonly failures: number;
  readonly last?: {
    readonly instant: Instant;
    readonly outcome: Outcome;
    readonly peer: PeerId;
    readonly settledAt: Instant;
  };
};

export type Ahead = { readonly schedule: Stamp; readonly through: Instant };

export type Dossier = {
  readonly guid: TaskGuid;
  /** Absent when the peer has never heard of the task. */
  readonly entity?: Entity;
  readonly progress: Progress;
  /** The stored runs that are not settled. */
  readonly open: readonly Run[];
};

export const NO_PROGRESS: Progress = { through: INSTANT_MIN, open: 0, failures: 0 };
