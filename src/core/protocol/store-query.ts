// What the core asks of the store for others' sake: the answer comes back as an event with the same ticket.

import type { Entity, EntityKind } from "../register/register.ts";
import type { CarryPage, LastResult } from "../task/carry.ts";
import type { Progress } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { Run } from "../task/run.ts";
import type { TaskGuid } from "../values/ids.ts";
import type { LogEnds, Stamps } from "./message.ts";
import type { Vote } from "./vote.ts";

export type StoreQuery =
  /** Entities with a living stamp above the vector. */
  | { readonly kind: "entitiesAbove"; readonly vector: Stamps; readonly cursor?: string }
  /** Carries up to `own`, of those that are not in `known`. */
  | { readonly kind: "carriesAfter"; readonly own: LogEnds; readonly floors: LogEnds; readonly known: LogEnds }
  | { readonly kind: "lastResults"; readonly own: LogEnds; readonly floors: LogEnds; readonly cursor?: string }
  | { readonly kind: "leaves"; readonly leaves: readonly number[]; readonly cursor?: string }
  /** The stored runs of these ids; what is not there is left out. */
  | { readonly kind: "runs"; readonly ids: readonly OccurrenceId[] }
  /** Who was given attempts of these tasks. */
  | { readonly kind: "votes"; readonly guids: readonly TaskGuid[] }
  | { readonly kind: "entity"; readonly entity: { readonly kind: EntityKind; readonly key: string } }
  /** The peer groups that have tasks which are due at some time. */
  | { readonly kind: "groups" }
  /** Of the next `limit` entities those that are deleted. */
  | { readonly kind: "tombstones"; readonly limit: number; readonly cursor?: string };

export type StoreAnswer =
  | { readonly kind: "entities"; readonly entities: readonly Entity[]; readonly cursor?: string }
  | {
    readonly kind: "carries";
    readonly pages: readonly CarryPage[];
    readonly isMore: boolean;
    readonly isTrimmed: boolean;
  }
  | {
    readonly kind: "results";
    readonly results: readonly LastResult[];
    readonly floors: LogEnds;
    readonly cursor?: string;
  }
  | { readonly kind: "runs"; readonly runs: readonly Run[] }
  /** For each task, in order. */
  | { readonly kind: "votes"; readonly votes: readonly (readonly Vote[])[] }
  | { readonly kind: "entity"; readonly entity?: Entity }
  /** As `PeerGroup.text`. */
  | { readonly kind: "groups"; readonly groups: readonly string[] }
  /** `progress`: where a task stands, if it has come to stand anywhere. */
  | {
    readonly kind: "tombstones";
    readonly dead: readonly { readonly entity: Entity; readonly progress?: Progress }[];
    readonly cursor?: string;
  }
  /** The disk could not be read. */
  | { readonly kind: "failed" };
