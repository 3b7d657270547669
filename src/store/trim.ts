// What is trimmed beside the past: the run logs of peers, of which only the latest carries are kept one by one, the list
// of conflicts, and the versions of tasks. A peer that was away for longer than a log reaches back is given where each task stands instead.

import type { TaskGuid } from "../core/values/ids.ts";
import type { KeyValue, Operation } from "./key-value.ts";
import { carryKey, ofTask, seqOfCarryKey, startingWith } from "./keys.ts";

/** Carries of one author that are kept: at 200 occurrences a second 8 minutes of them, about 8 MB. */
export const CARRIES_MAX = 100_000;

/** Conflicts that are kept; the oldest go first. */
export const CONFLICTS_MAX = 10_000;

/** Versions that are kept, of all tasks; the oldest go first. */
export const VERSIONS_MAX = 10_000;

/** Taken away in one call: about 5 ms of the loop. */
const STEP = 500;

/** Authors that are looked at in one call: the members, and those that were. */
const AUTHORS_MAX = 4_096;

/** Forgets what is too much, a bounded number at a call. Resolves to how many went. */
export async function trim(
  keyValue: KeyValue,
  most: { readonly carries: number; readonly conflicts: number; readonly versions: number },
): Promise<number> {
  for (const author of await authorsOf(keyValue)) {
    const gone = await trimLog(keyValue, author, most.carries);
    if (gone > 0) return gone;
  }
  const gone = await trimOldest(keyValue, "conflicts", most.conflicts);
  return gone > 0 ? gone : await trimVersions(keyValue, most.versions);
}

async function authorsOf(keyValue: KeyValue): Promise<readonly string[]> {
  const authors: string[] = [];
  const walk = keyValue.walk("log", {});
  try {
    while (authors.length < AUTHORS_MAX) {
      const [entry] = await walk.take(1);
      if (entry === undefined) break;
      const author = entry[0].slice(0, entry[0].lastIndexOf("/"));
      authors.push(author);
      walk.seek(startingWith(carryKey(author, undefined)).lt);
    }
  } finally {
    await walk.close();
  }
  return authors;
}

async function trimLog(keyValue: KeyValue, author: string, most: number): Promise<number> {
  const range = startingWith(carryKey(author, undefined));
  const [last] = await first(keyValue, "log", { ...range, reverse: true }, 1);
  if (last === undefined) return 0;
  const keepFrom = seqOfCarryKey(last) - most + 1;
  if (keepFrom <= 1) return 0;
  return await forget(
    keyValue,
    "log",
    await first(keyValue, "log", { ...range, lt: carryKey(author, keepFrom) }, STEP),
  );
}

async function trimOldest(keyValue: KeyValue, space: Space, most: number): Promise<number> {
  return await forget(keyValue, space, await oldest(keyValue, space, most));
}

async function trimVersions(keyValue: KeyValue, most: number): Promise<number> {
  const places = await oldest(keyValue, "versionsByTime", most);
  await forget(
    keyValue,
    "versions",
    places.map((place) => ofTask(place.slice(VERSION_PLACE + 1) as TaskGuid, place.slice(0, VERSION_PLACE))),
  );
  return await forget(keyValue, "versionsByTime", places);
}

/** Of an instant, a slash and a stamp. */
const VERSION_PLACE = 15 + 1 + 22;

/** The first of those that are too many. */
async function oldest(keyValue: KeyValue, space: Space, most: number): Promise<readonly string[]> {
  const latest = await first(keyValue, space, { reverse: true }, most + 1);
  const end = latest[most];
  return end === undefined ? [] : await first(keyValue, space, { lte: end }, STEP);
}

type Space = "log" | "conflicts" | "versions" | "versionsByTime";

async function first(
  keyValue: KeyValue,
  space: Space,
  range: Parameters<KeyValue["walk"]>[1],
  count: number,
): Promise<readonly string[]> {
  const walk = keyValue.walk(space, range);
  try {
    return (await walk.take(count)).map(([key]) => key);
  } finally {
    await walk.close();
  }
}

async function forget(keyValue: KeyValue, space: Space, keys: readonly string[]): Promise<number> {
  if (keys.length > 0) await keyValue.batch(keys.map((key): Operation => ({ space, key })));
  return keys.length;
}
