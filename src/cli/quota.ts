// `user quota`: what a user may have, or what all may who have no limits of their own; and another of it.

import { type Command, InvalidArgumentError } from "commander";
import type { Spec } from "./command.ts";
import { maybe, number, objectIn } from "./shapes.ts";
import { createFacts } from "./table.ts";
import { printable } from "./text.ts";
import { findUser } from "./user-named.ts";

/** `default`: that of all users, or the one of the start. */
type Limit = number | "default";

type Options = { readonly tasks?: Limit; readonly payloadBytes?: Limit; readonly firesPerMinute?: Limit };

export const userQuota: Spec<Options> = {
  usage: "quota [name]",
  isWrite: true,
  summary: "say, or set, what a user may have; without a name, what all may who have no limits of their own",
  examples: ["metronome user quota ada", "metronome user quota ada --tasks 50 --fires-per-minute default"],
  options: (command) => {
    limit(command, "--tasks <n>", "living tasks");
    limit(command, "--payload-bytes <n>", "bytes of JSON of their payloads together");
    return limit(command, "--fires-per-minute <n>", "occurrences, and fires by hand, within any minute");
  },
  async run({ isJson, ink, connect, print, printJson }, { tasks, payloadBytes, firesPerMinute }, [name]) {
    const quota = {
      ...(tasks === undefined ? {} : { tasks: sent(tasks) }),
      ...(payloadBytes === undefined ? {} : { payloadBytes: sent(payloadBytes) }),
      ...(firesPerMinute === undefined ? {} : { firesPerMinute: sent(firesPerMinute) }),
    };
    const client = await connect();
    const path = name === undefined ? "settings" : `users/${name === ME ? ME : (await findUser(client, name)).id}`;
    const answer = objectIn(
      Object.keys(quota).length === 0 ? await client.get(path) : await client.send("PATCH", path, { quota }),
    );
    if (isJson) return await printJson(answer.quota);
    const limits = objectIn(answer.quota);
    await print(createFacts([
      ["user", name === undefined ? "all, but admins" : printable(name)],
      ["tasks", shown(limits.tasks)],
      ["payload bytes", shown(limits.payloadBytes)],
      ["fires per minute", shown(limits.firesPerMinute)],
    ], ink));
  },
};

const ME = "me";

function limit(command: Command, flags: string, what: string): Command {
  return command.option(flags, `${what}; \`default\` takes the limit away that was set`, limitIn);
}

function limitIn(value: string): Limit {
  if (value === "default") return value;
  if (/^\d{1,13}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It is a whole number, or `default`.");
}

function sent(limit: Limit): number | null {
  return limit === "default" ? null : limit;
}

function shown(value: unknown): string {
  const known = maybe(value, number);
  return known === undefined ? "no limit" : String(known);
}
