// How a user is shown, and what the user may have.

import type { UserSettings } from "../../core/people/user-settings.ts";
import type { Quota, Role, User } from "../../core/people/user.ts";
import { formatInstant } from "../../core/values/instant.ts";

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

/** Admins have no limit but their own. */
export function quotaFor({ role, quota }: User, settings: UserSettings): UserView["quota"] {
  const common = role === "admin" ? { tasks: null, payloadBytes: null, firesPerMinute: null } : settings.quota;
  return { ...common, ...quota };
}
