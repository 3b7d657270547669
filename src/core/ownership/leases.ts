// The leases of this peer, riding on its probes and acks: what it grants others, what others grant it, and its own vote.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Groups } from "./groups.ts";
import { type Electorate, Holder, Voter } from "./lease.ts";
import type { SwimMessage } from "./presence.ts";
import { ShardSet } from "./shard-set.ts";
import type { Shard } from "./shard.ts";

/** The number of the probe that this peer sends itself: others' are not negative. */
const OWN_PROBE = -1;

/** It grants itself what it fires as often as it asks others. */
const OWN_GRANT_MS = 1_000;

export class Leases {
  readonly #self: PeerId;
  readonly #fired: () => ShardSet;
  readonly #groups: Groups;
  readonly #voter: Voter;
  readonly #holder = new Holder();
  /** Of the probe that is being answered. */
  #refusal: { readonly asker: PeerId; readonly seq: number; readonly refused: string } | undefined;
  #ownAt: Instant;
  readonly #told = new Map<PeerId, { readonly text: string; readonly shards: ShardSet }>();

  /** `fired`: the shards that this peer lists now. */
  constructor(self: PeerId, fired: () => ShardSet, groups: Groups, now: Instant) {
    this.#self = self;
    this.#fired = fired;
    this.#groups = groups;
    this.#voter = new Voter(now);
    this.#ownAt = now;
  }

  /** Whether a majority of the voters has granted this peer the shard a short time ago. */
  holds(shard: Shard, among: Electorate, now: Instant): boolean {
    return among.voters <= 1 || this.#holder.holds(shard, among, now);
  }

  /** Another peer has said that it goes. */
  left(peer: PeerId): void {
    this.#voter.left(peer);
  }

  /** This peer says that it goes, and fires nothing any more that needs a lease. */
  leave(): void {
    this.#holder.leave();
  }

  /** True when others may have granted something. A probe says what its sender fires; what it can't have goes with the ack. */
  heard(from: PeerId, message: SwimMessage, now: Instant): boolean {
    if (message.kind === "ack") {
      const { seq, refused } = message;
      this.#holder.acked(from, seq, refused === undefined ? undefined : this.#groups.parse(refused));
      return true;
    }
    if (message.kind !== "probe") return false;
    const { fenced, shards } = message.news;
    const fired = fenced ? new ShardSet() : this.#shardsOf(from, shards);
    const refused = this.#voter.grant(from, fired, now);
    this.#refusal = refused.size === 0 ? undefined : {
      asker: from,
      seq: message.seq,
      refused: this.#groups.text(refused),
    };
    return false;
  }

  /** Parsed once: the same text comes with each probe until it changes. */
  #shardsOf(peer: PeerId, text: string): ShardSet {
    const known = this.#told.get(peer);
    if (known?.text === text) return known.shards;
    const shards = this.#groups.parse(text);
    this.#told.set(peer, { text, shards });
    return shards;
  }

  /** The message as it is to be sent. */
  sending(to: PeerId, message: SwimMessage, now: Instant): SwimMessage {
    if (message.kind === "probe") this.#holder.sent(to, message.seq, this.#fired(), now);
    const refusal = this.#refusal;
    const isRefused = message.kind === "ack" && refusal?.asker === to && refusal.seq === message.seq;
    return isRefused ? { ...message, refused: refusal.refused } : message;
  }

  get wakeAt(): Instant {
    return this.#ownAt;
  }

  /** This peer votes too: for itself, at each round of its probes. */
  wake(now: Instant): void {
    if (now < this.#ownAt) return;
    this.#ownAt = now + OWN_GRANT_MS as Instant;
    const fired = this.#fired();
    this.#holder.sent(this.#self, OWN_PROBE, fired, now);
    this.#holder.acked(this.#self, OWN_PROBE, this.#voter.grant(this.#self, fired, now));
  }
}
