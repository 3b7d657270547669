// The deleted among the entities, a bounded number of records at a look.

import type { StoreAnswer } from "../core/protocol/store-query.ts";
import { type Entity, isDead } from "../core/register/register.ts";
import type { Progress } from "../core/task/dossier.ts";
import type { KeyValue } from "./key-value.ts";
import { readRecord } from "./record.ts";

type Tombs = Omit<Extract<StoreAnswer, { kind: "tombstones" }>, "kind">;

export async function tombstones(keyValue: KeyValue, limit: number, cursor: string | undefined): Promise<Tombs> {
  const walk = keyValue.walk("entities", cursor === undefined ? {} : { gt: cursor });
  let read;
  try {
    read = await walk.take(limit);
  } finally {
    await walk.close();
  }
  const dead = read.map(([, record]) => readRecord<Entity>(record)).filter(isDead);
  const found = dead.length === 0 ? [] : await keyValue.getMany("progress", dead.map(({ key }) => key));
  const last = read.length === limit ? read[read.length - 1] : undefined;
  return {
    dead: dead.map((entity, at) => {
      const record = entity.kind === "task" ? found[at] : undefined;
      return record === undefined ? { entity } : { entity, progress: readRecord<Progress>(record) };
    }),
    ...(last === undefined ? {} : { cursor: last[0] }),
  };
}
