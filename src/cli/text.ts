// Text on a terminal: what a peer or a user wrote is shown, never obeyed, and takes as many cells as it is wide.

/** Controls, which a terminal would obey, and what turns the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text in one line, each character that can't be shown as one that can. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "\ufffd");
}

/** East Asian wide and full-width characters (Unicode UAX 11) and emoji, which take two cells. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;
const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });
const NARROW_ONLY = /^[\x20-\x7e]*$/;

/** Cells that the printable text takes. */
export function widthOf(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += cellsOf(segment);
  return width;
}

/** The text filled up with blanks. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

/** The text in no more cells than `width`; a cut is shown. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let left = width - 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    left -= cellsOf(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

function cellsOf(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1;
}
