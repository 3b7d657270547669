// The divergence check of REPLICATION §3, on all that becomes durable in a world: what the vector of a peer covers, that
// peer holds, or holds what has superseded it. The digest tree would find and mend what is missing: this sees it before.

import { mergeEntities } from "../core/register/register.ts";
import { VersionVector } from "../core/register/vector.ts";
import type { PeerId, TaskGuid } from "../core/values/ids.ts";
import { type Durable, type History, taskIdOf } from "./history.ts";
import type { Violation } from "./violation.ts";

/** One broken vector brings more with it. */
const TOLD_MAX = 5;

export class VectorCheck {
  readonly #history: History;
  readonly #vectors = new Map<PeerId, VersionVector>();
  readonly violations: Violation[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  /** This is on the disk of `peer` now, and in the history. */
  durable(at: number, peer: PeerId, { tasks, vector }: Durable): void {
    // Whose vector covers what another has only now got must have had it, or what came after.
    for (const guid of tasks) for (const other of this.#vectors.keys()) this.#compare(at, other, peer, guid);
    const parsed = VersionVector.parse(vector);
    if (parsed === undefined) return;
    this.#vectors.set(peer, parsed);
    for (const [other, held] of this.#history.versions) {
      if (other !== peer) { for (const guid of held.keys()) this.#compare(at, peer, other, guid); }
    }
  }

  #compare(at: number, peer: PeerId, other: PeerId, guid: TaskGuid): void {
    const theirs = this.#history.latest(other, guid);
    const vector = this.#vectors.get(peer);
    if (theirs === undefined || vector === undefined || peer === other) return;
    const mine = this.#history.latest(peer, guid);
    if (mine === theirs || this.violations.length >= TOLD_MAX) return;
    const covered = Object.entries(theirs.registers).filter(([name, { stamp }]) =>
      mine?.registers[name]?.stamp !== stamp && vector.covers(stamp)
    );
    if (covered.length === 0) return;
    const registers = Object.fromEntries(covered);
    const merge = mergeEntities(mine ?? { ...theirs, registers: {} }, { ...theirs, registers });
    if (!merge.news) return;
    const task = taskIdOf(theirs);
    this.violations.push({
      promise: "convergence",
      text: `${peer} has a vector that covers what it does not hold: of ${guid} ${other} has ${
        covered.map(([name, { stamp }]) => `${name} ${stamp}`).join(", ")
      }, and ${peer} ${covered.map(([name]) => mine?.registers[name]?.stamp ?? "nothing").join(", ")}`,
      ...(task === undefined ? {} : { task }),
      at,
    });
  }
}
