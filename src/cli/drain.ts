// `drain`: lets a peer hand over all that it fires, before it is switched off or upgraded; `--off` takes it in again.

import type { Spec } from "./command.ts";
import { EXIT } from "./failure.ts";
import { parsePeer } from "./mesh-shapes.ts";
import { nameOf } from "./peer-named.ts";
import { findPeer } from "./peers.ts";

/** Deliveries in flight end first: 30 s is the longest that they take, unless a task says otherwise. */
const WAIT_MS = 45_000;
const LOOK_MS = 200;

export const drain: Spec<{ readonly off?: true }> = {
  usage: "drain [peer]",
  summary: "let a peer hand over all that it fires, and wait until it has; the one that is asked, when none is named",
  examples: ["metronome drain", "metronome drain shop", "metronome drain shop --off"],
  options: (command) => command.option("--off", "let it take part again"),
  async run({ parts, isJson, connect, print, printJson, note }, { off }, [word]) {
    const client = await connect();
    const found = await findPeer(client, word);
    const path = `peers/${encodeURIComponent(found.peer)}`;
    let answer = await client.send("POST", `${path}/drain`, { drain: off !== true });
    const name = nameOf(found);
    if (off === true) return isJson ? await printJson(answer) : await print(`${name} takes part again.\n`);
    for (let waitedMs = 0; parsePeer(answer).shards > 0 && waitedMs < WAIT_MS; waitedMs += LOOK_MS) {
      await parts.wait(LOOK_MS);
      answer = await client.get(path);
    }
    const { shards } = parsePeer(answer);
    if (isJson) await printJson(answer);
    else if (shards === 0) await print(`${name} has handed everything over, and fires nothing any more.\n`);
    if (shards === 0) return;
    await note(`${name} still fires ${shards} shards: something of theirs is in flight. It goes on handing over.`);
    return EXIT.failed;
  },
};
