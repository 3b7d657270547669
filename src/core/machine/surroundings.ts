// What the turns of this peer's tasks are told of what is around them, each by the part that knows it.

import type { Gate } from "../firing/gate.ts";
import type { Surroundings } from "../firing/turn.ts";
import { carrierOf } from "../keeper/stand-ins.ts";
import type { Run } from "../task/run.ts";
import type { PeerId } from "../values/ids.ts";
import type { HybridClock } from "../values/stamp.ts";
import type { MachineSettings } from "./machine-settings.ts";
import type { MeshSide } from "./mesh-side.ts";

export function surroundingsOf(
  { self, chance, egress }: MachineSettings,
  clock: HybridClock,
  mesh: MeshSide,
  gate: Gate,
): Surroundings {
  const { targets, trust, elections } = mesh;
  return {
    ...{ self, chance, clock, log: mesh, targets, trust, elections, egress },
    hasLease: (shard) => mesh.keeper.hasLease(shard),
    mayPlace: (group) => mesh.groups.mayUse(group),
    isForgotten: (entity) => mesh.replication.isForgotten(entity),
    isCrowded: (lane, more, now) => gate.isCrowded(lane, more, now),
    isShut: (lane, now) => gate.isShut(lane, now),
    whyShut: (lane) => gate.whyShut(lane),
    standIn: (lane, group, now) => gate.standIn(lane, () => mesh.standIns(group), now),
    abandon: (id) => mesh.detours.abort(id),
  };
}

/** Whether the last attempt of a run is another peer's, which is alive or, of one that is held, may be. */
export function elsewhereFor(self: PeerId, mesh: MeshSide): (run: Run, isHeld: boolean) => boolean {
  return (run, isHeld) => {
    const peer = carrierOf(run);
    return peer !== undefined && peer !== self && (isHeld || mesh.keeper.isAlive(peer));
  };
}
