// A file of the audit: read back from its end, block by block, or from its beginning, and mended after a crash.

import { type FileHandle, open, stat } from "node:fs/promises";
import { type AuditHead, NO_AUDIT, parseAuditLine } from "../core/people/audit.ts";

const BLOCK_BYTES = 256 * 1024;
/** Of a record: what is shown of a change is cut before. */
const LINE_MAX_BYTES = 256 * 1024;
/** Of what is exported. */
const CHUNK_BYTES = 64 * 1024;

/** A file as it stood at one moment: what is written behind `size` since is not looked at. */
export type AuditPart = {
  /** Counted from the first file that the running peer has known: it stays the same when files become older. */
  readonly number: number;
  readonly file: FileHandle;
  readonly size: number;
};

/** The text of a line, and the byte that it starts at. */
export type Placed = { readonly text: string; readonly at: number };

export type Block = { readonly lines: Placed[]; readonly start: number };

/** As `blockIn`, of the file at this path. */
export async function blockBefore(path: string, end: number): Promise<Block> {
  const file = await open(path, "r");
  try {
    return await blockIn(file, end);
  } finally {
    await file.close();
  }
}

/** The whole lines of the block that ends at `end`, and where the first of them starts. */
export async function blockIn(file: FileHandle, end: number): Promise<Block> {
  for (let size = BLOCK_BYTES;; size *= 2) {
    const begin = Math.max(0, end - size);
    const { buffer } = await file.read({ buffer: new Uint8Array(end - begin), position: begin });
    const skipped = begin === 0 ? 0 : buffer.indexOf(10) + 1;
    // A line that is longer than the block is read with a larger one, and one that is no record at all is passed over.
    if (begin > 0 && (skipped === 0 || skipped === buffer.length) && size <= LINE_MAX_BYTES * 2) continue;
    const lines: Placed[] = [];
    let at = skipped;
    for (let next = buffer.indexOf(10, at); next !== -1; next = buffer.indexOf(10, at)) {
      lines.push({ text: new TextDecoder().decode(buffer.subarray(at, next)), at: begin + at });
      at = next + 1;
    }
    return { lines, start: lines[0]?.at ?? begin };
  }
}

/** What the files hold, from the first byte of the first on. They are closed when it was read, or nobody reads on. */
export async function* bytesOf(parts: readonly AuditPart[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    for (const { file, size } of parts) {
      for (let position = 0; position < size;) {
        const length = Math.min(CHUNK_BYTES, size - position);
        const { buffer, bytesRead } = await file.read({ buffer: new Uint8Array(length), position });
        if (bytesRead === 0) break;
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    }
  } finally {
    await closeAll(parts);
  }
}

export async function closeAll(parts: readonly AuditPart[]): Promise<void> {
  await Promise.all(parts.map(({ file }) => file.close()));
}

/** What a crash has left: half a line is cut off, and records that no seal stands behind yet get one. */
export async function mend(path: string, seal: (head: AuditHead) => string): Promise<void> {
  const size = await sizeOf(path);
  if (size === 0) return;
  const { lines } = await blockBefore(path, size);
  const last = lines.at(-1);
  const whole = last === undefined ? size : last.at + new TextEncoder().encode(last.text).length + 1;
  const line = last === undefined ? undefined : parseAuditLine(last.text);
  const file = await open(path, "r+");
  try {
    if (whole < size) await file.truncate(whole);
    if (line?.kind === "record") await file.write(`${seal({ n: line.n, hash: line.hash })}\n`, whole);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The last record of the newest file that has one. */
export async function lastHead(path: (age: number) => string, files: number): Promise<AuditHead> {
  for (let age = 0; age < files; age++) {
    let end = await sizeOf(path(age));
    while (end > 0) {
      const { lines, start } = await blockBefore(path(age), end);
      for (const { text } of lines.reverse()) {
        const line = parseAuditLine(text);
        if (line?.kind === "record") return { n: line.n, hash: line.hash };
      }
      if (start >= end) break;
      end = start;
    }
  }
  return NO_AUDIT;
}

export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
