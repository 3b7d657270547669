// The outlook is the mesh as this peer believes it to be at one moment: who lives, what each lists, and who comes first for
// each shard among those that are able. With each message all of it is asked for, and of most peers nothing has changed
// since the last time: of them what was made then is taken again, and who reads it sees by that that it is the same.

import type { Member } from "../membership/member.ts";
import type { Departures } from "../ownership/departures.ts";
import type { Groups } from "../ownership/groups.ts";
import type { Listing } from "../ownership/listings.ts";
import type { MeshView, Other } from "../ownership/ownership.ts";
import type { PeerNews, PresenceState } from "../ownership/presence.ts";
import { type Eligible, isSameEligible, Ranking } from "../ownership/ranking.ts";
import { ShardSet } from "../ownership/shard-set.ts";
import type { PeerId } from "../values/ids.ts";
import { eligibleOf, type Introduction, isEligible } from "./introduction.ts";

export type OutlookHost = {
  readonly self: PeerId;
  readonly introduction: Introduction;
  readonly groups: Groups;
  /** Who is dead, and what the others hold of its log is being asked for. */
  readonly gathering: ReadonlyMap<PeerId, unknown>;
  /** What each has let go whose log is not here yet. */
  readonly departures: Departures;
};

/** What was made of a member, and of what. */
type Seen = {
  readonly peer: PeerId;
  readonly state: PresenceState;
  readonly news: PeerNews | undefined;
  readonly answered: number;
  /** Neither gathered of nor departing. */
  readonly isQuiet: boolean;
  readonly other: Other | undefined;
  readonly eligible: Eligible | undefined;
};

export class Outlook {
  readonly #host: OutlookHost;
  readonly #ranking: Ranking;
  /** In the order of the members, which stays while none comes or goes. */
  #seen: readonly Seen[] = [];
  readonly #listed = new Map<PeerId, { readonly text: string; readonly shards: ShardSet }>();

  constructor(host: OutlookHost) {
    this.#host = host;
    this.#ranking = new Ranking(host.groups);
  }

  /** Who ranked first by the last look; absent where nobody was able. */
  get owners(): readonly (PeerId | undefined)[] {
    return this.#ranking.owners;
  }

  look(own: PeerNews, members: readonly Readonly<Member>[]): Pick<MeshView, "owners" | "others"> {
    const { self, introduction } = this.#host;
    const seen: Seen[] = [];
    const others: Other[] = [];
    const eligible: Eligible[] = isEligible(own, introduction) ? [eligibleOf(self, own)] : [];
    const isQuiet = this.#host.gathering.size === 0 && this.#host.departures.isEmpty;
    for (const [at, member] of members.entries()) {
      const before = this.#seen[at];
      const isAsBefore = isQuiet && before !== undefined && before.isQuiet && isOf(before, member);
      const now = isAsBefore ? before : this.#see(member, before?.peer === member.peer ? before : undefined);
      seen.push(now);
      if (now.other !== undefined) others.push(now.other);
      if (now.eligible !== undefined) eligible.push(now.eligible);
    }
    this.#seen = seen;
    return { owners: this.#ranking.rank(eligible), others };
  }

  /** What it says that it fires. Parsed once: the same text comes with each news until it changes. */
  shardsOf(peer: PeerId, text: string): ShardSet {
    const known = this.#listed.get(peer);
    if (known?.text === text) return known.shards;
    const shards = this.#host.groups.parse(text);
    this.#listed.set(peer, { text, shards });
    return shards;
  }

  #see(member: Readonly<Member>, before: Seen | undefined): Seen {
    const { peer, state, news, answered } = member;
    const isGathering = this.#host.gathering.has(peer);
    const departing = this.#host.departures.of(peer);
    const isQuiet = !isGathering && departing === undefined;
    if (before !== undefined && isQuiet && before.isQuiet && isOf(before, member)) return before;
    const isLiving = state === "alive" || state === "suspect";
    const isAble = isLiving && news !== undefined && isEligible(news, this.#host.introduction);
    const able = isAble ? eligibleOf(peer, news) : undefined;
    const eligible = able !== undefined && before?.eligible !== undefined && isSameEligible(able, before.eligible)
      ? before.eligible
      : able;
    const seen = { peer, state, news, answered, isQuiet, eligible };
    if (!isLiving && !isGathering) return { ...seen, other: state === "dead" ? { kind: "dead", peer } : undefined };
    const listing = news === undefined ? {} : { listing: this.#listing(peer, news, answered, departing) };
    return { ...seen, other: { kind: "alive", peer, ...listing } };
  }

  /** What it lists, and what it has let go whose log is not here yet: as it stood one version before. */
  #listing(
    peer: PeerId,
    { shards: text, shardsVersion: version, fenced }: PeerNews,
    answered: number,
    departing: ShardSet | undefined,
  ): Listing {
    const listed = this.shardsOf(peer, text);
    if (departing === undefined) return { shards: listed, version, fenced, answered };
    departing.addAll(listed);
    return { shards: departing, version: version - 1, fenced, answered };
  }
}

/** Whether it was made of the member as it is. */
function isOf({ peer, state, news, answered }: Seen, member: Readonly<Member>): boolean {
  return peer === member.peer && state === member.state && news === member.news && answered === member.answered;
}
