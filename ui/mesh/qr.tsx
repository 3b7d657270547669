/** @jsxImportSource preact */
// The peer's QR code, which it draws in half blocks of text, as squares: a phone reads those at any size.

/** Upper and lower half of a character. Drawn on white whatever the theme: a reader wants dark on light. */
const HALVES: { readonly [block: string]: readonly [boolean, boolean] } = {
  " ": [true, true],
  "▀": [false, true],
  "▄": [true, false],
  "█": [false, false],
};

export function Qr({ text }: { readonly text: string }) {
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines.length === 0) return null;
  const wide = Math.max(...lines.map((line) => line.length));
  // A code is square, of an odd size: the lower half of its last line of text is none of it.
  const rows = lines.flatMap((line) => [0, 1].map((half) => [...line].map((block) => HALVES[block]?.[half] === true)))
    .slice(0, wide);
  const path = rows.flatMap((row, y) => row.flatMap((isDark, x) => isDark ? [`M${x} ${y}h1v1h-1z`] : [])).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${wide} ${rows.length}`} role="img" aria-label="The ticket as a QR code">
      <rect width={wide} height={rows.length} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}
