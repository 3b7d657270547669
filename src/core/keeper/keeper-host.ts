// What the keeper wants of the machine around it.

import type { Shard } from "../ownership/shard.ts";
import type { PeerMessage } from "../protocol/message.ts";
import type { HeldNews } from "../replication/replication.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";

export type KeeperHost = {
  readonly self: PeerId;
  readonly chance: () => number;
  now(): Instant;
  /** For what takes a while here, and when the wall clock will show that. */
  steady(): Instant;
  wallOf(steady: number): number;
  send(to: PeerId, message: PeerMessage): void;
  /** Take up what is due in these. */
  gained(shards: readonly Shard[]): void;
  /** Take up nothing more in these; say `drained` when nothing of them is in flight or on its way to the disk. */
  stopped(shards: readonly Shard[]): void;
  /** A peer's news, for those who compare what it holds. */
  heldBy(peer: PeerId, held: HeldNews): void;
  /** Pulls all that this peer has; or the run logs of several. */
  sync(peer: PeerId, onEnd: (isWhole: boolean) => void): void;
  gather(peers: readonly PeerId[], onEnd: () => void, fallen?: PeerId): void;
  /** Tells the others at once what they are still to hear of this peer's run log. */
  flush(): void;
  /** The end of this peer's run log, and of what is here of another's. */
  ownSeq(): number;
  runsOf(author: PeerId): number;
  /** Some of another's run log has come, and is not taken in yet. */
  isTakingIn(author: PeerId): boolean;
  /** Others have granted something: who waits for a lease may have it now. */
  leased(): void;
  /** Something that people see of the mesh has changed. */
  changed(): void;
};
