// Which user is meant: by its name or its id.

import { canonicalName } from "../core/values/canonical.ts";
import type { Client } from "./client.ts";
import { EXIT, Failure } from "./failure.ts";
import { LIMIT_MAX } from "./listing.ts";
import { pages } from "./pages.ts";
import { objectIn, text } from "./shapes.ts";
import { printable } from "./text.ts";

export type User = { readonly id: string; readonly name: string; readonly role: string; readonly createdAt: string };

export async function findUser(client: Client, word: string): Promise<User> {
  const wanted = canonicalName(word);
  for await (const items of pages(client, "users", {}, LIMIT_MAX)) {
    const found = items.map(parseUser).find(({ id, name }) => id === word || name === wanted);
    if (found !== undefined) return found;
  }
  throw new Failure(EXIT.refused, `There is no user ${printable(word)}: \`metronome user ls\` lists them.`);
}

export function parseUser(value: unknown): User {
  const { id, name, role, createdAt } = objectIn(value);
  return { id: text(id), name: text(name), role: text(role), createdAt: text(createdAt) };
}
