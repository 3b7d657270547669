// Membership: who is alive, as far as this peer can tell. SWIM with Lifeguard: probes, others' probes, suspicion, death,
// refutation by a greater incarnation; a link that was lost is a hint; a leave is said, never inferred. A pure state
// machine told the time and the chance, with one alarm. After Das, Gupta and Motivala, "SWIM" (2002).

import type { PeerNews, Rumor, SwimMessage } from "../ownership/presence.ts";
import type { PeerId } from "../values/ids.ts";
import type { Instant } from "../values/instant.ts";
import { LocalHealth } from "../values/local-health.ts";
import { LoopTime } from "../values/loop-time.ts";
import type { Periods } from "../values/periods.ts";
import { Gossip } from "./gossip.ts";
import type { MemberChange, MemberOutput } from "./member-output.ts";
import { isLiving, type Member, type MemberView, newMember, viewOf } from "./member.ts";
import { directProbe, HELPERS, hinted, indirect, type Probe, verdictOfHint } from "./probe.ts";
import { type Relay, Relays } from "./relays.ts";
import { Roster } from "./roster.ts";
import { shuffle } from "./rotation.ts";
import { Round } from "./round.ts";
import { outweighs } from "./rumors.ts";
import type { ClockView } from "./skew.ts";
import { INCARNATION_MAX, SEQ_MAX } from "./swim-message.ts";

export type MemberSettings = {
  readonly self: PeerId;
  /** Milliseconds of the start: greater at each start. */
  readonly incarnation: number;
  /** What the first probes say; `wall` is set anew at each sending. */
  readonly news: PeerNews;
  /** A number in [0, 1), anew at each call. */
  readonly chance: () => number;
  readonly periods: Periods;
};

export class Members {
  readonly #self: PeerId;
  readonly #chance: () => number;
  readonly #periods: Periods;
  readonly #time: LoopTime;
  readonly #health = new LocalHealth();
  readonly #members = new Map<PeerId, Member>();
  readonly #roster = new Roster(this.#members);
  readonly #gossip: Gossip;
  readonly #round: Round;
  readonly #probes = new Map<PeerId, Probe>();
  readonly #relays: Relays;
  readonly #suspects = new Set<Member>();
  /** Peers whose link was lost, until it is there again. What was on its way still comes, so being heard says nothing. */
  readonly #unlinked = new Set<PeerId>();
  /** Peers that have neither answered a probe nor been found dead since the start or the last fence. */
  readonly #unasked = new Set<PeerId>();
  #fencedSeq = 0;
  #incarnation: number;
  #news: PeerNews;
  #seq = 0;
  /** When anybody was heard last. */
  #heardMs = 0;
  #hasLeft = false;
  #now: Instant;
  #sends: { readonly to: PeerId; readonly message: SwimMessage }[] = [];
  #changes: MemberChange[] = [];
  #isFenced = false;

  constructor({ self, incarnation, news, chance, periods }: MemberSettings) {
    this.#self = self;
    this.#incarnation = incarnation;
    this.#news = news;
    this.#now = news.wall;
    this.#chance = chance;
    this.#periods = periods;
    this.#time = new LoopTime(periods.graceMs);
    this.#relays = new Relays(periods);
    this.#gossip = new Gossip(this.#members, chance);
    this.#round = new Round(self, chance, periods);
  }

  /** Grows when others take this peer for dead. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /** Since the start or the last fence each other member has answered a probe or been found dead. */
  get isInformed(): boolean {
    return this.#unasked.size === 0;
  }

  /** The replicated list of members, this peer among them or not. New ones are `dead` until they answer; who is not in it is forgotten. */
  admit(peers: readonly PeerId[], now: Instant): MemberOutput {
    this.#begin(now);
    const admitted = new Set(peers);
    for (const peer of this.#members.keys()) if (!admitted.has(peer)) this.#forget(peer);
    for (const peer of admitted) if (peer !== this.#self && !this.#members.has(peer)) this.#welcome(peer);
    this.#round.begin(this.#members.size, this.#time.ms);
    return this.#end();
  }

  /** What own probes and acks carry from now on. */
  news(news: PeerNews): void {
    this.#news = news;
  }

  heard(from: PeerId, message: SwimMessage, now: Instant): MemberOutput {
    this.#begin(now);
    const member = this.#members.get(from);
    if (member === undefined || this.#hasLeft) return this.#end();
    member.lastHeard = now;
    member.heardMs = this.#time.ms;
    this.#heardMs = this.#time.ms;
    if (message.kind === "probe" || message.kind === "ack") {
      member.said = message.incarnation;
      this.#learn({ peer: from, state: "alive", incarnation: message.incarnation });
      if (message.incarnation >= member.incarnation) member.news = message.news;
    }
    const own = this.#incarnation;
    for (const rumor of message.rumors) this.#hear(rumor);
    this.#take(member, message);
    // An answer carries the incarnation that refutes; who waits for none is told at once.
    if (this.#incarnation > own && message.kind !== "probe") this.#tell(from);
    return this.#end();
  }

  /** A link is there: who was not known to live, or was being probed without one, is probed on it. */
  linked(peer: PeerId, now: Instant): MemberOutput {
    this.#begin(now);
    this.#unlinked.delete(peer);
    const member = this.#members.get(peer);
    if (member === undefined || this.#hasLeft) return this.#end();
    const probe = this.#probes.get(peer);
    if (probe?.stage === "hint") this.#probes.set(peer, indirect(probe, probe.helpers, this.#periods));
    if (probe !== undefined) this.#sendProbe(peer, probe.seq);
    else if (member.state !== "alive" || member.news === undefined) this.#probe(member);
    return this.#end();
  }

  /** A link was lost: itself and others are asked at once whether it lives. */
  unlinked(peer: PeerId, now: Instant): MemberOutput {
    this.#begin(now);
    const member = this.#members.get(peer);
    if (member === undefined || this.#hasLeft) return this.#end();
    this.#unlinked.add(peer);
    this.#relays.unlinked(peer);
    if (isLiving(member) && this.#probes.get(peer)?.stage !== "hint") {
      // An answer to what was asked before may still come over the link that was lost.
      const sentMs = this.#probes.get(peer)?.sentMs ?? this.#time.ms;
      const probe = { ...this.#probe(member), sentMs };
      const helpers = this.#askHelpers(peer, probe.seq);
      this.#probes.set(peer, hinted(probe, helpers, this.#time.ms, this.#periods));
    }
    return this.#end();
  }

  /** These are asked now, each that is not being asked already. */
  probe(peers: readonly PeerId[], now: Instant): MemberOutput {
    this.#begin(now);
    for (const peer of this.#hasLeft ? [] : peers) {
      const member = this.#members.get(peer);
      if (member !== undefined && !this.#probes.has(peer)) this.#probe(member);
    }
    return this.#end();
  }

  /** The number of the last probe that was sent. */
  get probed(): number {
    return this.#seq;
  }

  wake(now: Instant): MemberOutput {
    this.#begin(now);
    return this.#end();
  }

  /** Says to all that this peer goes. From then on it says nothing more. */
  leave(now: Instant): MemberOutput {
    this.#begin(now);
    if (this.#hasLeft) return this.#end();
    this.#hasLeft = true;
    const rumors: Rumor[] = [{ peer: this.#self, state: "left", incarnation: this.#incarnation }];
    for (const to of this.#members.keys()) this.#send(to, { kind: "rumors", rumors });
    return this.#end();
  }

  peer(peer: PeerId): MemberView | undefined {
    const known = this.#members.get(peer);
    return known && viewOf(known);
  }

  peers(): readonly MemberView[] {
    return [...this.#members.values()].map(viewOf);
  }

  /** The same without copies. */
  known(): readonly Readonly<Member>[] {
    return this.#roster.all();
  }

  /** The others that are not given up: a suspect is alive until it is dead. */
  alive(): readonly PeerId[] {
    return this.#roster.alive();
  }

  clock(): ClockView {
    return this.#roster.clock();
  }

  // Time

  #begin(now: Instant): void {
    this.#now = now;
    this.#sends = [];
    this.#changes = [];
    this.#isFenced = false;
    const { lateMs, backMs } = this.#time.advance(now);
    if (backMs > 0) this.#roster.forgetSkews(-backMs);
    if (lateMs <= this.#periods.graceMs || this.#hasLeft) return;
    this.#health.blame();
    if (lateMs > this.#roster.suspicionMs(this.#periods)) this.#fence(lateMs);
  }

  #end(): MemberOutput {
    if (!this.#hasLeft && !this.#time.isHeld) this.#expire();
    return {
      sends: this.#sends,
      changes: this.#changes,
      fenced: this.#isFenced,
      wakeAt: this.#time.wakeAt(this.#hasLeft ? Infinity : this.#nextMs(), this.#now),
    };
  }

  /** All that is open at a time is few: the probes of one round, what others asked for, and the suspects. */
  #nextMs(): number {
    let next = Math.min(this.#round.dueMs, this.#relays.dueMs);
    for (const { dueMs } of this.#probes.values()) next = Math.min(next, dueMs);
    for (const { suspectUntilMs } of this.#suspects) next = Math.min(next, suspectUntilMs);
    return next;
  }

  /** The world went on without this peer: what it knew is stale, and everybody is asked anew before anybody is given up. */
  #fence(lateMs: number): void {
    const ms = this.#time.ms;
    this.#isFenced = true;
    this.#fencedSeq = this.#seq;
    this.#roster.forgetSkews(lateMs);
    this.#probes.clear();
    this.#relays.clear();
    this.#heardMs = ms;
    for (const member of this.#suspects) member.suspectUntilMs = ms + this.#roster.suspicionMs(this.#periods);
    for (const member of this.#members.values()) {
      this.#unasked.add(member.peer);
      this.#probe(member);
    }
    this.#round.beginAnew(ms);
  }

  #expire(): void {
    const ms = this.#time.ms;
    for (const relay of this.#relays.takeDue(ms)) {
      this.#report(relay, false, this.#members.get(relay.target)?.incarnation ?? 0);
    }
    for (const [peer, probe] of this.#probes) if (probe.dueMs <= ms) this.#unanswered(peer, probe);
    for (const { peer, incarnation, suspectUntilMs } of this.#suspects) {
      if (suspectUntilMs <= ms) this.#learn({ peer, state: "dead", incarnation });
    }
    const hasEnded = this.#round.hasEnded(ms);
    if (hasEnded) this.#health.endPeriod();
    for (const peer of this.#round.take(this.#members, this.#suspects, ms, hasEnded)) {
      const member = this.#members.get(peer);
      if (member !== undefined && !this.#probes.has(peer)) this.#probe(member);
    }
  }

  // Members

  #welcome(peer: PeerId): void {
    const member = newMember(peer, this.#now);
    this.#members.set(peer, member);
    this.#roster.moved();
    this.#unasked.add(peer);
    this.#changes.push({ peer, from: undefined, to: "dead" });
    if (!this.#hasLeft) this.#probe(member);
  }

  #forget(peer: PeerId): void {
    const member = this.#members.get(peer);
    if (member !== undefined) this.#suspects.delete(member);
    for (const known of [this.#members, this.#probes, this.#unlinked, this.#unasked]) known.delete(peer);
    this.#roster.moved();
    this.#round.forget(peer);
    this.#gossip.forget(peer);
    this.#relays.forget(peer);
  }

  /**
   * That a peer is dead each finds for itself, since two sides that meet tell each other so of their own: it is asked, unless
   * its link is lost here too. And so is who is back by what others say: what it said in a life before counts no more.
   */
  #hear(rumor: Rumor): void {
    const member = this.#members.get(rumor.peer);
    const wasLiving = member !== undefined && isLiving(member);
    const isSecondHand = rumor.state === "dead" && wasLiving && !this.#unlinked.has(rumor.peer);
    this.#learn(isSecondHand ? { ...rumor, state: "suspect" } : rumor);
    if (member === undefined || !isLiving(member)) return;
    if (!wasLiving) delete member.news;
    const isInDoubt = !wasLiving || (isSecondHand && member.state === "suspect");
    if (isInDoubt && !this.#probes.has(member.peer)) this.#probe(member);
  }

  #learn(rumor: Rumor): void {
    if (rumor.peer === this.#self) return this.#answer(rumor);
    const member = this.#members.get(rumor.peer);
    if (member === undefined || !outweighs(rumor, member)) return;
    const { peer, state, incarnation } = rumor;
    const from = member.state;
    member.state = state;
    member.incarnation = incarnation;
    this.#roster.moved();
    this.#gossip.put(rumor);
    this.#suspects.delete(member);
    if (state === "suspect") {
      member.suspectUntilMs = this.#time.ms +
        this.#roster.suspicionMs(this.#periods) * this.#health.multiplier(this.#isAlone());
      this.#suspects.add(member);
    } else if (state !== "alive") this.#unasked.delete(peer);
    if (from === state) return;
    member.since = this.#now;
    this.#changes.push({ peer, from, to: state });
  }

  /** What is said of this peer itself: when it is wrong, or of a former life, a greater incarnation outweighs it. */
  #answer({ state, incarnation }: Rumor): void {
    if (incarnation < this.#incarnation || (incarnation === this.#incarnation && state === "alive")) return;
    if (state !== "alive") this.#health.blame();
    this.#incarnation = Math.min(incarnation + 1, INCARNATION_MAX);
    this.#gossip.put({ peer: this.#self, state: "alive", incarnation: this.#incarnation });
  }

  // Probes

  #take(from: Member, message: SwimMessage): void {
    const { peer } = from;
    switch (message.kind) {
      case "probe":
        // What goes round is not to wait for the other's turn.
        if (this.#gossip.isQuiet) this.#round.askedBy(peer, message.seq, this.#probes.has(peer), this.#time.ms);
        this.#send(peer, {
          kind: "ack",
          seq: message.seq,
          incarnation: this.#incarnation,
          news: { ...this.#news, wall: this.#now },
          rumors: this.#gossip.rumorsFor(peer),
        });
        return;
      case "ack":
        return this.#acked(from, message.seq, message.news.wall);
      case "probe-for-me":
        return this.#relay(peer, message.seq, message.target);
      case "probed":
        return this.#probed(peer, message);
      case "rumors":
        return;
    }
  }

  #acked(from: Member, seq: number, wall: Instant): void {
    if (seq > this.#seq) return;
    from.answered = Math.max(from.answered, seq);
    if (seq > this.#fencedSeq) this.#unasked.delete(from.peer);
    const probe = this.#probes.get(from.peer);
    if (probe?.seq === seq) {
      this.#probes.delete(from.peer);
      this.#unasked.delete(from.peer);
      // A probe that was sent twice has two round trips, and nobody knows whose answer this is (Karn's rule).
      if (probe.stage === "direct") this.#roster.measured(from, probe.sentAt, wall, this.#now);
    }
    const relay = this.#relays.takeAnswered(seq, from.peer);
    if (relay !== undefined) this.#report(relay, true, from.said, from.news);
  }

  #relay(asker: PeerId, askerSeq: number, target: PeerId): void {
    const relay = { asker, askerSeq, target, sentMs: this.#time.ms };
    if (target === this.#self) return this.#report(relay, true, this.#incarnation, this.#news);
    const seq = this.#nextSeq();
    if (this.#members.has(target) && this.#relays.add(seq, relay, this.#unlinked.has(target))) {
      this.#sendProbe(target, seq);
    }
  }

  #report({ asker, askerSeq, target }: Relay, reached: boolean, incarnation: number, news?: PeerNews): void {
    const rumors = this.#gossip.rumorsFor(asker, target);
    const told = news === undefined ? {} : { news };
    this.#send(asker, { kind: "probed", seq: askerSeq, target, reached, incarnation, ...told, rumors });
  }

  #probed(from: PeerId, { seq, target, reached, incarnation, news }: Extract<SwimMessage, { kind: "probed" }>): void {
    const probe = this.#probes.get(target);
    if (probe?.seq !== seq || !probe.helpers.includes(from)) return;
    if (!reached) {
      if (!probe.refused.includes(from)) this.#probes.set(target, { ...probe, refused: [...probe.refused, from] });
      return;
    }
    this.#probes.delete(target);
    this.#unasked.delete(target);
    if (incarnation > 0) this.#learn({ peer: target, state: "alive", incarnation });
    const member = this.#members.get(target);
    // Its own word, if it got here since, is newer.
    if (member === undefined || news === undefined || member.heardMs > probe.sentMs) return;
    if (incarnation >= member.incarnation) member.news = news;
  }

  /** A probe's time is up. */
  #unanswered(peer: PeerId, probe: Probe): void {
    const member = this.#members.get(peer);
    if (member === undefined) throw new Error(`a probe of ${peer}, who is no member, was open`);
    // Whoever has said anything since lives, and what got lost was the answer; but what was on its way when the link or
    // the own loop broke off is no sign of life.
    const isHeard = member.heardMs > probe.sentMs && probe.stage !== "hint" && !this.#unasked.has(peer);
    if (isHeard || !isLiving(member)) {
      this.#probes.delete(peer);
      this.#unasked.delete(peer);
    } else if (probe.stage === "direct") {
      this.#probes.set(peer, indirect(probe, this.#askHelpers(peer, probe.seq), this.#periods));
      this.#sendProbe(peer, probe.seq);
    } else {
      this.#probes.delete(peer);
      this.#giveUp(member, probe.stage === "hint" ? this.#verdictOfHint(peer, probe) : "suspect");
    }
  }

  #verdictOfHint(peer: PeerId, probe: Probe): "dead" | "suspect" {
    const others = this.alive().filter((other) => other !== peer);
    const isReachable = (other: PeerId) => others.includes(other) && !this.#unlinked.has(other);
    return verdictOfHint(probe, { isReachable, living: others.length });
  }

  #giveUp(member: Member, state: "dead" | "suspect"): void {
    this.#learn({ peer: member.peer, state, incarnation: member.incarnation });
    // The chance to refute: it hears of its suspicion at once.
    if (member.state === "suspect") this.#probe(member);
  }

  #probe(member: Member): Probe {
    const probe = directProbe(this.#nextSeq(), this.#now, this.#time.ms, this.#periods);
    this.#probes.set(member.peer, probe);
    this.#round.asks(member.peer, this.#time.ms);
    this.#sendProbe(member.peer, probe.seq);
    return probe;
  }

  /** Living peers whose link is whole, at random. */
  #askHelpers(target: PeerId, seq: number): readonly PeerId[] {
    const able = this.alive().filter((peer) => peer !== target && !this.#unlinked.has(peer));
    const helpers = shuffle(able, this.#chance).slice(0, HELPERS);
    for (const helper of helpers) {
      this.#send(helper, { kind: "probe-for-me", seq, target, rumors: this.#gossip.rumorsFor(helper, target) });
    }
    return helpers;
  }

  #sendProbe(to: PeerId, seq: number): void {
    this.#send(to, {
      kind: "probe",
      seq,
      incarnation: this.#incarnation,
      news: { ...this.#news, wall: this.#now },
      rumors: this.#gossip.rumorsFor(to),
    });
  }

  #tell(to: PeerId): void {
    const own: Rumor = { peer: this.#self, state: "alive", incarnation: this.#incarnation };
    this.#send(to, {
      kind: "rumors",
      rumors: [own, ...this.#gossip.rumorsFor(to).filter(({ peer }) => peer !== this.#self)],
    });
  }

  #send(to: PeerId, message: SwimMessage): void {
    this.#sends.push({ to, message });
  }

  #nextSeq(): number {
    this.#seq = this.#seq === SEQ_MAX ? 0 : this.#seq + 1;
    return this.#seq;
  }

  /** Of several living others none was heard for a whole period: it may be this peer that is cut off. */
  #isAlone(): boolean {
    return this.#time.ms - this.#heardMs >= this.#periods.probeMs && this.alive().length > 1;
  }
}
