// `ticket`: lets another machine join the mesh. The ticket is printed alone, so that a script can take it as it is; a
// person sees a QR code too.

import type { Spec } from "./command.ts";
import { ttlSeconds } from "./duration.ts";
import { parseTicket } from "./mesh-shapes.ts";
import { moment } from "./show.ts";
import { widthOf } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = { readonly ttl: string; readonly uses: number };

const USES_MAX = 100;

export const ticket: Spec<Options> = {
  usage: "ticket",
  summary: "make a ticket, with which another machine joins this mesh",
  examples: ["metronome ticket", "ssh shop metronome join $(metronome ticket --ttl 1h)"],
  options: (command) =>
    command
      .option("--ttl <duration>", "how long it is good: 10m, 1h, PT90S", "10m")
      .option("--uses <n>", "how many machines it lets in", wholeNumber(1, USES_MAX), 1),
  async run({ isJson, width, connect, print, printJson, note }, { ttl, uses }) {
    const seconds = ttlSeconds(ttl);
    const client = await connect();
    const answer = await client.send("POST", "tickets", { ttlSeconds: seconds, uses });
    if (isJson) return await printJson(answer);
    const { ticket, expiresAt, qr } = parseTicket(answer);
    await print(`${ticket}\n`);
    if (width === undefined) return;
    if (qr !== "" && widthOf(qr.split("\n")[0] ?? "") <= width) await note(`\n${qr}\n`);
    await note(
      `On the other machine: metronome join TICKET\n` +
        `It lets ${uses === 1 ? "one machine" : `${uses} machines`} in until ${
          moment(expiresAt)
        }, and is as good as a key till then.`,
    );
  },
};
