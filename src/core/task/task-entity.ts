// How a task stands in its registers: six values, each written and merged by itself.
//
//   schedule  the source as written, and since when    policy  the policy as written
//   target    target, payload, is it a template        state   paused or not, note, until, since when, and its turn
//   meta      id, user, name, labels, birth            life    causal length: odd is alive
//
// `since` is the moment from which on the schedule counts, by the clock of whoever wrote it: every peer skips the same past.

import { type Entity, isAlive, type Register, writeRegister } from "../register/register.ts";
import { parseSchedule } from "../schedule/schedule-source.ts";
import { nextAtOrAfter, ofTask, type Schedule, type ScheduleSource } from "../schedule/schedule.ts";
import type { Target } from "../targets/target.ts";
import { type Fault, isFault } from "../values/fault.ts";
import type { TaskGuid, UserId } from "../values/ids.ts";
import { type Instant, instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Labels } from "../values/labels.ts";
import type { Stamp } from "../values/stamp.ts";
import type { Dossier } from "./dossier.ts";
import type { Policy, TaskDefinition, TaskState } from "./task.ts";

/** A living task read back from its registers. */
export type Task = {
  readonly guid: TaskGuid;
  readonly user: UserId;
  readonly definition: TaskDefinition;
  readonly state: TaskState;
  readonly createdAt: Instant;
  /** Occurrences before it do not count: the schedule was not there, or the task was paused. */
  readonly since: Instant;
};

/** The task that an entity holds; absent when it is deleted or never was. */
export function taskOf(entity: Entity | undefined): Task | undefined {
  if (entity === undefined || !isAlive(entity)) return undefined;
  const meta = value<Meta>(entity, "meta");
  const { payload, template, ...target } = value<Target & { payload: Json; template?: true }>(entity, "target");
  const { turn: _, since: resumedAt, ...state } = value<StoredState>(entity, "state");
  const { source, since: writtenAt } = value<StoredSchedule>(entity, "schedule");
  return {
    guid: entity.key as TaskGuid,
    user: meta.user,
    createdAt: instant(meta.createdAt),
    state,
    since: instant(Math.max(writtenAt, resumedAt)),
    definition: {
      id: meta.id,
      name: meta.name,
      labels: meta.labels,
      schedule: source,
      target,
      payload,
      ...(template === undefined ? {} : { template }),
      policy: value<Policy>(entity, "policy"),
    },
  };
}

/** The registers of a task after a write of its definition and state: only what changes gets the new stamp. */
export function writeTask(
  entity: Entity | undefined,
  written: {
    readonly guid: TaskGuid;
    readonly user: UserId;
    readonly definition: TaskDefinition;
    readonly state: TaskState;
  },
  stamp: Stamp,
  now: Instant,
): Entity {
  const { guid, user, definition, state } = written;
  const before = taskOf(entity);
  const meta: Meta = {
    id: definition.id,
    user,
    name: definition.name,
    labels: definition.labels,
    createdAt: before?.createdAt ?? now,
  };
  const values: Record<string, unknown> = {
    schedule: scheduled(entity, definition.schedule, before === undefined, now),
    target: {
      ...definition.target,
      payload: definition.payload,
      ...(definition.template === undefined ? {} : { template: definition.template }),
    },
    policy: definition.policy,
    state: turned(entity, state, now),
    meta,
    life: before === undefined ? nextLife(entity, now) : lifeOf(entity),
  };
  return writeValues({ kind: "task", key: guid, registers: entity?.registers ?? {} }, values, stamp);
}

/**
 * The registers of a deleted task: its life ends, what it said is forgotten. Who it was stays for the merge, and where it
 * was placed, so that who fired it ends what is open.
 */
export function removeTask(entity: Entity, stamp: Stamp): Entity {
  const meta = value<Meta>(entity, "meta");
  const { placement, partition = "fire" } = value<Policy>(entity, "policy");
  return writeValues(entity, {
    schedule: null,
    target: null,
    policy: placement === undefined ? null : { placement, partition },
    meta: { id: meta.id, user: meta.user },
    life: lifeOf(entity) + 1,
  }, stamp);
}

/** The state written over. */
export function writeState(entity: Entity, state: TaskState, stamp: Stamp, now: Instant): Entity {
  return writeValues(entity, { state: turned(entity, state, now) }, stamp);
}

/** Whether the task is held back at `now`: a pause with an end is over when that has come. */
export function isPausedAt(state: TaskState, now: Instant): boolean {
  return state.paused && (state.until === undefined || state.until > now);
}

/**
 * The next occurrence that the task will take up: after all that it has, not before a pause ends; absent when there is
 * none, or the task is paused without an end.
 */
export function nextOccurrence(
  schedule: Schedule,
  { state, since }: Pick<Task, "state" | "since">,
  through: Instant,
): Instant | undefined {
  let from = Math.max(through + 1, since);
  if (state.paused) {
    if (state.until === undefined) return undefined;
    from = Math.max(from, state.until);
  }
  return nextAtOrAfter(schedule, from as Instant);
}

/** The next occurrence that is not skipped. */
export function nextToSend(
  schedule: Schedule,
  task: Pick<Task, "state" | "since">,
  through: Instant,
): Instant | undefined {
  let at = nextOccurrence(schedule, task, through);
  while (at !== undefined && task.state.skips?.includes(at) === true) at = nextOccurrence(schedule, task, at);
  return at;
}

/** `nextOccurrence` of a stored task, for those who show it. */
export function nextOf(dossier: Dossier): Instant | undefined {
  const task = taskOf(dossier.entity);
  if (task === undefined) return undefined;
  const schedule = scheduleOf(task);
  return isFault(schedule) ? undefined : nextOccurrence(schedule, task, dossier.progress.through);
}

/** The schedule by which the task has its occurrences; a fault when this program can't read it. */
export function scheduleOf({ guid, definition }: Pick<Task, "guid" | "definition">): Schedule | Fault {
  const schedule = parseSchedule(definition.schedule);
  return isFault(schedule) ? schedule : ofTask(schedule, guid);
}

type Meta = {
  readonly id: string;
  readonly user: UserId;
  readonly name: string;
  readonly labels: Labels;
  readonly createdAt: number;
};

/** What lay in a pause is not made up for; what came after an end that it had is. */
function endOfPause({ until }: TaskState, now: Instant): Instant {
  return until !== undefined && until < now ? until : now;
}

type StoredSchedule = { readonly source: ScheduleSource; readonly since: number };
type StoredState = TaskState & { readonly turn: number; readonly since: number };

/** The schedule with its beginning: kept while the text stays, and of a task that lives. */
function scheduled(entity: Entity | undefined, source: ScheduleSource, isNew: boolean, now: Instant): StoredSchedule {
  const current = entity?.registers.schedule?.value as StoredSchedule | null | undefined;
  const isSame = !isNew && current !== undefined && current !== null && sameJson(current.source, source);
  return isSame ? current : { source, since: now };
}

/** The state with its turn: kept while nothing changes, else the next number of its kind, odd for paused. */
function turned(entity: Entity | undefined, state: TaskState, now: Instant): StoredState {
  const current = entity?.registers.state?.value as StoredState | undefined;
  if (current === undefined) return { ...state, turn: state.paused ? 1 : 0, since: now };
  const { turn, since } = current;
  if (sameJson({ ...state, turn, since }, current)) return current;
  const isOdd = turn % 2 === 1;
  return {
    ...state,
    turn: state.paused === isOdd ? turn + 2 : turn + 1,
    since: isOdd && !state.paused ? endOfPause(current, now) : since,
  };
}

function writeValues(entity: Entity, values: { readonly [register: string]: unknown }, stamp: Stamp): Entity {
  const registers: Record<string, Register> = { ...entity.registers };
  let changed = false;
  for (const [name, written] of Object.entries(values)) {
    const current = registers[name];
    if (current !== undefined && sameJson(current.value, written)) continue;
    registers[name] = writeRegister(current, written as Json, stamp);
    changed = true;
  }
  return changed ? { ...entity, registers } : entity;
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function lifeOf(entity: Entity | undefined): number {
  const life = entity?.registers.life?.value;
  return typeof life === "number" ? life : 0;
}

/**
 * A life that is greater than any before. Of a task that was deleted and forgotten nobody here knows how often it lived;
 * its tombstone may come again with a peer that was away, and must not kill the new one: so lives begin at the time.
 */
function nextLife(entity: Entity | undefined, now: Instant): number {
  const life = lifeOf(entity);
  return life > 0 ? life + 1 : now * LIVES_PER_MS + 1;
}

/** Even, so that the first life is odd; and so often may a task be deleted and made again in a millisecond. */
const LIVES_PER_MS = 1_000;

function value<T>(entity: Entity, name: string): T {
  const register = entity.registers[name];
  if (register === undefined) throw new Error(`task ${entity.key} has no register ${name}`);
  return register.value as T;
}
