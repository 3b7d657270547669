// How a write of the core becomes operations on records and their indexes.
//
//   entities     <kind>/<key>               the registers
//   names        <user>\0<task id>          the guid of a living task
//   progress     <guid>                     how far the task has been carried
//   due          <shard>/<instant>/<guid>   when it has something to do, or before; holds its peer group
//   runs         <id>                       the record of an occurrence
//   runsByTask   <guid>/<instant>/<id>      nothing
//   runsByTime   <instant>/<id>             the guid, and why it is dead
//   dead…                                   see dead.ts
//   open         <guid>/<id>                nothing; there while the run is not settled
//   votes        <guid>                     who was given attempts of its open runs
//   answers      <key>                      the answer to a request that may come again
//   answersByTime  <instant>/<key>          nothing
//   dots         <origin><time>/<kind>/<key>  there while a register carries the stamp; says whether it is deleted
//   log          <author>/<number>          a carry
//   backlog      <number>                   writes of runs that are to be put in their places
//   conflicts    <instant>/<kind>/<key>/<register>/<stamp>  a value that lost against a concurrent write
//   versions     <guid>/<instant>/<stamp>   what a task was until an edit
//   versionsByTime  <instant>/<stamp>/<guid>  nothing
//   exchanges    <slot>                     what an attempt sent and what came back
//   meta         vector, runVector          what is known of other peers' writes and run logs
//   meta         runFloors                  up to where their run logs are known by results alone
//   meta         electors                   whose votes count
//   meta         origin                     of this store's stamps
//   meta         highWater                  the mark of stamps; `format` belongs to the adapter

import type { Write } from "../core/protocol/write.ts";
import { conflictPlace } from "../core/register/conflict.ts";
import { isAlive, isDead, stampsOf } from "../core/register/register.ts";
import { versionPlace } from "../core/register/version.ts";
import type { StoredCarry } from "../core/task/carry.ts";
import type { TaskGuid } from "../core/values/ids.ts";
import { addDead, causeOf, deleteDead, historyOf } from "./dead.ts";
import type { Operation } from "./key-value.ts";
import { answerPlace, carryKey, dotPlace, dueKey, entityKey, nameKey, ofTask, runPlace } from "./keys.ts";
import { metaOf } from "./name.ts";
import { writeRecord } from "./record.ts";

/** What a dot of a deleted entity holds; others hold nothing. */
export const DEAD = "x";

export const HIGH_WATER = "highWater";
export const ORIGIN = "origin";
export const ELECTORS = "electors";
export const VECTOR = "vector";
export const RUN_VECTOR = "runVector";
export const RUN_FLOORS = "runFloors";

export function operationsOf(writes: readonly Write[]): readonly Operation[] {
  const operations: Operation[] = [];
  for (const write of writes) addOperations(operations, write);
  return operations;
}

/** Runs that were not stored before: a run that was open has its places in the indexes. */
export function newRuns(writes: readonly Write[]): number {
  return writes.reduce(
    (sum, write) => write.kind === "run" && !write.wasOpen && write.was === undefined ? sum + 1 : sum,
    0,
  );
}

function addOperations(operations: Operation[], write: Write): void {
  switch (write.kind) {
    case "entity":
      return addEntity(operations, write);
    case "forget":
      return forget(operations, write);
    case "renew":
      operations.push({ space: "meta", key: ORIGIN, value: writeRecord(write.origin) });
      operations.push({ space: "meta", key: VECTOR });
      return;
    case "progress":
      operations.push({ space: "progress", key: write.guid, value: writeRecord(write.progress) });
      return;
    case "due":
      if (write.from !== undefined) operations.push({ space: "due", key: dueKey(write.guid, write.from) });
      if (write.to !== undefined) {
        operations.push({ space: "due", key: dueKey(write.guid, write.to), value: write.to.text ?? "" });
      }
      return;
    case "run":
      return addRun(operations, write);
    case "votes":
      operations.push({ space: "votes", key: write.guid, value: writeRecord(write.votes) });
      return;
    case "electors":
      operations.push({
        space: "meta",
        key: ELECTORS,
        ...(write.electors === undefined ? {} : { value: writeRecord(write.electors) }),
      });
      return;
    case "carry": {
      const { seq, runs, ...carry } = write.carry;
      const stored: StoredCarry = { ...carry, ids: runs.map(({ id }) => id) };
      operations.push({ space: "log", key: carryKey(write.author, seq), value: writeRecord(stored) });
      return;
    }
    case "vector":
      operations.push({ space: "meta", key: VECTOR, value: writeRecord(write.stamps) });
      return;
    case "runVector":
      operations.push({ space: "meta", key: RUN_VECTOR, value: writeRecord(write.ends) });
      return;
    case "runFloors":
      operations.push({ space: "meta", key: RUN_FLOORS, value: writeRecord(write.floors) });
      return;
    case "conflict":
      operations.push({
        space: "conflicts",
        key: conflictPlace(write.conflict),
        value: writeRecord(write.conflict),
      });
      return;
    case "version": {
      const { version } = write;
      const place = versionPlace(version);
      operations.push({ space: "versions", key: ofTask(version.guid, place), value: writeRecord(version) });
      operations.push({ space: "versionsByTime", key: `${place}/${version.guid}`, value: "" });
      return;
    }
    case "exchange":
      operations.push({ space: "exchanges", key: String(write.slot), value: writeRecord(write.kept) });
      return;
    case "highWater":
      operations.push({ space: "meta", key: HIGH_WATER, value: writeRecord(write.ms) });
      return;
    case "answer":
      operations.push({ space: "answers", key: write.key, value: writeRecord(write.answer) });
      operations.push({ space: "answersByTime", key: answerPlace(write.answer.expiresAt, write.key), value: "" });
      return;
  }
}

function addEntity(
  operations: Operation[],
  { entity, dropped, added, wasDead }: Extract<Write, { kind: "entity" }>,
): void {
  const value = isDead(entity) ? DEAD : "";
  const dots = (wasDead === true) === isDead(entity) ? added : stampsOf(entity);
  for (const stamp of dropped) operations.push({ space: "dots", key: dotPlace(stamp, entity) });
  for (const stamp of dots) operations.push({ space: "dots", key: dotPlace(stamp, entity), value });
  operations.push({ space: "entities", key: entityKey(entity.kind, entity.key), value: writeRecord(entity) });
  if (entity.kind !== "task") return;
  const meta = metaOf(entity);
  if (meta === undefined) return;
  const name = { space: "names", key: nameKey(meta.user, meta.id) } as const;
  operations.push(isAlive(entity) ? { ...name, value: entity.key } : name);
}

function forget(operations: Operation[], { entity, progress }: Extract<Write, { kind: "forget" }>): void {
  for (const stamp of stampsOf(entity)) operations.push({ space: "dots", key: dotPlace(stamp, entity) });
  operations.push({ space: "entities", key: entityKey(entity.kind, entity.key) });
  if (entity.kind !== "task") return;
  const meta = isAlive(entity) ? metaOf(entity) : undefined;
  if (meta !== undefined) operations.push({ space: "names", key: nameKey(meta.user, meta.id) });
  const guid = entity.key as TaskGuid;
  operations.push({ space: "votes", key: guid });
  if (progress === undefined) return;
  const { wake: at, group } = progress;
  operations.push({ space: "progress", key: guid });
  if (at !== undefined) {
    operations.push({ space: "due", key: dueKey(guid, group === undefined ? { at } : { at, group }) });
  }
}

function addRun(operations: Operation[], { run, wasOpen, was }: Extract<Write, { kind: "run" }>): void {
  operations.push({ space: "runs", key: run.id, value: writeRecord(run) });
  const place = runPlace(run);
  const before = was === undefined ? undefined : causeOf(was);
  const cause = causeOf(run);
  if (before !== undefined) deleteDead(operations, place, before);
  if (cause !== undefined) addDead(operations, place, cause);
  if (!wasOpen) operations.push({ space: "runsByTask", key: ofTask(run.guid, place), value: "" });
  if (!wasOpen || cause !== undefined || before !== undefined) {
    operations.push({ space: "runsByTime", key: place, value: historyOf(run) });
  }
  const isOpen = run.state !== "settled";
  if (isOpen && !wasOpen) operations.push({ space: "open", key: ofTask(run.guid, run.id), value: "" });
  if (!isOpen && wasOpen) operations.push({ space: "open", key: ofTask(run.guid, run.id) });
}
