// What differs between two values, line by line as JSON is written: what an editor of text would show.

export type DiffLine = { readonly kind: "same" | "gone" | "new" | "fold"; readonly text: string };

/** Lines that are compared one by one; beyond it, all of one side stands before all of the other. */
const LINES_MAX = 400;
/** Equal lines that are kept around a change. */
const AROUND = 2;

/** The lines of both, in order; undefined is a side that was not. */
export function diffOf(before: unknown, after: unknown): readonly DiffLine[] {
  return folded(compared(linesOf(before), linesOf(after)));
}

/** Of an object its fields, without the braces around them. */
function linesOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const lines = JSON.stringify(value, null, 2).split("\n");
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) return lines;
  // A comma says only that something follows.
  return lines.slice(1, -1).map((line) => line.slice(2)).map((line) =>
    /^\S/.test(line) || line === "" ? line.replace(/,$/, "") : line
  );
}

function compared(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  if (before.length > LINES_MAX || after.length > LINES_MAX) return [...before.map(gone), ...after.map(fresh)];
  // The longest common subsequence (Wagner and Fischer 1974): `common[i][j]` of what stands from i and j on.
  const common = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = common[i];
    if (row === undefined) break;
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old !== undefined && old === now) {
      lines.push({ kind: "same", text: old });
      i++;
      j++;
    } else if (old !== undefined && (now === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(gone(old));
      i++;
    } else if (now !== undefined) {
      lines.push(fresh(now));
      j++;
    }
  }
  return lines;
}

function gone(text: string): DiffLine {
  return { kind: "gone", text };
}

function fresh(text: string): DiffLine {
  return { kind: "new", text };
}

/** Equal lines far from any change become one. */
function folded(lines: readonly DiffLine[]): readonly DiffLine[] {
  const isNear = lines.map((_, n) =>
    lines.slice(Math.max(0, n - AROUND), n + AROUND + 1).some(({ kind }) => kind !== "same")
  );
  return lines.flatMap((line, n): readonly DiffLine[] => {
    if (isNear[n]) return [line];
    return n > 0 && !isNear[n - 1] ? [] : [{ kind: "fold", text: "…" }];
  });
}
