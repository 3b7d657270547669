// How a named target stands in its registers: five values, each written and merged by itself.
//
//   target       the URN, how to send, who sends, TLS     meta  name, user, description, birth
//   limits       how much it is given                     life  causal length: odd is alive
//   credentials  sealed, and what is held since when

import { hash } from "node:crypto";
import { type Entity, isAlive } from "../register/register.ts";
import { parseSealed, type SealedCredentials } from "../targets/credentials.ts";
import { isTargetFaults, parseTargetDefinition, type TargetDefinition } from "../targets/target-definition.ts";
import { isObject } from "../values/faults.ts";
import type { UserId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Notice } from "./notice.ts";

export type StoredTarget = {
  readonly key: string;
  readonly user: UserId;
  readonly createdAt: Instant;
  /** Absent when this program can't read what stands there: a newer one wrote it. */
  readonly definition?: TargetDefinition;
  readonly name: string;
  readonly credentials?: SealedCredentials;
};

/** 64 hex digits: the key of the entity, and what its credentials are sealed for. */
export function targetKey(user: UserId, name: string): string {
  return hash("sha256", `${user}\n${name}`, "hex");
}

/** The target that an entity holds; absent when it is deleted or never was, or says not even whose it is. */
export function targetOf(entity: Entity | undefined): StoredTarget | undefined {
  if (entity === undefined || entity.kind !== "target" || !isAlive(entity)) return undefined;
  const { meta, target, limits, credentials } = entity.registers;
  if (!isObject(meta?.value)) return undefined;
  const { user, name, description = "", createdAt } = meta.value;
  if (typeof user !== "string" || typeof name !== "string" || typeof createdAt !== "number") return undefined;
  if (entity.key !== targetKey(user, name)) return undefined;
  const written = isObject(target?.value) ? target.value : {};
  const parsed = parseTargetDefinition({ ...written, name, description, limits: limits?.value ?? {} });
  const sealed = parseSealed(credentials?.value);
  return {
    key: entity.key,
    user,
    name,
    createdAt: createdAt as Instant,
    ...(isTargetFaults(parsed) ? {} : { definition: parsed.definition }),
    ...(sealed === undefined ? {} : { credentials: sealed }),
  };
}

/** Whose target an entity is, or was; absent when it says not even that. */
export function targetNews(entity: Entity): Extract<Notice, { kind: "target" }> | undefined {
  const meta = entity.kind === "target" ? entity.registers.meta?.value : undefined;
  if (!isObject(meta) || typeof meta.user !== "string" || typeof meta.name !== "string") return undefined;
  return { kind: "target", user: meta.user, name: meta.name, isRemoved: !isAlive(entity) };
}

/** The values of the registers of a target that is written; those that stay as they are are left out. */
export function targetValues(
  entity: Entity | undefined,
  written: {
    readonly user: UserId;
    readonly definition: TargetDefinition;
    readonly credentials: SealedCredentials | undefined;
    readonly now: Instant;
  },
): { readonly [register: string]: Json } {
  const { user, definition, credentials, now } = written;
  const before = targetOf(entity);
  const { name, description, limits, ...target } = definition;
  return changedValues(entity, {
    meta: { name, user, description, createdAt: before?.createdAt ?? now },
    target: target as Json,
    limits: limits as Json,
    credentials: (credentials ?? null) as Json,
    life: before === undefined ? lifeOf(entity) + 1 : lifeOf(entity),
  });
}

/** The values of a target that is deleted: what it said is forgotten, who it was stays for the merge. */
export function removedValues(entity: Entity, { user, name }: StoredTarget): { readonly [register: string]: Json } {
  return { meta: { user, name }, target: null, limits: null, credentials: null, life: lifeOf(entity) + 1 };
}

function changedValues(
  entity: Entity | undefined,
  values: { readonly [register: string]: Json },
): { readonly [register: string]: Json } {
  const isOld = (name: string, value: Json) => JSON.stringify(entity?.registers[name]?.value) === JSON.stringify(value);
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !isOld(name, value)));
}

function lifeOf(entity: Entity | undefined): number {
  const life = entity?.registers.life?.value;
  return typeof life === "number" ? life : 0;
}
