// The leases of this peer, riding on its probes and acks: what it grants others, what others grant it, and its own vote.
// In turns two peers ask each other every two seconds each, of a large mesh some are not asked for minutes: who sends
// something under a lease asks by itself as well, so that of three questions two may be lost.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Groups } from "./groups.ts";
import { type Electorate, Holder, Voter } from "./lease.ts";
import type { PeerNews, SwimMessage } from "./presence.ts";
import { ShardSet } from "./shard-set.ts";
import type { Shard } from "./shard.ts";

/** The number of the probe that this peer sends itself: others' are not negative. */
const OWN_PROBE = -1;

/** It grants itself what it fires so often, and others are asked, while something is sent under a lease. */
const RENEW_MS = 1_000;

/** That is the case so long after something was to be. */
const WANTED_MS = 10_000;

/** Who has refused what this peer fires is asked again so soon: who fired it may have told of letting it go meanwhile. */
const AGAIN_MS = 200;

/** Of more others those are asked that make a majority, and some to spare. */
const ASK_ALL_MAX = 8;
const SPARE = 2;

export class Leases {
  readonly #self: PeerId;
  readonly #fired: () => ShardSet;
  readonly #groups: Groups;
  readonly #voter: Voter;
  readonly #holder = new Holder();
  /** Of the probe that is being answered. */
  #refusal: { readonly asker: PeerId; readonly seq: number; readonly refused: string } | undefined;
  #ownAt: Instant;
  /** Of the newest list that each has told. */
  readonly #versions = new Map<PeerId, number>();
  #wantedUntil = -Infinity;
  #voters = 1;
  #askAt = Infinity;
  /** When the others were last asked. */
  readonly #askedAt = new Map<PeerId, Instant>();
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
    if (among.voters <= 1) return true;
    if (now >= this.#wantedUntil) this.#askAt = now;
    this.#wantedUntil = now + WANTED_MS;
    this.#voters = among.voters;
    return this.#holder.holds(shard, among, now);
  }

  /** This peer fires other shards than before. */
  moved(now: Instant): void {
    this.#holder.keep(this.#fired());
    this.#grantItself(now);
    this.#askedAt.clear();
    if (now < this.#wantedUntil) this.#askAt = now;
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
      if (this.#isNewer(from, message.news)) this.#voter.takeBack(from, this.#firedBy(from, message.news));
      if (refused !== undefined) this.#askAt = Math.min(this.#askAt, now + AGAIN_MS);
      return true;
    }
    if (message.kind !== "probe") return false;
    this.#isNewer(from, message.news);
    const refused = this.#voter.grant(from, this.#firedBy(from, message.news), now);
    this.#refusal = refused.size === 0 ? undefined : {
      asker: from,
      seq: message.seq,
      refused: this.#groups.text(refused),
    };
    return false;
  }

  /** Whether its list of what it fires is another than was heard of before; an older one may come late. */
  #isNewer(peer: PeerId, { shardsVersion }: PeerNews): boolean {
    if (shardsVersion <= (this.#versions.get(peer) ?? -1)) return false;
    this.#versions.set(peer, shardsVersion);
    return true;
  }

  #firedBy(peer: PeerId, { fenced, shards }: PeerNews): ShardSet {
    return fenced ? new ShardSet() : this.#shardsOf(peer, shards);
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
    if (message.kind === "probe") {
      this.#askedAt.set(to, now);
      this.#holder.sent(to, message.seq, this.#fired(), now);
    }
    const refusal = this.#refusal;
    const isRefused = message.kind === "ack" && refusal?.asker === to && refusal.seq === message.seq;
    return isRefused ? { ...message, refused: refusal.refused } : message;
  }

  get wakeAt(): Instant {
    return Math.min(this.#ownAt, this.#askAt) as Instant;
  }

  /** This peer votes too: for itself. Returns whom of the living it is to ask. */
  wake(living: () => readonly PeerId[], now: Instant): readonly PeerId[] {
    if (now >= this.#ownAt) this.#grantItself(now);
    if (now < this.#askAt) return [];
    this.#askAt = Infinity;
    if (now >= this.#wantedUntil) return [];
    const fired = this.#fired();
    const asked: PeerId[] = [];
    let next = now + RENEW_MS;
    for (const voter of this.#enough(living())) {
      const everyMs = this.#holder.isRefused(voter, fired) ? AGAIN_MS : RENEW_MS;
      const isDue = (this.#askedAt.get(voter) ?? -Infinity) + everyMs <= now;
      if (isDue) asked.push(voter);
      next = Math.min(next, (isDue ? now : this.#askedAt.get(voter) ?? now) + everyMs);
    }
    this.#askAt = next;
    return asked;
  }

  /** Of many those whose grants are the freshest: no more than are wanted are asked again and again. */
  #enough(living: readonly PeerId[]): readonly PeerId[] {
    if (living.length <= ASK_ALL_MAX) return living;
    const grantedAt = (peer: PeerId) => this.#holder.grantedAt(peer);
    return living.toSorted((a, b) => grantedAt(b) - grantedAt(a)).slice(0, Math.floor(this.#voters / 2) + SPARE);
  }

  #grantItself(now: Instant): void {
    this.#ownAt = now + RENEW_MS as Instant;
    const fired = this.#fired();
    this.#holder.sent(this.#self, OWN_PROBE, fired, now);
    this.#holder.acked(this.#self, OWN_PROBE, this.#voter.grant(this.#self, fired, now));
  }
}
