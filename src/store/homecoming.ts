// A peer that was removed from its mesh, and is admitted again, may hold what all others have deleted and forgotten: it
// would bring that back. So it keeps only what the mesh can't know, and is told the rest anew.

import type { Stamps } from "../core/protocol/message.ts";
import type { Write } from "../core/protocol/write.ts";
import type { Entity } from "../core/register/register.ts";
import { coveredBy } from "../core/register/stable-cut.ts";
import { VersionVector } from "../core/register/vector.ts";
import { isCollected } from "../core/replication/tombstones.ts";
import type { Progress } from "../core/task/dossier.ts";
import type { KeyValue } from "./key-value.ts";
import { readRecord } from "./record.ts";

/** Records of one batch. */
const PAGE_MAX = 512;

/** What is to be forgotten, batch by batch: all that comes in great numbers, and that `vector`, the mesh's, covers. */
export async function* known(keyValue: KeyValue, vector: Stamps): AsyncGenerator<readonly Write[]> {
  const theirs = VersionVector.parse(vector) ?? new VersionVector();
  let after: string | undefined;
  for (;;) {
    const walk = keyValue.walk("entities", after === undefined ? {} : { gt: after });
    let read;
    try {
      read = await walk.take(PAGE_MAX);
    } finally {
      await walk.close();
    }
    const entities = read.map(([, record]) => readRecord<Entity>(record))
      .filter((entity) => isCollected(entity.kind) && coveredBy(theirs, entity));
    const found = entities.length === 0 ? [] : await keyValue.getMany("progress", entities.map(({ key }) => key));
    yield entities.map((entity, at): Write => {
      const record = entity.kind === "task" ? found[at] : undefined;
      return { kind: "forget", entity, ...(record === undefined ? {} : { progress: readRecord<Progress>(record) }) };
    });
    if (read.length < PAGE_MAX) return;
    after = read[read.length - 1]?.[0];
  }
}
