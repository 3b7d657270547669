// Tables for people: aligned columns under a line of titles. Rows may come page by page; columns only grow.

import type { Colour, Ink } from "./ink.ts";
import { cut, padded, printable, widthOf } from "./text.ts";

export type Column = {
  readonly title: string;
  /** Cells that it takes from the first row on, when what comes later is known to be that wide. */
  readonly width?: number;
  /** Cut where the terminal is too narrow. */
  readonly isFlexible?: boolean;
  /** Left out where the terminal is too narrow for what is cut already; the lowest first. */
  readonly goes?: number;
};

export type Cell = string | { readonly text: string; readonly colour: Colour };

export type Table = {
  /** The rows as lines, below the titles when they are the first. */
  lines(rows: readonly (readonly Cell[])[]): string;
};

const GAP = "  ";
/** A flexible column keeps so many cells. */
const FLEXIBLE_MIN = 10;

/** `width`: columns of the terminal; absent: nothing is cut. */
export function createTable(columns: readonly Column[], ink: Ink, width?: number): Table {
  let widths = columns.map((column) => Math.max(widthOf(column.title), column.width ?? 0));
  /** The columns that are shown: settled with the first rows. */
  let places = columns.map((_, i) => i);
  let isTitled = false;
  return {
    lines(rows) {
      const whole = rows.map((row) => row.map(plain));
      for (const row of whole) widths = widths.map((most, i) => Math.max(most, widthOf(row[i]?.text ?? "")));
      if (!isTitled && width !== undefined) places = placesIn(columns, widths, width);
      const cells = whole.map((row) => places.map((i) => row[i] ?? { text: "" }));
      const shown = places.map((i) => columns[i] ?? { title: "" });
      const fitting = fit(shown, places.map((i) => widths[i] ?? 0), width);
      const titles = shown.map(({ title }): Plain => ({ text: title, colour: "bold" }));
      const all = isTitled ? cells : [titles, ...cells];
      isTitled = true;
      return all.map((row) => line(row, fitting) + "\n").join("");
    },
  };

  function line(row: readonly Plain[], fitting: readonly number[]): string {
    return row.map(({ text, colour }, i) => {
      const shown = cut(text, fitting[i] ?? 0);
      const filled = i === row.length - 1 ? "" : padded(shown, fitting[i] ?? 0).slice(shown.length);
      return (colour === undefined ? shown : ink(shown, colour)) + filled;
    }).join(GAP).trimEnd();
  }
}

/** Names and values, one pair a line. */
export function createFacts(facts: readonly (readonly [name: string, value: Cell])[], ink: Ink): string {
  const width = Math.max(...facts.map(([name]) => widthOf(name)));
  return facts.map(([name, value]) => {
    const { text, colour } = plain(value);
    return `${ink(padded(name, width), "dim")}${GAP}${colour === undefined ? text : ink(text, colour)}`.trimEnd() +
      "\n";
  }).join("");
}

type Plain = { readonly text: string; readonly colour?: Colour };

function plain(cell: Cell): Plain {
  return typeof cell === "string" ? { text: printable(cell) } : { ...cell, text: printable(cell.text) };
}

/** As many columns as there is room for. */
function placesIn(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  const least = columns.map(({ isFlexible }, i) =>
    Math.min(widths[i] ?? 0, isFlexible === true ? FLEXIBLE_MIN : Infinity)
  );
  let places = columns.map((_, i) => i);
  const going = places.filter((i) => columns[i]?.goes !== undefined)
    .sort((a, b) => (columns[a]?.goes ?? 0) - (columns[b]?.goes ?? 0));
  for (const gone of going) {
    const taken = places.reduce((sum, i) => sum + (least[i] ?? 0) + GAP.length, -GAP.length);
    if (taken <= width) break;
    places = places.filter((i) => i !== gone);
  }
  return places;
}

function fit(columns: readonly Column[], widths: readonly number[], width: number | undefined): readonly number[] {
  const fitting = [...widths];
  if (width === undefined) return fitting;
  let excess = fitting.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1) - width;
  const flexible = columns.flatMap(({ isFlexible }, i) => isFlexible === true ? [i] : [])
    .sort((a, b) => (fitting[b] ?? 0) - (fitting[a] ?? 0));
  for (const i of flexible) {
    const kept = Math.max(FLEXIBLE_MIN, (fitting[i] ?? 0) - Math.max(0, excess));
    const now = Math.min(fitting[i] ?? 0, kept);
    excess -= (fitting[i] ?? 0) - now;
    fitting[i] = now;
  }
  return fitting;
}
