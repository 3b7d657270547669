// What is said of a named target on the command line, when it is added and when it is changed. What is secret of it comes
// from a file or the standard input: on the command line every other program of the machine could read it.

import type { Command } from "commander";
import { EXIT, Failure } from "./failure.ts";
import { readJson } from "./input.ts";
import type { Parts } from "./parts.ts";
import { perSecond } from "./rate.ts";
import { isObject, type JsonObject } from "./shapes.ts";
import { wholeNumber } from "./whole-number.ts";

export type TargetOptions = {
  readonly urn?: string;
  readonly definition?: string;
  readonly description?: string;
  readonly user?: string;
  readonly bearer?: true;
  readonly credentials?: string;
  readonly concurrency?: number;
  readonly rate?: string;
};

const CONCURRENCY_MAX = 256;

export function withTarget(command: Command): Command {
  return command
    .option("--urn <urn>", "where its events go, without a user")
    .option("--description <text>", "for people")
    .option("--user <user>", "who sends, by Basic authentication (password), or at a broker")
    .option("--bearer", "who sends is shown by a token (token)")
    .option(
      "--credentials <file>",
      "@file or -: a JSON object of password, token, clientSecret, key, signingSecret, headers",
    )
    .option("--concurrency <n>", "attempts in flight at most", wholeNumber(1, CONCURRENCY_MAX))
    .option("--rate <n>", "attempts a second at most")
    .option("--definition <json>", "JSON, @file, or -: the rest of it, as the API takes it");
}

/** What is given, as the API takes it. */
export async function targetOf(options: TargetOptions, parts: Parts): Promise<JsonObject> {
  const { urn, description, user, bearer, credentials, concurrency, rate, definition } = options;
  if (credentials === "-" && definition === "-") {
    throw new Failure(EXIT.usage, "Only one of --credentials and --definition can be the standard input.");
  }
  if (user !== undefined && bearer === true) {
    throw new Failure(EXIT.usage, "Who sends is shown by --user or by --bearer, not both.");
  }
  const written = definition === undefined ? {} : await readJson("--definition", definition, parts);
  if (!isObject(written)) throw new Failure(EXIT.usage, "--definition is a JSON object.");
  const limits = {
    ...(isObject(written.limits) ? written.limits : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rate === undefined ? {} : { rate: { perSecond: perSecond(rate) } }),
  };
  return {
    ...written,
    ...(urn === undefined ? {} : { urn }),
    ...(description === undefined ? {} : { description }),
    ...(user === undefined ? {} : { auth: { kind: "basic", user } }),
    ...(bearer === true ? { auth: { kind: "bearer" } } : {}),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(credentials === undefined ? {} : { credentials: await readSecret(credentials, parts) }),
  };
}

/** The JSON object of a file, or of the standard input. */
export async function readSecret(given: string, parts: Parts): Promise<JsonObject> {
  if (given !== "-" && !given.startsWith("@")) {
    throw new Failure(
      EXIT.usage,
      "--credentials is @file, or - for the standard input: what stands on the command line is seen by others.",
    );
  }
  let value: unknown;
  try {
    value = await readJson("--credentials", given, parts);
  } catch (error) {
    // What it would say repeats the beginning of the text.
    if (error instanceof Failure && error.message.includes("is not JSON")) {
      throw new Failure(EXIT.usage, '--credentials is not JSON: {"password":"…"}.');
    }
    throw error;
  }
  if (isObject(value)) return value;
  throw new Failure(EXIT.usage, '--credentials is a JSON object: {"password":"…"}.');
}
