// A notice tells whoever watches that something became true. It is seen after it is durable, and may be dropped by a
// watcher that is too slow: the store is the truth, notices are the bell.

import type { Dossier } from "../task/dossier.ts";
import type { Run } from "../task/run.ts";
import type { UserId } from "../values/ids.ts";
import type { LaneState } from "./lane.ts";

export type Notice =
  | { readonly kind: "task"; readonly dossier: Dossier }
  /** A named target was made, changed or removed. */
  | { readonly kind: "target"; readonly user: UserId; readonly name: string; readonly isRemoved: boolean }
  | { readonly kind: "removed"; readonly user: UserId; readonly task: string }
  | { readonly kind: "run"; readonly run: Run }
  /** The breaker of a target has opened or closed at this peer. */
  | { readonly kind: "lane"; readonly lane: LaneState }
  /** Who is a member, alive, or fires what. */
  | { readonly kind: "mesh" };
