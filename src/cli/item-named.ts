// Which of a list is meant by the beginning of its id: a token, an invitation, a session.

import type { Client, Query } from "./client.ts";
import { EXIT, Failure } from "./failure.ts";
import { pages } from "./pages.ts";
import { objectIn, text } from "./shapes.ts";
import { printable } from "./text.ts";

/** So much of an id tells them apart. */
const PART_MIN = 6;
/** As the tables print it. */
export const ID_SHOWN = 12;

export type Named = {
  readonly path: string;
  /** In the singular. */
  readonly what: string;
  /** The command that lists them. */
  readonly list: string;
};

/** The whole id. */
export async function itemNamed(
  client: Client,
  { path, what, list }: Named,
  word: string,
  query: Query = {},
): Promise<string> {
  const found: string[] = [];
  for await (const items of pages(client, path, query)) {
    found.push(
      ...items.map((item) => text(objectIn(item).id)).filter((id) => word.length >= PART_MIN && id.startsWith(word)),
    );
  }
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  const many = id === undefined ? `There is no ${what} whose id begins` : `The ids of several ${what}s begin`;
  const least = word.length < PART_MIN ? ` (${PART_MIN} characters of it are the least)` : "";
  throw new Failure(EXIT.refused, `${many} with ${printable(word)}${least}: \`${list}\` lists them.`);
}
