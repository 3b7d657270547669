// The questions that the core asks of the store for other peers' sake.

import type { LogEnds } from "../core/protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../core/protocol/store-query.ts";
import type { Vote } from "../core/protocol/vote.ts";
import { leafOf } from "../core/register/digest.ts";
import { type Entity, ENTITY_KINDS, type EntityKind } from "../core/register/register.ts";
import { VersionVector } from "../core/register/vector.ts";
import type { Run } from "../core/task/run.ts";
import { stampOrigin } from "../core/values/stamp.ts";
import { dueGroups } from "./due.ts";
import type { KeyValue } from "./key-value.ts";
import { entityKey } from "./keys.ts";
import { readRecord } from "./record.ts";
import { carriesAfter, entitiesAbove, entitiesStartingWith, lastResults, type Logs } from "./replication.ts";
import { tombstones } from "./tombstones.ts";

/** A dot's time with nothing before it. */
const NO_TIME = "";
const TIME_DIGITS = 16;
const LEAF_DIGITS = 4;

/** Kinds whose records are few, so that those of some leaves are found by looking at all of them. */
const FEW_MAX = 10_000;

export async function answerQuery(keyValue: KeyValue, query: StoreQuery): Promise<StoreAnswer> {
  switch (query.kind) {
    case "entitiesAbove": {
      const vector = VersionVector.parse(query.vector) ?? new VersionVector();
      const times = new Map(vector.stamps().map((stamp) => [stampOrigin(stamp), stamp.slice(0, TIME_DIGITS)]));
      const page = await entitiesAbove(
        keyValue,
        (origin) => times.get(Number.parseInt(origin, 16)) ?? NO_TIME,
        query.cursor,
      );
      return { kind: "entities", ...page };
    }
    case "carriesAfter":
      return { kind: "carries", ...await carriesAfter(keyValue, logsOf(query), new Map(query.known)) };
    case "lastResults":
      return { kind: "results", ...await lastResults(keyValue, logsOf(query), query.cursor) };
    case "leaves":
      return await leaves(keyValue, query.leaves, query.cursor);
    case "runs": {
      const records = await keyValue.getMany("runs", query.ids);
      return { kind: "runs", runs: records.flatMap((record) => record === undefined ? [] : [readRecord<Run>(record)]) };
    }
    case "votes": {
      const records = await keyValue.getMany("votes", query.guids);
      return { kind: "votes", votes: records.map((record) => record === undefined ? [] : readRecord<Vote[]>(record)) };
    }
    case "entity": {
      const [record] = await keyValue.getMany("entities", [entityKey(query.entity.kind, query.entity.key)]);
      return { kind: "entity", ...(record === undefined ? {} : { entity: readRecord<Entity>(record) }) };
    }
    case "tombstones":
      return { kind: "tombstones", ...await tombstones(keyValue, query.limit, query.cursor) };
    case "groups":
      return { kind: "groups", groups: await dueGroups(keyValue) };
  }
}

function logsOf({ own, floors }: { readonly own: LogEnds; readonly floors: LogEnds }): Logs {
  return { ends: new Map(own), floors: new Map(floors) };
}

/** The leaves are each there once. The cursor is the one that is to be read on, and the place in it. */
async function leaves(
  keyValue: KeyValue,
  wanted: readonly number[],
  cursor: string | undefined,
): Promise<Extract<StoreAnswer, { kind: "entities" }>> {
  const [leafText = "", ...rest] = cursor?.split(" ") ?? [];
  const from = cursor === undefined ? 0 : Math.max(0, wanted.indexOf(Number.parseInt(leafText, 16)));
  const leaf = wanted[from];
  if (leaf === undefined) return { kind: "entities", entities: [] };
  const digits = leaf.toString(16).padStart(LEAF_DIGITS, "0");
  const place = rest.length === 0 ? undefined : rest.join(" ");
  const page = await entitiesStartingWith(keyValue, entityKey("task", digits), place);
  const few = cursor === undefined ? await fewOf(keyValue, new Set(wanted)) : [];
  const entities = [...page.entities, ...few];
  if (page.cursor !== undefined) return { kind: "entities", entities, cursor: `${digits} ${page.cursor}` };
  const next = wanted[from + 1];
  return {
    kind: "entities",
    entities,
    ...(next === undefined ? {} : { cursor: next.toString(16).padStart(LEAF_DIGITS, "0") }),
  };
}

async function fewOf(keyValue: KeyValue, leaves: ReadonlySet<number>): Promise<readonly Entity[]> {
  const kinds = ENTITY_KINDS.filter((kind): kind is Exclude<EntityKind, "task"> => kind !== "task");
  const found: Entity[] = [];
  for (const kind of kinds) {
    let cursor: string | undefined;
    for (let seen = 0; seen < FEW_MAX;) {
      const page = await entitiesStartingWith(keyValue, entityKey(kind, ""), cursor);
      found.push(...page.entities.filter(({ key }) => leaves.has(leafOf(kind, key))));
      seen += page.entities.length;
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
  }
  return found;
}
