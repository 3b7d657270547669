// Pages of tasks and runs for those who look at them. A page never costs more than a bounded number of records read,
// whatever is asked for: with a filter it may be short, or empty, and its cursor says where to go on.

import type { Conflict } from "../core/register/conflict.ts";
import { type Entity, isAlive } from "../core/register/register.ts";
import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { Run } from "../core/task/run.ts";
import type { KeyValue, Range, Space } from "./key-value.ts";
import {
  entityKey,
  idOfOpen,
  idOfPlace,
  instantKey,
  isOpenPlace,
  isRunPlace,
  nameKey,
  ofTask,
  startingWith,
} from "./keys.ts";
import { isFilter, matches } from "./name.ts";
import { readRecord } from "./record.ts";
import { BadCursor, type Page, type RunQuery, type TaskQuery } from "./store.ts";

/** Records that one call reads to find those that match: about 20 ms. */
const EXAMINED_MAX = 2_000;

/** Records read at a time while filtering: about 2 ms between two turns of the loop. */
const EXAMINED_AT_ONCE = 250;

/** Longest cursor: a user and an id of 256 UTF-16 units each, and the sign between. */
const CURSOR_MAX = 600;

export async function browseTasks(keyValue: KeyValue, query: TaskQuery): Promise<Page<Entity>> {
  const { user, cursor } = query;
  const all: Range = user === undefined ? {} : startingWith(nameKey(user, ""));
  if (
    cursor !== undefined && !(cursor.length <= CURSOR_MAX && cursor.includes("\0") && cursor.startsWith(all.gte ?? ""))
  ) {
    throw new BadCursor();
  }
  return await browse(keyValue, "names", cursor === undefined ? all : { ...all, gt: cursor }, {
    limit: query.limit,
    isFiltered: isFilter(query),
    cursorOf: (name) => name,
    async read(names) {
      const keys = names.map(([, guid]) => entityKey("task", guid));
      const records = await keyValue.getMany("entities", keys);
      return records.map((record) => {
        const entity = record === undefined ? undefined : readRecord<Entity>(record);
        return entity !== undefined && isAlive(entity) && matches(entity, query) ? entity : undefined;
      });
    },
  });
}

export async function browseRuns(keyValue: KeyValue, query: RunQuery): Promise<Page<Run>> {
  if (query.state === "retrying") return await browseOpen(keyValue, query);
  const { guid, user, outcome, state, from, until, cursor } = query;
  if (cursor !== undefined && !isRunPlace(cursor)) throw new BadCursor();
  const before = guid === undefined ? "" : ofTask(guid, "");
  const all = guid === undefined ? {} : startingWith(before);
  const ends = [cursor, until === undefined ? undefined : instantKey(until)].filter((end) => end !== undefined).sort();
  const range: Range = {
    ...all,
    ...(from === undefined ? {} : { gte: before + instantKey(from) }),
    ...(ends[0] === undefined ? {} : { lt: before + ends[0] }),
    reverse: true,
  };
  return await browse(keyValue, guid === undefined ? "runsByTime" : "runsByTask", range, {
    limit: query.limit,
    isFiltered: user !== undefined || outcome !== undefined || state !== undefined,
    cursorOf: (key) => key.slice(before.length),
    read: (places) => runsOf(keyValue, places.map(([key]) => idOfPlace(key.slice(before.length))), query),
  });
}

/** What waits stands among the open runs: those are few, and in the order of their tasks. */
async function browseOpen(keyValue: KeyValue, query: RunQuery): Promise<Page<Run>> {
  const { guid, cursor } = query;
  const before = guid === undefined ? "" : ofTask(guid, "");
  if (cursor !== undefined && !(isOpenPlace(cursor) && cursor.startsWith(before))) throw new BadCursor();
  const all: Range = guid === undefined ? {} : startingWith(before);
  const page = await browse(keyValue, "open", cursor === undefined ? all : { ...all, gt: cursor }, {
    limit: query.limit,
    isFiltered: true,
    cursorOf: (key) => key,
    read: (places) => runsOf(keyValue, places.map(([key]) => idOfOpen(key)), query),
  });
  return { ...page, items: page.items.toSorted((a, b) => b.instant - a.instant || (a.id < b.id ? 1 : -1)) };
}

/** One for each id; absent what is gone or does not match. */
async function runsOf(
  keyValue: KeyValue,
  ids: readonly OccurrenceId[],
  { user, outcome, state, from, until }: RunQuery,
): Promise<readonly (Run | undefined)[]> {
  const records = await keyValue.getMany("runs", ids);
  return records.map((record) => {
    const run = record === undefined ? undefined : readRecord<Run>(record);
    if (run === undefined || (user !== undefined && run.user !== user)) return undefined;
    if (state !== undefined && run.state !== state) return undefined;
    if (run.instant < (from ?? -Infinity) || run.instant >= (until ?? Infinity)) return undefined;
    return outcome === undefined || run.outcome === outcome ? run : undefined;
  });
}

/** Lost values, the latest first. */
export async function browseConflicts(
  keyValue: KeyValue,
  { cursor, limit }: { readonly cursor?: string; readonly limit: number },
): Promise<Page<Conflict>> {
  if (cursor !== undefined && (cursor.length > CURSOR_MAX || !/^\d{15}\//.test(cursor))) throw new BadCursor();
  const walk = keyValue.walk("conflicts", { reverse: true, ...(cursor === undefined ? {} : { lt: cursor }) });
  try {
    const entries = await walk.take(limit + 1);
    const items = entries.slice(0, limit).map(([, record]) => readRecord<Conflict>(record));
    const last = entries[limit - 1];
    return { items, ...(entries.length > limit && last !== undefined ? { cursor: last[0] } : {}) };
  } finally {
    await walk.close();
  }
}

type Entry = readonly [key: string, value: string];

type Browse<T> = {
  readonly limit: number;
  readonly isFiltered: boolean;
  readonly cursorOf: (key: string) => string;
  /** What the entries of the index stand for, in order; absent what is gone or does not match. */
  readonly read: (entries: readonly Entry[]) => Promise<readonly (T | undefined)[]>;
};

/** A page of what an index stands for. */
export async function browse<T>(keyValue: KeyValue, space: Space, range: Range, browse: Browse<T>): Promise<Page<T>> {
  const { limit, isFiltered, cursorOf, read } = browse;
  const items: T[] = [];
  const walk = keyValue.walk(space, range);
  try {
    let last: string | undefined;
    for (let examined = 0; items.length < limit && examined < EXAMINED_MAX;) {
      const count = Math.min(isFiltered ? EXAMINED_AT_ONCE : limit - items.length, EXAMINED_MAX - examined);
      const entries = await walk.take(count);
      const found = await read(entries);
      for (const [at, [key]] of entries.entries()) {
        const item = found[at];
        // The page is full, and something more is seen to match: it is the first of the next page.
        if (items.length === limit && item !== undefined) return { items, cursor: cursorOf(last ?? key) };
        if (item !== undefined) items.push(item);
        last = key;
      }
      if (entries.length < count) return { items };
      examined += entries.length;
    }
    const isMore = last !== undefined && (await walk.take(1)).length > 0;
    return isMore && last !== undefined ? { items, cursor: cursorOf(last) } : { items };
  } finally {
    await walk.close();
  }
}
