// What other peers ask of the store: the entities above a vector, the carries of a run log, where tasks stand, and the
// records of some leaves of the digest tree. Every page is bounded in number and in length, and says where to go on.

import { Buffer } from "node:buffer";
import type { LogEnds } from "../core/protocol/message.ts";
import type { Entity } from "../core/register/register.ts";
import type { Carry, CarryPage, LastResult, StoredCarry } from "../core/task/carry.ts";
import { NO_PROGRESS, type Progress } from "../core/task/dossier.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid } from "../core/values/ids.ts";
import type { KeyValue, Space } from "./key-value.ts";
import { carryKey, nameOfDotPlace, seqOfCarryKey, startingWith } from "./keys.ts";
import { readRecord } from "./record.ts";

/** Entries of one page, and about how many characters they may hold: a message carries 1 MiB. */
const PAGE_MAX = 256;
const PAGE_LENGTH_MAX = 300_000;

/** Entities of one page, and about how many bytes they may hold: twice as many would hold up a slow loop. */
const ENTITIES_MAX = 256;
const PAGE_BYTES_MAX = 500_000;

/** Carries of all authors that a newcomer is told one by one: 5 s of merging, and half of what a log holds. */
const LATEST_MAX = 50_000;

/** Dots read at a time while leaping over what is covered. */
const DOTS_AT_ONCE = 256;

/** Digits of an origin at the start of a dot's key; the time follows. */
const ORIGIN_DIGITS = 6;
const DOT_DIGITS = 22;

export type EntityPage = { readonly entities: readonly Entity[]; readonly cursor?: string };

/**
 * Entities with a living dot above `coveredTo(origin)`, the 16 hex digits of the time up to which the asker knows that
 * origin. In the order of dots; an entity may come on two pages.
 */
export async function entitiesAbove(
  keyValue: KeyValue,
  coveredTo: (origin: string) => string,
  cursor: string | undefined,
): Promise<EntityPage> {
  const walk = keyValue.walk("dots", cursor === undefined ? {} : { gt: cursor });
  const dots: string[] = [];
  let isMore = true;
  try {
    let ahead = await walk.take(DOTS_AT_ONCE);
    for (let at = 0; dots.length < ENTITIES_MAX;) {
      if (at === ahead.length) {
        if (ahead.length === 0) {
          isMore = false;
          break;
        }
        ahead = await walk.take(DOTS_AT_ONCE);
        at = 0;
        continue;
      }
      const [dot] = ahead[at] ?? [""];
      const origin = dot.slice(0, ORIGIN_DIGITS);
      const covered = coveredTo(origin);
      if (dot.slice(ORIGIN_DIGITS, DOT_DIGITS) > covered) {
        dots.push(dot);
        at++;
        continue;
      }
      // What is covered is leapt over, also when some of it was read ahead.
      const beyond = ahead.findIndex(([key], index) => index > at && key > `${origin}${covered}~`);
      if (beyond >= 0) {
        at = beyond;
      } else {
        walk.seek(`${origin}${covered}~`);
        ahead = await walk.take(DOTS_AT_ONCE);
        at = 0;
        if (ahead.length === 0) {
          isMore = false;
          break;
        }
      }
    }
  } finally {
    await walk.close();
  }
  const names = [...new Set(dots.map(nameOfDotPlace))];
  const records = await keyValue.getMany("entities", names);
  const found = new Map(names.map((name, at) => [name, records[at]]));
  const taken = new Map<string, Entity>();
  let bytes = 0;
  for (const [at, dot] of dots.entries()) {
    const name = nameOfDotPlace(dot);
    const record = found.get(name);
    if (record === undefined || taken.has(name)) continue;
    bytes += Buffer.byteLength(record);
    if (taken.size > 0 && bytes > PAGE_BYTES_MAX) {
      const last = dots[at - 1];
      return { entities: [...taken.values()], ...(last === undefined ? {} : { cursor: last }) };
    }
    taken.set(name, readRecord<Entity>(record));
  }
  const last = dots[dots.length - 1];
  return { entities: [...taken.values()], ...(isMore && last !== undefined ? { cursor: last } : {}) };
}

export type CarriesAnswer = {
  readonly pages: readonly CarryPage[];
  readonly isMore: boolean;
  /** Some of what the asker lacks is no longer kept one by one. */
  readonly isTrimmed: boolean;
};

/** What a peer knows of run logs: up to where, and up to where by results alone. */
export type Logs = {
  readonly ends: ReadonlyMap<PeerId, number>;
  readonly floors: ReadonlyMap<PeerId, number>;
};

/** Carries after those that the asker knows, of every author: what this peer knows. */
export async function carriesAfter(
  keyValue: KeyValue,
  { ends, floors }: Logs,
  known: ReadonlyMap<PeerId, number>,
): Promise<CarriesAnswer> {
  const pages: CarryPage[] = [];
  let [count, length] = [0, 0];
  let isTrimmed = false;
  for (const [author, last] of ends) {
    const after = known.get(author) ?? 0;
    if (after >= last) continue;
    // Carries below a floor may be here, but not all of them.
    if (after < (floors.get(author) ?? 0)) {
      isTrimmed = true;
      continue;
    }
    if (count >= PAGE_MAX || length >= PAGE_LENGTH_MAX) return { pages, isMore: true, isTrimmed };
    const walk = keyValue.walk("log", { ...startingWith(carryKey(author, undefined)), gt: carryKey(author, after) });
    let entries;
    try {
      entries = await walk.take(PAGE_MAX - count);
    } finally {
      await walk.close();
    }
    // A number that is left out is of a write that the author's disk refused, as long as there are numbers before it.
    const isNext = entries[0] !== undefined && seqOfCarryKey(entries[0][0]) === after + 1;
    if (entries[0] === undefined || (!isNext && await startOf(keyValue, author) > after)) {
      isTrimmed = true;
      continue;
    }
    const carries: Carry[] = [];
    for (const carry of await withRuns(keyValue, entries)) {
      if (carry.seq > last) break;
      length += JSON.stringify(carry).length;
      if (carries.length > 0 && length > PAGE_LENGTH_MAX) break;
      carries.push(carry);
    }
    count += carries.length;
    const to = carries[carries.length - 1]?.seq ?? after;
    pages.push({ author, after, to, carries });
    if (to < last) return { pages, isMore: true, isTrimmed };
  }
  return { pages, isMore: false, isTrimmed };
}

/** The first number of an author's log that is kept. */
async function startOf(keyValue: KeyValue, author: PeerId): Promise<number> {
  const walk = keyValue.walk("log", startingWith(carryKey(author, undefined)));
  try {
    const [first] = await walk.take(1);
    return first === undefined ? Infinity : seqOfCarryKey(first[0]);
  } finally {
    await walk.close();
  }
}

async function withRuns(
  keyValue: KeyValue,
  entries: readonly (readonly [key: string, record: string])[],
): Promise<readonly Carry[]> {
  const stored = entries.map(([key, record]) => ({ seq: seqOfCarryKey(key), ...readRecord<StoredCarry>(record) }));
  const runs = await many<Run>(keyValue, "runs", stored.flatMap(({ ids }) => ids));
  let at = 0;
  return stored.map(({ ids, ...carry }) => {
    const own = runs.slice(at, at + ids.length);
    at += ids.length;
    return { ...carry, runs: own.filter((run) => run !== undefined) };
  });
}

export type ResultsAnswer = {
  readonly results: readonly LastResult[];
  /** Up to where logs are told so alone. */
  readonly floors: LogEnds;
  readonly cursor?: string;
};

/** Where tasks stand that have been carried at all, in the order of their guids. */
export async function lastResults(
  keyValue: KeyValue,
  logs: Logs,
  cursor: string | undefined,
): Promise<ResultsAnswer> {
  // Those of the first page are adopted: what is trimmed meanwhile is not told by it.
  const floors = cursor === undefined ? await floorsOf(keyValue, logs) : [];
  const walk = keyValue.walk("progress", cursor === undefined ? {} : { gt: cursor });
  let entries;
  try {
    entries = await walk.take(PAGE_MAX);
  } finally {
    await walk.close();
  }
  const results: LastResult[] = [];
  let length = 0;
  for (const [guid, record] of entries) {
    const { wake: _, ahead: __, ...progress } = readRecord<Progress>(record);
    const open = progress.open === 0 ? [] : await openRuns(keyValue, guid as TaskGuid);
    if (open.length === 0 && progress.last === undefined && progress.through === NO_PROGRESS.through) continue;
    const result: LastResult = { guid: guid as TaskGuid, progress, open };
    length += open.length === 0 ? record.length : JSON.stringify(result).length;
    results.push(result);
    if (length > PAGE_LENGTH_MAX) return { results, floors, cursor: guid };
  }
  const last = entries[entries.length - 1];
  return { results, floors, ...(entries.length === PAGE_MAX && last !== undefined ? { cursor: last[0] } : {}) };
}

/** The latest of each log are told one by one: what two sides of a cut have made of one occurrence is found by them. */
async function floorsOf(keyValue: KeyValue, { ends, floors }: Logs): Promise<LogEnds> {
  const latest = Math.floor(LATEST_MAX / Math.max(1, ends.size));
  const found: [PeerId, number][] = [];
  for (const [author, end] of ends) {
    const trimmedTo = await startOf(keyValue, author) - 1;
    const floor = Math.min(end, Math.max(trimmedTo, floors.get(author) ?? 0, end - latest));
    if (floor > 0) found.push([author, floor]);
  }
  return found;
}

async function openRuns(keyValue: KeyValue, guid: TaskGuid): Promise<readonly Run[]> {
  const prefix = `${guid}/`;
  const walk = keyValue.walk("open", startingWith(prefix));
  try {
    const ids = (await walk.take(PAGE_MAX)).map(([key]) => key.slice(prefix.length));
    return (await many<Run>(keyValue, "runs", ids)).filter((run) => run !== undefined);
  } finally {
    await walk.close();
  }
}

/** Entities whose key starts so: `task/01fa`. */
export async function entitiesStartingWith(
  keyValue: KeyValue,
  start: string,
  cursor: string | undefined,
): Promise<EntityPage> {
  const range = startingWith(start);
  const walk = keyValue.walk("entities", cursor === undefined ? range : { ...range, gt: cursor });
  try {
    const entries = await walk.take(PAGE_MAX);
    const entities: Entity[] = [];
    let bytes = 0;
    for (const [at, [, record]] of entries.entries()) {
      bytes += Buffer.byteLength(record);
      const last = entries[at - 1];
      if (last !== undefined && bytes > PAGE_BYTES_MAX) return { entities, cursor: last[0] };
      entities.push(readRecord<Entity>(record));
    }
    const last = entries[entries.length - 1];
    return { entities, ...(entries.length === PAGE_MAX && last !== undefined ? { cursor: last[0] } : {}) };
  } finally {
    await walk.close();
  }
}

async function many<T>(keyValue: KeyValue, space: Space, keys: readonly string[]): Promise<readonly (T | undefined)[]> {
  if (keys.length === 0) return [];
  const records = await keyValue.getMany(space, keys);
  return records.map((record) => record === undefined ? undefined : readRecord<T>(record));
}
