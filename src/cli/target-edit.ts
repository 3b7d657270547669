// `target edit`: changes what is given of a target, for all tasks that refer to it, and leaves the rest as it is.

import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { isObject } from "./shapes.ts";
import { targetOf, type TargetOptions, withTarget } from "./target-definition.ts";
import { targetPath } from "./target-path.ts";
import { parseTarget } from "./target-shapes.ts";
import { printable } from "./text.ts";

export const targetEdit: Spec<TargetOptions> = {
  usage: "edit <name>",
  isWrite: true,
  summary: "change what is given of a target, for all tasks that refer to it",
  examples: [
    "metronome target edit billing --urn https://api.example.com/v2 --rate 10",
    `metronome target edit billing --definition '{"limits":{"breaker":false},"success":null}'`,
  ],
  options: withTarget,
  async run({ parts, isJson, connect, print, printJson }, options, [name = ""]) {
    const changes = await targetOf(options, parts);
    const { auth } = changes;
    const patch = isObject(auth) ? { ...changes, auth: { ...NOBODY, ...auth } } : changes;
    if (Object.keys(patch).length === 0) {
      throw new Failure(EXIT.usage, "Nothing is to be changed: say what, --urn for one. --help says more.");
    }
    const client = await connect();
    const answer = await client.send("PATCH", targetPath(name), patch);
    if (isJson) return await printJson(answer);
    await print(`Changed ${printable(name)}, which is ${printable(parseTarget(answer).urn)}.\n`);
  },
};

/** A patch is merged: what belonged to another way of showing who sends goes. */
const NOBODY = { user: null, tokenUrl: null, clientId: null, scope: null, audience: null, clientAuth: null };
