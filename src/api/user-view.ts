// How a user is shown, and what the user may have.

import { formatInstant } from "../core/instant.ts";
import type { UserSettings } from "../core/user-settings.ts";
import type { Quota, Role, User } from "../core/user.ts";

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
