// The list of members: who was admitted to the mesh and not removed, read from entities that are replicated like tasks.

import { type Entity, isAlive } from "../register/register.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Origin } from "../values/stamp.ts";

export type MemberAddress = { readonly peer: PeerId; readonly addresses: readonly string[] };

/** What the register `member` says. Signed by who admitted it: see the mesh's certificates. */
export type Admission = {
  readonly peer: PeerId;
  readonly name: string;
  /** Of its stamps. */
  readonly origin: Origin;
  readonly addresses: readonly string[];
  readonly admittedBy: PeerId;
  readonly admittedAt: Instant;
  /** Base64url, by the key of `admittedBy`, over `admissionText`. */
  readonly signature: string;
};

/** What is signed: everything but the addresses, which change. */
export function admissionText(
  { peer, origin, admittedBy, admittedAt }: Omit<Admission, "signature" | "addresses" | "name">,
): string {
  return `metronome member 1\n${peer}\n${origin}\n${admittedBy}\n${admittedAt}`;
}

/** The admission of a member's entity; absent when it was removed, or says something else. */
export function admissionOf(entity: Entity): Admission | undefined {
  if (entity.kind !== "member" || !isAlive(entity)) return undefined;
  return parseAdmission(entity.registers.member?.value);
}

function parseAdmission(value: Json | undefined): Admission | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { peer, name, origin, addresses, admittedBy, admittedAt, signature } = value as {
    readonly [name: string]: Json;
  };
  if (typeof peer !== "string" || typeof name !== "string" || typeof origin !== "number") return undefined;
  if (typeof admittedBy !== "string" || typeof admittedAt !== "number" || typeof signature !== "string") {
    return undefined;
  }
  if (!Array.isArray(addresses) || !addresses.every((address) => typeof address === "string")) return undefined;
  return { peer, name, origin, addresses, admittedBy, admittedAt: admittedAt as Instant, signature };
}

/** The living members, as entities come and go. */
export class MembershipList {
  readonly #members = new Map<PeerId, Admission>();

  readonly #isSigned: (admission: Admission) => boolean;

  /** `isSigned`: whether who admitted a member has put its name under that. */
  constructor(entities: readonly Entity[], isSigned: (admission: Admission) => boolean) {
    this.#isSigned = isSigned;
    for (const entity of entities) this.take(entity);
  }

  /** Takes a member's entity as it stands now; whether that changes the list. */
  take(entity: Entity): boolean {
    if (entity.kind !== "member") return false;
    const admission = admissionOf(entity);
    const known = this.#members.get(entity.key);
    if (admission === undefined || admission.peer !== entity.key || !this.#isSigned(admission)) {
      return this.#members.delete(entity.key);
    }
    this.#members.set(entity.key, admission);
    return JSON.stringify(known) !== JSON.stringify(admission);
  }

  get size(): number {
    return this.#members.size;
  }

  has(peer: PeerId): boolean {
    return this.#members.has(peer);
  }

  get(peer: PeerId): Admission | undefined {
    return this.#members.get(peer);
  }

  all(): readonly Admission[] {
    return [...this.#members.values()];
  }
}
