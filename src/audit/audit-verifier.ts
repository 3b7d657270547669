// Whether the audit is whole, asked as often as anybody likes. What was once read as a chain since the start is known by
// the digests of its bytes. When it is asked again they are read and digested, beside the loop, and only what has come
// since is read as a chain. Of what was changed meanwhile, by one bit or many, the digest is another: then all of it is
// read as a chain once more, which says where it breaks.

import { Buffer } from "node:buffer";
import { type AuditPart, blockIn, closeAll } from "./audit-file.ts";
import { AuditCheck, type AuditHead } from "../core/people/audit.ts";
import type { AuditVerdict } from "../peer.ts";

/** Bytes of one digest: large enough that its hashing, and not its asking, is what it costs. */
const BLOCK_BYTES = 1024 * 1024;
/** Of what is read as a chain: what else is asked meanwhile waits for so much of it to be checked, about a millisecond. */
const STEP_BYTES = 16 * 1024;

export type AuditVerifierSettings = {
  /** The files as they stand now, the oldest first. */
  readonly parts: () => Promise<readonly AuditPart[]>;
  readonly isSigned: (head: AuditHead, signature: string) => boolean;
  /** The head that the mesh knows of this peer. */
  readonly known: () => Promise<AuditHead | undefined>;
  /** The number of the last record that this peer has on the disk, by its own memory. */
  readonly written: () => number;
};

/** What is known of the bytes of one file up to `end`. */
type Proof = {
  readonly end: number;
  /** Of each block, the last one up to `end`. */
  readonly digests: readonly string[];
  /** The number of its first record. */
  readonly first: number;
};

type Proven = { readonly proofs: ReadonlyMap<number, Proof>; readonly check: AuditCheck };

export class AuditVerifier {
  readonly #settings: AuditVerifierSettings;
  #proven: Proven | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<AuditVerdict> | undefined;

  constructor(settings: AuditVerifierSettings) {
    this.#settings = settings;
  }

  /** One at a time, for all who ask: who comes while one reads waits for the next, which reads what is there by then. */
  verify(): Promise<AuditVerdict> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(() => {
      this.#next = undefined;
      return this.#verify();
    });
    this.#next = next;
    this.#last = next.catch(() => {});
    return next;
  }

  async #verify(): Promise<AuditVerdict> {
    // Asked first: what is written, and told to the mesh, meanwhile may not be among what is read.
    const known = await this.#settings.known();
    const written = this.#settings.written();
    const parts = await this.#settings.parts();
    try {
      const proven = this.#proven;
      const again = proven === undefined ? undefined : await this.#read(parts, known, proven);
      // Where it breaks is said by who reads all of it.
      const verdict = again ?? await this.#read(parts, known);
      if (verdict === undefined) throw new Error("a chain of which nothing was known is not as it was known");
      const { n } = verdict.head;
      if (verdict.broken !== undefined || n >= written) return verdict;
      return { ...verdict, broken: { n: n + 1, why: `this peer has written ${written} records` } };
    } finally {
      await closeAll(parts);
    }
  }

  /** Absent: what was known of it does not hold any more. */
  async #read(
    parts: readonly AuditPart[],
    known: AuditHead | undefined,
    before?: Proven,
  ): Promise<AuditVerdict | undefined> {
    this.#proven = undefined;
    const from = parts[0]?.number ?? -Infinity;
    if (before !== undefined && !before.proofs.has(from)) return undefined;
    const check = before?.check.after(known) ?? new AuditCheck(this.#settings.isSigned, known);
    const proofs = new Map<number, Proof>();
    let isNew = false;
    for (const part of parts) {
      const proof = before?.proofs.get(part.number);
      if (proof !== undefined && isNew) return undefined;
      const { n } = check.head;
      const read = await readPart(part, proof, check);
      if (read === undefined) return undefined;
      proofs.set(part.number, { ...read, first: proof?.first ?? (n === 0 ? check.end().first : n + 1) });
      isNew ||= proof === undefined || part.size > proof.end;
      if (check.isBroken) return before === undefined ? check.end() : undefined;
    }
    // The oldest files go, when there is a new one; none else does.
    const isGone = [...before?.proofs.keys() ?? []].some((number) => number >= from && !proofs.has(number));
    if (isGone) return undefined;
    const { unseen } = check;
    const hash = unseen === undefined ? undefined : await hashOf(unseen, parts, proofs);
    if (unseen !== undefined && hash !== undefined) check.see({ n: unseen, hash });
    if (!check.isBroken) this.#proven = { proofs, check };
    const [oldest] = proofs.values();
    return { ...check.end(), ...(oldest === undefined ? {} : { first: oldest.first }) };
  }
}

/** Goes on with the check behind what is known. Absent: what is known is not there as it was. */
async function readPart(
  { file, size }: AuditPart,
  proof: Proof | undefined,
  check: AuditCheck,
): Promise<Omit<Proof, "first"> | undefined> {
  const known = proof?.end ?? 0;
  if (size < known) return undefined;
  const digests: string[] = [];
  const block = new Uint8Array(Math.min(BLOCK_BYTES, size));
  const lines = new Lines(check);
  let end = 0;
  while (end < size && !check.isBroken) {
    const wanted = block.subarray(0, Math.min(BLOCK_BYTES, size - end));
    const { bytesRead } = await file.read({ buffer: wanted, position: end });
    // Somebody has cut it off since.
    if (bytesRead === 0) break;
    const bytes = wanted.subarray(0, bytesRead);
    const old = Math.max(0, Math.min(bytes.length, known - end));
    const digest = old === 0 ? "" : await digestOf(bytes.subarray(0, old));
    if (old > 0 && digest !== proof?.digests[digests.length]) return undefined;
    if (old < bytes.length) await lines.take(bytes.subarray(old));
    digests.push(old === bytes.length ? digest : await digestOf(bytes));
    end += bytesRead;
  }
  lines.end();
  return end < known ? undefined : { end, digests };
}

/** Bytes into lines, for the check. */
class Lines {
  readonly #check: AuditCheck;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(check: AuditCheck) {
    this.#check = check;
  }

  async take(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length && !this.#check.isBroken; start += STEP_BYTES) {
      this.#step(bytes.subarray(start, start + STEP_BYTES));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  end(): void {
    // A whole file ends with the end of a line.
    if (this.#rest.length > 0) this.#check.take(textOf(this.#rest));
  }

  #step(bytes: Uint8Array): void {
    let at = 0;
    for (let next = bytes.indexOf(10); next !== -1; next = bytes.indexOf(10, at)) {
      const line = bytes.subarray(at, next);
      this.#check.take(textOf(this.#rest.length === 0 ? line : Buffer.concat([this.#rest, line])));
      this.#rest = new Uint8Array(0);
      at = next + 1;
    }
    // A copy: the bytes are those of a buffer that is used again.
    this.#rest = Buffer.concat([this.#rest, bytes.subarray(at)]);
  }
}

/** As it was written, to the byte: of two texts that differ none is read as the other. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    return "";
  }
}

/** Made beside the loop, on both runtimes. */
async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}

const NUMBERED_PATTERN = /^([0-9a-f]{64}) \{"n":(\d{1,15}),/;

/** The hash of the record of that number, looked for from the end on: what the mesh was told last lies near it. */
async function hashOf(
  n: number,
  parts: readonly AuditPart[],
  proofs: ReadonlyMap<number, Proof>,
): Promise<string | undefined> {
  const part = parts.findLast(({ number }) => (proofs.get(number)?.first ?? Infinity) <= n);
  for (let end = part?.size ?? 0; part !== undefined && end > 0;) {
    const { lines, start } = await blockIn(part.file, end);
    for (const { text } of lines.reverse()) {
      const [, hash, number] = NUMBERED_PATTERN.exec(text) ?? [];
      if (Number(number) === n) return hash;
    }
    if (start >= end) return undefined;
    end = start;
  }
  return undefined;
}
