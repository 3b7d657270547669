// What is sent of users: names, passwords, roles and quotas, read and checked.

import { PASSWORD_MAX, type Quota, type Role, ROLES, USER_NAME_MAX } from "../../core/people/user.ts";
import { canonicalName } from "../../core/values/canonical.ts";
import { describeValue, type Faults, isObject, kindOf, nearest, number, text } from "../../core/values/faults.ts";

/** NIST SP 800-63B. */
export const PASSWORD_MIN = 8;

export const QUOTA_MAX: Quota = { tasks: 10_000_000, payloadBytes: 2 ** 40, firesPerMinute: 10_000_000 };
export const QUOTA_NAMES = ["tasks", "payloadBytes", "firesPerMinute"] as const;

export function nameIn(value: unknown, faults: Faults): string {
  const name = text(typeof value === "string" ? canonicalName(value) : value, "name", 1, USER_NAME_MAX, faults);
  if (name === "") return name;
  if (name.trim() !== name) {
    faults.add("name", "A name does not begin or end with a blank.", { suggestion: name.trim() });
  } else if (UNSEEN.test(name)) {
    faults.add("name", "A name holds no control characters and none that can't be seen.");
  }
  return name;
}

/** Controls, what turns the direction, line ends, and fillers and selectors that take no room. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

export function passwordIn(value: unknown, field: string, faults: Faults): string {
  return text(value, field, PASSWORD_MIN, PASSWORD_MAX, faults);
}

export function wordIn<T extends string>(
  value: unknown,
  field: string,
  known: readonly T[],
  faults: Faults,
): T | undefined {
  const found = known.find((each) => each === value);
  if (found === undefined) {
    const meant = typeof value === "string" ? nearest(value, known) : undefined;
    faults.add(
      field,
      `"${field}" is one of ${known.join(", ")}, not ${describeValue(value)}.`,
      meant === undefined ? {} : { suggestion: meant },
    );
  }
  return found;
}

export function roleIn(value: unknown, faults: Faults): Role {
  return wordIn(value, "role", ROLES, faults) ?? "viewer";
}

/** `null` takes a limit away, so that what holds for all holds again. */
export function quotaIn(value: unknown, faults: Faults): { readonly [name in keyof Quota]?: number | null } {
  if (!isObject(value)) {
    faults.add("quota", `A quota is an object of ${QUOTA_NAMES.join(", ")}, not ${kindOf(value)}.`);
    return {};
  }
  faults.unknown(value, "quota", QUOTA_NAMES);
  const quota: { -readonly [name in keyof Quota]?: number | null } = {};
  for (const name of QUOTA_NAMES) {
    const limit = value[name];
    if (limit === undefined) continue;
    quota[name] = limit === null ? null : number(limit, `quota.${name}`, 0, QUOTA_MAX[name], faults);
  }
  return quota;
}
