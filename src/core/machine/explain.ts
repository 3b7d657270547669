// Why a peer fires a task, and what became of one of its occurrences: the answer to "who owned it then, and why". Who
// owns it now is computed, as every peer does; who owned it once is told by the attempts alone, for nothing is written
// down when a shard changes hands.

import { clockAmong, SKEW_MAX_MS } from "../membership/skew.ts";
import { score } from "../ownership/rendezvous.ts";
import { type Shard, shardOf } from "../ownership/shard.ts";
import { nextAtOrAfter, previous, type Schedule } from "../schedule/schedule.ts";
import type { Dossier } from "../task/dossier.ts";
import { type PeerGroup, weightInGroup } from "../task/peer-group.ts";
import { placementWords } from "../task/placement.ts";
import type { Run } from "../task/run.ts";
import { nextOccurrence, scheduleOf, type Task, taskOf } from "../task/task-entity.ts";
import { isFault } from "../values/fault.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import { type Instant, INSTANT_MIN } from "../values/instant.ts";
import { stampMs } from "../values/stamp.ts";
import type { MeshState, PeerState } from "./mesh-state.ts";

export type Candidate = {
  readonly peer: PeerId;
  readonly name: string;
  readonly weight: number;
  /** The highest of the eligible fires the shard. */
  readonly score: number;
  /** Absent for who is eligible. */
  readonly reason?: Unfit;
};

/** Why a peer fires nothing. */
export type Unfit =
  | "dead"
  | "left"
  /** Alive, and has not said yet what it is. */
  | "unheard"
  | "draining"
  /** Its clock is too far from the others'. */
  | "clock"
  /** It has not synced since its start, or since it stood still. */
  | "fenced"
  /** It writes records that this peer may not understand. */
  | "format"
  /** Its disk takes no writes, and another's does. */
  | "disk"
  /** It is none of those by which the task is to be fired. */
  | "placement";

/** Of a task: its shard, among all or in its group. */
export function shardIn({ guid, group }: Shared): Shard {
  return group === undefined ? shardOf(guid) : Number.parseInt(guid.slice(0, 2), 16);
}

/** What says among whom a task is shared out. */
export type Shared = { readonly guid: TaskGuid; readonly group?: PeerGroup };

/** All members by their score for the task, the highest first; the first without a reason owns it. */
export function candidatesFor(task: Shared, mesh: MeshState): readonly Candidate[] {
  const { group } = task;
  const shard = shardIn(task);
  return fitness(mesh, group)
    .map(({ peer, name, weight, reason }): Candidate => ({
      ...{ peer, name, weight, score: score(shard, peer, weight, group?.id) },
      ...(reason === undefined ? {} : { reason }),
    }))
    .sort((a, b) => b.score - a.score || (a.peer < b.peer ? -1 : 1));
}

/** All members, with their weights and why they fire nothing of the group, or of what any peer may fire. */
export function fitness(
  mesh: MeshState,
  group: PeerGroup | undefined,
): readonly { readonly peer: PeerId; readonly name: string; readonly weight: number; readonly reason?: Unfit }[] {
  const own = mesh.peers.find(({ peer }) => peer === mesh.self);
  const { offMs } = clockAmong(mesh.peers.flatMap(({ skewMs }) => skewMs ?? []));
  const peers = mesh.peers.map((each) => {
    const weight = group === undefined ? each.weight : each.weight * weightInGroup(group, each);
    const { peer, name, writable } = each;
    const reason = unfitness(each, own?.format, offMs) ?? (weight > 0 ? undefined : "placement");
    return { peer, name, weight, writable, reason };
  });
  const isOneAble = peers.some(({ writable, reason }) => writable && reason === undefined);
  return peers.map(({ writable, reason: unfit, ...peer }) => {
    const reason = unfit ?? (isOneAble && !writable ? "disk" : undefined);
    return { ...peer, ...(reason === undefined ? {} : { reason }) };
  });
}

/** Why nobody is able to fire a task, for people. */
export function whyUnowned(candidates: readonly Candidate[], group: PeerGroup | undefined): string {
  const inGroup = candidates.filter(({ weight }) => weight > 0);
  const where = group === undefined ? "" : ` of its placement (${placementWords(group.placement)})`;
  if (inGroup.length === 0) return `no peer that is heard of is${where}`;
  const few = inGroup.slice(0, REASONS_MAX).map(({ peer, name, reason }) =>
    `${name === "" ? peer : name} ${reason === undefined ? "is about to" : UNFIT_WORDS[reason]}`
  );
  const rest = inGroup.length - few.length;
  return `no peer${where} is able to fire it: ${few.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

/** Peers whose reasons are told in one sentence. */
const REASONS_MAX = 5;

const UNFIT_WORDS: { readonly [reason in Unfit]: string } = {
  dead: "is not reached",
  left: "has left",
  unheard: "has not said what it is",
  draining: "is drained",
  clock: "has a clock that is off",
  fenced: "has not synced yet",
  format: "is of another version",
  disk: "has a disk that takes no writes",
  placement: "is not of its placement",
};

/** `offMs`: how far the own clock is ahead of the middle of all. */
function unfitness(
  { state, draining, fenced, format, skewMs = 0 }: PeerState,
  own: number | undefined,
  offMs: number,
): Unfit | undefined {
  if (state === "dead" || state === "left") return state;
  if (format === undefined) return "unheard";
  // Who finds that its own clock is off drains itself.
  if (draining) return Math.abs(skewMs + offMs) > SKEW_MAX_MS ? "clock" : "draining";
  if (fenced) return "fenced";
  return format === own ? undefined : "format";
}

/** What there is to say of one instant of a task. */
export type Finding =
  /** There is a record of it. */
  | { readonly kind: "run"; readonly run: Run }
  | { readonly kind: "no-occurrence"; readonly before?: Instant; readonly after?: Instant }
  /** The schedule was written, or a pause of the task ended, later: at `since`. */
  | { readonly kind: "not-active-yet"; readonly since: Instant }
  /** It lies in the pause that the task is in. */
  | { readonly kind: "paused"; readonly until?: Instant; readonly note?: string }
  | { readonly kind: "not-due" }
  /** It is due, and nobody has taken it up as far as this peer knows. */
  | { readonly kind: "waiting" }
  /** It is behind the task, and its record is not here: no longer, or not yet. */
  | { readonly kind: "no-record" }
  /** The schedule can't be read by this peer. */
  | { readonly kind: "unreadable"; readonly why: string }
  /** Asked of what comes next, when nothing does. */
  | { readonly kind: "never-again" };

/** The occurrence that is asked of when no instant is: the one in flight, else the next. */
export function nextFor(dossier: Dossier): Instant | undefined {
  const task = taskOf(dossier.entity);
  if (task === undefined) return undefined;
  const open = dossier.open.find(({ manual }) => manual !== true);
  if (open !== undefined) return open.instant;
  const schedule = scheduleOf(task);
  if (isFault(schedule)) return undefined;
  // Of a pause without an end it is said what would be next.
  return nextOccurrence(schedule, task, dossier.progress.through) ??
    nextAtOrAfter(schedule, Math.max(dossier.progress.through + 1, task.since) as Instant);
}

/** `run`: the record of the occurrence at `at`, when there is one. */
export function findingOf(
  task: Task,
  { entity, progress: { through } }: Dossier,
  { at, now, run }: { readonly at: Instant; readonly now: Instant; readonly run: Run | undefined },
): Finding {
  // What was recorded counts, whatever the schedule says since.
  if (run !== undefined) return { kind: "run", run };
  const schedule = scheduleOf(task);
  if (isFault(schedule)) return { kind: "unreadable", why: schedule.message };
  if (nextAtOrAfter(schedule, at) !== at) return { kind: "no-occurrence", ...neighbours(schedule, at) };
  const { state, since } = task;
  if (at < since) return { kind: "not-active-yet", since };
  const { until, note } = state;
  const pausedAt = entity?.registers.state === undefined ? INSTANT_MIN : stampMs(entity.registers.state.stamp);
  // What had not been taken up when the pause began lies in it too.
  if (state.paused && (until === undefined || at < until) && (at > through || at >= pausedAt)) {
    return {
      kind: "paused",
      ...(until === undefined ? {} : { until }),
      ...(note === undefined ? {} : { note }),
    };
  }
  if (at > now) return { kind: "not-due" };
  return { kind: at > through ? "waiting" : "no-record" };
}

function neighbours(schedule: Schedule, at: Instant): { readonly before?: Instant; readonly after?: Instant } {
  const before = previous(schedule, at);
  const after = nextAtOrAfter(schedule, at);
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** Who owned the task when the occurrence came up, by whoever attempted it, or settled it unsent. */
export function ownerThen(run: Run): { readonly peer: PeerId; readonly from: "attempts" | "record" } | undefined {
  const first = run.attempts[0];
  if (first !== undefined) return { peer: first.askedBy ?? first.peer, from: "attempts" };
  return run.settledBy === undefined ? undefined : { peer: run.settledBy, from: "record" };
}
