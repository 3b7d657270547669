// The audit on the disk: lines appended to a file of the data folder, synced and sealed in groups, so that a burst costs
// one signature. A file that is full becomes an older one; the oldest goes.

import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { type AuditPart, blockBefore, bytesOf, closeAll, lastHead, mend, sizeOf } from "./audit-file.ts";
import { AuditVerifier } from "./audit-verifier.ts";
import {
  type AuditEntry,
  type AuditFilter,
  type AuditHead,
  auditLine,
  doesMatch,
  mayMatch,
  parseAuditLine,
  sealLine,
  sealText,
} from "../core/people/audit.ts";
import type { PeerId } from "../core/values/ids.ts";
import type { AuditAccess, AuditPage, AuditPlace } from "../peer.ts";

/** Four files: about half a million records. */
const FILE_MAX_BYTES = 64 * 1024 * 1024;
const FILES = 4;
/** A group of records waits for so long. */
const FLUSH_MS = 50;
/** With more that wait, whoever brings one waits with it. */
const WAITING_MANY = 4_096;
/** Records that wait for a disk that takes none; what comes then is not recorded, and the log says so. */
const WAITING_MAX = 20_000;
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
  /** A file has at most so many; FILE_MAX_BYTES when absent. */
  readonly fileMaxBytes?: number;
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
  const { folder, peer, sign, isSigned, known, log, fileMaxBytes = FILE_MAX_BYTES } = settings;
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
  /** How often the newest file has become an older one. */
  let turns = 0;
  const verifier = new AuditVerifier({
    ...{ parts, known },
    isSigned: (at, signature) => isSigned(sealText(peer, at), signature),
    written: () => written.n,
  });

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
    async *bytes() {
      yield* bytesOf(await parts());
    },
    verify: () => verifier.verify(),
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

  /** The files with all that was appended until now, the oldest first: none is written to or renamed while they are opened. */
  async function parts(): Promise<readonly AuditPart[]> {
    await flush();
    const opened = last.then(openAll);
    last = opened.then(() => {}, () => {});
    return await opened;
  }

  async function openAll(): Promise<readonly AuditPart[]> {
    const found: AuditPart[] = [];
    try {
      for (let age = FILES - 1; age >= 0; age--) {
        if (await sizeOf(path(age)) === 0) continue;
        const file = await open(path(age), "r");
        found.push({ number: turns - age, file, size: (await file.stat()).size });
      }
      return found;
    } catch (error) {
      await closeAll(found);
      throw error;
    }
  }

  async function rotate(more: number): Promise<void> {
    const size = await sizeOf(path(0));
    if (size === 0 || size + more <= fileMaxBytes) return;
    for (let age = FILES - 2; age >= 0; age--) {
      if (await sizeOf(path(age)) > 0) await rename(path(age), path(age + 1));
    }
    turns++;
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
