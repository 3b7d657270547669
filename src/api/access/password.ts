// A password is kept as a scrypt hash, made beside the loop. With N = 2^15, r = 8 and p = 3 it costs 32 MiB and some
// 200 ms, which OWASP's Password Storage Cheat Sheet calls as good as its other pairs; more memory at once would be too
// much for a small machine.

import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

const LOG_N = 15;
const R = 8;
const P = 3;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Hashes at a time: 64 MiB, and the other threads for the disk. */
const RUNNING_MAX = 2;
/** Who comes behind those waits some seconds at most. */
const WAITING_MAX = 20;

export type Passwords = {
  /** Absent: too many wait already. */
  hash(password: string): Promise<string | undefined>;
  /** Whether it is the one that was hashed. Takes as long when there is no hash. Absent: too many wait already. */
  matches(password: string, hash: string | undefined): Promise<boolean | undefined>;
};

export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function derive(password: string, salt: Buffer, cost: Cost, length: number): Promise<Buffer | undefined> {
    if (running >= RUNNING_MAX) {
      if (waiting.length >= WAITING_MAX) return undefined;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running++;
    try {
      const { logN, r, p } = cost;
      const N = 2 ** logN;
      return await new Promise<Buffer>((resolve, reject) => {
        // NFKC: the same password on two keyboards is the same text (RFC 8265 has more rules, and refuses more).
        scrypt(password.normalize("NFKC"), salt, length, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
          if (error === null) resolve(key);
          else reject(error);
        });
      });
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const key = await derive(password, salt, { logN: LOG_N, r: R, p: P }, HASH_BYTES);
      return key === undefined ? undefined : print({ logN: LOG_N, r: R, p: P, salt, key });
    },
    async matches(password, hash) {
      const known = hash === undefined ? undefined : parse(hash);
      const { salt, key, ...cost } = known ?? NOBODYS;
      const made = await derive(password, salt, cost, key.length);
      return made === undefined ? undefined : known !== undefined && timingSafeEqual(made, key);
    },
  };
}

type Cost = { readonly logN: number; readonly r: number; readonly p: number };
type Hash = Cost & { readonly salt: Buffer; readonly key: Buffer };

const NOBODYS: Hash = {
  ...{ logN: LOG_N, r: R, p: P },
  salt: Buffer.alloc(SALT_BYTES),
  key: Buffer.alloc(HASH_BYTES),
};

/** `scrypt$15$8$3$<salt>$<key>`, both in base64url. */
function print({ logN, r, p, salt, key }: Hash): string {
  return ["scrypt", logN, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Comes from other peers too: costs beyond what any of them makes are not paid. */
function parse(text: string): Hash | undefined {
  const [, logN, r, p, salt = "", key = ""] = HASH_PATTERN.exec(text) ?? [];
  if (logN === undefined) return undefined;
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  if (cost.logN > LOG_N || cost.r !== R || cost.p > P) return undefined;
  return { ...cost, salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") };
}

const HASH_PATTERN = /^scrypt\$(1\d)\$(\d)\$(\d)\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;
