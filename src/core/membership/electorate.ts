// The electorate is whose votes count (see vote.ts): all members. A peer that was admitted a moment ago counts only beside
// a majority of those of before, until a majority of these has voted by a list that names it: else two that a side of
// three admits, which has five, would make it a majority of seven, while the other side knows of five. For the same reason
// the electorate of an occurrence is also that of its own instant. (Two that joined in a cut sent twelve a second time.)

import { hash } from "node:crypto";
import type { PeerId } from "../values/ids.ts";
import { type Instant, instant } from "../values/instant.ts";
import type { Admission } from "./membership-list.ts";

/** Since when each counts for itself: 0 for always. Whoever is not named counts beside these only. */
export type Electors = readonly (readonly [peer: PeerId, since: Instant])[];

/** Of a newcomer's list those count from the start that were admitted so long before it. */
const BEFORE_MS = 60_000;

const ALWAYS = instant(0);

type Admitted = Pick<Admission, "peer" | "admittedAt">;

export class Electorate {
  #members: readonly PeerId[];
  #name: string;
  /** Since when each counts for itself. */
  readonly #settled: Map<PeerId, Instant>;
  /** Who has voted by the list as it is now. */
  readonly #knowing = new Set<PeerId>();
  #isKept: boolean;

  /** `kept` as `takeUnkept` gave it; absent when this peer was admitted and starts for the first time. */
  constructor(self: PeerId, members: readonly Admitted[], kept: Electors | undefined) {
    this.#members = peersOf(self, members);
    this.#name = nameOf(this.#members);
    const own = members.find(({ peer }) => peer === self);
    const old = peersOf(self, own === undefined ? members : oldOf(members, own));
    this.#settled = new Map(kept ?? old.map((peer) => [peer, ALWAYS]));
    this.#isKept = kept !== undefined;
    this.#leave();
  }

  get members(): readonly PeerId[] {
    return this.#members;
  }

  /** Equal names, equal members. */
  get name(): string {
    return this.#name;
  }

  take(self: PeerId, admitted: readonly Admitted[]): void {
    this.#members = peersOf(self, admitted);
    const name = nameOf(this.#members);
    if (name === this.#name) return;
    this.#name = name;
    this.#knowing.clear();
    this.#leave();
  }

  /** A voter has voted by the list as it is. */
  known(voter: PeerId, now: Instant): void {
    if (this.#settled.size === this.#members.length) return;
    this.#knowing.add(voter);
    if (!isMajority([...this.#settled.keys()], (peer) => this.#knowing.has(peer))) return;
    for (const peer of this.#members) if (!this.#settled.has(peer)) this.#settled.set(peer, now);
    this.#isKept = false;
  }

  /** What is to be kept, when it is not yet. */
  takeUnkept(): Electors | undefined {
    if (this.#isKept) return undefined;
    this.#isKept = true;
    return [...this.#settled];
  }

  /** Whether these votes give an attempt of an occurrence of that instant. */
  isWon(votes: ReadonlySet<PeerId>, instant: Instant): boolean {
    const isFor = (peer: PeerId) => votes.has(peer);
    if (!isMajority(this.#members, isFor)) return false;
    const settled = [...this.#settled];
    return isMajority(settled.map(([peer]) => peer), isFor) &&
      isMajority(settled.filter(([, since]) => since < instant).map(([peer]) => peer), isFor);
  }

  /** Who is no member any more does not count. */
  #leave(): void {
    for (const peer of this.#settled.keys()) {
      if (this.#members.includes(peer)) continue;
      this.#settled.delete(peer);
      this.#isKept = false;
    }
  }
}

function isMajority(voters: readonly PeerId[], isFor: (peer: PeerId) => boolean): boolean {
  return voters.filter(isFor).length > voters.length / 2;
}

function oldOf(members: readonly Admitted[], own: Admitted): readonly Admitted[] {
  const old = members.filter(({ admittedAt }) => admittedAt <= own.admittedAt - BEFORE_MS);
  // A mesh that has just begun.
  return old.length > 0 ? old : members.filter(({ admittedAt }) => admittedAt <= own.admittedAt);
}

/** Who is alone is on no list. */
function peersOf(self: PeerId, members: readonly Admitted[]): readonly PeerId[] {
  return members.length === 0 ? [self] : members.map(({ peer }) => peer);
}

function nameOf(peers: readonly PeerId[]): string {
  return hash("sha256", peers.toSorted().join("\n"), "hex").slice(0, 16);
}
