// Dead letters: runs that were given up, found without a scan by user and time, and by user, target and error; and in
// the same way those of all users, under a user without a name.
//
//   deadByTime   <user>\0<instant>/<id>                     nothing
//   deadByCause  <user>\0<target>\0<error>\0<instant>/<id>  nothing
//
// A run that is driven again leaves both, and so does one that is dismissed.

import type { OccurrenceId } from "../core/task/occurrence.ts";
import type { Run } from "../core/task/run.ts";
import type { UserId } from "../core/values/ids.ts";
import { browse } from "./browse.ts";
import type { Delete, KeyValue, Operation, Range } from "./key-value.ts";
import { idOfPlace, instantOfPlace, isRunPlace, startingWith } from "./keys.ts";
import { readRecord } from "./record.ts";
import { BadCursor, type DeadCause, type DeadCauseQuery, type DeadLetterQuery, type Page } from "./store.ts";

export type Cause = { readonly user: UserId; readonly target: string; readonly error: string };

/** Characters of an error that are told apart. */
const ERROR_MAX = 200;

/** Letters of one cause that are counted; and of all causes of a page, about 20 ms. */
const COUNTED_MAX = 1_000;
const COUNTED_IN_ALL_MAX = 20_000;

/** Longest cursor: a user, a target and an error, and the signs between. */
const CURSOR_MAX = 2_048;

/** Why the run is a dead letter; absent when it is none. */
export function causeOf(run: Run): Cause | undefined {
  const { state, outcome, dismissedAt, user, target = "", attempts, reason = "" } = run;
  if (state !== "settled" || outcome !== "failed" || dismissedAt !== undefined) return undefined;
  const last = attempts[attempts.length - 1];
  const error = last?.status === undefined ? last?.error ?? reason : `HTTP ${last.status}`;
  return { user, target, error: error.replaceAll("\0", " ").slice(0, ERROR_MAX).toWellFormed() };
}

export function addDead(operations: Operation[], place: string, cause: Cause): void {
  for (const { space, key } of keysOf(place, cause)) operations.push({ space, key, value: "" });
}

export function deleteDead(operations: Operation[], place: string, cause: Cause): void {
  operations.push(...keysOf(place, cause));
}

function keysOf(place: string, { user, target, error }: Cause): readonly Delete[] {
  return [user, EVERYONE].flatMap((owner): readonly Delete[] => [
    { space: "deadByTime", key: `${owner}\0${place}` },
    { space: "deadByCause", key: `${owner}\0${target}\0${error}\0${place}` },
  ]);
}

/** No user has this name. */
const EVERYONE = "";

/** What stands in the history at the place of a run: its task, and why it is dead. */
export function historyOf(run: Run): string {
  const cause = causeOf(run);
  return cause === undefined ? run.guid : `${run.guid}\0${cause.user}\0${cause.target}\0${cause.error}`;
}

export function readHistory(text: string): { readonly guid: Run["guid"]; readonly cause?: Cause } {
  const [guid = "", user, target = "", error = ""] = text.split("\0");
  return { guid: guid as Run["guid"], ...(user === undefined ? {} : { cause: { user, target, error } }) };
}

/** The latest first; of a target, by its errors, and then the latest first. */
export async function browseDead(keyValue: KeyValue, query: DeadLetterQuery): Promise<Page<Run>> {
  const { user = EVERYONE, target, error, task, cursor, limit } = query;
  const space = target === undefined ? "deadByTime" : "deadByCause";
  const words = [user, ...(target === undefined ? [] : [target, ...(error === undefined ? [] : [error])])];
  const prefix = `${words.join("\0")}\0`;
  if (cursor !== undefined && !(cursor.length <= CURSOR_MAX && isRunPlace(placeOf(cursor)))) throw new BadCursor();
  const all = startingWith(prefix);
  const range: Range = { ...all, ...(cursor === undefined ? {} : { lt: prefix + cursor }), reverse: true };
  return await browse(keyValue, space, range, {
    limit,
    isFiltered: task !== undefined || (target === undefined && error !== undefined),
    cursorOf: (key) => key.slice(prefix.length),
    async read(entries) {
      const ids = entries.map(([key]): OccurrenceId => idOfPlace(placeOf(key)));
      const records = await keyValue.getMany("runs", ids);
      return records.map((record) => {
        const run = record === undefined ? undefined : readRecord<Run>(record);
        const cause = run === undefined ? undefined : causeOf(run);
        if (run === undefined || cause === undefined) return undefined;
        return (task === undefined || run.task === task) && (error === undefined || cause.error === error)
          ? run
          : undefined;
      });
    },
  });
}

/** Targets and errors, in the order of their names, and how many letters each has. */
export async function browseCauses(
  keyValue: KeyValue,
  { user = EVERYONE, cursor, limit }: DeadCauseQuery,
): Promise<Page<DeadCause>> {
  if (cursor !== undefined && !(cursor.length <= CURSOR_MAX && cursor.includes("\0"))) throw new BadCursor();
  const prefix = `${user}\0`;
  const walk = keyValue.walk("deadByCause", startingWith(prefix));
  try {
    // Behind all letters of the cause that ended the page before.
    if (cursor !== undefined) walk.seek(startingWith(`${prefix}${cursor}\0`).lt);
    const items: DeadCause[] = [];
    for (let left = COUNTED_IN_ALL_MAX; items.length < limit && left > 0;) {
      const [first] = await walk.take(1);
      if (first === undefined) return { items };
      const place = placeOf(first[0]);
      const own = first[0].slice(0, -place.length);
      const more = (await walk.take(COUNTED_MAX)).filter(([key]) => key.startsWith(own));
      const [target = "", error = ""] = own.slice(prefix.length).split("\0");
      const isMore = more.length === COUNTED_MAX;
      const latest = isMore ? await lastOf(keyValue, own) : placeOf(more.at(-1)?.[0] ?? first[0]);
      items.push({
        target,
        error,
        count: isMore ? more.length : more.length + 1,
        isMore,
        latest: instantOfPlace(latest),
      });
      left -= more.length + 1;
      walk.seek(startingWith(own).lt);
    }
    const last = items.at(-1);
    const isMore = (await walk.take(1)).length > 0;
    return isMore && last !== undefined ? { items, cursor: `${last.target}\0${last.error}` } : { items };
  } finally {
    await walk.close();
  }
}

async function lastOf(keyValue: KeyValue, prefix: string): Promise<string> {
  const walk = keyValue.walk("deadByCause", { ...startingWith(prefix), reverse: true });
  try {
    const [last] = await walk.take(1);
    return placeOf(last?.[0] ?? "");
  } finally {
    await walk.close();
  }
}

/** The place of a run at the end of a key. */
function placeOf(key: string): string {
  return key.slice(key.lastIndexOf("\0") + 1);
}
