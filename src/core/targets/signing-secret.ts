// What the events of a target are signed with, by Standard Webhooks 1.0: a secret that the receiver shares, or a pair of
// keys, of which the receiver has the public one alone and so can sign nothing itself.

import { Buffer } from "node:buffer";
import type { KeyObject } from "node:crypto";
import { KEY_BYTES, privateKeyOf, publicBytesOf } from "../values/ed25519.ts";

export type SigningKey =
  /** `whsec_`: HMAC-SHA256, signatures `v1`. */
  | { readonly kind: "shared"; readonly bytes: Uint8Array }
  /** `whsk_`: Ed25519, signatures `v1a`. */
  | { readonly kind: "pair"; readonly privateKey: KeyObject; readonly publicKey: string };

const SHARED_MIN_BYTES = 24;
const SHARED_MAX_BYTES = 64;

/** What a signing secret is, for a human. */
export const SIGNING_SECRET_FORM =
  `whsec_ and ${SHARED_MIN_BYTES} to ${SHARED_MAX_BYTES} bytes in base64, or whsk_ and a private key of Ed25519 in base64, ` +
  `${KEY_BYTES} bytes or with the public one ${KEY_BYTES * 2} (Standard Webhooks)`;

/** The key that a signing secret is, with its prefix or, a shared one, without; absent when it is none. */
export function signingKey(secret: string): SigningKey | undefined {
  const [, prefix = "", base64 = ""] = /^(whsec_|whsk_)?([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const bytes = Buffer.from(base64, "base64");
  if (prefix === "whsk_") return pairOf(bytes);
  return bytes.length >= SHARED_MIN_BYTES && bytes.length <= SHARED_MAX_BYTES ? { kind: "shared", bytes } : undefined;
}

/** `whpk_…`, by which whoever receives the events checks them; absent when the secret is a shared one. */
export function publicKeyIn(secret: string): string | undefined {
  const key = signingKey(secret);
  return key?.kind === "pair" ? key.publicKey : undefined;
}

/** The private key, alone or with the public one behind it, as most libraries write it. */
function pairOf(bytes: Buffer): SigningKey | undefined {
  if (bytes.length !== KEY_BYTES && bytes.length !== KEY_BYTES * 2) return undefined;
  const privateKey = privateKeyOf(bytes.subarray(0, KEY_BYTES));
  const publicBytes = Buffer.from(publicBytesOf(privateKey));
  if (bytes.length > KEY_BYTES && !publicBytes.equals(bytes.subarray(KEY_BYTES))) return undefined;
  return { kind: "pair", privateKey, publicKey: `whpk_${publicBytes.toString("base64")}` };
}
