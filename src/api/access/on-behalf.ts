// What a peer says to another of who asks, when it passes a request on: the one that was asked first has made sure.
// Members trust one another with that; what comes from anywhere else says nothing by it.

import { ROLES, type Scope, SCOPES } from "../../core/people/user.ts";
import { isObject } from "../../core/values/faults.ts";
import type { Access } from "./access.ts";

const HEADER = "metronome-on-behalf-of";
const LENGTH_MAX = 512;

/** Takes the place of whatever the client has sent under that name. */
export function sayFor(headers: Headers, { user, role, scopes, parent }: Access): void {
  headers.set(HEADER, encodeURIComponent(JSON.stringify({ user, role, scopes, parent })));
}

/** Absent when it says nothing of the kind. */
export function readFor(headers: Headers): Access | undefined {
  const text = headers.get(HEADER);
  if (text === null || text.length > LENGTH_MAX) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(decodeURIComponent(text));
  } catch {
    return undefined;
  }
  if (!isObject(said) || typeof said.user !== "string" || !Array.isArray(said.scopes)) return undefined;
  const role = ROLES.find((each) => each === said.role);
  const scopes = said.scopes.flatMap((scope): Scope[] => SCOPES.filter((each) => each === scope));
  const { user, parent } = said;
  if (role === undefined || (parent !== undefined && typeof parent !== "string")) return undefined;
  return { kind: "mesh", user, role, scopes, ...(parent === undefined ? {} : { parent }) };
}
