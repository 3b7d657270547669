// What is shown as a file: CSV for a table of numbers, NDJSON for a program.

import { type Answer, ask, failureText, type Question } from "../api.ts";
import type { Page } from "../views.ts";
import { csv, type Value } from "./csv.ts";
import { say } from "./notice.tsx";

export type Column<T> = { readonly name: string; readonly of: (item: T) => Value };

export type List = {
  /** Several, when the list is kept in parts: `peer` says of each item where it stands. */
  readonly path: string | readonly string[];
  readonly query: NonNullable<Question["query"]>;
  readonly name: string;
  /** The peer gives it in one piece. */
  readonly isWhole?: true;
};

/** More than so many are an export of the whole, which has a route of its own. */
const ITEMS_MAX = 20_000;
const PAGE = 500;

/** Reads all pages of what a list shows and hands them to the browser. */
export async function download<T>(
  list: List,
  format: "csv" | "ndjson",
  columns: readonly Column<T>[],
): Promise<void> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (const path of typeof list.path === "string" ? [list.path] : list.path) {
    do {
      const query = list.isWhole ? list.query : { ...list.query, limit: PAGE, cursor };
      const answer: Answer<Page<T> & { readonly peer?: string }> = await ask("GET", path, { query });
      if (answer.kind !== "done") return say(`Nothing is exported: ${failureText(answer)}`, { isTrouble: true });
      const { items: page, peer } = answer.value;
      items.push(...peer === undefined ? page : page.map((item) => ({ ...item, peer })));
      cursor = answer.value.cursor ?? undefined;
    } while (cursor !== undefined && items.length < ITEMS_MAX);
    if (cursor !== undefined) break;
  }
  const text = format === "ndjson"
    ? items.map((item) => `${JSON.stringify(item)}\n`).join("")
    : csv([columns.map(({ name }) => name), ...items.map((item) => columns.map(({ of }) => of(item)))]);
  save(`${list.name}.${format}`, text, format === "csv" ? "text/csv" : "application/x-ndjson");
  say(
    cursor === undefined
      ? `${items.length === 1 ? "1 line" : `${items.length} lines`} exported.`
      : `The first ${items.length} lines are exported; there are more.`,
  );
}

export function save(name: string, text: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
