// `target add`: a named target, that many tasks refer to.

import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { targetOf, type TargetOptions, withTarget } from "./target-definition.ts";
import { targetPath } from "./target-path.ts";
import { parseTarget } from "./target-shapes.ts";
import { printable } from "./text.ts";

export const targetAdd: Spec<TargetOptions & { readonly replace?: true }> = {
  usage: "add <name>",
  isWrite: true,
  summary: "add a named target, for tasks to refer to",
  examples: [
    "metronome target add billing --urn https://api.example.com/v1 --user me --credentials @billing.json",
    `metronome target add orders --urn https://orders.example.com/ --definition '{"cloudEvents":"structured"}'`,
  ],
  options: (command) =>
    withTarget(command).option("--replace", "replace it when it is there; credentials that are left out stay"),
  async run({ parts, isJson, connect, print, printJson }, { replace, ...options }, [name = ""]) {
    if (options.urn === undefined && options.definition === undefined) {
      throw new Failure(EXIT.usage, "Say with --urn where its events go: --urn https://api.example.com/v1.");
    }
    const body = await targetOf(options, parts);
    const client = await connect();
    const answer = replace === true
      ? await client.send("PUT", targetPath(name), body)
      : await client.send("POST", "targets", { name, ...body });
    if (isJson) return await printJson(answer);
    const { urn } = parseTarget(answer);
    await print(`${printable(name)} is ${printable(urn)}. Tasks refer to it with --to ${printable(name)}.\n`);
  },
};
