// The definition of a named target, as a user writes it: where it is, how to send to it, who sends, and how much it is
// given. Its credentials are written with it, and kept apart.

import type { Fault } from "../values/fault.ts";
import { Faults, isObject, kindOf, text } from "../values/faults.ts";
import { type CredentialChanges, credentialsIn } from "./credentials.ts";
import { type Auth, authIn, type Tls, tlsIn } from "./target-auth.ts";
import { isSecretHeader } from "./target-http.ts";
import { limitsIn, type TargetLimits } from "./target-limits.ts";
import { OPTIONS, rulesOf, type SendOptions } from "./target-schemes.ts";
import { hasUserinfo, schemeOf, URN_EXAMPLE, urnFault } from "./target-urn.ts";
import { doubleFault, optionsFault, optionsOf, targetNameFault } from "./target.ts";

export type TargetDefinition = SendOptions & {
  readonly name: string;
  readonly description: string;
  /** Without a user: that is said under `auth`. */
  readonly urn: string;
  readonly auth?: Auth;
  readonly tls?: Tls;
  readonly limits: TargetLimits;
};

export type ParsedTarget = { readonly definition: TargetDefinition; readonly credentials: CredentialChanges };

export const DESCRIPTION_MAX = 1_024;
const FIELDS = ["name", "description", "urn", "auth", "tls", "limits"];
/** What a target shows beside its definition. */
const SHOWN = ["user", "held", "createdAt", "updatedAt"];

/** `name` is what a definition without one gets. */
export function parseTargetDefinition(
  value: unknown,
  more: { readonly name?: string } = {},
): ParsedTarget | readonly Fault[] {
  const faults = new Faults();
  if (!isObject(value)) {
    faults.add("", `A target is a JSON object with "name" and "urn", not ${kindOf(value)}.`);
    return faults.all;
  }
  const { urn, headers, auth, tls, limits, description, credentials } = value;
  const name = value.name ?? more.name;
  const rules = rulesOf(typeof urn === "string" ? schemeOf(urn) ?? "" : "");
  const options = rules === undefined ? OPTIONS : Object.keys(rules.options);
  faults.unknown(value, "", [...FIELDS, ...options, "credentials"], SHOWN);
  const wrongName = targetNameFault(name, "name");
  if (wrongName !== undefined) faults.take(wrongName);
  urnIn(urn, faults);
  const wrongOptions = optionsFault(value, "", rules?.options);
  if (wrongOptions !== undefined) faults.take({ ...wrongOptions, field: wrongOptions.field.slice(1) });
  if (isObject(headers)) openHeaders(headers, auth !== undefined, faults);
  const definition: TargetDefinition = {
    name: String(name),
    description: description === undefined ? "" : text(description, "description", 0, DESCRIPTION_MAX, faults),
    urn: String(urn),
    ...optionsOf(value),
    ...optional("auth", auth === undefined ? undefined : authIn(auth, "auth", faults)),
    ...optional("tls", tls === undefined ? undefined : tlsIn(tls, "tls", faults)),
    limits: limits === undefined ? {} : limitsIn(limits, "limits", faults),
  };
  const changes = credentials === undefined ? {} : credentialsIn(credentials, "credentials", faults);
  return faults.all.length > 0 ? faults.all : { definition, credentials: changes };
}

export function isTargetFaults(value: ParsedTarget | readonly Fault[]): value is readonly Fault[] {
  return Array.isArray(value);
}

function urnIn(urn: unknown, faults: Faults): void {
  if (typeof urn !== "string") {
    faults.add("urn", `A target's urn is a text, not ${kindOf(urn)}.`, { suggestion: URN_EXAMPLE });
    return;
  }
  const wrong = urnFault(urn, "urn");
  if (wrong !== undefined) faults.take(wrong);
  else if (hasUserinfo(urn)) {
    faults.add("urn", 'The URN of a named target holds no user: it is said under "auth", its password in credentials.');
  }
}

function openHeaders(headers: { readonly [name: string]: unknown }, hasAuth: boolean, faults: Faults): void {
  const wrong = doubleFault(headers, "headers", hasAuth);
  if (wrong !== undefined) return faults.take(wrong);
  const secret = Object.keys(headers).find(isSecretHeader);
  if (secret === undefined) return;
  faults.add(`headers.${secret}`, `The value of "${secret}" looks like a secret: write it under credentials.headers.`);
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [name in Name]?: T } {
  return value === undefined ? {} : { [name]: value } as { readonly [name in Name]: T };
}
