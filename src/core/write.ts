// What the core wants on disk. Writes of one effect are kept all or none; the store knows how they become records.

import type { CommandResult } from "./command.ts";
import type { Progress } from "./dossier.ts";
import type { Instant } from "./instant.ts";
import type { Entity } from "./register.ts";
import type { Run } from "./run.ts";
import type { TaskGuid } from "./task.ts";

export type Write =
  | { readonly kind: "entity"; readonly entity: Entity }
  | { readonly kind: "progress"; readonly guid: TaskGuid; readonly progress: Progress }
  /** The task leaves its place in the due index (`from`) for another (`to`); either may be absent. */
  | { readonly kind: "due"; readonly guid: TaskGuid; readonly from?: Instant; readonly to?: Instant }
  /** A record of one occurrence; `wasOpen` when the stored copy stands among the open runs. */
  | { readonly kind: "run"; readonly run: Run; readonly wasOpen: boolean }
  /** No stamp of this peer is above this mark, in ms. */
  | { readonly kind: "highWater"; readonly ms: number }
  /** The answer to a request that may come again with the same key. */
  | { readonly kind: "answer"; readonly key: string; readonly answer: StoredAnswer };

export type StoredAnswer = {
  /** Digest of the request that was answered: the same key with another request is refused. */
  readonly fingerprint: string;
  readonly result: CommandResult;
  readonly expiresAt: Instant;
};
