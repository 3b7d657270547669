// A list that a peer answers page by page: as a table for people, or a line of JSON for each item; and what is said to a
// person when there is nothing in it.

import type { Client, Query } from "./client.ts";
import type { Context } from "./command.ts";
import { pages } from "./pages.ts";
import { type Cell, type Column, createTable } from "./table.ts";

export type Listing = {
  readonly path: string;
  readonly query?: Query;
  /** At most so many; absent of a list whose pages are as large as the peer makes them. */
  readonly limit?: number;
  readonly columns: readonly Column[];
  /** Of one item, as it was answered. */
  readonly row: (item: unknown) => readonly Cell[];
  readonly none: string;
};

/** More than any peer holds: a list without --limit is printed whole. */
export const LIMIT_MAX = 100_000_000;

export async function printList(client: Client, context: Context, listing: Listing): Promise<void> {
  const { isJson, ink, width, print, printJson, note } = context;
  const { path, query = {}, limit, columns, row, none } = listing;
  const table = createTable(columns, ink, width);
  let isEmpty = true;
  for await (const items of pages(client, path, query, limit)) {
    isEmpty = false;
    if (isJson) { for (const item of items) await printJson(item); }
    else await print(table.lines(items.map(row)));
  }
  if (isEmpty && !isJson) await note(none);
}
