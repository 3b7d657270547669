// A conflict is a value of a register that lost against a write made without knowledge of it: kept, so that its user can
// see it and put it back.

import type { Instant } from "./instant.ts";
import type { EntityKind, Register } from "./register.ts";

export type Conflict = {
  readonly entity: { readonly kind: EntityKind; readonly key: string };
  readonly register: string;
  readonly lost: Register;
  readonly kept: Register;
  /** When this peer saw both. */
  readonly at: Instant;
};
