// A list that comes in pages, as one: page after page, each asked for when the one before is done with.

import type { Client, Query } from "./client.ts";
import { parsePage } from "./shapes.ts";

/** The API gives no more at a time. */
export const PAGE_MAX = 500;

/** Pages of at most `limit` items in all, as the peer sent them; an empty page is left out. Without a limit they are as large as the peer makes them. */
export async function* pages(
  client: Client,
  path: string,
  query: Query,
  limit?: number,
): AsyncGenerator<readonly unknown[]> {
  let left = limit ?? Infinity;
  let cursor: string | undefined;
  do {
    const size = limit === undefined ? undefined : String(Math.min(left, PAGE_MAX));
    const page = parsePage(await client.get(path, { ...query, limit: size, cursor }));
    left -= page.items.length;
    cursor = page.cursor;
    if (page.items.length > 0) yield page.items;
  } while (cursor !== undefined && left > 0);
}
