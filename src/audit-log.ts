// The audit on the disk: lines appended to a file of the data folder, synced and sealed in groups, so that a burst costs
// one signature. A file that is full becomes an older one; the oldest goes.

import { mkdir, open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  AuditCheck,
  type AuditEntry,
  type AuditFilter,
  type AuditHead,
  auditLine,
  doesMatch,
  mayMatch,
  NO_AUDIT,
  parseAuditLine,
  sealLine,
  sealText,
} from "./core/people/audit.ts";
import type { PeerId } from "./core/values/ids.ts";
import type { AuditAccess, AuditPage, AuditPlace } from "./peer.ts";

/** Four files: about half a million records. */
const FILE_MAX_BYTES = 64 * 1024 * 1024;
const FILES = 4;
/** A group of records waits for so long. */
const FLUSH_MS = 50;
/** With more that wait, whoever brings one waits with it. */
const WAITING_MANY = 4_096;
/** Records that wait for a disk that takes none; what comes then is not recorded, and the log says so. */
const WAITING_MAX = 20_000;
const BLOCK_BYTES = 256 * 1024;
/** Of a whole chain that is read: what else is asked meanwhile waits for so much of it to be checked, some 5 ms. */
const STEP_BYTES = 64 * 1024;
/** Of a record: what is shown of a change is cut before. */
const LINE_MAX_BYTES = 256 * 1024;
/** Read for one page; of a rare record the next page goes on. */
const PAGE_MAX_BYTES = 16 * 1024 * 1024;
/** A record may stand behind one with a later time by so much: clocks are set back. */
const OUT_OF_ORDER_MS = 3_600_000;

export type AuditLogSettings = {
  readonly folder: string;
  readonly peer: PeerId;
  /** Signs with the peer's key, in base64url. */
  readonly sign: (text: string) => string;
  readonly isSigned: (text: string, signature: string) => boolean;
  /** The head that the mesh knows of this peer. */
  readonly known: () => Promise<AuditHead | undefined>;
  readonly log: (
    level: "warning" | "error",
    message: string,
    facts: { readonly [name: string]: string | number },
  ) => void;
};

export type AuditLog = AuditAccess & {
  /** The last record that is on the disk. */
  readonly head: AuditHead;
  close(): Promise<void>;
};

export async function openAuditLog(settings: AuditLogSettings): Promise<AuditLog> {
  const { folder, peer, sign, isSigned, known, log } = settings;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = (age: number) => join(folder, age === 0 ? "audit.log" : `audit.log.${age}`);
  await mend(path(0), (head) => sealLine(head, sign(sealText(peer, head))));
  let written = await lastHead(path, FILES);
  let head = written;
  let waiting: string[] = [];
  let lost = 0;
  let isTaken = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: Promise<void> = Promise.resolve();
  let closed = false;

  return {
    get head() {
      return written;
    },
    append(entry: AuditEntry) {
      if (closed || waiting.length >= WAITING_MAX) return void lost++;
      const { line, head: next } = auditLine(entry, head);
      head = next;
      waiting.push(line);
      if (waiting.length > WAITING_MANY && isTaken) return flush();
      timer ??= setTimeout(() => void flush(), FLUSH_MS);
    },
    async page({ cursor, limit, filter = {} }) {
      await flush();
      return await readBack(cursor ?? { file: 0 }, limit, filter);
    },
    async *lines() {
      await flush();
      for (let age = FILES - 1; age >= 0; age--) yield* linesOf(path(age));
    },
    async verify() {
      await flush();
      const told = await known();
      const check = new AuditCheck((at, signature) => isSigned(sealText(peer, at), signature), told);
      for (let age = FILES - 1; age >= 0; age--) for await (const line of linesOf(path(age))) check.take(line);
      return check.end();
    },
    async close() {
      closed = true;
      await flush();
    },
  };

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const done = last.then(write);
    last = done.catch(() => {});
    return last;
  }

  async function write(): Promise<void> {
    if (waiting.length === 0) return;
    // What comes while the disk is written to joins the others behind these.
    const { length } = waiting;
    const at = head;
    try {
      const text = `${waiting.join("\n")}\n${sealLine(at, sign(sealText(peer, at)))}\n`;
      await rotate(text.length);
      const file = await open(path(0), "a", 0o600);
      const { size } = await file.stat();
      try {
        await file.appendFile(text);
        await file.datasync();
      } catch (error) {
        // What is tried again would stand behind half a line.
        await file.truncate(size);
        throw error;
      } finally {
        await file.close();
      }
      waiting = waiting.slice(length);
      written = at;
      isTaken = true;
      if (lost > 0) log("error", "the audit has not recorded what came while the disk took nothing", { lost });
      lost = 0;
    } catch (error) {
      isTaken = false;
      log("error", "the audit can't be written; it is tried again with the next record", { error: String(error) });
    }
  }

  async function rotate(more: number): Promise<void> {
    const size = await sizeOf(path(0));
    if (size === 0 || size + more <= FILE_MAX_BYTES) return;
    for (let age = FILES - 2; age >= 0; age--) {
      if (await sizeOf(path(age)) > 0) await rename(path(age), path(age + 1));
    }
  }

  /** From the place on, back to the first record: `end` is where the file is read to. */
  async function readBack(from: AuditPlace, limit: number, filter: AuditFilter): Promise<AuditPage> {
    const items: AuditPage["items"][number][] = [];
    const begins = filter.from === undefined ? -Infinity : filter.from - OUT_OF_ORDER_MS;
    let bytes = 0;
    for (let age = from.file; age < FILES; age++) {
      let end = age === from.file && from.end !== undefined ? from.end : await sizeOf(path(age));
      while (end > 0) {
        const { lines, start } = await blockBefore(path(age), end);
        for (const { text, at } of lines.reverse()) {
          if (!mayMatch(text, filter)) continue;
          const line = parseAuditLine(text);
          if (line?.kind !== "record") continue;
          if (Date.parse(String(line.entry.at)) < begins) return { items };
          if (!doesMatch(line.entry, filter)) continue;
          items.push({ n: line.n, hash: line.hash, entry: line.entry });
          if (items.length === limit) return { items, cursor: { file: age, end: at } };
        }
        bytes += end - start;
        end = start;
        if (bytes >= PAGE_MAX_BYTES) return { items, cursor: { file: age, end } };
      }
    }
    return { items };
  }
}

type Placed = { readonly text: string; readonly at: number };

/** The whole lines of the block that ends at `end`, and where the first of them starts. */
async function blockBefore(path: string, end: number): Promise<{ readonly lines: Placed[]; readonly start: number }> {
  const file = await open(path, "r");
  try {
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
  } finally {
    await file.close();
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  if (await sizeOf(path) === 0) return;
  const file = await open(path, "r");
  try {
    const decoder = new TextDecoder();
    let rest = "";
    for (let position = 0;;) {
      const { buffer, bytesRead } = await file.read({ buffer: new Uint8Array(STEP_BYTES), position });
      if (bytesRead === 0) break;
      position += bytesRead;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    await file.close();
  }
}

/** What a crash has left: half a line is cut off, and records that no seal stands behind yet get one. */
async function mend(path: string, seal: (head: AuditHead) => string): Promise<void> {
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
async function lastHead(path: (age: number) => string, files: number): Promise<AuditHead> {
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

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
