// The head of a peer's audit, as the mesh knows it: told once a minute when it has moved, and when the peer stops. Who cuts
// the end of a chain off, or writes it anew, has also to change what all other peers hold.

import { Buffer } from "node:buffer";
import type { AuditLog, AuditLogSettings } from "./audit/audit-log.ts";
import type { AuditHead } from "./core/people/audit.ts";
import type { Entity } from "./core/register/register.ts";
import { privateKeyOf } from "./core/values/ed25519.ts";
import { isObject } from "./core/values/faults.ts";
import type { PeerId } from "./core/values/ids.ts";
import type { Identity } from "./mesh/identity.ts";
import { checkingKey, isSignedBy, signatureOf } from "./mesh/peer-key.ts";
import type { Peer } from "./peer.ts";

const TELL_MS = 60_000;

/** Signs with the key of this peer, and knows what it has signed. */
export function auditSeal({ peer, seed }: Identity): Pick<AuditLogSettings, "sign" | "isSigned"> {
  const key = privateKeyOf(seed);
  const check = checkingKey(peer);
  return {
    sign: (text) => Buffer.from(signatureOf(Buffer.from(text), key)).toString("base64url"),
    isSigned: (text, signature) =>
      check !== undefined && isSignedBy(Buffer.from(text), Buffer.from(signature, "base64url"), check),
  };
}

/** The key of the setting in which the head of this peer's audit stands. */
export function auditHeadKey(peer: PeerId): string {
  return `audit/${peer}`;
}

export function auditHeadOf(entity: Entity | undefined): AuditHead | undefined {
  const head = entity?.registers.head?.value;
  if (!isObject(head) || typeof head.n !== "number" || typeof head.hash !== "string") return undefined;
  return { n: head.n, hash: head.hash };
}

export function keepAuditHead(
  { audit, peer, log }: {
    readonly audit: Pick<AuditLog, "head">;
    readonly peer: Pick<Peer, "id" | "entity" | "submit">;
    readonly log: AuditLogSettings["log"];
  },
): { close(): Promise<void> } {
  let told = 0;
  const tell = async () => {
    const { n, hash } = audit.head;
    if (n === told) return;
    const key = auditHeadKey(peer.id);
    const entity = await peer.entity("setting", key) ?? { kind: "setting", key, registers: {} };
    const result = await peer.submit({ kind: "entity", entity, values: { head: { n, hash }, life: 1 } });
    if (result.kind !== "refused") told = n;
  };
  const missed = (error: unknown) => log("warning", "the head of the audit was not told", { error: String(error) });
  const timer = setInterval(() => void tell().catch(missed), TELL_MS);
  return {
    async close() {
      clearInterval(timer);
      await tell().catch(missed);
    },
  };
}
