// `audit`: who did what at a peer, and whether its record is whole.

import type { Spec } from "./command.ts";
import { EXIT } from "./failure.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { flag, maybe, number, objectIn, text } from "./shapes.ts";
import { moment } from "./show.ts";
import { wholeNumber } from "./whole-number.ts";

type ListOptions = {
  readonly user?: string;
  readonly what?: string;
  readonly on?: string;
  readonly from?: string;
  readonly until?: string;
  readonly limit?: number;
};

export const auditList: Spec<ListOptions> = {
  usage: "ls",
  summary: "show who did what at this peer, the latest first",
  examples: ["metronome audit ls --limit 20", "metronome audit ls --what 'task put' --on backup"],
  options: (command) =>
    command
      .option("--user <user>", "what this user did, by name or id")
      .option("--what <deed>", "deeds of this kind: task, 'task put', token …")
      .option("--on <id>", "what was done to it: the id of a task, of a token …")
      .option("--from <instant>", "what was done then or later")
      .option("--until <instant>", "what was done before")
      .option("--limit <n>", "at most so many", wholeNumber(1, LIMIT_MAX)),
  async run(context, { limit = LIMIT_MAX, ...query }) {
    const none = Object.keys(query).length === 0 ? "Nothing was done here yet." : "Nothing like that was done here.";
    await printList(await context.connect(), context, { path: "audit", query, limit, columns: COLUMNS, row, none });
  },
};

export const auditVerify: Spec<Record<never, never>> = {
  usage: "verify",
  summary: "say whether the record of this peer is whole; 1 when it is not",
  examples: ["metronome audit verify"],
  async run({ isJson, connect, print, printJson }) {
    const answer = await (await connect()).get("audit:verify");
    const { whole, head, broken } = objectIn(answer);
    if (isJson) await printJson(answer);
    else if (flag(whole)) await print(`Whole: ${number(objectIn(head).n)} records, each bound to the one before.\n`);
    else {
      const { n, why } = objectIn(broken);
      await print(`Broken at record ${number(n)}: ${text(why)}.\n`);
    }
    return flag(whole) ? EXIT.done : EXIT.failed;
  },
};

export const auditExport: Spec<Record<never, never>> = {
  usage: "export",
  beyond: (word) => `A file is written so: metronome audit export > ${word}`,
  summary: "print the record of this peer as it stands on its disk, hashes and seals included",
  examples: ["metronome audit export > audit.log"],
  async run({ connect, print }) {
    for await (const bytes of await (await connect()).stream("audit:export")) await print(bytes);
  },
};

const COLUMNS = [
  { title: "WHEN" },
  { title: "WHO", isFlexible: true },
  { title: "BY" },
  { title: "FROM", goes: 1 },
  { title: "WHAT" },
  { title: "ON", isFlexible: true },
];

function row(value: unknown): readonly string[] {
  const { at, user, by, from, what, on } = objectIn(value);
  return [moment(text(at)), text(user), text(by), maybe(from, text) ?? "", text(what), text(on)];
}
