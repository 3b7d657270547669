/** @jsxImportSource preact */
// A change, as it was and as it is: each line says by its sign and its element which it is, and by its colour again.

import { diffOf } from "./diff.ts";

export function Difference({ before, after, label }: {
  readonly before: unknown;
  readonly after: unknown;
  /** What is compared, for who hears it. */
  readonly label: string;
}) {
  const lines = diffOf(before, after);
  if (lines.length === 0) return <p class="none">Nothing differs.</p>;
  return (
    <pre class="diff" tabIndex={0} role="group" aria-label={label}>
      {lines.map(({ kind, text }, n) => {
        const content = `${SIGNS[kind]} ${text}\n`;
        return kind === "gone"
          ? <del key={n}>{content}</del>
          : kind === "new"
          ? <ins key={n}>{content}</ins>
          : <span key={n} class={kind}>{content}</span>;
      })}
    </pre>
  );
}

const SIGNS = { same: " ", gone: "−", new: "+", fold: " " } as const;
