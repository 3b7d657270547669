// A named target as a request finds it: its entity, and what that says.

import { type StoredTarget, targetOf } from "../../core/delivery/target-entity.ts";
import { type Entity, revisionOf } from "../../core/register/register.ts";
import { type EntityTags, matchOf } from "../request/etag.ts";
import { problem } from "../request/problem.ts";

export type Found = { readonly entity: Entity; readonly target: StoredTarget };

/** A target that lives, and that this program can read. */
export function foundIn(entity: Entity | undefined): Found | undefined {
  const target = targetOf(entity);
  return entity === undefined || target?.definition === undefined ? undefined : { entity, target };
}

export function tagOf({ entity }: Found): string {
  return `"${revisionOf(entity)}"`;
}

export function isMatched({ entity }: Found, tags: EntityTags | undefined): boolean {
  const match = matchOf(tags);
  return match === undefined || match === "*" || match.includes(revisionOf(entity));
}

export function changedSince(): Response {
  return problem(412, "The target was changed since it was read.", { field: "If-Match" });
}
