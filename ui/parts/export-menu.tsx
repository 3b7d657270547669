/** @jsxImportSource preact */
// What is shown, as a file.

import type { Column, List } from "./download.ts";
import { Icon } from "./icon.tsx";
import { Menu } from "./menu.tsx";

export function ExportMenu<T>({ list, columns }: {
  readonly list: List;
  readonly columns: readonly Column<T>[];
}) {
  const run = async (format: "csv" | "ndjson") => {
    const { download } = await import("./download.ts");
    await download<T>(list, format, columns);
  };
  return (
    <Menu
      label={
        <>
          <Icon name="down" /> Export
        </>
      }
    >
      <button type="button" class="quiet" onClick={() => void run("csv")}>CSV, for a spreadsheet</button>
      <button type="button" class="quiet" onClick={() => void run("ndjson")}>NDJSON, all of it</button>
    </Menu>
  );
}
