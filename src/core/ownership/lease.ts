// Leases keep tasks of `partition: hold` from being fired on both sides of a cut. An owner fires them only while a
// majority of the mesh's voters has granted it the shard a short time ago; a voter grants a shard to one peer, and to
// another only when the first can no longer believe in its grant. Grants ride on probes and their acks. Clocks need not
// agree: each side measures with its own, and their rates are assumed to be within 10 % of each other.

import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { ShardSet } from "./shard-set.ts";
import type { Shard } from "./shard.ts";

/** How long an owner believes a grant, from the moment at which it sent the probe. REPLICATION §7. */
export const LEASE_MS = 3_000;

/** How long a voter keeps its word, from the moment at which it gave it: longer than the lease by a clock that runs 10 % faster. */
export const GRANT_MS = LEASE_MS + 1_000;

/** Probes whose answers are waited for. */
const PROBES_MAX = 256;

type Word = { readonly shards: ShardSet; readonly at: Instant };

/** What this peer has granted each other, and when: all that one fires at once, so a set and a time for each. */
export class Voter {
  readonly #granted = new Map<PeerId, Word>();
  /** What was granted before the start is not known any more. */
  readonly #silentUntil: number;

  constructor(now: Instant) {
    this.#silentUntil = now + GRANT_MS;
  }

  /** Grants `asker` what it fires; returns what it can't have. What it no longer fires others may have at once. */
  grant(asker: PeerId, fired: ShardSet, now: Instant): ShardSet {
    if (now < this.#silentUntil) return fired.copy();
    const taken = new ShardSet();
    for (const [peer, { shards, at }] of this.#granted) {
      if (now >= at + GRANT_MS) this.#granted.delete(peer);
      else if (peer !== asker) taken.addAll(shards);
    }
    const shards = fired.minus(taken);
    this.#granted.set(asker, { shards, at: now });
    return fired.minus(shards);
  }

  /** It has said since that it fires no more than this, and believes in no grant of the rest: others may have that at once. */
  takeBack(peer: PeerId, fired: ShardSet): void {
    const word = this.#granted.get(peer);
    if (word !== undefined) this.#granted.set(peer, { ...word, shards: word.shards.both(fired) });
  }

  /** It has said that it goes, and fires nothing from then on: others may have at once what it was granted. */
  left(peer: PeerId): void {
    this.#granted.delete(peer);
  }
}

/** How many vote, and whose word counts now. */
export type Electorate = { readonly voters: number; readonly granters: readonly PeerId[] };

type Grant = { readonly sentAt: Instant; readonly fired: ShardSet; readonly refused: ShardSet | undefined };

/** What others have granted this peer. */
export class Holder {
  #hasLeft = false;
  /** Probes by their numbers, oldest first. */
  readonly #sent = new Map<number, { readonly to: PeerId; readonly at: Instant; readonly fired: ShardSet }>();
  readonly #grants = new Map<PeerId, Grant>();

  /** A probe that says what this peer fires goes to a voter. Of one that is sent twice the answer may be to the first. */
  sent(to: PeerId, seq: number, fired: ShardSet, now: Instant): void {
    const first = this.#sent.get(seq);
    const isAgain = first !== undefined && first.to === to;
    this.#sent.set(seq, isAgain ? { ...first, fired: first.fired.both(fired) } : { to, at: now, fired });
    for (const [old, { at }] of this.#sent) {
      if (this.#sent.size <= PROBES_MAX && now - at <= LEASE_MS) break;
      this.#sent.delete(old);
    }
  }

  /** The voter has answered it, and refuses some. */
  acked(from: PeerId, seq: number, refused: ShardSet | undefined): void {
    const probe = this.#sent.get(seq);
    if (probe === undefined || probe.to !== from) return;
    this.#sent.delete(seq);
    const known = this.#grants.get(from);
    if (known === undefined || known.sentAt <= probe.at) {
      this.#grants.set(from, { sentAt: probe.at, fired: probe.fired, refused });
    }
  }

  /** It fires these at the most from now on. What it has let go others may be granted, and a grant of before is none any more. */
  keep(fired: ShardSet): void {
    for (const [voter, grant] of this.#grants) this.#grants.set(voter, { ...grant, fired: grant.fired.both(fired) });
    for (const [seq, probe] of this.#sent) this.#sent.set(seq, { ...probe, fired: probe.fired.both(fired) });
  }

  /** When this peer asked for what the voter has granted it last. */
  grantedAt(voter: PeerId): number {
    return this.#grants.get(voter)?.sentAt ?? -Infinity;
  }

  /** Whether the voter, when it answered last, has refused some that this peer fires. */
  isRefused(voter: PeerId, fired: ShardSet): boolean {
    const refused = this.#grants.get(voter)?.refused;
    return refused !== undefined && refused.both(fired).size > 0;
  }

  /** This peer says that it goes: what it was granted others may have from now on. */
  leave(): void {
    this.#hasLeft = true;
  }

  /** Whether so many of these voters grant the shard that no majority can grant it to another peer. */
  holds(shard: Shard, { voters, granters }: Electorate, now: Instant): boolean {
    if (this.#hasLeft) return false;
    let granted = 0;
    for (const voter of granters) {
      const grant = this.#grants.get(voter);
      if (grant === undefined || now - grant.sentAt > LEASE_MS || now < grant.sentAt) continue;
      if (grant.fired.has(shard) && grant.refused?.has(shard) !== true) granted++;
    }
    return granted > voters / 2;
  }
}
