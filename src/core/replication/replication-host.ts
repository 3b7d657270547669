// What replication wants of the machine around it, and what it is told at the start.

import type { LogFacts } from "../protocol/event.ts";
import type { Answer, Broadcast, PeerAsk, PeerMessage } from "../protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import type { DigestTree } from "../register/digest.ts";
import type { RunVector, VersionVector } from "../register/vector.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { IntakeHost } from "./intake.ts";

export type ReplicationHost = IntakeHost & {
  readonly self: PeerId;
  /** Steady time. */
  now(): Instant;
  send(to: PeerId, message: PeerMessage): void;
  publish(broadcast: Broadcast): void;
  /** Asks the store; `onAnswer` is called once. */
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  /** Carries out what another peer asks this one for: as the owner of a task, or in the place of the owner. */
  obey(from: PeerId, ask: PeerAsk, onAnswer: (answer: Answer) => void): void;
  /** The others that are alive. */
  living(): readonly PeerId[];
  readonly chance: () => number;
  /** For whoever runs the peer. */
  log(message: string, facts: LogFacts): void;
};

export type ReplicationStart = {
  readonly vector: VersionVector;
  readonly runVector: RunVector;
  readonly runFloors: RunVector;
  /** Nothing was ever pulled from this mesh. */
  readonly isNew: boolean;
  readonly digest: DigestTree;
};
