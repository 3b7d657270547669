// A notice tells whoever watches that something became true. It is seen after it is durable, and may be dropped by a
// watcher that is too slow: the store is the truth, notices are the bell.

import type { Dossier } from "./dossier.ts";
import type { Run } from "./run.ts";
import type { UserId } from "./task.ts";

export type Notice =
  | { readonly kind: "task"; readonly dossier: Dossier }
  | { readonly kind: "removed"; readonly user: UserId; readonly task: string }
  | { readonly kind: "run"; readonly run: Run }
  /** Who is a member, alive, or fires what. */
  | { readonly kind: "mesh" };
