/** @jsxImportSource preact */
// What is shown, as a file.

import "../styles/parts.css";
import type { Question } from "../api.ts";
import type { Column } from "./download.ts";
import { Icon } from "./icon.tsx";

export function ExportMenu<T>({ list, columns }: {
  readonly list: { readonly path: string; readonly query: NonNullable<Question["query"]>; readonly name: string };
  readonly columns: readonly Column<T>[];
}) {
  const run = async (format: "csv" | "ndjson", event: Event) => {
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.closest("details")?.removeAttribute("open");
    const { download } = await import("./download.ts");
    await download<T>(list, format, columns);
  };
  return (
    <details class="menu-of">
      <summary>
        <Icon name="down" /> Export
      </summary>
      <div class="card">
        <button type="button" class="quiet" onClick={(event) => void run("csv", event)}>CSV, for a spreadsheet</button>
        <button type="button" class="quiet" onClick={(event) => void run("ndjson", event)}>NDJSON, all of it</button>
      </div>
    </details>
  );
}
