// The ranking says who comes first for each shard, of the 4,096 and of each group in use, among those that are able to
// fire. It is made anew only when who is able, their weights or labels, or the groups change: a hundred peers bring some
// hundred news a second, and a ranking of all costs some milliseconds.

import { type GroupId, type PeerGroup, weightInGroup } from "../task/peer-group.ts";
import type { PeerId } from "../values/ids.ts";
import type { Labels } from "../values/labels.ts";
import type { Groups } from "./groups.ts";
import { Firsts } from "./rendezvous.ts";

/** A peer that is alive, takes part, and has synced. */
export type Eligible = {
  readonly peer: PeerId;
  readonly name: string;
  readonly labels: Labels;
  readonly weight: number;
  readonly writable: boolean;
};

export class Ranking {
  readonly #groups: Groups;
  #key = "";
  #seen: readonly Eligible[] = [];
  #version = -1;
  #owners: readonly (PeerId | undefined)[] = [];
  readonly #firsts = new Firsts();
  /** Of the groups in use. */
  #ofGroups = new Map<GroupId, Firsts>();

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  /** By shard: absent where nobody is able, or the group is not in use. The same array while nothing changes. */
  get owners(): readonly (PeerId | undefined)[] {
    return this.#owners;
  }

  rank(eligible: readonly Eligible[]): readonly (PeerId | undefined)[] {
    if (this.#groups.version === this.#version && isSame(eligible, this.#seen)) return this.#owners;
    this.#seen = eligible;
    this.#version = this.#groups.version;
    const key = this.#keyOf(eligible);
    if (key === this.#key) return this.#owners;
    this.#key = key;
    const owners: (PeerId | undefined)[] = [...this.#firsts.among(able(eligible))];
    const ofGroups = new Map<GroupId, Firsts>();
    for (const { group, from } of this.#groups.used()) {
      const firsts = this.#ofGroups.get(group.id) ?? new Firsts(group.id);
      ofGroups.set(group.id, firsts);
      firsts.among(able(membersOf(group, eligible))).forEach((peer, shard) => owners[from + shard] = peer);
    }
    this.#ofGroups = ofGroups;
    this.#owners = owners;
    return owners;
  }

  #keyOf(eligible: readonly Eligible[]): string {
    const isGrouped = this.#groups.size > 0;
    const peers = eligible.map(({ peer, name, labels, weight, writable }) =>
      isGrouped ? `${peer} ${weight} ${writable} ${JSON.stringify([name, labels])}` : `${peer} ${weight} ${writable}`
    );
    return `${this.#groups.version}\n${peers.sort().join("\n")}`;
  }
}

/** The same peers in the same order, by the same words: so it is with most news, and then nothing is written down. */
function isSame(some: readonly Eligible[], others: readonly Eligible[]): boolean {
  return some.length === others.length && some.every((each, at) => {
    const other = others[at];
    return other !== undefined && isSameEligible(each, other);
  });
}

export function isSameEligible(one: Eligible, other: Eligible): boolean {
  return one === other || (one.peer === other.peer && one.weight === other.weight &&
    one.writable === other.writable && one.name === other.name && isAlike(one.labels, other.labels));
}

function isAlike(some: Labels, others: Labels): boolean {
  if (some === others) return true;
  const names = Object.keys(some);
  return names.length === Object.keys(others).length && names.every((name) => some[name] === others[name]);
}

/** With their weights in the group; who has none is not in it. */
export function membersOf<Peer extends Pick<Eligible, "peer" | "name" | "labels" | "weight">>(
  group: PeerGroup,
  peers: readonly Peer[],
): readonly Peer[] {
  return peers.map((each) => ({ ...each, weight: each.weight * weightInGroup(group, each) }))
    .filter(({ weight }) => weight > 0);
}

/** Whose disk takes no writes leaves the work to others; when there are none, it waits for its disk. */
function able(eligible: readonly Eligible[]): readonly Eligible[] {
  const writable = eligible.filter((each) => each.writable);
  return writable.length > 0 ? writable : eligible;
}
