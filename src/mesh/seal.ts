// Seals what only members may read: with a key that all of a mesh share, made of the mesh's own. What is sealed for one
// thing is no good for another, and whoever changes a byte of it makes it unreadable.
//
//   mts1.<nonce, what is sealed, and its tag: base64url>     AES-256-GCM, its key by HKDF-SHA256 (RFC 5869)
//
// The nonce is a keyed hash of what is sealed and what for, so the same is sealed alike: what is written again unchanged
// is no change, and no nonce serves two texts (as in RFC 8452). Whoever has no key sees that two are the same, no more.

import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { SEALED } from "../core/targets/target.ts";

export interface Seal {
  /** `context` says what it is sealed for: it is needed to open it. */
  seal(text: string, context: string): string;
  /** Absent when it was sealed by another mesh, for something else, or was changed. */
  open(sealed: string, context: string): string | undefined;
}

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** 96 bits, NIST SP 800-38D §8.2: of 2^32 different texts two share one with a chance of 2^-33. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with the first key; opens what was sealed with any of them. */
export function meshSeal(meshKeys: readonly [Uint8Array, ...Uint8Array[]]): Seal {
  const keys = meshKeys.map((meshKey) => keyOf(meshKey, "metronome credentials 1"));
  const sealing = keyOf(meshKeys[0], "metronome credentials 1");
  const noncing = keyOf(meshKeys[0], "metronome credentials 1, nonces");
  return {
    seal(text, context) {
      const nonce = createHmac("sha256", noncing).update(JSON.stringify([context, text])).digest()
        .subarray(0, NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealing, nonce);
      cipher.setAAD(Buffer.from(context, "utf8"));
      const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return SEALED + sealed.toString("base64url");
    },
    open(sealed, context) {
      if (!sealed.startsWith(SEALED)) return undefined;
      const bytes = Buffer.from(sealed.slice(SEALED.length), "base64url");
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      for (const key of keys) {
        const text = opened(bytes, key, context);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function keyOf(meshKey: Uint8Array, what: string): Buffer {
  return Buffer.from(hkdfSync("sha256", meshKey, new Uint8Array(), what, KEY_BYTES));
}

function opened(bytes: Buffer, key: Buffer, context: string): string | undefined {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
