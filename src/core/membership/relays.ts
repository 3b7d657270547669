// Relays are the probes that this peer makes on behalf of others: each ends with one report, that the target was reached
// or that it was not, in time for the asker.

import type { PeerId } from "../values/ids.ts";
import type { Periods } from "../values/periods.ts";

/** Relays at a time; who asks for more gets no answer, and asks another. */
const RELAYS_MAX = 256;

export type Relay = {
  readonly asker: PeerId;
  /** The asker's number of its probe. */
  readonly askerSeq: number;
  readonly target: PeerId;
  readonly sentMs: number;
};

type Open = Relay & { readonly dueMs: number };

export class Relays {
  readonly #periods: Periods;
  readonly #open = new Map<number, Open>();

  constructor(periods: Periods) {
    this.#periods = periods;
  }

  /** When the earliest relay is over. */
  get dueMs(): number {
    let due = Infinity;
    for (const { dueMs } of this.#open.values()) due = Math.min(due, dueMs);
    return due;
  }

  /** False when there are too many. */
  add(seq: number, relay: Relay, isUnlinked: boolean): boolean {
    if (this.#open.size >= RELAYS_MAX) return false;
    this.#open.set(seq, { ...relay, dueMs: relay.sentMs + this.#patienceMs(isUnlinked) });
    return true;
  }

  /** The link to the target is lost: the relay is over as soon as if it had begun so. */
  unlinked(target: PeerId): void {
    for (const [seq, relay] of this.#open) {
      if (relay.target !== target) continue;
      this.#open.set(seq, { ...relay, dueMs: Math.min(relay.dueMs, relay.sentMs + this.#patienceMs(true)) });
    }
  }

  /** The relay that `from` has answered, if it has one. */
  takeAnswered(seq: number, from: PeerId): Relay | undefined {
    const relay = this.#open.get(seq);
    if (relay?.target !== from) return undefined;
    this.#open.delete(seq);
    return relay;
  }

  takeDue(ms: number): Relay[] {
    const due = [...this.#open].filter(([, { dueMs }]) => dueMs <= ms);
    for (const [seq] of due) this.#open.delete(seq);
    return due.map(([, relay]) => relay);
  }

  forget(peer: PeerId): void {
    for (const [seq, { asker, target }] of this.#open) if (asker === peer || target === peer) this.#open.delete(seq);
  }

  clear(): void {
    this.#open.clear();
  }

  /** The report is to reach the asker before its own deadline, which is short when the link to the target is lost. */
  #patienceMs(isUnlinked: boolean): number {
    return isUnlinked ? this.#periods.hintMs / 2 : this.#periods.directMs * 4 / 5;
  }
}
