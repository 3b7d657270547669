// A peer's id is its public key: libp2p writes an Ed25519 key as 38 bytes in base58. So whoever has the id can check
// what that peer signed, without asking anyone.

import { type KeyObject, sign, verify } from "node:crypto";
import { KEY_BYTES, privateKeyOf, publicBytesOf, publicKeyOf } from "../core/values/ed25519.ts";
import type { PeerId } from "../core/values/ids.ts";

export const SIGNATURE_BYTES = 64;

/** Before the key stand: an identity multihash of 36 bytes, in it a libp2p public key of type 1 (Ed25519) of 32 bytes. */
const ID_PREFIX = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/** The id of the peer that has this private key: 32 bytes, the seed of RFC 8032. */
export function peerIdOf(seed: Uint8Array): PeerId {
  return encodeBase58([...ID_PREFIX, ...publicBytesOf(privateKeyOf(seed))]);
}

/** The key that checks what this peer signed; absent when the text is no id of an Ed25519 key. */
export function checkingKey(peer: PeerId): KeyObject | undefined {
  const bytes = decodeBase58(peer);
  if (bytes?.length !== ID_PREFIX.length + KEY_BYTES || ID_PREFIX.some((byte, at) => bytes[at] !== byte)) {
    return undefined;
  }
  return publicKeyOf(new Uint8Array(bytes.slice(ID_PREFIX.length)));
}

export function signatureOf(bytes: Uint8Array, key: KeyObject): Uint8Array {
  return new Uint8Array(sign(null, bytes, key));
}

export function isSignedBy(bytes: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  return signature.length === SIGNATURE_BYTES && verify(null, bytes, key, signature);
}

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** 38 bytes in base58 are 52 digits; leading zeros can make it fewer. */
const ID_LENGTH_MAX = 52;

function encodeBase58(bytes: readonly number[]): string {
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let digits = "";
  for (; number > 0n; number /= 58n) digits = BASE58.charAt(Number(number % 58n)) + digits;
  return "1".repeat(leading(bytes, (byte) => byte === 0)) + digits;
}

function decodeBase58(text: string): number[] | undefined {
  if (text.length > ID_LENGTH_MAX) return undefined;
  let number = 0n;
  for (const char of text) {
    const digit = BASE58.indexOf(char);
    if (digit < 0) return undefined;
    number = number * 58n + BigInt(digit);
  }
  const bytes: number[] = [];
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 0xffn));
  return [...new Array<number>(leading([...text], (char) => char === "1")).fill(0), ...bytes];
}

function leading<T>(items: readonly T[], isSuch: (item: T) => boolean): number {
  const first = items.findIndex((item) => !isSuch(item));
  return first < 0 ? items.length : first;
}
