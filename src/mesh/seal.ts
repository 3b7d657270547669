// Seals what only members may read: with a key that all of a mesh share, made of the mesh's own. What is sealed for one
// thing is no good for another, and whoever changes a byte of it makes it unreadable.
//
//   mts1.<nonce, what is sealed, and its tag: base64url>     AES-256-GCM, its key by HKDF-SHA256 (RFC 5869)

import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

export interface Seal {
  /** `context` says what it is sealed for: it is needed to open it. */
  seal(text: string, context: string): string;
  /** Absent when it was sealed by another mesh, for something else, or was changed. */
  open(sealed: string, context: string): string | undefined;
}

const START = "mts1.";
const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** Random for each: NIST SP 800-38D §8.3 allows 2^32 of them under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals with the first key; opens what was sealed with any of them. */
export function meshSeal(meshKeys: readonly [Uint8Array, ...Uint8Array[]]): Seal {
  const keys = meshKeys.map(keyOf);
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, keys[0] ?? keyOf(meshKeys[0]), nonce);
      cipher.setAAD(Buffer.from(context, "utf8"));
      const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return START + sealed.toString("base64url");
    },
    open(sealed, context) {
      if (!sealed.startsWith(START)) return undefined;
      const bytes = Buffer.from(sealed.slice(START.length), "base64url");
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      for (const key of keys) {
        const text = opened(bytes, key, context);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function keyOf(meshKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync("sha256", meshKey, new Uint8Array(), "metronome credentials 1", KEY_BYTES));
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
