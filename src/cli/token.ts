// `token`: makes a token for the API and prints it, alone, so that a script can take it as it is. It is shown only now.

import { repeated, type Spec } from "./command.ts";
import { ttlSeconds } from "./duration.ts";
import { parseToken } from "./shapes.ts";
import { moment } from "./show.ts";

type Options = { readonly name: string; readonly ttl: string; readonly scope?: readonly string[] };

/** Long enough to try things out, short enough that those which nobody remembers go by themselves. */
const TTL = "P30D";

export const token: Spec<Options> = {
  usage: "token",
  isWrite: true,
  summary: "make a token for the API and print it; on the peer's own machine none is needed for that",
  examples: [
    'curl -H "Authorization: Bearer $(metronome token)" http://127.0.0.1:8081/api/v1/tasks',
    "metronome token --scope read --ttl 1d",
    "metronome token --name backup-server --ttl never > token.txt",
  ],
  options: (command) =>
    command
      .option("--name <name>", "what it is for, to tell it from others", "command line")
      .option("--ttl <duration>", "how long it lasts: 1h, 365d, P30D, or never", TTL)
      .addOption(repeated("--scope <scope>", "read, run, edit, targets or admin, again for each; all when absent")),
  async run({ parts, isJson, connect, print, printJson, note }, { name, ttl, scope }) {
    const seconds = ttl === "never" ? undefined : ttlSeconds(ttl);
    const client = await connect();
    const answer = await client.send("POST", "tokens", {
      name,
      ...(seconds === undefined ? {} : { ttlSeconds: seconds }),
      ...(scope === undefined ? {} : { scopes: scope }),
    });
    if (isJson) return await printJson(answer);
    const { token, expiresAt } = parseToken(answer);
    await print(`${token}\n`);
    if (parts.stdout.isTTY !== true) return;
    await note(
      expiresAt === undefined ? "It does not end by itself." : `It ends at ${moment(expiresAt)}; --ttl says otherwise.`,
    );
  },
};
