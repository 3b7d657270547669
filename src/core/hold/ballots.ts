// Ballots are the asker's half of an election (see vote.ts): the attempts that this peer has asked the voters for, all of
// one moment in one question to each. It asks on until a majority has voted for it, the lease is gone, or it is clear that
// nobody will ever tell whether another peer has made the attempt.

import type { Electorate } from "../membership/electorate.ts";
import type { Shard } from "../ownership/shard.ts";
import { type Ballot, BALLOTS_MAX, type Refusal } from "../protocol/vote.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { OnPolled } from "./voting.ts";

/** How it ended: `elected`, the attempt is this peer's; `lapsed`, it may not make it now; or another may have made it. */
export type Verdict =
  | { readonly kind: "elected" }
  | { readonly kind: "lapsed" }
  | { readonly kind: "unknown"; readonly peer: PeerId };

/** How the asking for the n-th attempt of a run has gone. */
export type Polled = {
  readonly kind: "polled";
  readonly id: OccurrenceId;
  readonly n: number;
  readonly verdict: Verdict;
};

export type BallotsHost = {
  readonly self: PeerId;
  /** Steady time, and the wall clock's. */
  now(): Instant;
  wall(): Instant;
  readonly electorate: Electorate;
  isAlive(peer: PeerId): boolean;
  hasLease(shard: Shard): boolean;
  /** Asks a voter, which may be this peer. */
  ask(voter: PeerId, ballots: readonly Ballot[], onPolled: OnPolled): void;
  /** Learns what that peer knows further. */
  sync(peer: PeerId): void;
  tell(ballot: Ballot, verdict: Verdict): void;
};

/** Who has not answered, or has refused, is asked again. */
const ROUND_MS = 1_000;

/** Attempts that were given up, so that others may have them; of more, others wait until an attempt would be over. */
const GIVEN_UP_MAX = 10_000;

type Open = {
  ballot: Ballot;
  /** Of the occurrence. */
  readonly instant: Instant;
  readonly shard: Shard;
  /** So long after another peer asked for the attempt that one is over, and has been told of. */
  readonly knownMs: number;
  /** Voters that are being asked. */
  readonly asked: Set<PeerId>;
  readonly granted: Set<PeerId>;
  readonly refused: Map<PeerId, Refusal>;
};

export class Ballots {
  readonly #host: BallotsHost;
  readonly #open = new Map<OccurrenceId, Open>();
  #fresh: Open[] = [];
  /** By occurrence, the number of the attempt that this peer asked for and does not make. */
  readonly #givenUp = new Map<OccurrenceId, number>();
  #roundAt = Infinity;

  constructor(host: BallotsHost) {
    this.#host = host;
  }

  /** To be asked for with all others of this event. */
  add(ballot: Ballot, instant: Instant, shard: Shard, knownMs: number): void {
    const open = {
      ballot,
      instant,
      shard,
      knownMs,
      asked: new Set<PeerId>(),
      granted: new Set<PeerId>(),
      refused: new Map(),
    };
    this.#givenUp.delete(ballot.id);
    this.#open.set(ballot.id, open);
    this.#fresh.push(open);
  }

  /** This peer does not make the attempt: nothing more is told of it. */
  giveUp(id: OccurrenceId): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.declined(id, open.ballot.n);
  }

  /** As `giveUp`, when the attempt is this peer's already. */
  declined(id: OccurrenceId, n: number): void {
    this.#givenUp.delete(id);
    this.#givenUp.set(id, n);
    for (const old of this.#givenUp.keys()) {
      if (this.#givenUp.size <= GIVEN_UP_MAX) break;
      this.#givenUp.delete(old);
    }
  }

  /** Whether another peer may have the attempt: this one has asked for it, and gives it up or has. */
  yields({ id, n }: Ballot): boolean {
    const open = this.#open.get(id);
    if (open?.ballot.n === n && !this.#host.hasLease(open.shard)) this.#end(open, { kind: "lapsed" });
    return this.#givenUp.get(id) === n;
  }

  /** Steady time. */
  get wakeAt(): number {
    return this.#roundAt;
  }

  /** Asks for what was added. */
  flush(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.filter((open) => this.#isOpen(open));
    this.#fresh = [];
    if (this.#roundAt === Infinity) this.#roundAt = this.#host.now() + ROUND_MS;
    this.#askAll(fresh);
  }

  wake(): void {
    const now = this.#host.now();
    if (now < this.#roundAt) return;
    for (const open of [...this.#open.values()]) {
      if (!this.#host.hasLease(open.shard)) this.#end(open, { kind: "lapsed" });
      else {
        open.ballot = { ...open.ballot, at: this.#host.wall() };
        this.#judge(open);
      }
    }
    const behind = new Set<PeerId>();
    for (const { refused } of this.#open.values()) {
      for (const [voter, { peer }] of refused) if (peer === undefined) behind.add(voter);
    }
    for (const voter of behind) if (voter !== this.#host.self) this.#host.sync(voter);
    this.#roundAt = this.#open.size === 0 ? Infinity : now + ROUND_MS;
    this.#askAll([...this.#open.values()]);
  }

  #isOpen(open: Open): boolean {
    return this.#open.get(open.ballot.id) === open;
  }

  #askAll(opens: readonly Open[]): void {
    for (const voter of this.#host.electorate.members) {
      if (voter !== this.#host.self && !this.#host.isAlive(voter)) continue;
      this.#ask(voter, opens.filter(({ asked, granted }) => !asked.has(voter) && !granted.has(voter)));
    }
  }

  #ask(voter: PeerId, opens: readonly Open[]): void {
    for (let from = 0; from < opens.length; from += BALLOTS_MAX) {
      const some = opens.slice(from, from + BALLOTS_MAX);
      for (const { asked } of some) asked.add(voter);
      this.#host.ask(voter, some.map(ballotOf), (refusals) => this.#polled(voter, some, refusals));
    }
  }

  #polled(voter: PeerId, opens: readonly Open[], refusals: readonly Refusal[] | undefined): void {
    if (refusals !== undefined) this.#host.electorate.known(voter, this.#host.wall());
    const refused = new Map(refusals?.map((refusal) => [refusal.id, refusal]));
    for (const open of opens) {
      open.asked.delete(voter);
      if (refusals === undefined || !this.#isOpen(open)) continue;
      const refusal = refused.get(open.ballot.id);
      open.refused.delete(voter);
      if (refusal === undefined) open.granted.add(voter);
      else open.refused.set(voter, refusal);
      this.#judge(open);
    }
  }

  #judge(open: Open): void {
    const { asked, granted, refused, knownMs } = open;
    // Its own is one of them: after a crash it is to remember that the attempt may have been made.
    if (granted.has(this.#host.self) && this.#host.electorate.isWon(granted, open.instant)) {
      return this.#end(open, { kind: "elected" });
    }
    for (const [voter, { peer, at = Infinity }] of refused) {
      if (peer === undefined) continue;
      // Who votes for this peer asks for it no more: whoever has voted for that one may know.
      if (granted.has(peer)) {
        if (asked.has(voter)) continue;
        refused.delete(voter);
        this.#ask(voter, [open]);
      } else if (this.#host.wall() > at + knownMs) return this.#end(open, { kind: "unknown", peer });
    }
  }

  #end(open: Open, verdict: Verdict): void {
    const { id, n } = open.ballot;
    this.#open.delete(id);
    if (verdict.kind !== "elected") this.declined(id, n);
    this.#host.tell(open.ballot, verdict);
  }
}

function ballotOf({ ballot, granted }: Open): Ballot {
  return granted.size === 0 ? ballot : { ...ballot, over: [...granted] };
}
