// A target is where an event goes: a URN and how to send to it, or the name of a target that is kept apart and that many
// tasks refer to. Any JSON becomes a checked target or the fault that it has; what is checked here can be written on the
// wire without another look: one message, with nothing smuggled into it.

import { type Fault, fault } from "../values/fault.ts";
import { isObject, kindOf, shorten } from "../values/faults.ts";
import type { UserId } from "../values/ids.ts";
import { Memo } from "../values/memo.ts";
import { isSecretHeader } from "./target-http.ts";
import { optionFault, OPTIONS, rulesOf, type SendOptions } from "./target-schemes.ts";
import { hasUserinfo, originOfUrn, schemeOf, URN_EXAMPLE, urnFault, withUrnSecret } from "./target-urn.ts";

/** Where the event goes, as it stands in a task. A user may write a URN alone. */
export type Target = PlainTarget | NamedTarget;

export type PlainTarget = SendOptions & {
  /**
   * `http(s)://user:password@host/path`, `amqp(s)://host/vhost/exchange/routing.key`, `kafka(s)://host,host/topic` or
   * `mqtt(s)://host/topic/path`. At most 2,048 characters.
   */
  readonly urn: string;
};

export type NamedTarget = SendOptions & {
  /** Of a target of the task's own user. What else is written here goes before what that target says. */
  readonly name: string;
  /** Goes behind the path of the target's URN: it starts with a slash, and never leads out of that. */
  readonly path?: string;
};

export const TARGET_NAME_MAX = 64;
const PATH_MAX = 1_024;

export function isNamed(target: Target): target is NamedTarget {
  return "name" in target;
}

/** A URN, an object with a URN and how to send, or one with the name of a target. What is returned is what was written. */
export function parseTarget(value: unknown, field = "target"): Target | Fault {
  if (typeof value === "string") return urnFault(value, field) ?? { urn: value };
  if (!isObject(value)) {
    return fault(field, `A target is a URN, or an object with "urn" or "name", not ${kindOf(value)}.`, {
      suggestion: URN_EXAMPLE,
    });
  }
  return value.name === undefined ? parsePlain(value, field) : parseNamed(value, field);
}

/** 1 to 64 letters, digits, dots, underscores and hyphens. */
export function targetNameFault(name: unknown, field: string): Fault | undefined {
  if (typeof name !== "string") return fault(field, `The name of a target is a text, not ${kindOf(name)}.`);
  if (NAME_PATTERN.test(name)) return undefined;
  const suggestion = name.trim().replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[._-]+/, "").slice(0, TARGET_NAME_MAX);
  return fault(
    field,
    `The name of a target is 1 to ${TARGET_NAME_MAX} of the characters A-Z a-z 0-9 . _ - and starts with a letter or digit.`,
    suggestion === "" ? {} : { suggestion },
  );
}

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The lane that its attempts go by: what bounds how many are in flight, how fast they come, and what a failing target
 * stops. `@user/name` of a named target, the origin of a plain one.
 */
export function laneOf(user: UserId, target: Target): string {
  return isNamed(target) ? `@${user}/${target.name}` : originOf(target);
}

/** `scheme://host:port`, normalised and without userinfo: the unit of pooling and concurrency. */
export function originOf({ urn }: PlainTarget): string {
  return ORIGINS.get(urn) ?? ORIGINS.set(urn, originOfUrn(urn));
}

const ORIGINS = new Memo<string, string>(1_024);

/** The target as it may be shown: its password and the values of headers that hold a secret are `***`. */
export function maskTarget(target: Target): Target {
  return withSecrets(target, () => "***");
}

/** What may hold secrets of its own: a task's target, or the one that it stands for. */
export type SecretHolder = Pick<SendOptions, "headers"> & { readonly urn?: string; readonly name?: string };

/** The target with other texts where its secrets stand: the password in its URN, and the values of secret headers. */
export function withSecrets<T extends SecretHolder>(target: T, change: (secret: string) => string): T {
  const { urn, headers } = target;
  const shown = urn === undefined ? target : { ...target, urn: withUrnSecret(urn, change) };
  return headers === undefined ? shown : {
    ...shown,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, isSecretHeader(name) ? change(value) : value]),
    ),
  };
}

/** What the secrets of a target are sealed for: they are no good at another place. */
export function sealContextOf({ urn = "", name }: SecretHolder): string {
  return name === undefined ? originOfUrn(urn) : `@${name}`;
}

/** Whether there is anything in it to be opened. */
export function isSealed({ urn, headers }: SecretHolder): boolean {
  if (urn?.includes(SEALED) === true) return true;
  return headers !== undefined && Object.values(headers).some((value) => value.startsWith(SEALED));
}

/** How each sealed text starts. */
export const SEALED = "mts1.";

function parsePlain(value: { readonly [name: string]: unknown }, field: string): Target | Fault {
  const { urn } = value;
  const scheme = typeof urn === "string" ? schemeOf(urn) : undefined;
  const rules = scheme === undefined ? undefined : rulesOf(scheme);
  const known = rules === undefined ? OPTIONS : Object.keys(rules.options);
  const unknown = unknownFault(value, field, ["urn", ...known]);
  if (unknown !== undefined) return unknown;
  if (typeof urn !== "string") {
    return fault(`${field}.urn`, `A target's urn is a text, not ${kindOf(urn)}.`, { suggestion: URN_EXAMPLE });
  }
  const wrong = urnFault(urn, `${field}.urn`) ?? optionsFault(value, field, rules?.options) ??
    doubleFault(value.headers, `${field}.headers`, hasUserinfo(urn));
  return wrong ?? { urn, ...optionsOf(value) };
}

function parseNamed(value: { readonly [name: string]: unknown }, field: string): Target | Fault {
  const { name, path } = value;
  const wrong = unknownFault(value, field, ["name", "path", ...OPTIONS]) ??
    targetNameFault(name, `${field}.name`) ??
    (path === undefined ? undefined : pathFault(path, `${field}.path`)) ??
    optionsFault(value, field, undefined);
  if (wrong !== undefined) return wrong;
  return { name: String(name), ...(path === undefined ? {} : { path: String(path) }), ...optionsOf(value) };
}

/** What is wrong with how to send: by the rules of the scheme, or of any when none are given. */
export function optionsFault(
  value: { readonly [name: string]: unknown },
  field: string,
  checks: { readonly [property: string]: (value: unknown, field: string) => Fault | undefined } | undefined,
): Fault | undefined {
  for (const name of OPTIONS) {
    const option = value[name];
    if (option === undefined) continue;
    const at = `${field}.${name}`;
    const wrong = checks === undefined ? optionFault(name, option, at) : checks[name]?.(option, at);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The checked properties of how to send. */
export function optionsOf(value: { readonly [name: string]: unknown }): SendOptions {
  return Object.fromEntries(OPTIONS.flatMap((name) => value[name] === undefined ? [] : [[name, value[name]]]));
}

/** Two ways to say who sends are one too many. */
export function doubleFault(headers: unknown, field: string, hasOther: boolean): Fault | undefined {
  if (!hasOther || !isObject(headers)) return undefined;
  const name = Object.keys(headers).find((each) => each.toLowerCase() === "authorization");
  if (name === undefined) return undefined;
  return fault(
    `${field}.${name}`,
    "The target has a user already, which is sent as authorization; keep one of the two.",
  );
}

function unknownFault(
  value: { readonly [name: string]: unknown },
  field: string,
  known: readonly string[],
): Fault | undefined {
  const name = Object.keys(value).find((each) => !known.includes(each));
  if (name === undefined) return undefined;
  const meant = Object.hasOwn(MEANT, name) ? MEANT[name] : undefined;
  return fault(
    `${field}.${shorten(name)}`,
    `A target has no property "${shorten(name)}" here; known are ${known.join(", ")}.`,
    meant === undefined ? {} : { suggestion: meant },
  );
}

const MEANT: { readonly [name: string]: string } = {
  url: "urn",
  uri: "urn",
  href: "urn",
  header: "headers",
  verb: "method",
};

/** What is wrong with what goes behind the path of a named target: it never leads out of that. */
export function pathFault(path: unknown, field: string): Fault | undefined {
  if (typeof path !== "string") return fault(field, `A path is a text, not ${kindOf(path)}.`);
  if (!path.startsWith("/")) return fault(field, "A path starts with a slash.", { position: 0 });
  if (path.length > PATH_MAX) return fault(field, `A path is at most ${PATH_MAX} characters.`);
  const wrong = path.search(/[^\x21-\x7e]|[\\#]/);
  if (wrong !== -1) {
    return fault(field, "A path holds visible ASCII without \\ and #; what else it is to say is percent-encoded.", {
      position: wrong,
    });
  }
  const [steps = ""] = path.split("?");
  // Whoever may use a target may not reach past what it is for: dots lead upwards, encoded or not (WHATWG URL §4.4).
  const isUpwards = steps.split("/").some((step) => /^(\.|%2e){1,2}$/i.test(step));
  return isUpwards ? fault(field, "A path has no . and .. among its steps.") : undefined;
}
