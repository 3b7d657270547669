// How a user is shown, and what the user may have.

import { hash } from "node:crypto";
import type { UserSettings } from "../../core/people/user-settings.ts";
import type { Quota, Role, User } from "../../core/people/user.ts";
import { type Entity, revisionOf } from "../../core/register/register.ts";
import { formatInstant } from "../../core/values/instant.ts";
import { makeTag } from "../request/etag.ts";

export type UserView = {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** null: no limit. */
  readonly quota: { readonly [name in keyof Quota]: number | null };
  readonly createdAt: string;
};

export function userView(user: User, settings: UserSettings): UserView {
  return {
    id: user.id,
    name: user.name,
    role: user.role,
    quota: quotaFor(user, settings),
    createdAt: formatInstant(user.createdAt),
  };
}

/** The limits that hold for all move by themselves: a user whose limits they are is still the one that was read. */
export function userTag(entity: Entity, { quota }: UserView): string {
  return makeTag(revisionOf(entity), hash("sha256", JSON.stringify(quota), "hex").slice(0, 8));
}

/** Admins have no limit but their own. */
export function quotaFor({ role, quota }: User, settings: UserSettings): UserView["quota"] {
  const common = role === "admin" ? { tasks: null, payloadBytes: null, firesPerMinute: null } : settings.quota;
  return { ...common, ...quota };
}
