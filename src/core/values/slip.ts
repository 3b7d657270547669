// A slip is where a text goes wrong, and the edit that would put it right. Mending a text edit by edit, until the
// parser takes it, gives a suggestion that is sure to be accepted, even when several things are wrong at once.

export type Slip = {
  readonly kind: "slip";
  /** Offset of the first wrong character. */
  readonly position: number;
  readonly message: string;
  readonly edit?: Edit;
};

/** Puts `text` in the place of what stands from `start` up to `end`. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

/** Edits in a row; whoever makes more mistakes in one text gets no suggestion. */
const EDITS_MAX = 12;

export function slip(position: number, message: string, edit?: Edit): Slip {
  return edit === undefined ? { kind: "slip", position, message } : { kind: "slip", position, message, edit };
}

export function isSlip(value: unknown): value is Slip {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "slip";
}

/** The slip of a part, seen from the text in which the part begins at `offset`. */
export function movedBy(offset: number, { position, message, edit }: Slip): Slip {
  if (edit === undefined) return slip(position + offset, message);
  return slip(position + offset, message, { start: edit.start + offset, end: edit.end + offset, text: edit.text });
}

/** The text with its slips mended, which `parse` accepts; absent when there is no way that we know. */
export function mend(text: string, parse: (text: string) => unknown): string | undefined {
  let current = text;
  for (let edits = 0; edits <= EDITS_MAX; edits++) {
    const parsed = parse(current);
    if (!isSlip(parsed)) return current;
    if (parsed.edit === undefined) return undefined;
    const { start, end, text: replacement } = parsed.edit;
    current = current.slice(0, start) + replacement + current.slice(end);
  }
  return undefined;
}

/** What was found, for a human: short, quoted, without control characters. */
export function quoted(text: string): string {
  const plain = text.replace(/[\p{C}\p{Z}]/gu, " ");
  return `"${plain.length > 40 ? `${plain.slice(0, 40).toWellFormed()}…` : plain}"`;
}
