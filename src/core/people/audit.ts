// The audit: who did what, where, when, and what it was before and after. Each peer keeps a chain of its own: a record
// bears the hash of the one before it, and a seal, signed with the peer's key, stands behind each group of records. What
// is changed, taken out or put in afterwards breaks the chain; what is cut off at its end is missed by who knows the
// head, which the peer tells the mesh.
//
//   a line is   <hash> <JSON of the record, with its number and the hash before>
//   or          seal <number> <hash> <signature>

import { hash } from "node:crypto";
import { isObject } from "../values/faults.ts";
import type { PeerId, UserId } from "../values/ids.ts";
import { formatInstant, type Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";

export type AuditEntry = {
  readonly at: Instant;
  readonly user: UserId;
  /** With what that user came: a key, a token, a session, another peer. */
  readonly by: string;
  /** The address that it came from; absent when from another peer. */
  readonly from?: string;
  /** `task put`, `user change`, or the request where nothing is changed that has a name. */
  readonly what: string;
  /** The thing that it was done to. */
  readonly on: string;
  /** What was changed of it, as it is shown: no secrets. */
  readonly before?: Json;
  readonly after?: Json;
};

/** Which records are asked for. */
export type AuditFilter = {
  readonly user?: UserId;
  /** The whole deed, `task put`, or its first word. */
  readonly what?: string;
  readonly on?: string;
  /** Inclusive. */
  readonly from?: Instant;
  /** Exclusive. */
  readonly until?: Instant;
};

/** Whether a record may be one of those: by its text alone, which is quicker than to read it. */
export function mayMatch(line: string, { user, what, on }: AuditFilter): boolean {
  return (user === undefined || line.includes(`"user":${JSON.stringify(user)}`)) &&
    (what === undefined || line.includes(`"what":${JSON.stringify(what).slice(0, -1)}`)) &&
    (on === undefined || line.includes(`"on":${JSON.stringify(on)}`));
}

export function doesMatch(entry: AuditRecord["entry"], { user, what, on, from, until }: AuditFilter): boolean {
  const at = Date.parse(String(entry.at));
  return (user === undefined || entry.user === user) && (on === undefined || entry.on === on) &&
    (what === undefined || entry.what === what || String(entry.what).startsWith(`${what} `)) &&
    (from === undefined || at >= from) && (until === undefined || at < until);
}

/** The end of a chain: its last record's number, from 1 on, and hash. */
export type AuditHead = { readonly n: number; readonly hash: string };

export const NO_AUDIT: AuditHead = { n: 0, hash: "0".repeat(64) };

/** A record of a chain, as it is shown. */
export type AuditRecord = {
  readonly n: number;
  readonly hash: string;
  readonly entry: { readonly [name: string]: Json };
};

export function auditLine(entry: AuditEntry, before: AuditHead): { readonly line: string; readonly head: AuditHead } {
  const n = before.n + 1;
  const text = JSON.stringify({ n, prev: before.hash, ...entry, at: formatInstant(entry.at) });
  const own = hash("sha256", text, "hex");
  return { line: `${own} ${text}`, head: { n, hash: own } };
}

/** What a seal signs. */
export function sealText(peer: PeerId, { n, hash }: AuditHead): string {
  return `metronome audit\n${peer}\n${n}\n${hash}`;
}

export function sealLine({ n, hash }: AuditHead, signature: string): string {
  return `seal ${n} ${hash} ${signature}`;
}

export type AuditLine =
  | ({ readonly kind: "record"; readonly prev: string; readonly isWhole: boolean } & AuditRecord)
  | { readonly kind: "seal"; readonly head: AuditHead; readonly signature: string };

/** Absent: it is none. */
export function parseAuditLine(line: string): AuditLine | undefined {
  const [, n, sealed, signature] = SEAL_PATTERN.exec(line) ?? [];
  if (n !== undefined && sealed !== undefined && signature !== undefined) {
    return { kind: "seal", head: { n: Number(n), hash: sealed }, signature };
  }
  const [, own, text] = RECORD_PATTERN.exec(line) ?? [];
  if (own === undefined || text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || typeof value.n !== "number" || typeof value.prev !== "string") return undefined;
    const { prev, ...entry } = value as { readonly [name: string]: Json };
    return {
      kind: "record",
      n: value.n,
      hash: own,
      prev: String(prev),
      isWhole: hash("sha256", text, "hex") === own,
      entry,
    };
  } catch {
    return undefined;
  }
}

const SEAL_PATTERN = /^seal (\d{1,15}) ([0-9a-f]{64}) ([A-Za-z0-9_-]{86})$/;
const RECORD_PATTERN = /^([0-9a-f]{64}) (\{.*\})$/;

export type AuditBreak = { readonly n: number; readonly why: string };

/** Reads a chain line by line, and says where it is broken. */
export class AuditCheck {
  readonly #isSigned: (head: AuditHead, signature: string) => boolean;
  readonly #known: AuditHead | undefined;
  #head: AuditHead | undefined;
  #sealed = 0;
  #first = 0;
  #broken: AuditBreak | undefined;
  #isKnownSeen = false;

  /** `known`: the head that the peer has told the mesh. */
  constructor(isSigned: (head: AuditHead, signature: string) => boolean, known: AuditHead | undefined) {
    this.#isSigned = isSigned;
    this.#known = known;
  }

  /** One that goes on from here, when the mesh knows another head by now. */
  after(known: AuditHead | undefined): AuditCheck {
    const next = new AuditCheck(this.#isSigned, known);
    next.#head = this.#head;
    next.#sealed = this.#sealed;
    next.#first = this.#first;
    next.#broken = this.#broken;
    next.#isKnownSeen = this.#isKnownSeen && known?.n === this.#known?.n && known?.hash === this.#known?.hash;
    return next;
  }

  /** The last record that was read; the number of none is 0. */
  get head(): AuditHead {
    return this.#head ?? NO_AUDIT;
  }

  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** The record that the mesh was told of, when it lies behind what is read and was not looked for when that was. */
  get unseen(): number | undefined {
    return this.#known === undefined || this.#isKnownSeen || this.#known.n > this.head.n ? undefined : this.#known.n;
  }

  take(text: string): void {
    if (this.#broken !== undefined) return;
    const line = parseAuditLine(text);
    const next = this.head.n + 1;
    if (line === undefined) return this.#break(next, "this line is no record and no seal");
    if (line.kind === "seal") {
      const { head, signature } = line;
      if (this.#head === undefined || head.n !== this.#head.n || head.hash !== this.#head.hash) {
        return this.#break(head.n, "the seal is of another record than the one before it");
      }
      if (!this.#isSigned(head, signature)) return this.#break(head.n, "the seal is not signed by this peer");
      this.#sealed = head.n;
      return;
    }
    if (!line.isWhole) return this.#break(line.n, "the record was changed after it was written");
    // The oldest were dropped with their file: what is there begins somewhere.
    if (this.#head === undefined) this.#first = line.n;
    else if (line.n !== next || line.prev !== this.#head.hash) {
      return this.#break(next, "records are missing, or were put in");
    }
    this.#head = { n: line.n, hash: line.hash };
    this.see(this.#head);
  }

  /** A record of what was read. */
  see({ n, hash }: AuditHead): void {
    if (this.#known?.n !== n) return;
    if (this.#known.hash === hash) this.#isKnownSeen = true;
    else this.#break(n, "the mesh was told of another record here");
  }

  end(): { readonly first: number; readonly head: AuditHead; readonly sealed: number; readonly broken?: AuditBreak } {
    const broken = this.#broken ?? this.#endBreak();
    return {
      ...{ first: this.#first, head: this.head, sealed: this.#sealed },
      ...(broken === undefined ? {} : { broken }),
    };
  }

  #endBreak(): AuditBreak | undefined {
    const { n } = this.head;
    if (this.#known !== undefined && this.#known.n > 0 && !this.#isKnownSeen) {
      return { n: n + 1, why: `the mesh was told of ${this.#known.n} records` };
    }
    return this.#sealed < n ? { n: this.#sealed + 1, why: "no seal stands behind the last records" } : undefined;
  }

  #break(n: number, why: string): void {
    this.#broken ??= { n, why };
  }
}
