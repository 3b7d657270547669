// A table as comma-separated values, RFC 4180, for a spreadsheet.

export type Value = string | number | null | undefined;

export function csv(lines: readonly (readonly Value[])[]): string {
  return lines.map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** What a spreadsheet would take for the beginning of a formula, by the letters of East Asian keyboards too. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** A text that would be a formula is led by an apostrophe. */
function cell(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
