// `target add`: a named target, that many tasks refer to. What is secret of it comes from a file or the standard input: on
// the command line every other program of the machine could read it.

import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { readJson } from "./input.ts";
import type { Parts } from "./parts.ts";
import { perSecond } from "./rate.ts";
import { isObject, type JsonObject } from "./shapes.ts";
import { targetPath } from "./target-path.ts";
import { parseTarget } from "./target-shapes.ts";
import { printable } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = {
  readonly urn?: string;
  readonly definition?: string;
  readonly description?: string;
  readonly user?: string;
  readonly bearer?: true;
  readonly credentials?: string;
  readonly concurrency?: number;
  readonly rate?: string;
  readonly replace?: true;
};

const CONCURRENCY_MAX = 256;

export const targetAdd: Spec<Options> = {
  usage: "add <name>",
  isWrite: true,
  summary: "add a named target, for tasks to refer to",
  examples: [
    "metronome target add billing --urn https://api.example.com/v1 --user me --credentials @billing.json",
    `metronome target add orders --urn https://orders.example.com/ --definition '{"cloudEvents":"structured"}'`,
  ],
  options: (command) =>
    command
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
      .option("--definition <json>", "JSON, @file, or -: the rest of it, as the API takes it")
      .option("--replace", "replace it when it is there; credentials that are left out stay"),
  async run({ parts, isJson, connect, print, printJson }, options, [name = ""]) {
    const body = await bodyOf(options, parts);
    const client = await connect();
    const answer = options.replace === true
      ? await client.send("PUT", targetPath(name), body)
      : await client.send("POST", "targets", { name, ...body });
    if (isJson) return await printJson(answer);
    const { urn } = parseTarget(answer);
    await print(`${printable(name)} is ${printable(urn)}. Tasks refer to it with --to ${printable(name)}.\n`);
  },
};

async function bodyOf(options: Options, parts: Parts): Promise<JsonObject> {
  const { urn, description, user, bearer, credentials, concurrency, rate, definition } = options;
  if (credentials === "-" && definition === "-") {
    throw new Failure(EXIT.usage, "Only one of --credentials and --definition can be the standard input.");
  }
  if (user !== undefined && bearer === true) {
    throw new Failure(EXIT.usage, "Who sends is shown by --user or by --bearer, not both.");
  }
  if (urn === undefined && definition === undefined) {
    throw new Failure(EXIT.usage, "Say with --urn where its events go: --urn https://api.example.com/v1.");
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
