// `token ls`, `token rm`: which tokens there are, without their secrets, and the end of one.

import type { Spec } from "./command.ts";
import { ID_SHOWN, itemNamed } from "./item-named.ts";
import { printList } from "./listing.ts";
import { listIn, maybe, objectIn, text } from "./shapes.ts";
import { maybeMoment, moment } from "./show.ts";

export const tokenList: Spec<Record<never, never>> = {
  usage: "ls",
  summary: "list the tokens: what they are for, what they open, and when they end",
  examples: ["metronome token ls"],
  async run(context) {
    await printList(await context.connect(), context, {
      path: "tokens",
      columns: COLUMNS,
      row,
      none: "There are no tokens.",
    });
  },
};

export const tokenRemove: Spec<Record<never, never>> = {
  usage: "rm <id>",
  isWrite: true,
  summary: "end a token, and what was made with it, at every peer",
  examples: ["metronome token rm 3f2a9c41"],
  async run({ isJson, connect, print, printJson }, _options, [word = ""]) {
    const client = await connect();
    const id = await itemNamed(client, TOKENS, word);
    await client.send("DELETE", `tokens/${id}`);
    return isJson ? await printJson({ removed: id }) : await print(`Ended ${id}.\n`);
  },
};

const TOKENS = { path: "tokens", what: "token", list: "metronome token ls" };

const COLUMNS = [
  { title: "ID" },
  { title: "FOR", isFlexible: true },
  { title: "OPENS", isFlexible: true },
  { title: "MADE", goes: 1 },
  { title: "USED", goes: 2 },
  { title: "ENDS" },
];

function row(value: unknown): readonly string[] {
  const { id, name, scopes, createdAt, expiresAt, lastUsedAt } = objectIn(value);
  return [
    text(id).slice(0, ID_SHOWN),
    text(name),
    listIn(scopes).map(text).join(" "),
    moment(text(createdAt)),
    maybeMoment(maybe(lastUsedAt, text)),
    maybeMoment(maybe(expiresAt, text)),
  ];
}
