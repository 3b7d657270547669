// `user sessions`: where somebody is signed in, by a browser or a client of the seed's.

import type { Spec } from "./command.ts";
import { ID_SHOWN } from "./item-named.ts";
import { printList } from "./listing.ts";
import { flag, maybe, objectIn, text } from "./shapes.ts";
import { maybeMoment, moment } from "./show.ts";

export const userSessions: Spec<Record<never, never>> = {
  usage: "sessions [name]",
  summary:
    "list sessions, when and from where they were opened and last used: one's own, or as an admin those of a user",
  examples: ["metronome user sessions", "metronome user sessions ada", "metronome user sessions admin"],
  async run(context, _options, [name]) {
    await printList(await context.connect(), context, {
      path: "auth/sessions",
      query: { user: name },
      columns: COLUMNS,
      row,
      none: "Nobody is signed in: there are no such sessions.",
    });
  },
};

const COLUMNS = [
  { title: "ID" },
  { title: "OPENED" },
  { title: "FROM", isFlexible: true },
  { title: "USED" },
  { title: "FROM", isFlexible: true, goes: 2 },
  { title: "ENDS", goes: 1 },
  { title: "WITH", isFlexible: true },
];

function row(value: unknown): readonly string[] {
  const { id, isThis, from, agent, createdAt, expiresAt, lastUsedAt, lastUsedFrom } = objectIn(value);
  return [
    `${text(id).slice(0, ID_SHOWN)}${flag(isThis) ? " *" : ""}`,
    moment(text(createdAt)),
    maybe(from, text) ?? "-",
    maybeMoment(maybe(lastUsedAt, text)),
    maybe(lastUsedFrom, text) ?? "-",
    maybeMoment(maybe(expiresAt, text)),
    maybe(agent, text) ?? "-",
  ];
}
