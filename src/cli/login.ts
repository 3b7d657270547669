// `login`: signs in with a name and a password, and prints a token alone, so that a script can take it as it is.

import type { Spec } from "./command.ts";
import { ttlSeconds } from "./duration.ts";
import { readPassword } from "./password.ts";
import { parseToken } from "./shapes.ts";
import { printable } from "./text.ts";

export const login: Spec<{ readonly ttl: string }> = {
  usage: "login <name>",
  summary: "sign in with a name and a password, and print a token",
  examples: ["export METRONOME_URL=http://shop:8081 METRONOME_TOKEN=$(metronome login ada --url http://shop:8081)"],
  options: (command) => command.option("--ttl <duration>", "how long it lasts: 1h, P30D", "P30D"),
  async run({ parts, isJson, connect, print, printJson }, { ttl }, [name = ""]) {
    const seconds = ttlSeconds(ttl);
    const client = await connect();
    const password = await readPassword(parts, `Password of ${printable(name)}`);
    const answer = await client.send("POST", "auth/token", {
      ...{ name, password, for: "login of the command line" },
      ...(seconds === undefined ? {} : { ttlSeconds: seconds }),
    });
    return isJson ? await printJson(answer) : await print(`${parseToken(answer).token}\n`);
  },
};
