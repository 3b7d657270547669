// What holds for all users of the mesh: who may sign up, and what a user may have. An admin changes it.

import type { EntityCommand } from "../protocol/command.ts";
import type { Entity } from "../register/register.ts";
import type { Json } from "../values/json.ts";
import { type Quota, quotaOf } from "./user.ts";

/** `first`: nobody but the first, who becomes an admin. `invite`: who was invited. `open`: anybody, as an editor. */
export type SignUp = "first" | "open" | "invite" | "closed";

export const SIGN_UPS: readonly SignUp[] = ["first", "open", "invite", "closed"];

export type UserSettings = { readonly signUp: SignUp; readonly quota: Quota };

/** Room for a shop or a lab, and a bound for who signed up by themselves. */
export const QUOTA: Quota = { tasks: 10_000, payloadBytes: 64 * 1024 * 1024, firesPerMinute: 6_000 };

/** The key of the setting's entity. */
export const USER_SETTINGS = "users";

export function userSettingsOf(entity: Entity | undefined): UserSettings {
  const signUp = SIGN_UPS.find((each) => each === entity?.registers.signUp?.value) ?? "first";
  const quota = entity?.registers.quota?.value;
  const isObject = typeof quota === "object" && quota !== null && !Array.isArray(quota);
  return { signUp, quota: { ...QUOTA, ...(isObject ? quotaOf(quota as { readonly [name: string]: Json }) : {}) } };
}

export function changeUserSettings(
  entity: Entity | undefined,
  change: Partial<UserSettings>,
): EntityCommand {
  const { signUp, quota } = change;
  return {
    kind: "entity",
    entity: entity ?? { kind: "setting", key: USER_SETTINGS, registers: {} },
    values: {
      ...(signUp === undefined ? {} : { signUp }),
      ...(quota === undefined ? {} : { quota: { ...quota } }),
      life: 1,
    },
  };
}
