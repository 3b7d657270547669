// When all has come to rest, all peers hold the same: one outcome of each occurrence (G5), every acknowledged edit or
// its place in the conflict list (G6), one digest and one vector, and nothing that has grown without bound (G7).

import type { Entity } from "../core/register/register.ts";
import type { Run } from "../core/task/run.ts";
import type { PeerId } from "../core/values/ids.ts";
import { excuseOf } from "./check-deliveries.ts";
import type { PeerEnd } from "./ending.ts";
import { writeName } from "./history.ts";
import type { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** What is in flight at the end of a world that is calm: a delivery takes 200 ms. */
const IN_FLIGHT_MAX = 200;

/** Of a kind, so many are told: one tells the story, and the others the same. */
const TOLD_MAX = 5;

export function checkEnding(world: World, ends: readonly PeerEnd[]): readonly Violation[] {
  return [
    ...checkConvergence(world, ends),
    ...checkOutcomes(world, ends).slice(0, TOLD_MAX),
    ...checkEdits(world, ends).slice(0, TOLD_MAX),
  ];
}

function checkConvergence(world: World, ends: readonly PeerEnd[]): readonly Violation[] {
  const violations: Violation[] = [];
  const say = (promise: Violation["promise"], text: string) => violations.push({ promise, text, at: world.end });
  const [first] = ends;
  for (const end of ends) {
    const { peer, mesh, isUp } = end;
    if (first === undefined) break;
    if (!isUp || mesh === undefined) {
      say("convergence", `${peer} is not up at the end`);
      continue;
    }
    if (mesh.fenced) say("convergence", `${peer} is still fenced`);
    if (!mesh.converged) say("convergence", `${peer} does not hold what the others do, or does not know it`);
    if (mesh.digest === "" || mesh.digest !== first.mesh?.digest) {
      say("convergence", `${peer} has the digest ${mesh.digest}, ${first.peer} ${first.mesh?.digest}`);
    }
    for (const [other, late] of world.lateEnds) {
      for (const [author, seq] of late) {
        const has = end.runEnds.get(author) ?? 0;
        if (has < seq) {
          say("convergence", `${peer} has the log of ${author} up to ${has}; ${other} had ${seq} long before`);
        }
      }
    }
    const known = mesh.peers.filter(({ peer }) => !isLost(world, peer));
    const isStrange = mesh.peers.some(({ peer, state }) => (state === "alive") === isLost(world, peer));
    if (isStrange || known.length !== ends.length) {
      say("convergence", `${peer} sees ${mesh.peers.map((other) => `${other.peer} ${other.state}`).join(", ")}`);
    }
    const shards = mesh.peers.reduce((sum, other) => sum + other.shards, 0);
    if (shards !== 4_096) say("convergence", `${peer} counts ${shards} owned shards`);
    if (mesh.quarantined > 0) say("convergence", `${peer} has ${mesh.quarantined} entities in quarantine`);
    // What came by a broadcast of a peer that then was cut off is found by the digest alone.
    const isCalm = excuseOf(world.history.troubles, 0, world.end) === 0;
    if (mesh.repaired > 0 && isCalm) {
      say("convergence", `${peer} had to repair ${mesh.repaired} records by the digest tree`);
    }
    if (end.inFlight > IN_FLIGHT_MAX) say("G7", `${peer} has ${end.inFlight} deliveries in flight`);
  }
  const names = new Set(ends.flatMap(({ entities }) => [...entities.keys()]));
  for (const name of names) {
    const texts = new Set(ends.map(({ entities }) => canonical(entities.get(name))));
    if (texts.size > 1) say("convergence", `the peers differ on ${name}`);
  }
  return violations;
}

function checkOutcomes(world: World, ends: readonly PeerEnd[]): readonly Violation[] {
  const violations: Violation[] = [];
  const ids = new Set(ends.flatMap(({ runs }) => [...runs.keys()]));
  // What is settled now may still be on its way.
  const still = world.end - 15_000;
  for (const id of ids) {
    const run = ends.map(({ runs }) => runs.get(id)).find((each) => each !== undefined);
    const held = ends.map(({ peer, runs }) => ({ peer, text: textOf(runs.get(id)) }));
    if (run === undefined || (run.settledAt ?? run.instant) > still) continue;
    const say = (text: string) => violations.push({ promise: "G5", text, task: run.task, at: run.instant, id });
    const texts = new Set(held.map(({ text }) => text));
    if (texts.size > 1) say(`the peers differ: ${held.map(({ peer, text }) => `${peer} ${text}`).join(", ")}`);
    else if (run.state !== "settled" && run.instant < still - 30_000) say(`not settled at the end: ${textOf(run)}`);
    // What a peer settled that was lost at once may be known to nobody.
    const settlers = [...world.history.settlers.get(id) ?? []].filter((peer) => !isLost(world, peer));
    if (settlers.length > 1 && run.duplicate !== true) {
      say(`two peers settled it, and it is not reported: ${textOf(run)}`);
    }
  }
  for (const { id, task, at, peer } of world.targets.sent) {
    if (at < still && !ids.has(id)) {
      violations.push({ promise: "G5", text: `${peer} sent it, and no peer has a record`, task, at, id });
    }
  }
  return violations;
}

function textOf(run: Run | undefined): string {
  if (run === undefined) return "has no record";
  const { state, outcome, reason, settledBy, duplicate, attempts } = run;
  return `${state} ${outcome ?? ""} ${reason ?? ""} by ${settledBy ?? "nobody"}${
    duplicate === true ? " twice" : ""
  } after ${attempts.map(({ peer, n }) => `${peer}#${n}`).join("+")}`;
}

function checkEdits(world: World, ends: readonly PeerEnd[]): readonly Violation[] {
  const violations: Violation[] = [];
  const { acks, writes } = world.history;
  // Each write that another was made over with knowledge of it.
  const overwritten = new Set<string>();
  for (const [name, { previous }] of writes) {
    const [guid, register] = name.split(" ");
    if (previous !== undefined) overwritten.add(`${guid} ${register} ${previous}`);
  }
  const lost = new Set(
    ends.flatMap(({ conflicts }) =>
      conflicts.map(({ entity, register, lost }) => `${entity.key} ${register} ${lost.stamp}`)
    ),
  );
  for (const { guid, action, entity, at, peer, result } of acks) {
    if (result !== "done" || entity === undefined || action.kind === "trigger") continue;
    const finals = ends.map(({ entities }) => entities.get(`task/${guid}`));
    for (const [name, { stamp }] of Object.entries(entity.registers)) {
      const write = writeName(guid, name, stamp);
      if (name === "life" || overwritten.has(write) || lost.has(write)) continue;
      // It was durable at a peer that is gone, and nobody else ever had it.
      if (isLost(world, peer) && !ends.some((end) => world.history.hasHeld(end.peer, guid, name, stamp))) continue;
      const other = finals.find((final) => final?.registers[name]?.stamp !== stamp);
      if (other === undefined && !finals.includes(undefined)) continue;
      violations.push({
        promise: "G6",
        text:
          `${peer} acknowledged ${action.kind}, and its ${name} (${stamp}) is neither there nor in a conflict list; there is ${
            other?.registers[name]?.stamp
          } over ${other?.registers[name]?.previous}`,
        task: action.task,
        at,
      });
    }
  }
  return violations;
}

function isLost({ peers }: World, id: PeerId): boolean {
  return peers.some((peer) => peer?.id === id && peer.isLost);
}

/** The same text for the same registers, in whatever order they came. */
function canonical(entity: Entity | undefined): string {
  if (entity === undefined) return "";
  return JSON.stringify(Object.entries(entity.registers).sort(([a], [b]) => a < b ? -1 : 1));
}
