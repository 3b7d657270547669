// `token ls`, `token rm`: which tokens there are, without their secrets, and the end of one.

import type { Spec } from "./command.ts";
import { EXIT, Failure } from "./failure.ts";
import { listIn, maybe, objectIn, text } from "./shapes.ts";
import { maybeMoment, moment } from "./show.ts";
import { createTable } from "./table.ts";
import { printable } from "./text.ts";

export const tokenList: Spec<Record<never, never>> = {
  usage: "ls",
  summary: "list the tokens: what they are for, what they open, and when they end",
  examples: ["metronome token ls"],
  async run({ isJson, ink, width, connect, print, printJson, note }) {
    const client = await connect();
    const items = listIn(objectIn(await client.get("tokens")).items);
    if (isJson) {
      for (const item of items) await printJson(item);
      return;
    }
    if (items.length === 0) return await note("There are no tokens.");
    await print(createTable(COLUMNS, ink, width).lines(items.map(row)));
  },
};

export const tokenRemove: Spec<Record<never, never>> = {
  usage: "rm <id>",
  isWrite: true,
  summary: "end a token, and what was made with it, at every peer",
  examples: ["metronome token rm 3f2a9c41"],
  async run({ isJson, connect, print, printJson }, _options, [word = ""]) {
    const client = await connect();
    const items = listIn(objectIn(await client.get("tokens")).items).map((item) => text(objectIn(item).id));
    const found = items.filter((id) => word.length >= PART_MIN && id.startsWith(word));
    const [id] = found;
    if (id === undefined || found.length > 1) {
      const what = id === undefined ? "There is no token whose id begins" : "The ids of several tokens begin";
      throw new Failure(EXIT.refused, `${what} with ${printable(word)}: \`metronome token ls\` lists them.`);
    }
    await client.send("DELETE", `tokens/${id}`);
    return isJson ? await printJson({ removed: id }) : await print(`Ended ${id}.\n`);
  },
};

/** So much of an id tells tokens apart. */
const PART_MIN = 6;
const ID_SHOWN = 12;

const COLUMNS = [
  { title: "ID" },
  { title: "FOR", isFlexible: true },
  { title: "OPENS", isFlexible: true },
  { title: "MADE", goes: 1 },
  { title: "ENDS" },
];

function row(value: unknown): readonly string[] {
  const { id, name, scopes, createdAt, expiresAt } = objectIn(value);
  return [
    text(id).slice(0, ID_SHOWN),
    text(name),
    listIn(scopes).map(text).join(" "),
    moment(text(createdAt)),
    maybeMoment(maybe(expiresAt, text)),
  ];
}
