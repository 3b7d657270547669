// What would a policy do? One task, a mesh, and what goes wrong at which time of day: the answer says of each occurrence
// who would fire it, on which side of a cut, and what would be recorded.

import { between, type Schedule } from "../core/schedule/schedule.ts";
import { occurrenceId } from "../core/task/occurrence.ts";
import type { Run } from "../core/task/run.ts";
import type { Policy } from "../core/task/task.ts";
import { type PeerId, taskGuid } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Labels } from "../core/values/labels.ts";
import type { KeyValue } from "../store/key-value.ts";
import { endingOf } from "./ending.ts";
import type { Fault, Plan, WorldKind } from "./plan.ts";
import { nameOf, USER, World } from "./world.ts";

export type Question = {
  readonly peers: number;
  readonly from: Instant;
  readonly until: Instant;
  readonly schedule: Schedule;
  /** As its user writes it. */
  readonly source: string;
  readonly policy: Policy;
  /** Of each peer. */
  readonly labels: readonly Labels[];
  /** With moments of true time. */
  readonly faults: readonly Fault[];
};

export type Fired = {
  readonly peer: PeerId;
  readonly at: number;
  /** On which side of a cut it was, from 1 on. */
  readonly side?: number;
  /** The cut had just ended, and the sides had not met again. */
  readonly isAfterCut?: true;
};

export type Foreseen = {
  readonly due: Instant;
  readonly fired: readonly Fired[];
  /** What all peers hold of it in the end; absent when it was never taken up. */
  readonly record?: Run;
};

/** For the mesh to come up before anything is asked of it, and to come to rest afterwards. */
const BEFORE_MS = 60_000;
const AFTER_MS = 120_000;

/** So long after a cut its sides may fire as if it still were: links are made anew, and each side syncs before it goes on. */
const MEETING_MS = 10_000;

/** Of what is due: a day of one a second. */
const DUE_MAX = 86_400;

const TASK = "t0";

/** One room: what is asked about is the policy, not the network. */
const QUIET: WorldKind = {
  delayMs: [0.5, 2],
  broadcastLoss: 0,
  syncMs: [0.5, 7],
  readMaxMs: 0,
  isWired: false,
  failures: 0,
  hangs: 0,
  skewMaxMs: 5,
  driftMax: 0,
};

export async function whatIf(question: Question, keyValue: () => KeyValue): Promise<readonly Foreseen[]> {
  const { peers, from, until, schedule, source, policy, labels, faults } = question;
  const dues = between(schedule, from, until, DUE_MAX);
  if (dues.length === 0) return [];
  // All peers know of the task before anything goes wrong.
  const start = Math.min(from, ...faults.map(({ at }) => at)) - BEFORE_MS;
  const plan: Plan = {
    ...{ seed: 1, peers, tasks: 1, start, kind: QUIET, labels },
    // Also what was due before a trouble is known to all only after it.
    minutes: (Math.max(until, ...faults.map(({ at, ms }) => at + ms)) + AFTER_MS - start) / 60_000,
    users: [{ kind: "put", at: BEFORE_MS / 2, peer: 0, task: TASK, schedule: source, policy, payload: 0 }],
    faults: faults.map((fault) => ({ ...fault, at: fault.at - start })),
  };
  const world = new World({ plan, keyValue });
  await world.run();
  const ends = await endingOf(world);
  const guid = taskGuid(USER, TASK);
  return dues.map((due) => {
    const id = occurrenceId(guid, due);
    const record = ends.map(({ runs }) => runs.get(id)).find((run) => run !== undefined);
    const sent = world.targets.sent.filter((each) => each.id === id);
    const isTwice = new Set(sent.map(({ peer }) => peer)).size > 1;
    const fired = sent.map(({ peer, at }): Fired => ({ peer, at, ...sideOf(peer, at, faults, isTwice) }));
    return { due, fired, ...(record === undefined ? {} : { record }) };
  });
}

/** After a cut a side is of interest only when the other fired too. */
function sideOf(
  peer: PeerId,
  at: number,
  faults: readonly Fault[],
  isTwice: boolean,
): Pick<Fired, "side" | "isAfterCut"> {
  for (const fault of faults) {
    if (fault.kind !== "partition" || at < fault.at) continue;
    const end = fault.at + fault.ms;
    if (at > end + (isTwice ? MEETING_MS : 0)) continue;
    const side = fault.sides.find((_, n) => nameOf(n) === peer);
    if (side !== undefined) return { side: side + 1, ...(at > end ? { isAfterCut: true } : {}) };
  }
  return {};
}
