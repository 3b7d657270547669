// Replication keeps this peer's entities and run records in step with the others': it tells them what changes here, takes
// in what they tell, answers what they ask, and pulls from one of them at a time what it has missed. Broadcasts are only
// the quick way; a sync finds everything, and the digest tree finds what a sync should have.

import { CatchUp } from "../protocol/catch-up.ts";
import type { Answer, Ask, Broadcast, LogEnds, PeerAsk, PeerMessage, Spreadable, Stamps } from "../protocol/message.ts";
import type { Write } from "../protocol/write.ts";
import type { DigestTree } from "../register/digest.ts";
import { type Entity, isDead } from "../register/register.ts";
import { coveredBy, StableCut } from "../register/stable-cut.ts";
import { RunVector, VersionVector } from "../register/vector.ts";
import type { CarryPage } from "../task/carry.ts";
import type { PeerId } from "../values/ids.ts";
import { type Instant, INSTANT_MAX } from "../values/instant.ts";
import { stampOrigin } from "../values/stamp.ts";
import { Answers } from "./answers.ts";
import { Asks } from "./asks.ts";
import { confidantOf, Confidences } from "./confidences.ts";
import { Had } from "./had.ts";
import { counted, Intake } from "./intake.ts";
import { dotOf, livingStampsChanged } from "./living-stamps.ts";
import { Outbox } from "./outbox.ts";
import { Repairs } from "./repairs.ts";
import type { ReplicationHost, ReplicationStart } from "./replication-host.ts";
import { Keepings, Spreads } from "./spread.ts";
import { pull, type Unfinished } from "./sync.ts";
import { type DueWish, Wishes } from "./wishes.ts";

/** How long one question may take: a page is read, sent and merged in a tenth of it. */
const ANSWER_MS = 5_000;
/** And to keep a write: a sync of the disk takes some ms, and who was busy is asked again. */
const KEEP_MS = 1_000;
/** Between two questions of one pull: a page is merged in a hundredth of it, on a busy disk in a tenth. */
const PULL_PAUSE_MAX_MS = 30_000;
/** A sync with one peer at random, whatever the news. */
const SYNC_EVERY_MS = 30_000;
/** In a mesh of up to so many, carries go from peer to peer: 0.24 ms a message against 2.4 ms and more by gossip. */
const DIRECT_MAX = 32;

/** What a peer's news say of what it holds; of its own run log, what it has told the others. */
export type HeldNews = { readonly vector: string; readonly runs: string; readonly digest: string };

export class Replication {
  readonly #host: ReplicationHost;
  readonly #asks = new Asks();
  readonly #outbox: Outbox;
  readonly #intake: Intake;
  readonly #spreads: Spreads;
  readonly #keepings: Keepings;
  readonly #confidences = new Confidences();
  readonly #answers: Answers;
  readonly vector: VersionVector;
  readonly #runs: RunVector;
  readonly #floors: RunVector;
  readonly #digest: DigestTree;
  #isNew: boolean;
  /** The digest tree holds all that the store held at the start. */
  #isDigestWhole = false;
  readonly #had = new Had();
  readonly #wishes = new Wishes(this.#had, (peer) => this.#asks.isLinked(peer));
  /** Pulls that were broken off while entities came: they go on from there as long as the link to that peer holds. */
  readonly #unfinished = new Map<PeerId, Unfinished>();
  readonly #repairs: Repairs;
  /** Who did not have all carries that this peer lacked, when it was last asked. */
  readonly #trimmed = new Set<PeerId>();
  /** Whom a sync is under way with. */
  #current: PeerId | undefined;
  #pulls = 0;
  #pullEndsAt = Infinity;
  /** A pull that waits for its vector to stand on the disk. */
  #onAdopted = () => {};
  #nextSyncAt: number;
  /** Who waits for a whole sync with some peer. */
  #waiters: { readonly peer: PeerId; readonly onEnd: (isWhole: boolean) => void }[] = [];
  readonly cut = new StableCut();

  constructor(host: ReplicationHost, start: ReplicationStart) {
    this.#host = host;
    this.vector = start.vector;
    this.#runs = start.runVector;
    this.#floors = start.runFloors;
    this.#digest = start.digest;
    this.#isNew = start.isNew;
    this.#outbox = new Outbox(host.self, start.runVector.upTo(host.self));
    this.#intake = new Intake(host, this.#runs);
    this.#keepings = new Keepings(start.runVector.entries());
    this.#spreads = new Spreads({
      self: host.self,
      now: () => host.now(),
      living: () => host.living(),
      holds: (what) => this.#keepings.hasLog(what),
      ask: (to, what, onEnd) => {
        const ask = what.kind === "log" ? what : { kind: "keep", entity: what.entity } as const;
        this.#ask(to, ask, (answer) => onEnd(answer?.kind === "kept"), KEEP_MS);
      },
    });
    this.#repairs = new Repairs({
      self: host.self,
      now: () => host.now(),
      ask: (to, ask, onAnswer) => this.#ask(to, ask, onAnswer),
      query: (query, onAnswer) => host.query(query, onAnswer),
      take: (entities, done) => this.#intake.merges(entities, done),
    }, start.digest);
    this.#answers = new Answers(host, {
      ...{ vector: this.vector, runs: this.#runs, floors: this.#floors, digest: this.#digest },
      ...{ outbox: this.#outbox, intake: this.#intake, repairs: this.#repairs },
      ...{ keepings: this.#keepings, confidences: this.#confidences },
      isDigestWhole: () => this.#isDigestWhole,
    });
    this.#nextSyncAt = host.now() + SYNC_EVERY_MS;
  }

  /**
   * What the own news say. The digest is empty while it is not known whole. Of the own log only what was told counts: what
   * waits for its window would make each peer of a busy mesh another than all others, and all sync with all.
   */
  held(): HeldNews {
    const vector = this.vector.digest();
    this.#had.note(vector);
    return { vector, runs: this.#toldRuns(), digest: this.#isDigestWhole ? this.#digest.root() : "" };
  }

  /** To be called at each change of it, so that it is known what this peer has had. */
  #toldRuns(): string {
    const runs = this.#runs.digestWith(this.#host.self, this.#outbox.toldTo(this.ownSeq));
    this.#had.note(runs);
    return runs;
  }

  /** Nothing of this peer waits to be told. */
  get hasTold(): boolean {
    return this.#outbox.wakeAt(this.#host.now()) === undefined;
  }

  runEnds(): LogEnds {
    return this.#runs.entries();
  }

  /** The number of this peer's last durable carry. */
  get ownSeq(): number {
    return this.#runs.upTo(this.#host.self);
  }

  get quarantined(): number {
    return this.#intake.quarantined;
  }

  /** Records that only the digest tree found. */
  get repaired(): number {
    return this.#repairs.count;
  }

  runsOf(author: PeerId): number {
    return this.#runs.upTo(author);
  }

  isTakingIn(author: PeerId): boolean {
    return this.#intake.isTaking(author);
  }

  // ── what changes here ────────────────────────────────────────────────────────────────────────────────────────────

  /** A write stands on the disk. `isOwn`: this peer's, so the others are to hear of it. */
  kept(write: Write): void {
    switch (write.kind) {
      case "entity": {
        const { entity, added, isOwn } = write;
        const { gone, come } = livingStampsChanged(write);
        for (const stamp of gone) this.#digest.remove(dotOf(entity, stamp));
        for (const stamp of come) this.#digest.add(dotOf(entity, stamp));
        this.#keepings.kept(entity);
        if (!isOwn) return;
        for (const stamp of added) this.vector.advance(stamp);
        this.#outbox.addEntity(entity);
        return;
      }
      case "carry":
        if (write.author !== this.#host.self) return;
        this.#runs.take({ author: write.author, from: this.ownSeq + 1, to: write.carry.seq });
        this.#outbox.addCarry(write.carry);
        this.#keepings.keptLogs([[write.author, write.carry.seq]]);
        return;
      case "runVector":
        return this.#keepings.keptLogs(write.ends);
      case "vector":
        this.vector.adopt(VersionVector.parse(write.stamps) ?? new VersionVector());
        this.#onAdopted();
        this.#onAdopted = () => {};
        return;
      default:
        return;
    }
  }

  /** Hands it to the others until `wanted` peers hold it, or the time is over. */
  spread(what: Spreadable, wanted: number, until: Instant, onEnd: (peers: number) => void): void {
    this.#spreads.start(what, wanted, until, onEnd);
  }

  /** The digest tree now holds all that was stored before the start. */
  digestIsWhole(): void {
    this.#isDigestWhole = true;
  }

  // ── what others say ──────────────────────────────────────────────────────────────────────────────────────────────

  published(from: PeerId, broadcast: Broadcast): void {
    if (broadcast.kind === "entities") {
      for (const entity of broadcast.entities) this.#intake.merge(entity, () => {});
    } else this.#page(from, broadcast.page);
  }

  heard(from: PeerId, message: Extract<PeerMessage, { kind: "ask" | "answer" | "carries" | "confided" }>): void {
    switch (message.kind) {
      case "ask":
        return this.#answers.asked(from, message.id, message.ask);
      case "answer":
        return this.#asks.answered(from, message.id, message.answer);
      case "carries":
        return this.#page(from, message.page);
      case "confided":
        if (message.page.author === from) this.#confidences.take(message.page, this.#runs.upTo(from));
        return;
    }
  }

  #page(from: PeerId, page: CarryPage): void {
    // Of itself each peer tells alone: whoever speaks for another would make all lack what that one has not written.
    if (page.author !== from) return;
    if (!this.#intake.page(page, () => void this.#toldRuns())) this.#wishes.urge(from, this.#host.now());
  }

  /** Whether the entity was here once, as it is or before, if it is not: deleted, and forgotten since. */
  isForgotten(entity: Entity): boolean {
    return isDead(entity) && coveredBy(this.vector, entity);
  }

  /** What a living peer says that it holds. */
  news(peer: PeerId, news: HeldNews): void {
    const own = this.held();
    const isEqual = news.vector === own.vector;
    if (isEqual) this.cut.agreed(peer, this.vector);
    if (!this.#had.has(news.vector) || !this.#had.has(news.runs)) this.#wishes.hear(peer, news, this.#host.now());
    // Who waits for a sync is told of its end, also when it brings nothing.
    else if (this.#waiters.every((waiter) => waiter.peer !== peer)) this.#wishes.drop(peer);
    if (isEqual) this.#repairs.compare(peer, own.digest, news.digest);
    else this.#repairs.agree(peer);
  }

  linked(peer: PeerId): void {
    for (const message of this.#asks.linked(peer)) this.#host.send(peer, message);
  }

  unlinked(peer: PeerId): void {
    this.#asks.unlinked(peer);
    this.#unfinished.delete(peer);
  }

  // ── syncs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Pulls from this peer as soon as may be; `onEnd` says whether all came. */
  sync(peer: PeerId, onEnd: (isWhole: boolean) => void): void {
    this.#waiters.push({ peer, onEnd });
    this.#wishes.urge(peer, this.#host.now());
  }

  /**
   * Asks each of these for the carries that it has and this peer has not; `onEnd` when all have answered, or can't. Of
   * who has fallen also those that it has told one alone.
   */
  gather(peers: readonly PeerId[], onEnd: () => void, fallen?: PeerId): void {
    const end = counted(peers.length, () => this.#takeConfided(onEnd, fallen));
    const ask = { ...this.#askForCarries(true), ...(fallen === undefined ? {} : { fallen }) };
    for (const peer of peers) {
      this.#ask(peer, ask, (answer) => {
        if (answer?.kind === "carries") this.#intake.pages(answer.pages, end);
        else end();
      });
    }
  }

  #takeConfided(onEnd: () => void, fallen: PeerId | undefined): void {
    const pages = fallen === undefined ? [] : this.#confidences.of(fallen, this.#runs.upTo(fallen));
    if (pages.length === 0) onEnd();
    else this.#intake.pages(pages, onEnd);
  }

  /** When there is something to do by itself. */
  wakeAt(): Instant {
    const now = this.#host.now();
    let at = Math.min(this.#nextSyncAt, this.#asks.wakeAt ?? Infinity, this.#outbox.wakeAt(now) ?? Infinity);
    at = Math.min(
      at,
      this.#outbox.confideAt(now) ?? Infinity,
      this.#intake.wakeAt - this.#host.wall() + now,
      this.#spreads.wakeAt,
    );
    at = Math.min(at, this.#current === undefined ? this.#wishes.wakeAt : this.#pullEndsAt);
    return Math.min(at, INSTANT_MAX) as Instant;
  }

  wake(): void {
    const now = this.#host.now();
    this.#asks.wake(now);
    if (this.#current !== undefined && now >= this.#pullEndsAt) this.#giveUp(this.#current);
    this.#intake.wake();
    this.#spreads.wake();
    const living = this.#host.living();
    const broadcasts = this.#outbox.take(living.length + 1, now);
    for (const broadcast of broadcasts) this.#tell(broadcast, living);
    if (broadcasts.length > 0) this.#toldRuns();
    this.#confide(living, now);
    if (now >= this.#nextSyncAt) {
      this.#nextSyncAt = now + SYNC_EVERY_MS;
      const peer = living[Math.floor(this.#host.chance() * living.length)];
      if (peer !== undefined) this.#wishes.urge(peer, now);
    }
    this.#startSync();
  }

  /** Tells what waits to be told of its runs: this peer lets shards go, and their next owners are to know all of it. */
  flush(): void {
    const living = this.#host.living();
    for (const broadcast of this.#outbox.flush()) this.#tell(broadcast, living);
  }

  #tell(broadcast: Broadcast, living: readonly PeerId[]): void {
    if (broadcast.kind === "entities" || living.length > DIRECT_MAX) this.#host.publish(broadcast);
    else for (const peer of living) this.#host.send(peer, { kind: "carries", page: broadcast.page });
  }

  /** Tells one of the others what all are told later. */
  #confide(living: readonly PeerId[], now: Instant): void {
    if ((this.#outbox.confideAt(now) ?? Infinity) > now) return;
    const confidant = confidantOf(this.#host.self, living.filter((peer) => this.#asks.isLinked(peer)));
    const page = this.#outbox.confide(confidant, now);
    if (confidant !== undefined && page !== undefined) this.#host.send(confidant, { kind: "confided", page });
  }

  #startSync(): void {
    if (this.#current !== undefined) return;
    const [now, living] = [this.#host.now(), this.#host.living()];
    const isLiving = (peer: PeerId) => living.includes(peer);
    for (let wish = this.#wishes.take(isLiving, now); wish !== undefined; wish = this.#wishes.take(isLiving, now)) {
      if (isLiving(wish.peer)) return this.#pull(wish);
      this.#ended(wish.peer, false);
    }
  }

  /** A pull that does not go on must not keep others from being made. */
  #giveUp(peer: PeerId): void {
    this.#pulls++;
    this.#current = undefined;
    this.#wishes.synced(peer, this.#host.now());
    this.#ended(peer, false);
  }

  #pull({ peer, isWhole }: DueWish): void {
    this.#current = peer;
    const pulled = ++this.#pulls;
    const unfinished = this.#unfinished.get(peer);
    this.#unfinished.delete(peer);
    const catchUp = new CatchUp((message, facts) => this.#host.log(message, { peer, ...facts }));
    pull(
      peer,
      {
        ask: (to, ask, onAnswer) => {
          this.#pullEndsAt = this.#host.now() + PULL_PAUSE_MAX_MS;
          this.#ask(to, ask, onAnswer);
        },
        vector: () => this.vector.stamps(),
        // Who waits for it is to know all; else what a peer has not told would make one of two that sync unlike all others.
        askForCarries: () => this.#askForCarries(this.#waiters.some((waiter) => waiter.peer === peer)),
        needsEntities: () => isWhole || unfinished !== undefined,
        needsResults: () => this.#isNew,
        mustFallBack: (isTrimmed) => this.#mustFallBack(peer, isTrimmed),
        mergeEntities: (entities, living, done) => {
          if (this.#isDigestWhole) catchUp.goesOn(this.#digest.size, living, this.#host.now());
          this.#intake.merges(entities, done);
        },
        applyCarries: (pages, done) => this.#intake.pages(pages, done),
        applyResults: (results, done) => this.#intake.results(results, done),
        adoptVector: (stamps, done) => this.#adopt(stamps, done),
        adoptFloors: (floors) => this.#adoptFloors(floors),
      },
      (end, unfinished) => {
        if (pulled !== this.#pulls) return;
        if (unfinished !== undefined) this.#unfinished.set(peer, unfinished);
        catchUp.ended(this.#digest.size, end === "whole", this.#host.now());
        this.#current = undefined;
        this.#wishes.synced(peer, this.#host.now());
        this.#toldRuns();
        this.#ended(peer, end === "whole");
        this.#startSync();
      },
      unfinished,
    );
  }

  #askForCarries(isUntoldToo: boolean): Extract<Ask, { kind: "carries" }> {
    return { kind: "carries", vector: this.#runs.entries(), ...(isUntoldToo ? { isUntoldToo } : {}) };
  }

  #mustFallBack(peer: PeerId, isTrimmed: boolean): boolean {
    if (isTrimmed) this.#trimmed.add(peer);
    else this.#trimmed.delete(peer);
    return isTrimmed && this.#host.living().every((living) => this.#trimmed.has(living));
  }

  #ended(peer: PeerId, isWhole: boolean): void {
    const over = this.#waiters.filter((waiter) => waiter.peer === peer);
    this.#waiters = this.#waiters.filter((waiter) => waiter.peer !== peer);
    for (const { onEnd } of over) onEnd(isWhole);
  }

  /** What is left out for now is not covered: the next sync asks for it again. */
  #adopt(stamps: Stamps, done: () => void): void {
    const left = this.#intake.quarantinedOrigins();
    const vector = VersionVector.parse(stamps.filter((stamp) => !left.has(stampOrigin(stamp))));
    if (vector === undefined || ["equal", "below"].includes(vector.compare(this.vector))) return done();
    const adopted = this.vector.copy();
    adopted.adopt(vector);
    // It is this peer's own once it stands on the disk, behind all that it covers.
    this.#onAdopted = done;
    this.#host.persist([{ kind: "vector", stamps: adopted.stamps() }]);
  }

  #adoptFloors(ends: LogEnds): void {
    for (const [author, to] of ends) {
      if (to <= this.#runs.upTo(author)) continue;
      this.#runs.take({ author, from: this.#runs.upTo(author) + 1, to });
      this.#floors.take({ author, from: this.#floors.upTo(author) + 1, to });
    }
    this.#isNew = false;
    this.#host.persist([
      { kind: "runVector", ends: this.#runs.entries() },
      { kind: "runFloors", floors: this.#floors.entries() },
    ]);
  }

  // ── questions ────────────────────────────────────────────────────────────────────────────────────────────────────

  #ask(to: PeerId, ask: Ask, onAnswer: (answer: Answer | undefined) => void, patienceMs = ANSWER_MS): void {
    const message = this.#asks.ask(to, ask, this.#host.now() + patienceMs as Instant, onAnswer);
    if (message !== undefined) this.#host.send(to, message);
  }

  /** Asks the owner of a task; `undefined` when it does not answer in time. */
  askPeer(to: PeerId, ask: PeerAsk, onAnswer: (answer: Answer | undefined) => void, patienceMs = ANSWER_MS): void {
    this.#ask(to, ask, onAnswer, patienceMs);
  }
}
