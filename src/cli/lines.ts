// Bytes that come in chunks as lines of text: no more is held than the line that is being read.

import type { Bytes } from "./client.ts";

/** Lines without their end; what stands behind the last end is a line too. A longer line than `max` is cut there. */
export async function* textLines(bytes: Bytes, max: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(0, max);
    for (const line of lines) yield line;
  }
  if (rest !== "") yield rest;
}
