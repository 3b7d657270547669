// How a world ended: all that stands on the disks of its peers, and what each believes of the mesh.

import type { MeshState } from "../core/machine/mesh-state.ts";
import type { Conflict } from "../core/register/conflict.ts";
import type { Entity } from "../core/register/register.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId } from "../core/values/ids.ts";
import type { KeyValue, Space } from "../store/key-value.ts";
import { readRecord } from "../store/record.ts";
import { runEndsOf, type World } from "./world.ts";

export type PeerEnd = {
  readonly peer: PeerId;
  readonly isUp: boolean;
  readonly mesh?: MeshState;
  readonly inFlight: number;
  readonly entities: ReadonlyMap<string, Entity>;
  readonly runs: ReadonlyMap<string, Run>;
  readonly conflicts: readonly Conflict[];
  readonly runEnds: ReadonlyMap<PeerId, number>;
};

export async function endingOf(world: World): Promise<readonly PeerEnd[]> {
  const ends: PeerEnd[] = [];
  for (const peer of world.survivors()) {
    const { base } = peer.parts.disk;
    const mesh = peer.node?.mesh();
    ends.push({
      peer: peer.id,
      isUp: peer.node !== undefined && !peer.isFrozen,
      ...(mesh === undefined ? {} : { mesh }),
      inFlight: peer.node?.status().inFlight ?? 0,
      entities: await all<Entity>(base, "entities"),
      runs: await all<Run>(base, "runs"),
      conflicts: [...(await all<Conflict>(base, "conflicts")).values()],
      runEnds: await runEndsOf(peer),
    });
  }
  return ends;
}

async function all<T>(base: KeyValue, space: Space): Promise<ReadonlyMap<string, T>> {
  const walk = base.walk(space, {});
  const entries = await walk.take(Infinity);
  await walk.close();
  return new Map(entries.map(([key, record]) => [key, readRecord<T>(record)]));
}
