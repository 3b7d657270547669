// A conflict is a value of a register that lost against a write made without knowledge of it: kept, so that its user can
// see it and put it back.

import { type Instant, INSTANT_MIN } from "../values/instant.ts";
import type { EntityKind, Register } from "./register.ts";

export type Conflict = {
  readonly entity: { readonly kind: EntityKind; readonly key: string };
  readonly register: string;
  readonly lost: Register;
  readonly kept: Register;
  /** When this peer saw both. */
  readonly at: Instant;
};

const INSTANT_DIGITS = 15;

/** Where it stands in the list of this peer, in the order of time: its key, and its name for people. */
export function conflictPlace({ at, entity, register, lost }: Conflict): string {
  return `${
    String(at - INSTANT_MIN).padStart(INSTANT_DIGITS, "0")
  }/${entity.kind}/${entity.key}/${register}/${lost.stamp}`;
}
