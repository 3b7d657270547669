// When a repair begins, and with whom: of two peers that have differed for long the one with the smaller id begins, and
// the other only when that has not helped. Each repairs with one other at a time: what it gets from one it need not get
// from all.

import type { Answer, Ask } from "../protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import { descend, type DigestTree } from "../register/digest.ts";
import type { Entity } from "../register/register.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { even, repair, type RepairDoors, unevenness } from "./repair.ts";

export type RepairsHost = {
  readonly self: PeerId;
  now(): Instant;
  ask(to: PeerId, ask: Ask, onAnswer: (answer: Answer | undefined) => void): void;
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  take(entities: readonly Entity[], done: () => void): void;
};

/**
 * Equal vectors with the same two roots that differ for so long start a descent: a broadcast that came to one of two
 * peers makes them differ until both have pulled from its author, which takes a probe and a sync.
 */
const DIFFERENCE_MS = 10_000;

/** Nobody else is heard for so long after a question of a repair: as long as its answer is waited for. */
const ENGAGED_MS = 5_000;

/** Leaves that are being asked back for at a time. What comes then still differs, and the next descent finds it. */
const BACK_MAX = 8;

export class Repairs {
  readonly #host: RepairsHost;
  readonly #digest: DigestTree;
  readonly #differences = new Map<PeerId, { readonly roots: string; readonly since: Instant }>();
  #isUnderWay = false;
  #engagement: { readonly peer: PeerId; readonly until: number } | undefined;
  #back = 0;
  /** Entities that others held and this peer did not, or not so. */
  count = 0;

  constructor(host: RepairsHost, digest: DigestTree) {
    this.#host = host;
    this.#digest = digest;
  }

  /** The two roots of this peer and of one that knows the same writes; empty while one is not known. */
  compare(peer: PeerId, own: string, other: string): void {
    if (own === "" || other === "" || own === other) return this.agree(peer);
    const [now, roots] = [this.#host.now(), `${own} ${other}`];
    const known = this.#differences.get(peer);
    if (known?.roots !== roots) {
      this.#differences.set(peer, { roots, since: now });
      return;
    }
    const patienceMs = this.#host.self < peer ? DIFFERENCE_MS : 2 * DIFFERENCE_MS;
    if (now - known.since < patienceMs || this.#isUnderWay || this.#isEngaged(peer)) return;
    this.#differences.delete(peer);
    this.#isUnderWay = true;
    repair(this.#doors(peer), () => {
      this.#isUnderWay = false;
      this.#engagement = undefined;
    });
  }

  /** They hold the same, or differ by what one of them has yet to hear. */
  agree(peer: PeerId): void {
    this.#differences.delete(peer);
  }

  asked(from: PeerId, ask: Extract<Ask, { kind: "digests" | "leaves" }>, say: (answer: Answer) => void): void {
    if (this.#isEngaged(from)) return say({ kind: "unable", why: "a repair with another peer is under way" });
    this.#engage(from);
    if (ask.kind === "digests") return say({ kind: "digests", descent: descend(this.#digest, ask.descent) });
    const doors = this.#doors(from);
    unevenness(doors, ask, (answer, isLacking) => {
      say(answer);
      if (!isLacking || ask.isBack === true || this.#back >= BACK_MAX) return;
      this.#back++;
      even(doors, ask.leaves, true, () => this.#back--);
    });
  }

  #engage(peer: PeerId): void {
    this.#engagement = { peer, until: this.#host.now() + ENGAGED_MS };
  }

  /** With another peer than this one. */
  #isEngaged(peer: PeerId): boolean {
    const engagement = this.#engagement;
    return engagement !== undefined && engagement.peer !== peer && this.#host.now() < engagement.until;
  }

  #doors(peer: PeerId): RepairDoors {
    return {
      digest: this.#digest,
      ask: (ask, onAnswer) => {
        this.#engage(peer);
        this.#host.ask(peer, ask, onAnswer);
      },
      read: (leaves, onPage, onEnd) => this.#read(leaves, undefined, onPage, onEnd),
      take: (entities, done) => {
        this.count += entities.length;
        this.#host.take(entities, done);
      },
    };
  }

  #read(
    leaves: readonly number[],
    cursor: string | undefined,
    onPage: (entities: readonly Entity[]) => void,
    onEnd: (isWhole: boolean) => void,
  ): void {
    this.#host.query({ kind: "leaves", leaves, ...(cursor === undefined ? {} : { cursor }) }, (answer) => {
      if (answer.kind !== "entities") return onEnd(false);
      onPage(answer.entities);
      if (answer.cursor === undefined) onEnd(true);
      else this.#read(leaves, answer.cursor, onPage, onEnd);
    });
  }
}
