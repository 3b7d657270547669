// `user invite`, `user invite ls`, `user invite rm`: what lets one person sign up, each once.

import type { Spec } from "./command.ts";
import { ttlSeconds } from "./duration.ts";
import { ID_SHOWN, itemNamed } from "./item-named.ts";
import { printList } from "./listing.ts";
import { maybe, objectIn, text } from "./shapes.ts";
import { maybeMoment, moment } from "./show.ts";

export const userInvite: Spec<{ readonly role: string; readonly ttl: string }> = {
  usage: "invite",
  isWrite: true,
  summary: "let one person sign up, and print the invitation; where `user policy` is invite",
  examples: ["metronome user invite --role viewer --ttl 1d"],
  options: (command) =>
    command
      .option("--role <role>", "viewer, runner, editor or admin", "editor")
      .option("--ttl <duration>", "how long it is good", "7d"),
  async run({ isJson, connect, print, printJson }, { role, ttl }) {
    const seconds = ttlSeconds(ttl);
    const client = await connect();
    const made = await client.send("POST", "invites", { role, ttlSeconds: seconds });
    return isJson ? await printJson(made) : await print(`${text(objectIn(made).invite)}\n`);
  },
};

export const inviteList: Spec<Record<never, never>> = {
  usage: "ls",
  summary: "list the invitations that nobody has used yet",
  examples: ["metronome user invite ls"],
  async run(context) {
    await printList(await context.connect(), context, {
      path: "invites",
      columns: COLUMNS,
      row,
      none: "There are no invitations.",
    });
  },
};

export const inviteRemove: Spec<Record<never, never>> = {
  usage: "rm <id>",
  isWrite: true,
  summary: "take an invitation back",
  examples: ["metronome user invite rm 3f2a9c41"],
  async run({ isJson, connect, print, printJson }, _options, [word = ""]) {
    const client = await connect();
    const id = await itemNamed(client, INVITES, word);
    await client.send("DELETE", `invites/${id}`);
    return isJson ? await printJson({ removed: id }) : await print(`Took back ${id}.\n`);
  },
};

const INVITES = { path: "invites", what: "invitation", list: "metronome user invite ls" };

const COLUMNS = [{ title: "ID" }, { title: "ROLE" }, { title: "MADE", goes: 1 }, { title: "ENDS" }, {
  title: "BY",
  isFlexible: true,
}];

function row(value: unknown): readonly string[] {
  const { id, role, user, createdAt, expiresAt } = objectIn(value);
  return [
    text(id).slice(0, ID_SHOWN),
    text(role),
    moment(text(createdAt)),
    maybeMoment(maybe(expiresAt, text)),
    text(user),
  ];
}
