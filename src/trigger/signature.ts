// Signatures by Standard Webhooks 1.0: whoever knows the key can tell that an event is ours, whole, and new. While a secret
// is rotated there is a signature by each, so that the receiver may change over at any moment.

import { Buffer } from "node:buffer";
import { createHmac, sign } from "node:crypto";
import { type Credential, valuesAt } from "../core/targets/credentials.ts";
import { type SigningKey, signingKey } from "../core/targets/signing-secret.ts";

export type Signer = { readonly secret: Credential; readonly keys: ReadonlyMap<string, SigningKey> };

/** Absent when the secret is none. */
export function signerOf(secret: Credential | undefined): Signer | undefined {
  if (secret === undefined) return undefined;
  const keys = new Map<string, SigningKey>();
  for (const value of [secret.value, secret.previous?.value]) {
    const key = value === undefined ? undefined : signingKey(value);
    if (value !== undefined && key !== undefined) keys.set(value, key);
  }
  return { secret, keys };
}

/** Name, value, name, value … The id stays over retries, the time is that of the attempt, in seconds. */
export function signatureOf({ secret, keys }: Signer, id: string, body: string, now: number): readonly string[] {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = valuesAt(secret, now).flatMap((value) => {
    const key = keys.get(value);
    return key === undefined ? [] : [signed(`${id}.${timestamp}.${body}`, key)];
  });
  return ["webhook-id", id, "webhook-timestamp", timestamp, "webhook-signature", signatures.join(" ")];
}

function signed(content: string, key: SigningKey): string {
  switch (key.kind) {
    case "shared":
      return `v1,${createHmac("sha256", key.bytes).update(content).digest("base64")}`;
    case "pair":
      return `v1a,${sign(null, Buffer.from(content), key.privateKey).toString("base64")}`;
  }
}
