// One peer of a world: the production node on a clock, a disk and a network of the world, in one life after another. It
// is started, killed, stood still and set going again.

import type { LogFacts } from "../core/protocol/event.ts";
import type { PeerId } from "../core/values/ids.ts";
import type { Labels } from "../core/values/labels.ts";
import { PERIODS } from "../core/values/periods.ts";
import { type Node, startNode } from "../node/node.ts";
import { recordStore } from "../store/records.ts";
import type { Disk } from "./disk.ts";
import type { LocalClock } from "./local-clock.ts";
import type { Network } from "./network.ts";
import type { Targets } from "./targets.ts";
import type { Timeline } from "./timeline.ts";

/** The past that is kept: all of it, for the checkers. */
const KEEP = { runs: 10_000_000, ageMs: 30 * 86_400_000 };

/** How long a peer that is to stop waits for the others to take over, as an operator would. */
const HAND_OVER_MS = 12_000;

export type PeerParts = {
  readonly id: PeerId;
  readonly labels: Labels;
  readonly tombstonesMs?: number;
  readonly origin: number;
  readonly clock: LocalClock;
  readonly disk: Disk;
  readonly network: Network;
  readonly targets: Targets;
  readonly timeline: Timeline;
  readonly chance: () => number;
  readonly log: (level: string, message: string, facts: LogFacts) => void;
};

/** A span of true time in which the peer ran; `to` is absent while it does. */
export type Span = { readonly from: number; to?: number };

export class SimPeer {
  readonly parts: PeerParts;
  #node: Node | undefined;
  #life = 0;
  #isUp = false;
  #isFrozen = false;
  #isLost = false;
  #backlog: (() => void)[] = [];
  /** When it was up and running. */
  readonly spans: Span[] = [];

  constructor(parts: PeerParts) {
    this.parts = parts;
  }

  get id(): PeerId {
    return this.parts.id;
  }

  /** Absent while it is down, or still starting. */
  get node(): Node | undefined {
    return this.#isUp ? this.#node : undefined;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  start(): void {
    if (this.#isUp || this.#isLost) return;
    const { id, labels, tombstonesMs, origin, clock, disk, network, targets, chance, log } = this.parts;
    const life = ++this.#life;
    this.#isUp = true;
    this.#begin();
    const isAlive = () => life === this.#life;
    const run = (deed: () => void) => this.#run(life, deed);
    void startNode({
      id,
      name: id,
      origin,
      clock: clock.door(run),
      store: recordStore(disk.open({ isAlive, run })),
      trigger: targets.door(id, () => clock.now(), run, isAlive),
      chance,
      keep: tombstonesMs === undefined ? KEEP : { ...KEEP, tombstonesMs },
      introduction: { name: id, weight: 1, labels, version: "0.0.0", format: 1, tzdata: "2026a" },
      periods: PERIODS.normal,
      digestKey: "simulated",
      isSigned: () => true,
      openMesh: (listener) => Promise.resolve(network.join(id, listener, run)),
      log,
    }).then((node) => {
      if (isAlive()) this.#node = node;
    });
  }

  /** As by `kill -9`, or by the power (`isTold` false): what is synced stays, all else is gone. */
  kill(isTold: boolean): void {
    if (!this.#isUp) return;
    this.#life++;
    this.#isUp = false;
    this.#isFrozen = false;
    this.#node = undefined;
    this.#backlog = [];
    this.#end();
    this.parts.network.leave(this.id, isTold);
  }

  /** Its machine is gone, and its disk. */
  lose(): void {
    this.kill(false);
    this.#isLost = true;
  }

  /** As by SIGTERM: hands over, lets what is in flight end, and goes. */
  stop(onStopped: () => void): void {
    const node = this.node;
    if (node === undefined) return onStopped();
    const life = this.#life;
    const { timeline } = this.parts;
    node.yield(true);
    const until = timeline.now + HAND_OVER_MS;
    const look = () => {
      if (life !== this.#life) return onStopped();
      const isBusy = (node.mesh().peers[0]?.shards ?? 0) > 0 || node.status().inFlight > 0;
      if (isBusy && timeline.now < until) return timeline.in(20, look);
      void (isBusy ? Promise.resolve() : node.drain(0)).then(() => {
        if (life === this.#life) this.kill(true);
        onStopped();
      });
    };
    timeline.in(20, look);
  }

  freeze(): void {
    if (!this.#isUp || this.#isFrozen) return;
    this.#isFrozen = true;
    this.#end();
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    this.#begin();
    const life = this.#life;
    // Each in a turn of the loop of its own, in the order in which it came.
    const backlog = this.#backlog.splice(0);
    for (const deed of backlog) this.parts.timeline.in(0, () => this.#run(life, deed));
  }

  #run(life: number, deed: () => void): void {
    if (life !== this.#life) return;
    if (this.#isFrozen) this.#backlog.push(deed);
    else deed();
  }

  #begin(): void {
    this.spans.push({ from: this.parts.timeline.now });
  }

  #end(): void {
    const last = this.spans[this.spans.length - 1];
    if (last !== undefined && last.to === undefined) last.to = this.parts.timeline.now;
  }
}
