// Elections join the two halves of the voting on attempts that are to be made once (see vote.ts): what this peer asks the
// others for, and what the others ask it for.

import { Electorate, type Electors } from "../membership/electorate.ts";
import type { Admission } from "../membership/membership-list.ts";
import type { Keeper } from "../keeper/keeper.ts";
import type { Shard } from "../ownership/shard.ts";
import type { Known } from "../protocol/follows.ts";
import type { Answer, Ask } from "../protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import type { Ballot } from "../protocol/vote.ts";
import type { Write } from "../protocol/write.ts";
import type { Replication } from "../replication/replication.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import { lastAttempt, roundOf, type Run } from "../task/run.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { SteadyTime } from "../values/steady-time.ts";
import { Ballots, type Polled, type Verdict } from "./ballots.ts";
import { type OnPolled, Voting } from "./voting.ts";

export type ElectionsHost = {
  readonly self: PeerId;
  /** From 0 to below 1. */
  readonly chance: () => number;
  readonly keeper: Keeper;
  readonly replication: Replication;
  /** The wall clock's time. */
  readonly now: () => Instant;
  readonly steady: SteadyTime;
  query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void;
  recall(ids: readonly OccurrenceId[], tell: (known: Known) => void): void;
  /** `kept` is told when they stand on the disk. */
  persist(writes: readonly Write[]): void;
  readonly toTask: (guid: TaskGuid, told: Polled) => void;
};

type Poll = Extract<Ask, { kind: "poll" }>;

/** How long the record of an attempt that is over may take to be told. */
export const TOLD_MS = 5_000;

/** Numbers that lives of a peer are told apart by. */
const LIVES = 2 ** 32;

/** A voter's disk syncs in some ms; who was not heard in two rounds is asked again. */
const PATIENCE_MS = 2_000;

export class Elections {
  readonly #host: ElectionsHost;
  readonly #ballots: Ballots;
  readonly #voting: Voting;
  readonly #electorate: Electorate;

  /** `electors` as they were kept. */
  constructor(host: ElectionsHost, members: readonly Admission[], electors: Electors | undefined) {
    const { self, keeper, replication } = host;
    this.#host = host;
    this.#electorate = new Electorate(self, members, electors);
    this.#ballots = new Ballots({
      self,
      now: () => host.steady.now(),
      wall: () => host.now(),
      electorate: this.#electorate,
      isAlive: (peer) => keeper.isAlive(peer),
      hasLease: (shard) => keeper.hasLease(shard),
      ask: (voter, ballots, onPolled) => this.#ask(voter, ballots, onPolled),
      sync: (peer) => replication.sync(peer, () => {}),
      tell: ({ guid, id, n }, verdict: Verdict) => host.toTask(guid, { kind: "polled", id, n, verdict }),
    });
    this.#voting = new Voting({
      self,
      life: Math.floor(host.chance() * LIVES),
      query: (query, onAnswer) => host.query(query, onAnswer),
      recall: (ids, tell) => host.recall(ids, tell),
      persist: (writes) => host.persist(writes),
      yields: (ballot) => this.#ballots.yields(ballot),
    });
  }

  /** Whether there is anybody else to ask. */
  get areHeld(): boolean {
    return this.#electorate.members.length > 1;
  }

  /** The list of members, as it is now. */
  admit(members: readonly Admission[]): void {
    this.#electorate.take(this.#host.self, members);
  }

  /** Asks for the next attempt of the run, which lasts up to `attemptMs`: its task is told how it went. */
  ask(run: Run, shard: Shard, attemptMs: number): void {
    const { guid, id, instant } = run;
    const ballot = { guid, id, n: lastAttempt(run) + 1, round: roundOf(run), at: this.#host.now() };
    this.#ballots.add(ballot, instant, shard, attemptMs + TOLD_MS);
  }

  giveUp(id: OccurrenceId): void {
    this.#ballots.giveUp(id);
  }

  /** The attempt is this peer's, and it does not make it. */
  declined(id: OccurrenceId, n: number): void {
    this.#ballots.declined(id, n);
  }

  /** Another peer asks for attempts, by the list of members of that name. */
  poll(asker: PeerId, { members, ballots }: Poll, say: (answer: Answer) => void): void {
    if (members !== this.#electorate.name) return say({ kind: "unable", why: "it knows other members" });
    this.#voting.poll(asker, ballots, (refusals) => {
      say(refusals === undefined ? { kind: "unable", why: "the disk can't be read" } : { kind: "polled", refusals });
    });
  }

  kept(write: Extract<Write, { kind: "votes" }>): void {
    this.#voting.kept(write);
  }

  /** By the wall clock. */
  wakeAt(): number {
    return this.#host.steady.wallOf(this.#ballots.wakeAt);
  }

  /** Does what its time has come for. */
  wake(): void {
    this.#ballots.wake();
  }

  /** To be called at the end of each event: keeps who has a vote, and asks for what was gathered. */
  flush(): void {
    const electors = this.#electorate.takeUnkept();
    if (electors !== undefined) this.#host.persist([{ kind: "electors", electors }]);
    this.#ballots.flush();
  }

  #ask(voter: PeerId, ballots: readonly Ballot[], onPolled: OnPolled): void {
    const { self, replication } = this.#host;
    if (voter === self) return this.#voting.poll(self, ballots, onPolled);
    replication.askPeer(voter, { kind: "poll", members: this.#electorate.name, ballots }, (answer) => {
      onPolled(answer?.kind === "polled" ? answer.refusals : undefined);
    }, PATIENCE_MS);
  }
}
