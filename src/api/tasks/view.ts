// How tasks and runs are shown: plain JSON, instants as RFC 3339, passwords masked.

import { hash } from "node:crypto";
import { candidatesFor, type Shared, whyUnowned } from "../../core/machine/explain.ts";
import { revisionOf } from "../../core/register/register.ts";
import type { ScheduleSource } from "../../core/schedule/schedule.ts";
import { describe } from "../../core/schedule/sentence.ts";
import { isNamed, maskTarget, type Target } from "../../core/targets/target.ts";
import type { Dossier } from "../../core/task/dossier.ts";
import { groupOfEntity } from "../../core/task/peer-group.ts";
import { latenessMs, type Outcome, type Run, type RunState } from "../../core/task/run.ts";
import { isPausedAt, nextToSend, scheduleOf, type Task, taskOf } from "../../core/task/task-entity.ts";
import type { Policy, TaskState } from "../../core/task/task.ts";
import { isFault } from "../../core/values/fault.ts";
import type { PeerId } from "../../core/values/ids.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import type { Json } from "../../core/values/json.ts";
import type { Labels } from "../../core/values/labels.ts";
import { stampMs } from "../../core/values/stamp.ts";
import type { Peer } from "../../peer.ts";
import { makeTag } from "../request/etag.ts";

export type StateView = PauseView & {
  /** Occurrences to come that are not to be sent. */
  readonly skips?: readonly string[];
};

type PauseView = { readonly paused: boolean; readonly note?: string; readonly until?: string };

export type TaskView = {
  readonly id: string;
  readonly guid: string;
  readonly user: string;
  readonly name: string;
  readonly schedule: ScheduleSource;
  readonly sentence: string;
  readonly target: string | Target;
  readonly payload: Json;
  readonly template?: true;
  readonly policy: Policy;
  readonly state: StateView;
  readonly labels: Labels;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly owner: PeerId | null;
  /** Why it has none. */
  readonly unowned?: string;
  readonly next: string | null;
  readonly last: { readonly instant: string; readonly outcome: Outcome; readonly peer: PeerId } | null;
};

export type Ownership = { readonly owner: PeerId | null; readonly unowned?: string };

/** Who fires the task, or why nobody is able to. */
export function ownershipOf(peer: Pick<Peer, "ownerOf" | "mesh">, dossier: Dossier): Ownership {
  const owner = peer.ownerOf(dossier);
  if (owner !== undefined) return { owner };
  const task = sharedAs(dossier);
  return { owner: null, unowned: whyUnowned(candidatesFor(task, peer.mesh()), task.group) };
}

/** Among whom the task is shared out. */
export function sharedAs({ guid, entity }: Dossier): Shared {
  const group = groupOfEntity(entity);
  return group === undefined ? { guid } : { guid, group };
}

export type Shown = { readonly view: TaskView; readonly tag: string };

/** The task of a dossier as it is shown at `now`, with its entity tag; absent when it is deleted or never was. */
export function showTask(dossier: Dossier, ownership: Ownership, now: Instant): Shown | undefined {
  const task = taskOf(dossier.entity);
  if (task === undefined || dossier.entity === undefined) return undefined;
  const { definition, state } = task;
  const schedule = scheduleOf(task);
  const next = isFault(schedule) ? undefined : nextToSend(schedule, task, dossier.progress.through);
  const { last } = dossier.progress;
  const revision = revisionOf(dossier.entity);
  const view: TaskView = {
    id: definition.id,
    guid: task.guid,
    user: task.user,
    name: definition.name,
    schedule: definition.schedule,
    sentence: isFault(schedule) ? schedule.message : describe(schedule),
    target: targetView(definition.target),
    payload: definition.payload,
    ...(definition.template === undefined ? {} : { template: definition.template }),
    policy: definition.policy,
    state: stateView(state, now),
    labels: definition.labels,
    createdAt: formatInstant(task.createdAt),
    updatedAt: formatInstant(stampMs(revision)),
    ...ownership,
    next: next === undefined ? null : formatInstant(next),
    last: last === undefined ? null : { instant: formatInstant(last.instant), outcome: last.outcome, peer: last.peer },
  };
  const moving = hash("sha256", JSON.stringify([view.next, view.last, view.state, ownership.owner]), "hex").slice(0, 8);
  return { view, tag: makeTag(revision, moving) };
}

export type RunView = {
  readonly id: string;
  readonly task: string;
  readonly user: string;
  readonly instant: string;
  readonly state: RunState;
  readonly outcome: Outcome | null;
  readonly reason?: string;
  readonly manual?: true;
  readonly duplicate?: true;
  /** What it was sent to, of a run that failed: an origin, or `@user/name`. */
  readonly target?: string;
  /** When it was taken off the dead letters. */
  readonly dismissedAt?: string;
  /** Of a run that was driven again: how often, and when last. */
  readonly redriven?: { readonly times: number; readonly at: string };
  readonly attempts: readonly {
    readonly n: number;
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly peer: PeerId;
    /** The owner, when it asked that peer to send it, which reaches the target. */
    readonly askedBy?: PeerId;
    readonly status?: number;
    readonly error?: string;
  }[];
  readonly latenessMs: number | null;
  readonly retryAt?: string;
};

export function runView(run: Run): RunView {
  return {
    id: run.id,
    task: run.task,
    user: run.user,
    instant: formatInstant(run.instant),
    state: run.state,
    outcome: run.outcome ?? null,
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    ...(run.manual === undefined ? {} : { manual: run.manual }),
    ...(run.duplicate === undefined ? {} : { duplicate: run.duplicate }),
    ...(run.target === undefined ? {} : { target: run.target }),
    ...(run.dismissedAt === undefined ? {} : { dismissedAt: formatInstant(run.dismissedAt) }),
    ...(run.redriven === undefined
      ? {}
      : { redriven: { times: run.redriven.times, at: formatInstant(run.redriven.at) } }),
    attempts: run.attempts.map(({ n, startedAt, endedAt, peer, askedBy, status, error }) => ({
      n,
      startedAt: formatInstant(startedAt),
      endedAt: endedAt === undefined ? null : formatInstant(endedAt),
      peer,
      ...(askedBy === undefined ? {} : { askedBy }),
      ...(status === undefined ? {} : { status }),
      ...(error === undefined ? {} : { error }),
    })),
    latenessMs: latenessMs(run) ?? null,
    ...(run.retryAt === undefined ? {} : { retryAt: formatInstant(run.retryAt) }),
  };
}

/** The definition as its user would write it: what a patch is applied to, and what an export holds. Nothing is masked. */
export function definitionOf(task: Task, now: Instant): { readonly [field: string]: unknown } {
  const { target, ...rest } = task.definition;
  const state = pauseView(task.state, now);
  return { ...rest, target: plainTarget(target), ...(state.paused ? { state } : {}) };
}

/** A URN alone is shown as one. */
export function plainTarget(target: Target): string | Target {
  return !isNamed(target) && Object.keys(target).length === 1 ? target.urn : target;
}

function targetView(target: Target): string | Target {
  return plainTarget(maskTarget(target));
}

function stateView(state: TaskState, now: Instant): StateView {
  const skips = (state.skips ?? []).filter((at) => at > now);
  return { ...pauseView(state, now), ...(skips.length === 0 ? {} : { skips: skips.map(formatInstant) }) };
}

/** A pause that is over is none. */
function pauseView(state: TaskState, now: Instant): PauseView {
  if (!isPausedAt(state, now)) return { paused: false };
  return {
    paused: true,
    ...(state.note === undefined ? {} : { note: state.note }),
    ...(state.until === undefined ? {} : { until: formatInstant(state.until) }),
  };
}
