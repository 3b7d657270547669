// The history of a world: what users were told, what befell the peers, and what became durable where. With the log of
// the targets it is all that the checkers go by; and it is what a story is told from.

import type { Stamps } from "../core/protocol/message.ts";
import type { Entity, Register } from "../core/register/register.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId, TaskGuid } from "../core/values/ids.ts";
import type { Stamp } from "../core/values/stamp.ts";
import type { Operation } from "../store/key-value.ts";
import { VECTOR } from "../store/operations.ts";
import { readRecord } from "../store/record.ts";
import type { Fault, UserAction } from "./plan.ts";

/** What a user was told; `refused` says why. */
export type Ack = {
  readonly at: number;
  readonly endedAt: number;
  readonly peer: PeerId;
  readonly guid: TaskGuid;
  readonly action: UserAction;
  readonly result: "done" | "refused";
  readonly why?: string;
  /** The registers of the task after an acknowledged edit, as its peer had them. */
  readonly entity?: Entity;
};

/** `to` is when its effects are over at the latest; `weight` is how many more deliveries of one occurrence it excuses. */
export type Trouble = { readonly fault: Fault; readonly from: number; to: number; readonly weight: number };

/** An entity as it became durable at a peer. */
export type Version = { readonly at: number; readonly entity: Entity };

/** Of what became durable: the tasks, and the version vector. */
export type Durable = { readonly tasks: readonly TaskGuid[]; readonly vector?: Stamps };

export class History {
  readonly acks: Ack[] = [];
  readonly troubles: Trouble[] = [];
  /** By peer and task, in order of time. */
  readonly versions = new Map<PeerId, Map<TaskGuid, Version[]>>();
  /** Each write of a register of a task that ever became durable anywhere, by task, register and stamp. */
  readonly writes = new Map<string, Register>();
  /** Who settled an occurrence itself, after attempts: by its id. */
  readonly settlers = new Map<string, Set<PeerId>>();
  readonly logged: { readonly at: number; readonly peer: PeerId; readonly text: string }[] = [];

  /** What of it matters to those who watch. */
  durable(at: number, peer: PeerId, operations: readonly Operation[]): Durable {
    const tasks: TaskGuid[] = [];
    let vector: Stamps | undefined;
    for (const { space, key, value } of operations) {
      if (value === undefined) continue;
      if (space === "entities" && key.startsWith("task/")) {
        tasks.push(this.#entity(at, peer, readRecord<Entity>(value)));
      } else if (space === "runs" && value.includes(`"settledBy":"${peer}"`)) this.#run(peer, readRecord<Run>(value));
      else if (space === "meta" && key === VECTOR) vector = readRecord<Stamps>(value);
    }
    return { tasks, ...(vector === undefined ? {} : { vector }) };
  }

  /** A task as it stands on the disk of a peer. */
  latest(peer: PeerId, guid: TaskGuid): Entity | undefined {
    return this.versions.get(peer)?.get(guid)?.at(-1)?.entity;
  }

  hasHeld(peer: PeerId, guid: TaskGuid, register: string, stamp: Stamp): boolean {
    const versions = this.versions.get(peer)?.get(guid) ?? [];
    return versions.some(({ entity }) => entity.registers[register]?.stamp === stamp);
  }

  #entity(at: number, peer: PeerId, entity: Entity): TaskGuid {
    const guid = entity.key as TaskGuid;
    const tasks = this.versions.get(peer) ?? new Map<TaskGuid, Version[]>();
    this.versions.set(peer, tasks);
    const versions = tasks.get(guid) ?? [];
    tasks.set(guid, versions);
    versions.push({ at, entity });
    for (const [name, register] of Object.entries(entity.registers)) {
      this.writes.set(writeName(guid, name, register.stamp), register);
    }
    return guid;
  }

  #run(peer: PeerId, run: Run): void {
    if (run.settledBy !== peer || !run.attempts.some((attempt) => attempt.peer === peer)) return;
    const settlers = this.settlers.get(run.id) ?? new Set();
    this.settlers.set(run.id, settlers.add(peer));
  }
}

export function writeName(guid: TaskGuid, register: string, stamp: Stamp): string {
  return `${guid} ${register} ${stamp}`;
}

/** As its users call the task, also when it is deleted. */
export function taskIdOf({ registers: { meta } }: Entity): string | undefined {
  const value = meta?.value;
  const isIt = typeof value === "object" && value !== null && "id" in value;
  return isIt && typeof value.id === "string" ? value.id : undefined;
}
