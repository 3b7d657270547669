// The living stamps are those of entities that are not deleted. The digest tree takes these alone, so that peers who hold
// the same have the same digest, whichever of them has forgotten a tombstone already.

import type { Write } from "../protocol/write.ts";
import { type Entity, isDead, stampsOf } from "../register/register.ts";
import type { Stamp } from "../values/stamp.ts";

/** What a write of an entity takes away from them, and adds. */
export function livingStampsChanged(
  { entity, dropped, added, wasDead = false }:
    & Pick<Extract<Write, { kind: "entity" }>, "entity" | "dropped" | "added">
    & {
      readonly wasDead?: boolean;
    },
): { readonly gone: readonly Stamp[]; readonly come: readonly Stamp[] } {
  const isNowDead = isDead(entity);
  if (wasDead === isNowDead) return wasDead ? { gone: [], come: [] } : { gone: dropped, come: added };
  const all = [...stampsOf(entity)];
  if (wasDead) return { gone: [], come: all };
  const news = new Set(added);
  return { gone: [...dropped, ...all.filter((stamp) => !news.has(stamp))], come: [] };
}

/** One stamp of an entity, as the digest tree takes it: two peers have equal roots when they hold the same stamps. */
export function dotOf({ kind, key }: Pick<Entity, "kind" | "key">, stamp: Stamp) {
  return { kind, key, registers: { dot: { stamp } } };
}
