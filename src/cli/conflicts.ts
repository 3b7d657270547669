// `conflicts`: values that lost against a write made without knowledge of them; `--restore` puts one back.

import type { Spec } from "./command.ts";
import { LIMIT_MAX, printList } from "./listing.ts";
import { type Conflict, parseConflict, parseMesh } from "./mesh-shapes.ts";
import { parseTask } from "./shapes.ts";
import { asText, moment } from "./show.ts";
import type { Cell } from "./table.ts";
import { printable } from "./text.ts";
import { wholeNumber } from "./whole-number.ts";

type Options = { readonly restore?: string; readonly limit?: number };

export const conflicts: Spec<Options> = {
  usage: "conflicts",
  isWrite: true,
  beyond: (word) => `A lost value is put back so: --restore ${word}`,
  summary: "show what lost against a concurrent write, the latest first, and put it back",
  examples: ["metronome conflicts", "metronome conflicts --restore ID"],
  options: (command) =>
    command
      .option("--restore <id>", "put this lost value back, as a new edit")
      .option("--limit <n>", "at most so many; all when absent", wholeNumber(1, LIMIT_MAX)),
  async run(context, { restore, limit = LIMIT_MAX }) {
    const { isJson, connect, print, printJson } = context;
    const client = await connect();
    if (restore !== undefined) {
      const answer = await client.send("POST", `conflicts/${encodeURIComponent(restore)}/restore`);
      return isJson ? await printJson(answer) : await print(`Put back in ${printable(parseTask(answer).id)}.\n`);
    }
    const names = new Map<string, string>();
    if (!isJson) { for (const { peer, name } of parseMesh(await client.get("mesh")).peers) names.set(peer, name); }
    await printList(client, context, {
      path: "conflicts",
      limit,
      columns: COLUMNS,
      row: (item) => row(parseConflict(item), names),
      none: "There are no conflicts.",
    });
  },
};

const COLUMNS = [
  { title: "TASK", isFlexible: true },
  { title: "PART" },
  { title: "LOST", isFlexible: true },
  { title: "KEPT", isFlexible: true, goes: 3 },
  { title: "WRITTEN", goes: 1 },
  { title: "BY", isFlexible: true, goes: 2 },
  { title: "ID" },
];

function row(conflict: Conflict, names: ReadonlyMap<string, string>): readonly Cell[] {
  const { id, kind, task, register, lost, kept } = conflict;
  return [
    task ?? (kind === "task" ? "(deleted)" : `(${kind})`),
    register,
    asText(lost.value),
    asText(kept.value),
    moment(lost.at),
    lost.by === undefined ? "-" : names.get(lost.by) ?? lost.by,
    id,
  ];
}
