// The keeper decides which shards this peer fires: it believes its membership, ranks who is eligible, hands shards over
// and takes them up, and fires nothing before it knows the mesh. After a start, after its loop stood still, and when a
// side that fired the same shards comes back, it first asks who is alive and syncs with one of them.

import { Barrier } from "../membership/barrier.ts";
import type { MemberView } from "../membership/member.ts";
import type { MemberChange, MemberOutput } from "../membership/member-output.ts";
import { Members } from "../membership/members.ts";
import { SKEW_MAX_MS } from "../membership/skew.ts";
import { type Departure, Departures } from "../ownership/departures.ts";
import type { Groups, Seat } from "../ownership/groups.ts";
import { Leases } from "../ownership/leases.ts";
import { type MeshView, Ownership, type OwnershipChange, type ShardState } from "../ownership/ownership.ts";
import type { PeerNews, SwimMessage } from "../ownership/presence.ts";
import { ShardSet } from "../ownership/shard-set.ts";
import { GROUP_SHARDS, type Shard } from "../ownership/shard.ts";
import type { HeldNews } from "../replication/replication.ts";
import type { GroupId } from "../task/peer-group.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import type { Periods } from "../values/periods.ts";
import type { Introduction } from "./introduction.ts";
import type { KeeperHost } from "./keeper-host.ts";
import { Outlook } from "./outlook.ts";
import { Tidings } from "./tidings.ts";

/** How long a dead peer's shards wait for what the others hold of its log (REPLICATION §5). */
const GATHER_MS = 300;

/**
 * And those that a living peer lets go, for the end of its log, which was sent before: only taking it in is waited for,
 * which a machine under load may be slow at. Less than an owner waits that hears nothing of the former one.
 */
const DEPARTURE_MS = 2_000;

/** Who goes, or has just come, may end a link in the making too, once. */
const REFUSALS_MIN = 2;

/** A larger mesh would be busy with it whenever shards move. */
const TOLD_MAX = 9;

export class Keeper {
  readonly #host: KeeperHost;
  readonly #introduction: Introduction;
  readonly #members: Members;
  readonly #ownership: Ownership;
  /** Dead, and what the others hold of its log is being asked for; until when. */
  readonly #gathering = new Map<PeerId, Instant>();
  /** Who is back, and of whom it is not known yet what was fired there. */
  readonly #meeting = new Set<PeerId>();
  readonly #departures = new Departures();
  #admitted: readonly PeerId[];
  readonly #barrier: Barrier;
  #isDraining = false;
  /** The last probe before this peer last let go of something; absent when it never has. */
  #toldSeq: number | undefined;
  /** No member of its mesh any more. */
  #isRemoved = false;
  #isWritable = true;
  readonly #groups: Groups;
  readonly #outlook: Outlook;
  #shardsText: { readonly version: number; readonly text: string } = { version: -1, text: "" };
  #membersWakeAt: Instant | undefined;
  #ownershipWakeAt: Instant | undefined;
  #held: () => HeldNews;
  readonly #tidings = new Tidings();
  #movedVersion = -1;
  /** Members that can be reached, and do not take this peer: how often in a row. */
  readonly #refusals = new Map<PeerId, number>();
  readonly #leases: Leases;

  constructor(
    host: KeeperHost,
    settings: {
      readonly introduction: Introduction;
      readonly periods: Periods;
      readonly isEmpty: boolean;
      readonly held: () => HeldNews;
      readonly groups: Groups;
    },
  ) {
    const now = host.now();
    this.#host = host;
    this.#groups = settings.groups;
    this.#outlook = new Outlook({
      self: host.self,
      introduction: settings.introduction,
      groups: settings.groups,
      gathering: this.#gathering,
      departures: this.#departures,
    });
    this.#introduction = settings.introduction;
    this.#held = settings.held;
    this.#admitted = [host.self];
    this.#barrier = new Barrier({
      chance: host.chance,
      now: () => host.steady(),
      living: () => this.living(),
      isLonely: () => this.#admitted.length <= 1,
      isInformed: () => this.#members.isInformed,
      isRefused: () => this.#isRefused,
      sync: (peer, onEnd) => host.sync(peer, onEnd),
      gather: (peers, onEnd) => host.gather(peers, onEnd),
      changed: () => {
        this.#see();
        host.changed();
      },
    }, settings.isEmpty);
    this.#ownership = new Ownership(host.self, now);
    this.#leases = new Leases(host.self, () => this.#ownership.shards(), settings.groups, host.steady());
    this.#members = new Members({
      self: host.self,
      incarnation: now,
      news: this.#news(),
      chance: host.chance,
      periods: settings.periods,
    });
  }

  /** Whether this peer fires the shard. */
  owns(shard: Shard): boolean {
    return this.#ownership.state(shard) === "owned";
  }

  stateOf(shard: Shard): ShardState {
    return this.#ownership.state(shard);
  }

  /** Whether a majority of the members has granted this peer the shard a short time ago. */
  hasLease(shard: Shard): boolean {
    const granters = this.#admitted.filter((peer) => !this.#meeting.has(peer) && this.isAlive(peer));
    return this.#leases.holds(shard, { voters: this.#admitted.length, granters }, this.#host.steady());
  }

  /** Who ranks first for the shard, as far as this peer can tell; absent while nobody is able to fire it. */
  ownerOf(shard: Shard): PeerId | undefined {
    return this.#outlook.owners[shard];
  }

  /** Whether a peer that lives says that it fires tasks of the group. */
  isListed(group: GroupId): boolean {
    const shown = (text: string) => text.includes("\n") && this.#groups.idsIn(text).includes(group);
    for (const { peer, news } of this.#members.known()) {
      if (news !== undefined && this.isAlive(peer) && shown(news.shards)) return true;
    }
    return false;
  }

  /** Groups have come, or gone: `gone` are nobody's any more. */
  regroup(gone: readonly Seat[] = []): void {
    for (const { from } of gone) this.#ownership.forget(from, from + GROUP_SHARDS);
    this.#see();
  }

  get isFenced(): boolean {
    return this.#barrier.isUp;
  }

  /** Some shard is owned, or something of it is in flight. */
  get isFiring(): boolean {
    return this.#ownership.shards().size > 0;
  }

  /** Each other that lives has answered since this peer last let go of something: it has been told all that was done with it. */
  get isHeard(): boolean {
    const seq = this.#toldSeq;
    return seq === undefined || this.living().every((peer) => (this.#members.peer(peer)?.answered ?? 0) > seq);
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  isAlive(peer: PeerId): boolean {
    const state = this.#members.peer(peer)?.state;
    return peer === this.#host.self || state === "alive" || state === "suspect";
  }

  living(): readonly PeerId[] {
    return this.#members.alive();
  }

  others(): readonly MemberView[] {
    return this.#members.peers();
  }

  clock() {
    return this.#members.clock();
  }

  /** What it says of itself now. */
  news(): PeerNews {
    return this.#news();
  }

  // ── what it is told ──────────────────────────────────────────────────────────────────────────────────────────────

  admit(peers: readonly PeerId[]): void {
    this.#admitted = peers;
    this.#isRemoved = !peers.includes(this.#host.self);
    this.#take(this.#members.admit(peers, this.#host.now()));
  }

  heard(from: PeerId, message: SwimMessage): void {
    if (this.#leases.heard(from, message, this.#host.steady())) this.#host.leased();
    if (message.kind === "probe" || message.kind === "ack") this.#watchDeparture(from, message.news);
    // Of one that this peer does not reach itself another one tells what it says. For the end of its log it can't be asked:
    // that comes by a sync with the other, and before what it lets go is taken up, which waits as for who does not answer.
    const teller = message.kind === "probed" ? message.target : from;
    this.#members.news(this.#news());
    const isFirstWord = this.isAlive(teller) && this.#members.peer(teller)?.news === undefined;
    this.#take(this.#members.heard(from, message, this.#host.now()));
    if (isFirstWord) this.#fenceFrom(teller);
    if (message.kind === "probe" || message.kind === "ack") this.#host.heldBy(from, message.news);
  }

  /**
   * A member that is there has shut this peer out, or is not there. Whom members refuse, and nobody takes, may have been
   * removed without having heard of it: the others fire what it would. Whether that has just become so.
   */
  notLinked(peer: PeerId, why: "refused" | "unreachable"): boolean {
    const before = this.#isRefused;
    if (why === "unreachable") this.#refusals.delete(peer);
    else this.#refusals.set(peer, (this.#refusals.get(peer) ?? 0) + 1);
    if (!this.#isRefused || this.living().length > 0) return false;
    this.#barrier.raise();
    return !before;
  }

  get #isRefused(): boolean {
    for (const times of this.#refusals.values()) if (times >= REFUSALS_MIN) return true;
    return false;
  }

  linked(peer: PeerId): void {
    this.#refusals.delete(peer);
    this.#members.news(this.#news());
    this.#take(this.#members.linked(peer, this.#host.now()));
  }

  unlinked(peer: PeerId): void {
    this.#take(this.#members.unlinked(peer, this.#host.now()));
  }

  /** Another peer lets these go to this one; first all that it did with them is to be here. */
  released(from: PeerId, text: string, version: number, seq: number): void {
    const shards = this.#groups.parse(text);
    if (this.#host.runsOf(from) >= seq) {
      this.#apply(this.#ownership.released(from, shards, version, this.#host.now()));
    } else this.#defer({ from, shards, version, seq, until: this.#host.steady() + DEPARTURE_MS as Instant });
  }

  /** News by which a peer fires less than before may come before its log has; a release need not come at all. */
  #watchDeparture(from: PeerId, { shards: text, shardsVersion, fenced }: PeerNews): void {
    const before = this.#members.peer(from)?.news;
    if (before === undefined || before.fenced || fenced || shardsVersion <= before.shardsVersion) return;
    const shards = this.#outlook.shardsOf(from, before.shards).minus(this.#groups.parse(text));
    if (shards.size === 0) return;
    this.#defer({ from, shards, until: this.#host.steady() + DEPARTURE_MS as Instant });
  }

  #defer(departure: Departure): void {
    this.#departures.add(departure, this.#host.steady());
    this.#host.gather([departure.from], () => {
      if (this.#isLogHere(departure)) this.#departed(departure);
    });
  }

  #isLogHere({ from, seq = 0 }: Departure): boolean {
    return this.#host.runsOf(from) >= seq && !this.#host.isTakingIn(from);
  }

  #departed(departure: Departure): void {
    if (!this.#departures.end(departure)) return;
    const { from, shards, version } = departure;
    if (version === undefined) this.#see();
    else this.#apply(this.#ownership.released(from, shards, version, this.#host.now()));
  }

  drained(shards: Iterable<Shard>): void {
    this.#apply(this.#ownership.drained(shards, this.#host.now()));
  }

  /** Hands all shards over, or takes part again. */
  drain(isDraining: boolean): void {
    this.#isDraining = isDraining;
    this.#see();
  }

  writable(isWritable: boolean): void {
    this.#isWritable = isWritable;
    this.#see();
  }

  /** Says to all that this peer goes. */
  leave(): void {
    this.#leases.leave();
    this.#take(this.#members.leave(this.#host.now()));
  }

  wakeAt(): Instant | undefined {
    let at: number = this.#departures.wakeAt;
    if (this.#admitted.length > 1) at = Math.min(at, this.#leases.wakeAt);
    at = Math.min(at, this.#barrier.wakeAt);
    for (const until of this.#gathering.values()) at = Math.min(at, until);
    at = Math.min(this.#host.wallOf(at), this.#membersWakeAt ?? Infinity, this.#ownershipWakeAt ?? Infinity);
    return at === Infinity ? undefined : at as Instant;
  }

  wake(): void {
    const [now, steady] = [this.#host.now(), this.#host.steady()];
    for (const [peer, until] of [...this.#gathering]) if (until <= steady) this.#gathered(peer);
    for (const departure of this.#departures.due(steady)) {
      if (departure.until <= steady || this.#isLogHere(departure)) this.#departed(departure);
    }
    const toAsk = this.#admitted.length > 1 ? this.#leases.wake(() => this.living(), steady) : [];
    if (toAsk.length > 0) this.#probe(toAsk);
    if (this.#membersWakeAt !== undefined && this.#membersWakeAt <= now) {
      this.#members.news(this.#news());
      this.#take(this.#members.wake(now));
    }
    this.#barrier.try();
    if (this.#ownershipWakeAt !== undefined && this.#ownershipWakeAt <= now) this.#apply(this.#ownership.wake(now));
  }

  // ── membership ───────────────────────────────────────────────────────────────────────────────────────────────────

  #take(output: MemberOutput): void {
    this.#membersWakeAt = output.wakeAt;
    for (const { to, message } of output.sends) this.#send(to, message);
    for (const change of output.changes) this.#change(change);
    if (output.fenced) this.#barrier.raise();
    this.#see();
    this.#barrier.try();
    if (output.changes.length > 0) this.#host.changed();
  }

  #change({ peer, from, to }: MemberChange): void {
    if (to === "dead" && (from === "alive" || from === "suspect")) {
      this.#gathering.set(peer, this.#host.steady() + GATHER_MS as Instant);
      this.#host.gather(this.living(), () => this.#gathered(peer), peer);
      return;
    }
    if (to === "left") this.#leases.left(peer);
    if (to !== "alive") return;
    this.#gathering.delete(peer);
    if (from !== "dead") return;
    this.#meet(peer);
    this.#fenceFrom(peer);
  }

  /** When it fires what this peer does: the sides of a cut have met. */
  #fenceFrom(peer: PeerId): void {
    const news = this.#members.peer(peer)?.news;
    if (news === undefined || news.fenced) return;
    const listed = this.#outlook.shardsOf(peer, news.shards);
    if (listed.minus(this.#ownership.shards()).size < listed.size) this.#barrier.raise();
  }

  /** What was fired where it comes from is to be known here before its word counts for a lease. */
  #meet(peer: PeerId): void {
    this.#meeting.add(peer);
    this.#host.sync(peer, () => {
      if (this.#meeting.delete(peer)) this.#host.leased();
    });
  }

  #gathered(peer: PeerId): void {
    if (this.#gathering.delete(peer)) this.#see();
  }

  #send(to: PeerId, message: SwimMessage): void {
    this.#host.send(to, this.#leases.sending(to, message, this.#host.steady()));
  }

  // ── ownership ────────────────────────────────────────────────────────────────────────────────────────────────────

  #see(): void {
    const own = this.#news();
    this.#apply(this.#ownership.see(this.#view(own), this.#host.now()));
    this.#announce(own);
  }

  /** By this the others rank; and in a small mesh the voters, who grant a shard to one at a time, hear who fires it now. */
  #announce({ draining, fenced, writable }: PeerNews): void {
    const fires = this.#admitted.length > TOLD_MAX ? "" : this.#ownership.version;
    this.#tidings.say(`${draining} ${fenced} ${writable} ${fires}`, () => this.living());
    if (this.#tidings.areTold) return;
    // Who is being asked already was told what was before: it is told again when it has answered.
    const untold = this.#tidings.untold((peer) => this.isAlive(peer));
    for (const { to } of this.#probe(untold)) this.#tidings.told(to);
  }

  #probe(peers: readonly PeerId[]): MemberOutput["sends"] {
    this.#members.news(this.#news());
    const output = this.#members.probe(peers, this.#host.now());
    this.#membersWakeAt = output.wakeAt;
    for (const { to, message } of output.sends) this.#send(to, message);
    return output.sends;
  }

  #apply(change: OwnershipChange): void {
    this.#ownershipWakeAt = change.wakeAt;
    if (change.stopped.length > 0) this.#host.stopped(change.stopped);
    if (change.released.length > 0) {
      this.#host.flush();
      this.#toldSeq = this.#members.probed;
    }
    this.#move();
    for (const { to, shards } of change.released) {
      if (to === undefined || to === this.#host.self) continue;
      const { version } = this.#ownership;
      this.#host.send(to, { kind: "released", shards: this.#groups.text(shards), version, seq: this.#host.ownSeq() });
    }
    if (change.gained.length > 0) this.#host.gained(change.gained);
    if (change.ask.length > 0) this.#probe(change.ask);
    if (change.released.length > 0 && this.#isDraining) this.#probe(this.living());
    if (change.gained.length > 0 || change.stopped.length > 0) this.#host.changed();
  }

  /** When it fires other shards than before the voters hear it first: whom they go to asks the same voters for them. */
  #move(): void {
    if (this.#movedVersion === this.#ownership.version) return;
    this.#movedVersion = this.#ownership.version;
    this.#leases.moved(this.#host.steady());
    this.#announce(this.#news());
  }

  #view(own: PeerNews): MeshView {
    const { owners, others } = this.#outlook.look(own, this.#members.known());
    // All that the others list is parsed by now: their groups are known.
    this.#ownership.grow(this.#groups.shards);
    return { owners, others, fenced: this.isFenced, probed: this.#members.probed };
  }

  #news(): PeerNews {
    const version = this.#ownership?.version ?? 0;
    if (this.#shardsText.version !== version) {
      this.#shardsText = { version, text: this.#groups.text(this.#ownership?.shards() ?? new ShardSet()) };
    }
    const { vector, runs, digest } = this.#held();
    const isOff = Math.abs(this.#members?.clock().offMs ?? 0) > SKEW_MAX_MS;
    return {
      ...this.#introduction,
      wall: this.#host.now(),
      digest,
      vector,
      runs,
      shards: this.#shardsText.text,
      shardsVersion: version,
      draining: this.#isDraining || this.#isRemoved || isOff,
      fenced: this.isFenced,
      writable: this.#isWritable,
    };
  }
}
