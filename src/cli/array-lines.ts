// A JSON array becomes lines, one for each item, as it comes: nothing is held, and what is no JSON inside an item is
// left for the peer to say. Bytes of UTF-8 go through as they are.

import type { Bytes } from "./client.ts";
import { EXIT, Failure } from "./failure.ts";

export type Lines = {
  /** What a line of it is called, when one is refused. */
  readonly unit: "line" | "item";
  readonly bytes: Bytes;
};

/** Lines of JSON as they are, a JSON array turned into such. A byte order mark before either goes. */
export async function asLines(bytes: Bytes): Promise<Lines> {
  const chunks = bytes[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let first: number | undefined;
  let isStart = true;
  while (first === undefined) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    const chunk: Uint8Array = isStart ? withoutMark(value) : value;
    isStart = isStart && chunk.length === 0;
    head.push(chunk);
    first = chunk.find((byte) => !isBlank(byte));
  }
  const all = rejoined(head, chunks);
  return first === OPEN_ARRAY ? { unit: "item", bytes: itemLines(all) } : { unit: "line", bytes: all };
}

const [LINE_FEED, TAB, QUOTE, BACKSLASH, COMMA] = [10, 9, 34, 92, 44];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

async function* itemLines(bytes: Bytes): Bytes {
  let depth = 0;
  let items = 0;
  let isInText = false;
  let isEscaped = false;
  /** Whether the item has begun. */
  let isBegun = false;
  let isOver = false;
  for await (const chunk of bytes) {
    const lines = chunk.slice();
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (isInText) {
        // A bare line feed can't be in a text: as a tab it does not end our line, and the peer refuses it all the same.
        if (byte === LINE_FEED) lines[i] = TAB;
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInText = false;
        continue;
      }
      if (isBlank(byte)) {
        lines[i] = 32;
        continue;
      }
      const wasOver = isOver;
      if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
      if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
      isOver = depth <= 0;
      const isBetween = isOver || (byte === COMMA && depth === 1);
      const fault = wasOver
        ? "something stands behind its end"
        : isOver && byte === CLOSE_OBJECT
        ? "there is a brace too many"
        : isBetween && !isBegun && !(isOver && items === 0)
        ? "there is nothing behind a comma"
        : undefined;
      if (fault !== undefined) {
        yield lines.subarray(0, i);
        throw broken(items, fault);
      }
      if (byte === OPEN_ARRAY && depth === 1) lines[i] = 32;
      else if (isBetween) {
        lines[i] = LINE_FEED;
        if (isBegun) items++;
        isBegun = false;
      } else {
        isBegun = true;
        isInText = byte === QUOTE;
      }
    }
    yield lines;
  }
  if (!isOver) throw broken(items, "the array does not end");
}

function broken(items: number, what: string): Failure {
  return new Failure(EXIT.failed, `The JSON array is broken behind item ${items}: ${what}.`);
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === TAB || byte === LINE_FEED || byte === 13;
}

/** UTF-8's, which some editors write. */
function withoutMark(chunk: Uint8Array): Uint8Array {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}

async function* rejoined(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): Bytes {
  yield* head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
