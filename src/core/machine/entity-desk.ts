// The desk writes the entities that have no actor (tokens, members, settings): one at a time for each key, so
// that a local write and another peer's never cross between reading and writing.

import type { Match, Refusal } from "../protocol/command.ts";
import type { Write } from "../protocol/write.ts";
import {
  type Entity,
  type EntityKind,
  isAlive,
  type Merge,
  mergeEntities,
  revisionOf,
  stampsChanged,
  writeRegister,
} from "../register/register.ts";
import type { Instant } from "../values/instant.ts";
import type { Json } from "../values/json.ts";
import type { Stamp } from "../values/stamp.ts";

export type EntityKey = { readonly kind: EntityKind; readonly key: string };

export type Job =
  /** Values of this peer's user, written over what stands there. */
  | {
    readonly kind: "write";
    readonly values: { readonly [register: string]: Json };
    readonly match?: Match | "absent";
    readonly ticket: number;
  }
  /** What another peer has; `done` when it is handed to the disk. */
  | { readonly kind: "merge"; readonly entity: Entity; readonly done: () => void };

/** What came of the jobs of one key: to be persisted, and told. */
export type Desked = {
  readonly entity: Entity;
  readonly dropped: readonly Stamp[];
  readonly added: readonly Stamp[];
  readonly wasDead?: true;
  /** Whether the new stamps are this peer's. */
  readonly isOwn: boolean;
  readonly tickets: readonly number[];
  /** Writes whose condition did not hold. */
  readonly refused: readonly { readonly ticket: number; readonly refusal: Refusal }[];
  readonly done: readonly (() => void)[];
  readonly conflicts: Merge["conflicts"];
};

/** Jobs that wait for their entity to be read; a local write is then refused, a merge left to the next sync. */
const WAITING_MAX = 20_000;

export class EntityDesk {
  readonly #waiting = new Map<string, Job[]>();
  /**
   * What is on its way to the disk, or has arrived there while it was being read: a read may not find it. A member's
   * entity was put back to what it had been so, and two peers held different lists of members for good.
   */
  readonly #writing = new Map<string, Entity>();
  /** Those of them that have arrived. */
  readonly #arrived = new Set<string>();
  #count = 0;

  /** `read`: the entity is to be read, and `work` called with it. `wait`: that is under way. `full`: nothing was added. */
  add(at: EntityKey, job: Job): "read" | "wait" | "full" {
    if (this.#count >= WAITING_MAX) return "full";
    this.#count++;
    const jobs = this.#waiting.get(nameOf(at));
    if (jobs === undefined) this.#waiting.set(nameOf(at), [job]);
    else jobs.push(job);
    return jobs === undefined ? "read" : "wait";
  }

  /** The jobs that wait for this entity, done on what stands on the disk. */
  work(
    at: EntityKey,
    stored: Entity | undefined,
    told: { readonly stamp: () => Stamp; readonly isForgotten: (entity: Entity) => boolean },
  ): Desked | undefined {
    const name = nameOf(at);
    const jobs = this.#waiting.get(name);
    if (jobs === undefined) return undefined;
    this.#waiting.delete(name);
    this.#count -= jobs.length;
    const before = this.#writing.get(name) ?? stored;
    let entity: Entity = before ?? { ...at, registers: {} };
    const tickets: number[] = [];
    const refused: { ticket: number; refusal: Refusal }[] = [];
    const done: (() => void)[] = [];
    const conflicts: Merge["conflicts"][number][] = [];
    for (const job of jobs) {
      switch (job.kind) {
        case "write": {
          const refusal = job.match === undefined ? undefined : unmatched(entity, job.match);
          if (refusal !== undefined) {
            refused.push({ ticket: job.ticket, refusal });
            break;
          }
          entity = written(entity, job.values, told.stamp());
          tickets.push(job.ticket);
          break;
        }
        case "merge": {
          done.push(job.done);
          if (before === undefined && told.isForgotten(job.entity)) break;
          const merge = mergeEntities(entity, job.entity);
          entity = merge.entity;
          conflicts.push(...merge.conflicts);
          break;
        }
      }
    }
    const changed = stampsChanged(before, entity);
    const hasArrived = this.#arrived.delete(name);
    if (changed.added.length > 0) this.#writing.set(name, entity);
    else if (hasArrived) this.#writing.delete(name);
    return { entity, ...changed, isOwn: tickets.length > 0, tickets, refused, done, conflicts };
  }

  /** The write of this entity stands on the disk. */
  ended(entity: Entity): void {
    const name = nameOf(entity);
    if (this.#writing.get(name) !== entity) return;
    if (this.#waiting.has(name)) this.#arrived.add(name);
    else this.#writing.delete(name);
  }

  /** Writes were refused: what stands on the disk counts. */
  forgetWriting(): void {
    this.#writing.clear();
    this.#arrived.clear();
  }
}

/** What the others are to hear of, when it stands on the disk. */
export function tellingWrites({ entity, dropped, added, wasDead, isOwn }: Desked): readonly Write[] {
  if (added.length === 0) return [];
  return [{ kind: "entity", entity, dropped, added, ...(wasDead === undefined ? {} : { wasDead }), isOwn }];
}

/** Values that lost against concurrent ones. */
export function lostWrites({ entity: { kind, key }, conflicts }: Desked, at: Instant): readonly Write[] {
  return conflicts.map((conflict) => ({ kind: "conflict", conflict: { entity: { kind, key }, ...conflict, at } }));
}

function nameOf({ kind, key }: EntityKey): string {
  return `${kind}/${key}`;
}

function unmatched(entity: Entity, match: Match | "absent"): Refusal | undefined {
  const { kind } = entity;
  if (!isAlive(entity)) {
    return match === "absent" ? undefined : { kind: "refused", why: "not-found", message: `there is no such ${kind}` };
  }
  if (match === "absent") return { kind: "refused", why: "exists", message: `the ${kind} exists already` };
  const revision = revisionOf(entity);
  if (match === "*" || match.includes(revision)) return undefined;
  return { kind: "refused", why: "changed", message: `the ${kind} was changed since it was read`, revision };
}

function written(entity: Entity, values: { readonly [register: string]: Json }, stamp: Stamp): Entity {
  const registers: Record<string, Entity["registers"][string]> = { ...entity.registers };
  for (const [name, value] of Object.entries(values)) registers[name] = writeRegister(registers[name], value, stamp);
  return { ...entity, registers };
}
