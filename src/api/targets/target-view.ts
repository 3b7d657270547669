// How named targets are shown: as they were written, without what is secret, and what is held of that since when.

import type { StoredTarget } from "../../core/delivery/target-entity.ts";
import { type Entity, revisionOf } from "../../core/register/register.ts";
import type { HeldCredential } from "../../core/targets/credentials.ts";
import { formatInstant, type Instant } from "../../core/values/instant.ts";
import { stampMs } from "../../core/values/stamp.ts";
import type { TargetTest } from "../../peer.ts";

/** The definition as its user would write it, credentials apart: what a patch is applied to. */
export function definitionOf({ definition }: StoredTarget): { readonly [field: string]: unknown } {
  if (definition === undefined) return {};
  const { description, limits, ...rest } = definition;
  return {
    ...rest,
    ...(description === "" ? {} : { description }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

export function targetView(
  { entity, target }: { readonly entity: Entity; readonly target: StoredTarget },
  now: Instant,
) {
  const { definition, user, createdAt, credentials } = target;
  if (definition === undefined) throw new Error(`the target ${target.name} can't be read, and is not shown`);
  const { name, description, urn, limits, ...rest } = definition;
  const held = Object.entries(credentials?.held ?? {}).map(([each, one]) => [each, heldView(one, now)]);
  return {
    name,
    description,
    urn,
    ...rest,
    limits,
    held: Object.fromEntries(held),
    user,
    createdAt: formatInstant(createdAt),
    updatedAt: formatInstant(stampMs(revisionOf(entity))),
  };
}

function heldView({ since, publicKey, previous }: HeldCredential, now: Instant) {
  return {
    since: formatInstant(since),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(previous === undefined || (previous.until !== undefined && previous.until <= now)
      ? {}
      : { previous: { until: previous.until === undefined ? null : formatInstant(previous.until) } }),
  };
}

export function testView({ id, startedAt, ms, result }: TargetTest) {
  return {
    id,
    startedAt: formatInstant(startedAt),
    ms,
    outcome: result.kind,
    ...(result.status === undefined ? {} : { status: result.status }),
    ...(result.kind === "failed" ? { error: result.error, retryable: result.retryable } : {}),
  };
}
