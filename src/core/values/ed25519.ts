// Keys of Ed25519 (RFC 8032) as their 32 bytes: what makes and checks signatures takes them in DER alone.

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

export const KEY_BYTES = 32;

/** The DER of RFC 8410 before the 32 bytes of a private and of a public key. */
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** The key that signs. Throws a RangeError when the seed is not of 32 bytes. */
export function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== KEY_BYTES) throw new RangeError(`a private key of ${seed.length} bytes`);
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: "der", type: "pkcs8" });
}

/** The key that checks. Throws a RangeError when it is not of 32 bytes. */
export function publicKeyOf(bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`a public key of ${bytes.length} bytes`);
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, bytes]), format: "der", type: "spki" });
}

/** The 32 bytes by which others check what this private key signs. */
export function publicBytesOf(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES));
}
