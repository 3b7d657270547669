// The side of the machine that faces the other peers: it joins who fires what (the keeper), what is told and pulled
// (replication), who is a member, and the entities that have no actor. It routes; its parts decide.

import { TargetBook } from "../delivery/target-book.ts";
import { targetNews } from "../delivery/target-entity.ts";
import { Detours } from "../firing/detours.ts";
import type { TaskMail } from "../firing/mail.ts";
import { Elections } from "../hold/elections.ts";
import { Farewells } from "../membership/farewells.ts";
import { type Admission, MembershipList } from "../membership/membership-list.ts";
import { takeCensus } from "../keeper/census.ts";
import { Keeper } from "../keeper/keeper.ts";
import type { MeshSideSettings } from "../keeper/mesh-start.ts";
import { standIns } from "../keeper/stand-ins.ts";
import { Groups } from "../ownership/groups.ts";
import { type Shard, shardOf } from "../ownership/shard.ts";
import { Trust } from "../people/trust.ts";
import type { Command } from "../protocol/command.ts";
import type { CoreEvent, Effect, Outcome } from "../protocol/event.ts";
import { Follows, type Known } from "../protocol/follows.ts";
import type { PeerMessage } from "../protocol/message.ts";
import type { StoreAnswer, StoreQuery } from "../protocol/store-query.ts";
import type { Write } from "../protocol/write.ts";
import { DigestTree } from "../register/digest.ts";
import type { Entity } from "../register/register.ts";
import { RunVector, VersionVector } from "../register/vector.ts";
import { dotOf } from "../replication/living-stamps.ts";
import type { ReplicationHost } from "../replication/replication-host.ts";
import { Replication } from "../replication/replication.ts";
import { TaskCount } from "../replication/task-count.ts";
import { TOMBSTONE_AGE_MS, Tombstones } from "../replication/tombstones.ts";
import type { Carry, LastResult } from "../task/carry.ts";
import type { Dossier } from "../task/dossier.ts";
import type { OccurrenceId } from "../task/occurrence.ts";
import type { PeerGroup } from "../task/peer-group.ts";
import type { PeerId, TaskGuid } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { type HybridClock, stampBelow } from "../values/stamp.ts";
import { SteadyTime } from "../values/steady-time.ts";
import { EntityWrites } from "./entity-writes.ts";
import { Errands, type TaskCommand } from "./errands.ts";

export type MeshSideHost = {
  readonly self: PeerId;
  readonly clock: HybridClock;
  readonly chance: () => number;
  now(): Instant;
  effect(effect: Effect): void;
  toTask(guid: TaskGuid, mail: TaskMail): void;
  /** Carries out a command that another peer sent here; its reply comes back as `replied`. */
  command(ticket: number, command: TaskCommand): void;
  /** An active task as it is in memory. */
  dossier(guid: TaskGuid): Dossier | undefined;
  gained(shards: readonly Shard[]): void;
  stopped(shards: readonly Shard[]): void;
  leased(): void;
  /** An attempt has ended that another peer made for this one. */
  attempted(outcome: Outcome, by: PeerId): void;
};

export class MeshSide {
  readonly keeper: Keeper;
  readonly groups = new Groups();
  readonly replication: Replication;
  readonly members: MembershipList;
  readonly targets: TargetBook;
  readonly trust: Trust;
  readonly tasks = new TaskCount();
  readonly #host: MeshSideHost;
  readonly #entities: EntityWrites;
  readonly #digest: DigestTree;
  readonly #queries = new Map<number, (answer: StoreAnswer) => void>();
  #lastQuery = 0;
  readonly #follows: Follows;
  readonly #farewells = new Farewells();
  /** Whom this peer knew as members when it last looked. */
  #admitted: readonly Admission[] = [];
  /** It was alone at the start, and knows all that there is. */
  readonly #isFirst: boolean;
  readonly #steady: SteadyTime;
  #seq: number;
  /** Groups have come into use, and the keeper has not seen it. */
  #isRegrouped = false;
  readonly #errands: Errands;
  readonly detours: Detours;
  readonly elections: Elections;
  readonly #tombstones: Tombstones;

  constructor(host: MeshSideHost, settings: MeshSideSettings) {
    const { start, origin, highWaterMs } = settings;
    this.#host = host;
    this.#seq = start.ownSeq;
    this.#digest = new DigestTree(settings.digestKey);
    this.members = new MembershipList(start.members, settings.isSigned);
    this.targets = new TargetBook(start.targets);
    this.trust = new Trust(start.users);
    this.#steady = new SteadyTime(() => host.now());
    this.#isFirst = !this.isShared;
    const vector = VersionVector.parse(start.vector) ?? new VersionVector();
    // All of this peer's own writes are here, so its own part covers whatever it can have stamped.
    if (highWaterMs > 0) vector.advance(stampBelow(highWaterMs, origin));
    const runVector = RunVector.parse(start.runEnds) ?? new RunVector();
    if (start.ownSeq > 0) runVector.take({ author: host.self, from: 1, to: start.ownSeq });
    this.#follows = new Follows({
      query: (query, onAnswer) => this.#query(query, onAnswer),
      tell: ({ guid, told, done }, known) => host.toTask(guid, { kind: "follow", told, known, done }),
    });
    this.#errands = new Errands({
      self: host.self,
      effect: (effect) => host.effect(effect),
      ask: (...question) => this.replication.askPeer(...question),
      sync: (from, onEnd) => this.replication.sync(from, onEnd),
      command: (ticket, command) => host.command(ticket, command),
      dossier: (guid) => host.dossier(guid),
    });
    this.detours = new Detours({
      now: () => host.now(),
      effect: (effect) => host.effect(effect),
      send: (to, message) => this.#send(to, message),
      ask: (...question) => this.replication.askPeer(...question),
      resolve: (user, target) => this.trust.of(user, this.targets.resolve(user, target)),
      hindrance: () => this.keeper.isDraining ? "it hands over its work" : undefined,
      attempted: (outcome, by) => host.attempted(outcome, by),
    });
    this.#entities = new EntityWrites({
      clock: host.clock,
      now: () => host.now(),
      effect: (effect) => host.effect(effect),
      query: (query, onAnswer) => this.#query(query, onAnswer),
      isForgotten: (entity) => this.replication.isForgotten(entity),
    });
    this.replication = new Replication(this.#replicationHost(), {
      vector,
      runVector,
      runFloors: RunVector.parse(start.runFloors) ?? new RunVector(),
      isNew: start.isNew,
      digest: this.#digest,
    });
    this.keeper = new Keeper({
      self: host.self,
      chance: host.chance,
      now: () => host.now(),
      steady: () => this.#steady.now(),
      wallOf: (steady) => this.#steady.wallOf(steady),
      send: (to, message) => this.#send(to, message),
      gained: (shards) => host.gained(shards),
      stopped: (shards) => host.stopped(shards),
      heldBy: (peer, held) => this.replication.news(peer, held),
      sync: (peer, onEnd) => this.replication.sync(peer, onEnd),
      gather: (...which) => this.replication.gather(...which),
      flush: () => this.replication.flush(),
      ownSeq: () => this.replication.ownSeq,
      runsOf: (author) => this.replication.runsOf(author),
      isTakingIn: (author) => this.replication.isTakingIn(author),
      leased: () => host.leased(),
      changed: () => host.effect({ kind: "notify", notice: { kind: "mesh" } }),
    }, {
      introduction: settings.introduction,
      periods: settings.periods,
      isEmpty: start.isNew && this.isShared,
      held: () => this.replication.held(),
      groups: this.groups,
    });
    const elections = {
      ...{ self: host.self, chance: host.chance, now: host.now, toTask: host.toTask, steady: this.#steady },
      ...{ keeper: this.keeper, replication: this.replication },
      query: (query: StoreQuery, onAnswer: (answer: StoreAnswer) => void) => this.#query(query, onAnswer),
      recall: (ids: readonly OccurrenceId[], tell: (known: Known) => void) => this.#follows.recall(ids, tell),
      persist: (writes: readonly Write[]) => this.#persist(writes),
    };
    this.elections = new Elections(elections, this.members.all(), start.electors);
    this.groups.begin(start.groups);
    this.#tombstones = new Tombstones({
      now: () => host.now(),
      query: (query, onAnswer) => this.#query(query, onAnswer),
      persist: (writes) => host.effect({ kind: "persist", writes, onFailure: "hold", guids: [], then: [] }),
      isEverywhere: (entity) => this.#isEverywhere(entity),
    }, settings.tombstoneAgeMs ?? TOMBSTONE_AGE_MS);
  }

  /** Whether there is anybody else. */
  get isShared(): boolean {
    return this.members.size > 1 || this.#farewells.size > 0;
  }

  /** Whether anybody else is alive. */
  get hasCompany(): boolean {
    return this.keeper.living().length > 0;
  }

  /** How many are alive, this one included. */
  get peers(): number {
    return this.isShared ? this.keeper.living().length + 1 : 1;
  }

  /** Something that others are to fire is still here, or something that they are to know, or may not have heard yet. */
  get isHandingOver(): boolean {
    return this.hasCompany && (this.keeper.isFiring || !this.replication.hasTold || !this.keeper.isHeard);
  }

  /** There is a mesh, and this peer is no member of it any more. */
  get isRemoved(): boolean {
    return this.members.size > 0 && !this.members.has(this.#host.self);
  }

  /** The number of this peer's next carry. */
  next(): number {
    return ++this.#seq;
  }

  start(): void {
    this.#admit();
  }

  /** Whether the event was for this side. */
  handle(event: CoreEvent): boolean {
    switch (event.kind) {
      case "heard":
        this.#heard(event.from, event.message);
        return true;
      case "published":
        this.replication.published(event.from, event.broadcast);
        return true;
      case "linked":
        this.replication.linked(event.peer);
        this.keeper.linked(event.peer);
        return true;
      case "unlinked":
        this.replication.unlinked(event.peer);
        this.keeper.unlinked(event.peer);
        return true;
      case "notLinked":
        if (this.keeper.notLinked(event.peer, event.why)) {
          const message =
            "a member refuses this peer, and no other takes it: it fires nothing, and may have been revoked; then start it with --join and a new ticket";
          this.#host.effect({ kind: "log", level: "error", message, facts: { peer: event.peer } });
        }
        return true;
      case "queried": {
        const onAnswer = this.#queries.get(event.ticket);
        this.#queries.delete(event.ticket);
        onAnswer?.(event.answer);
        return true;
      }
      case "dots":
        for (const { kind, key, stamp } of event.dots) {
          this.#digest.add(dotOf({ kind, key }, stamp));
          this.tasks.found(kind, key);
        }
        return true;
      case "digested":
        this.tasks.whole();
        this.replication.digestIsWhole();
        return true;
      case "replied":
        this.#errands.replied(event.ticket, event.result);
        return true;
      case "yield":
        this.keeper.drain(event.isDraining);
        return true;
      case "leave":
        this.keeper.leave();
        return true;
      case "spread":
        this.replication.spread(event.what, event.wanted, this.#steady.of(event.until), (peers) => {
          this.#host.effect({ kind: "spread", ticket: event.ticket, peers });
        });
        return true;
      case "catchUp":
        this.replication.gather(this.keeper.living(), () => {
          this.#host.effect({ kind: "caughtUp", ticket: event.ticket });
        });
        return true;
      case "inquire":
        this.#errands.inquire(event.ticket, event.guid, event.owner);
        return true;
      default:
        return false;
    }
  }

  /** These stand on the disk. */
  kept(writes: readonly Write[]): void {
    for (const write of writes) {
      this.replication.kept(write);
      this.tasks.kept(write);
      if (write.kind === "votes") this.elections.kept(write);
      if (write.kind !== "entity") continue;
      this.#entities.kept(write.entity);
      if (this.members.take(write.entity)) this.#admit();
      this.targets.take(write.entity);
      const news = targetNews(write.entity);
      if (news !== undefined) this.#host.effect({ kind: "notify", notice: news });
      this.trust.take(write.entity);
    }
  }

  /** These are on their way to the disk. */
  wrote(writes: readonly Write[]): void {
    this.#follows.wrote(writes, this.isShared);
  }

  /** The stored records of these runs, and what is on its way to the disk. */
  recall(ids: readonly OccurrenceId[], tell: (known: Known) => void): void {
    this.#follows.recall(ids, tell);
  }

  /** Writes of the desk were refused: what stands on the disk counts. */
  unkept(): void {
    this.#entities.unkept();
  }

  writeEntity(ticket: number, command: Extract<Command, { kind: "entity" }>): void {
    const { entity: { kind, key }, values, match } = command;
    this.#entities.add({ kind, key }, { kind: "write", values, ticket, ...(match === undefined ? {} : { match }) });
  }

  /** The shard of a task that is here. */
  shardOf(guid: TaskGuid, group: PeerGroup | undefined): Shard {
    if (group === undefined) return shardOf(guid);
    const { version } = this.groups;
    const shard = this.groups.shardOf(guid, group);
    if (this.groups.version !== version) this.#isRegrouped = true;
    return shard;
  }

  /** What is past its time is forgotten, a step at each call. */
  sweep(): void {
    this.#tombstones.collect();
    takeCensus(this.groups, this.keeper, (...question) => this.#query(...question));
  }

  /** Who may make an attempt in place of this peer, of a task that is shared out among the group. */
  standIns(group: PeerGroup | undefined): readonly PeerId[] {
    return standIns(this.#host.self, this.keeper.others(), this.keeper.news(), group);
  }

  /** Whether the command goes to another peer: what fires or ends something is done where the task is fired. */
  sentOn(ticket: number, command: TaskCommand, shard: Shard): boolean {
    return this.#errands.sentOn(ticket, command, this.keeper.ownerOf(shard), this.keeper.owns(shard));
  }

  wakeAt(): number {
    if (this.#isRegrouped) return this.#host.now();
    const at = Math.min(this.keeper.wakeAt() ?? Infinity, this.#replicationWakeAt(), this.#farewells.wakeAt);
    return Math.min(at, this.elections.wakeAt());
  }

  #replicationWakeAt(): number {
    return this.isShared ? this.#steady.wallOf(this.replication.wakeAt()) : Infinity;
  }

  /** To be called at the end of each event: does what its time has come for, and asks for what was gathered. */
  pump(): void {
    const now = this.#host.now();
    if (this.#isRegrouped) {
      this.#isRegrouped = false;
      this.keeper.regroup();
    }
    if ((this.keeper.wakeAt() ?? Infinity) <= now) this.keeper.wake();
    if (this.#replicationWakeAt() <= now) this.replication.wake();
    if (this.#farewells.wakeAt <= now) this.#link(now);
    this.elections.wake();
    this.#follows.flush();
  }

  // ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #heard(from: PeerId, message: PeerMessage): void {
    switch (message.kind) {
      case "ask":
      case "answer":
      case "carries":
      case "confided":
        return this.replication.heard(from, message);
      case "abandon":
        return this.detours.abandoned(message.id);
      case "released":
        return this.keeper.released(from, message.shards, message.version, message.seq);
      default:
        return this.keeper.heard(from, message);
    }
  }

  #send(to: PeerId, message: PeerMessage): void {
    this.#host.effect({ kind: "tell", to, message });
  }

  #admit(): void {
    const now = this.#host.now();
    const members = this.members.all();
    for (const was of this.#admitted) {
      if (was.peer !== this.#host.self && !this.members.has(was.peer)) this.#farewells.begin(was, now);
    }
    for (const { peer } of members) this.#farewells.revoke(peer);
    if (this.#isFirst && this.#admitted.length <= 1 && members.length > 1) this.#found();
    this.#admitted = members;
    this.elections.admit(members);
    this.keeper.admit(members.length === 0 ? [this.#host.self] : members.map(({ peer }) => peer));
    this.#link(now);
    if (!this.isRemoved) return;
    const message =
      "this peer is no member of its mesh any more, and fires nothing: give it a new ticket, or an empty data folder";
    this.#host.effect({ kind: "log", level: "error", message, facts: {} });
  }

  /** A peer that was alone had nobody to sync with, and after a restart has none to wait for. */
  #found(): void {
    const write: Write = { kind: "runVector", ends: this.replication.runEnds() };
    this.#host.effect({ kind: "persist", writes: [write], onFailure: "hold", guids: [], then: [] });
  }

  /** Links to the members, and for a while to who was one; who was removed itself speaks to nobody. */
  #link(now: Instant): void {
    const others = [...this.members.all().filter(({ peer }) => peer !== this.#host.self), ...this.#farewells.at(now)];
    const linked = this.isRemoved ? [] : others;
    this.#host.effect({ kind: "admit", members: linked.map(({ peer, addresses }) => ({ peer, addresses })) });
  }

  // ── what replication wants ───────────────────────────────────────────────────────────────────────────────────────

  #replicationHost(): ReplicationHost {
    const host = this.#host;
    return {
      self: host.self,
      chance: host.chance,
      now: () => this.#steady.now(),
      wall: () => host.now(),
      send: (to, message) => this.#send(to, message),
      publish: (broadcast) => host.effect({ kind: "publish", broadcast }),
      query: (query, onAnswer) => this.#query(query, onAnswer),
      persist: (writes) => this.#persist(writes),
      merge: (entity, done) => this.#merge(entity, done),
      carry: (_author: PeerId, carry: Carry, done) => this.#log(carry, _author, done),
      result: ({ guid, progress, open }: LastResult, done) => {
        this.#follows.add({ guid, told: { ...progress, runs: open }, done });
      },
      observe: (entity) => this.#observe(entity),
      obey: (from, ask, onAnswer) =>
        ask.kind === "poll"
          ? this.elections.poll(from, ask, onAnswer)
          : ask.kind === "attempt"
          ? this.detours.obey(ask, onAnswer)
          : this.#errands.obey(from, ask, onAnswer),
      living: () => this.keeper.living(),
      log: (message, facts) => host.effect({ kind: "log", level: "info", message, facts }),
    };
  }

  #persist(writes: readonly Write[]): void {
    const then: readonly Effect[] = [{ kind: "kept", writes, guids: [] }];
    this.#host.effect({ kind: "persist", writes, onFailure: "hold", guids: [], then });
  }

  #query(query: StoreQuery, onAnswer: (answer: StoreAnswer) => void): void {
    const ticket = ++this.#lastQuery;
    this.#queries.set(ticket, onAnswer);
    this.#host.effect({ kind: "query", ticket, query });
  }

  #log(carry: Carry, author: PeerId, done: () => void): void {
    const logged = () => {
      this.#host.effect({
        kind: "persist",
        writes: [{ kind: "carry", author, carry }],
        onFailure: "hold",
        guids: [],
        then: [],
      });
      done();
    };
    this.#follows.add({ guid: carry.guid, told: carry, done: logged });
  }

  #merge(entity: Entity, done: () => void): void {
    if (entity.kind === "task") this.#host.toTask(entity.key as TaskGuid, { kind: "merge", entity, done });
    else this.#entities.add({ kind: entity.kind, key: entity.key }, { kind: "merge", entity, done });
  }

  /** This peer's disk has it, and so has that of every member. */
  #isEverywhere(entity: Entity): boolean {
    const others = this.members.all().map(({ peer }) => peer).filter((peer) => peer !== this.#host.self);
    this.replication.cut.keepOnly(new Set(others));
    return this.replication.isForgotten(entity) && this.replication.cut.covers(entity, others);
  }

  #observe(entity: Entity): boolean {
    const now = this.#host.now();
    let isBelieved = true;
    for (const { stamp } of Object.values(entity.registers)) {
      isBelieved = this.#host.clock.observe(stamp, now) && isBelieved;
    }
    return isBelieved;
  }
}
