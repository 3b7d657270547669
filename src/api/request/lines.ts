// A stream of bytes becomes lines, one at a time: no more is held than the line that is being read.

export type Line =
  | { readonly kind: "line"; readonly bytes: Uint8Array }
  /** Longer than the bound; it was read past. */
  | { readonly kind: "too long" }
  /** Nothing came for `waitMs`, or the stream broke. */
  | { readonly kind: "broken"; readonly why: "late" | "cut" };

/** Lines without their end. Bytes behind the last end are a line too. */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  bounds: { readonly lineMaxBytes: number; readonly waitMs: number; readonly signal: AbortSignal },
): AsyncGenerator<Line> {
  const { lineMaxBytes, waitMs, signal } = bounds;
  const reader = stream.getReader();
  const end = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", end, { once: true });
  let parts: Uint8Array[] = [];
  let length = 0;
  try {
    while (true) {
      const chunk = await nextChunk(reader, waitMs);
      if (typeof chunk === "string") {
        yield { kind: "broken", why: chunk };
        return;
      }
      if (chunk === undefined) break;
      let start = 0;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
        yield line(parts, chunk.subarray(start, at), length + at - start, lineMaxBytes);
        parts = [];
        length = 0;
        start = at + 1;
      }
      const rest = chunk.subarray(start);
      length += rest.length;
      if (length > lineMaxBytes) parts = [];
      else if (rest.length > 0) parts.push(rest);
    }
    if (length > 0) yield line(parts, new Uint8Array(0), length, lineMaxBytes);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

const LINE_FEED = 10;

function line(parts: readonly Uint8Array[], last: Uint8Array, length: number, max: number): Line {
  if (length > max) return { kind: "too long" };
  return { kind: "line", bytes: parts.length === 0 ? last : Buffer.concat([...parts, last]) };
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  waitMs: number,
): Promise<Uint8Array | undefined | "late" | "cut"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => timer = setTimeout(resolve, waitMs, "late"));
  try {
    const read = await Promise.race([reader.read(), late]);
    return read === "late" ? "late" : read.value;
  } catch {
    return "cut";
  } finally {
    clearTimeout(timer);
  }
}
