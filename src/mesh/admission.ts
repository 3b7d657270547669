// An admission is a member's signature under another peer's membership: whoever holds the list can check each entry by
// itself, back to the first peer, who signed its own.

import { Buffer } from "node:buffer";
import { type Admission, admissionText } from "../core/membership/membership-list.ts";
import { privateKeyOf } from "../core/values/ed25519.ts";
import type { PeerId } from "../core/values/ids.ts";
import type { Instant } from "../core/values/instant.ts";
import type { Origin } from "../core/values/stamp.ts";
import { checkingKey, isSignedBy, peerIdOf, signatureOf } from "./peer-key.ts";

export type Candidate = {
  readonly peer: PeerId;
  readonly name: string;
  readonly origin: Origin;
  readonly addresses: readonly string[];
};

/** `seed` is the private key of who admits. */
export function signAdmission(candidate: Candidate, seed: Uint8Array, now: Instant): Admission {
  const admission = { ...candidate, admittedBy: peerIdOf(seed), admittedAt: now };
  const signature = signatureOf(Buffer.from(admissionText(admission), "utf8"), privateKeyOf(seed));
  return { ...admission, signature: Buffer.from(signature).toString("base64url") };
}

/** Whether the peer that it names as the admitting one has signed it. */
export function isSigned(admission: Admission): boolean {
  const key = checkingKey(admission.admittedBy);
  if (key === undefined) return false;
  const signature = Buffer.from(admission.signature, "base64url");
  return isSignedBy(Buffer.from(admissionText(admission), "utf8"), signature, key);
}
