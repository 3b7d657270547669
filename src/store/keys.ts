// How the keys of the records are built. Instants sort as numbers because they are written in 15 digits from the year 0
// on. No part of a key but the last may hold the sign that parts it from the next: guids, ids and digits don't, and no
// user has U+0000 in the name.

import type { ShardName } from "../core/ownership/shard.ts";
import type { DuePage } from "../core/protocol/event.ts";
import type { DuePlace } from "../core/protocol/write.ts";
import type { EntityKind } from "../core/register/register.ts";
import { type DotKey, dotKey, dotStamp } from "../core/register/vector.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid, UserId } from "../core/values/ids.ts";
import { type Instant, INSTANT_MAX, INSTANT_MIN } from "../core/values/instant.ts";
import type { Stamp } from "../core/values/stamp.ts";
import type { Range } from "./key-value.ts";
import type { Dot } from "./store.ts";

const INSTANT_DIGITS = 15;

export function instantKey(at: Instant): string {
  return String(at - INSTANT_MIN).padStart(INSTANT_DIGITS, "0");
}

/** The key of an instant that may lie outside of what an instant can be: then that of the nearest one. */
export function nearestInstantKey(ms: number): string {
  return instantKey(Math.max(INSTANT_MIN, Math.min(INSTANT_MAX, ms)) as Instant);
}

export function entityKey(kind: EntityKind, key: string): string {
  return `${kind}/${key}`;
}

export function nameKey(user: UserId, id: string): string {
  return `${user}\0${id}`;
}

/** What the due entries of a shard start with. */
export function shardKey(shard: ShardName): string {
  return `${shard}/`;
}

/** All that are of peer groups start with it, and stand behind the others. */
export const GROUPS_KEY = "p";
const GROUP_DIGITS = 12;

/** By the first 12 bits of the guid; in a group by the first 8. */
export function dueKey(guid: TaskGuid, { at, group }: DuePlace): string {
  const shard = group === undefined ? guid.slice(0, 3) : `${GROUPS_KEY}${group}${guid.slice(0, 2)}`;
  return `${shard}/${instantKey(at)}/${guid}`;
}

export function parseDueKey(key: string): DuePage["entries"][number] {
  const from = key.indexOf("/");
  const to = from + 1 + INSTANT_DIGITS;
  return {
    shard: key.slice(0, from) as ShardName,
    at: Number(key.slice(from + 1, to)) + INSTANT_MIN as Instant,
    guid: key.slice(to + 1) as TaskGuid,
  };
}

/** Behind all that are of the same group as this entry. */
export function afterGroup(dueKey: string): string {
  return `${dueKey.slice(0, GROUPS_KEY.length + GROUP_DIGITS)}~`;
}

/** A run's place in the history, the later the greater; also what a cursor of runs holds. */
export function runPlace(run: Run): string {
  return `${instantKey(run.instant)}/${run.id}`;
}

export function isRunPlace(text: string): boolean {
  return /^\d{15}\/[0-9a-f]{32}$/.test(text);
}

export function idOfPlace(place: string): OccurrenceId {
  return place.slice(INSTANT_DIGITS + 1) as OccurrenceId;
}

export function instantOfPlace(place: string): Instant {
  return Number(place.slice(0, INSTANT_DIGITS)) + INSTANT_MIN as Instant;
}

/** Where an open run stands among those of all tasks. */
export function isOpenPlace(text: string): boolean {
  return /^[0-9a-f]{64}\/[0-9a-f]{32}$/.test(text);
}

export function idOfOpen(place: string): OccurrenceId {
  return place.slice(place.indexOf("/") + 1) as OccurrenceId;
}

/** What belongs to one task, in the spaces whose keys start with its guid. */
export function ofTask(guid: TaskGuid, rest: string): string {
  return `${guid}/${rest}`;
}

export function answerPlace(expiresAt: Instant, key: string): string {
  return `${instantKey(expiresAt)}/${key}`;
}

export function keyOfAnswerPlace(place: string): string {
  return place.slice(INSTANT_DIGITS + 1);
}

const SEQ_DIGITS = 12;

/** A carry's place in its author's log; without a number, what all of the author's start with. */
export function carryKey(author: PeerId, seq: number | undefined): string {
  return `${author}/${seq === undefined ? "" : String(seq).padStart(SEQ_DIGITS, "0")}`;
}

export function seqOfCarryKey(key: string): number {
  return Number(key.slice(-SEQ_DIGITS));
}

const DOT_DIGITS = 22;

/** The place of a stamp that an entity carries: by origin, then by time. One stamp may stand on several entities. */
export function dotPlace(stamp: Stamp, { kind, key }: { readonly kind: EntityKind; readonly key: string }): string {
  return `${dotKey(stamp)}/${entityKey(kind, key)}`;
}

export function nameOfDotPlace(place: string): string {
  return place.slice(DOT_DIGITS + 1);
}

export function dotOfPlace(place: string): Dot {
  const name = nameOfDotPlace(place);
  const slash = name.indexOf("/");
  return {
    kind: name.slice(0, slash) as EntityKind,
    key: name.slice(slash + 1),
    stamp: dotStamp(place.slice(0, DOT_DIGITS) as DotKey),
  };
}

/** All keys that start with a text, which ends in an ASCII character. */
export function startingWith(text: string): Required<Pick<Range, "gte" | "lt">> {
  const last = text.charCodeAt(text.length - 1);
  return { gte: text, lt: text.slice(0, -1) + String.fromCharCode(last + 1) };
}
