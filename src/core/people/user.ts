// A user owns tasks, and may do what the role says. Users are replicated like tasks: each is an entity of registers that
// merge one by one, so that a new password at one peer and a new role at another both stand.
//
//   who       the name and the birth, written once     role   what the user may do
//   password  the hash of the password                 quota  what the user may have
//   life      causal length: odd is alive
//
// A name is unique. Two peers that do not see each other can give it to two users; the elder keeps it, and the other one
// can't sign in by it.

import type { EntityCommand } from "../protocol/command.ts";
import { type Entity, isAlive } from "../register/register.ts";
import type { UserId } from "../values/ids.ts";
import { type Instant, instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Stamp } from "../values/stamp.ts";

export type Role = "admin" | "editor" | "runner" | "viewer";

export const ROLES: readonly Role[] = ["admin", "editor", "runner", "viewer"];

/**
 * What an access is good for: `read` sees, `run` triggers, pauses and cancels, `edit` creates, changes and deletes tasks,
 * `targets` does so with named targets, `admin` sees and does all.
 */
export type Scope = "read" | "run" | "edit" | "targets" | "admin";

export const SCOPES: readonly Scope[] = ["read", "run", "edit", "targets", "admin"];

export const SCOPES_OF: { readonly [role in Role]: readonly Scope[] } = {
  admin: SCOPES,
  editor: ["read", "run", "edit", "targets"],
  runner: ["read", "run"],
  viewer: ["read"],
};

/** The user that the peer's own keys stand for: it has no password, and is there from the start. */
export const ADMIN: UserId = "admin";

export const USER_NAME_MAX = 256;
export const PASSWORD_MAX = 256;

/** What a user may have, all peers together. */
export type Quota = {
  /** Living tasks. */
  readonly tasks: number;
  /** Bytes of JSON of their payloads together. */
  readonly payloadBytes: number;
  /** Occurrences of their schedules, and manual fires, within any minute. */
  readonly firesPerMinute: number;
};

export type User = {
  /** A UUID. */
  readonly id: UserId;
  readonly name: string;
  readonly role: Role;
  /** As `hashPassword` of the API makes it. */
  readonly password: string;
  /** When that was set; absent while it is not written. */
  readonly passwordStamp?: Stamp;
  /** What an admin has set in place of what all users may have. */
  readonly quota: Partial<Quota>;
  readonly createdAt: Instant;
};

/** The user that an entity holds; absent when it was deleted. */
export function userOf(entity: Entity | undefined): User | undefined {
  if (entity === undefined || !isAlive(entity)) return undefined;
  const who = objectOf(entity, "who");
  const role = ROLES.find((each) => each === entity.registers.role?.value);
  const { value: password, stamp: passwordStamp } = entity.registers.password ?? {};
  if (typeof who.name !== "string" || typeof who.createdAt !== "number") return undefined;
  return {
    id: entity.key,
    name: who.name,
    // What this peer can't read gives least.
    role: role ?? "viewer",
    password: typeof password === "string" ? password : "",
    ...(passwordStamp === undefined ? {} : { passwordStamp }),
    quota: quotaOf(objectOf(entity, "quota")),
    createdAt: instant(who.createdAt),
  };
}

export function createUser({ id, name, role, password, quota, createdAt }: User): EntityCommand {
  const values = { who: { name, createdAt }, role, password, quota: { ...quota }, life: 1 };
  return { kind: "entity", entity: { kind: "user", key: id, registers: {} }, values };
}

/** What is absent stays as it is. */
export function changeUser(
  entity: Entity,
  change: Partial<Pick<User, "role" | "password" | "quota">>,
): EntityCommand {
  const { quota, ...rest } = change;
  return { kind: "entity", entity, values: { ...rest, ...(quota === undefined ? {} : { quota: { ...quota } }) } };
}

/** Its name is free again; its hash is forgotten. */
export function removeUser(entity: Entity): EntityCommand {
  const life = entity.registers.life?.value;
  return { kind: "entity", entity, values: { password: null, life: typeof life === "number" ? life + 1 : 2 } };
}

export function quotaOf(value: { readonly [name: string]: Json }): Partial<Quota> {
  const quota: { -readonly [name in keyof Quota]?: number } = {};
  for (const name of ["tasks", "payloadBytes", "firesPerMinute"] as const) {
    const limit = value[name];
    if (typeof limit === "number") quota[name] = limit;
  }
  return quota;
}

function objectOf(entity: Entity, register: string): { readonly [name: string]: Json } {
  const value = entity.registers[register]?.value;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as { readonly [name: string]: Json }
    : {};
}
